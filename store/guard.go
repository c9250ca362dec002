package store

// Moment is a point in the life of a transaction.
type Moment int

// The moments a guard is asked at.
const (
	BeforeBegin Moment = iota
	BeforeCommit
	AfterCommit // an error now means: committed, and nobody hears of it
)

// Guarded returns a view of the store, over the same pools, whose transactions
// ask guard at every moment of theirs. Its errors end the transaction as a
// broken connection would. It is how tests have one of several nodes fail, and
// must not be closed.
func (s *Store) Guarded(guard func(Moment) error) *Store {
	view := *s
	view.guard = guard
	view.close = nil
	return &view
}

func (s *Store) ask(m Moment) error {
	if s.guard == nil {
		return nil
	}
	return s.guard(m)
}
