package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outdial/outdial/chaos"
)

// planted is a defect that is put into the program, and how it shows.
type planted struct {
	name    string
	finds   []chaos.Kind // any of them will do
	change  func(*chaos.Setup)
	provoke func(*testing.T, *chaos.World)
}

func allPlanted() []planted {
	slowly := func(s *chaos.Setup) { s.Observer.Shortest, s.Observer.Longest = 2*time.Second, 3*time.Second }
	return []planted{
		{"fresh-call-id", []chaos.Kind{chaos.Double, chaos.Phantom}, slowly, func(t *testing.T, w *chaos.World) {
			created(t, w, w.Batch("the one", 0, 10))
			accepted(t, w, 3)
			restart(t, w)
		}},
		{"no-start-lock", []chaos.Kind{chaos.Stopped}, nil, func(t *testing.T, w *chaos.World) {
			batch := created(t, w, w.Batch("the one", 0, 100))
			accepted(t, w, 10)
			for range 5 {
				w.Control(t.Context(), w.Nodes[0], batch, chaos.Pause)
				time.Sleep(time.Second)
				w.Control(t.Context(), w.Nodes[0], batch, chaos.Resume)
				time.Sleep(time.Second / 4) // what was claimed at once is asked for in another quarter
			}
			w.Control(t.Context(), w.Nodes[0], batch, chaos.Cancel)
		}},
		{"no-slot-recount", []chaos.Kind{chaos.OverLimit}, slowly, func(t *testing.T, w *chaos.World) {
			created(t, w, w.Batch("the one", 0, 12))
			created(t, w, w.Batch("the other", 12, 12))
			accepted(t, w, 8)
		}},
		// The guards behind the index turn what would be a second call into a batch
		// job that never ends.
		{"no-unique-attempt", []chaos.Kind{chaos.Double, chaos.Lost}, nil, func(t *testing.T, w *chaos.World) {
			execute(t, w, `drop index attempt_contact_id_number`)
			created(t, w, w.Batch("the one", 0, 20))
			accepted(t, w, 5)
		}},
		{"no-replay", []chaos.Kind{chaos.Torn}, nil, func(t *testing.T, w *chaos.World) {
			created(t, w, w.Batch("the one", 0, 3))
			created(t, w, w.Batch("the one", 0, 3))
		}},
		{"lost-settle", []chaos.Kind{chaos.Lost, chaos.Books}, nil, func(t *testing.T, w *chaos.World) {
			created(t, w, w.Batch("the one", 0, 20))
			accepted(t, w, 8)
		}},
	}
}

// TestPlanted puts defects into the program and looks whether they are found: a
// checker that finds nothing has to be one that would.
func TestPlanted(t *testing.T) {
	t.Parallel()
	for _, p := range allPlanted() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := world(t, postgres, func(s *chaos.Setup) {
				s.Settings = []string{"OUTDIAL_PLANTED=" + p.name}
				if p.change != nil {
					p.change(s)
				}
			})
			p.provoke(t, w)
			r, err := w.Finish(t.Context(), 8*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(p.finds, func(kind chaos.Kind) bool { return r.Of(kind) > 0 }) {
				t.Errorf("none of %v was found:\n%s", p.finds, r)
			}
		})
	}
}

// restart kills the first node and starts it again.
func restart(t *testing.T, w *chaos.World) {
	t.Helper()
	if err := w.Nodes[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if err := w.Nodes[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// execute runs a statement on the world's database.
func execute(t *testing.T, w *chaos.World, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.Setup.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the database is dropped anyway
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
