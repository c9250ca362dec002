package jobs_test

import (
	"testing"

	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestPending(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, storetest.Prepare) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres, "mysql, the queue in a file": storetest.MySQL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			if err := jobs.Pending(t.Context(), s); err == nil {
				t.Error("nothing is pending in a database without the queue's tables")
			}
			if err := jobs.Migrate(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := jobs.Pending(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
}
