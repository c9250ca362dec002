package jobs_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestQueueInPostgres(t *testing.T) {
	t.Parallel()
	s := storetest.MySQLWithPostgres(t, jobs.Migrate)
	b := setup(t, s, testkit.Options{})
	if p := b.finished(t, b.create(t, 30)); p.Completed+p.Failed != 30 || b.Jobs.Lost() != 0 {
		t.Errorf("ended as %+v, %d jobs lost", p, b.Jobs.Lost())
	}
	testkit.Audit(t, s)
}

// TestLostPokes takes the queue away after it was connected: transactions do not
// fail for it.
func TestLostPokes(t *testing.T) {
	t.Parallel()
	for _, s := range []*store.Store{storetest.MySQL(t, jobs.Migrate), storetest.MySQLWithPostgres(t, jobs.Migrate)} {
		queue := idle(t, s, time.Now())
		if err := s.Queue().Close(); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
				return queue.PlaceCalls(ctx, tx, "org_1", []uuid.UUID{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())})
			})
			if err != nil {
				t.Errorf("the transaction failed: %v", err)
			}
			if lost := queue.Lost(); lost != int64(2*i+2) {
				t.Errorf("%d jobs are counted as lost", lost)
			}
		}
	}
}

// silent is told of changes and tells nobody.
type silent struct{}

func (silent) Changed(string) {}

// TestSweepHealsLostPokes creates a batch job whose pokes come to a queue that
// nobody works, beside a node that has another one.
func TestSweepHealsLostPokes(t *testing.T) {
	t.Parallel()
	url := testdb.MySQL(t)
	with := func(name string) *store.Store {
		return storetest.OpenWith(t, url, store.Options{QueueURL: "sqlite://" + filepath.Join(t.TempDir(), name)}, jobs.Migrate)
	}
	b := setup(t, with("worked.db"), testkit.Options{})

	dead := with("dead.db")
	log := slog.New(slog.DiscardHandler)
	queue := jobs.Open(time.Now, log)
	d := dialer.New(dialer.Config{Store: dead, Queue: queue, Carrier: newDesk(), Publisher: silent{}, Log: log})
	t.Cleanup(d.Stop)
	if err := queue.Connect(dead, d, jobs.Config{Log: log}); err != nil {
		t.Fatal(err)
	}
	batch := (&bundle{Engine: &testkit.Engine{Dialer: d}, viewer: b.viewer}).create(t, 10)
	if p := b.finished(t, batch); p.Completed+p.Failed != 10 {
		t.Errorf("ended as %+v", p)
	}
	if found := b.Dialer.Findings(); found.LateStarts == 0 {
		t.Errorf("the sweep found %+v", found)
	}
	testkit.Audit(t, b.Store)
}

func TestQueueCannotLiveInMySQL(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, testdb.MySQL(t), nil)
	if err := jobs.Migrate(t.Context(), s); err == nil {
		t.Error("the queue was put into MySQL")
	}
}
