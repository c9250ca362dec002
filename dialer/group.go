package dialer

import (
	"context"
	"errors"
	"sync"
)

// group has many callers' questions answered together: while one lot is being
// worked on, the next gathers. Nobody waits for company, so a lone caller is
// served at once, and a crowd costs a few transactions instead of one each.
type group[Q, A any] struct {
	dialer *Dialer
	// answer works on a lot of one key; what it returns matches questions.
	answer func(ctx context.Context, key string, questions []Q) ([]A, error)

	mu      sync.Mutex
	waiting map[string][]asker[Q, A] // guarded by mu; a key is present while somebody works on it
	closed  bool                     // guarded by mu
}

type asker[Q, A any] struct {
	question Q
	answer   chan answered[A] // buffered
}

type answered[A any] struct {
	answer A
	err    error
}

// maxLot bounds the questions of one lot, and so the rows of its transaction.
const maxLot = 500

// errClosing refuses work while the process stops.
var errClosing = errors.New("the dialer is stopping")

// ask returns the answer to one question. When ctx ends first its cause is
// returned, and the question may be answered unheard.
func (g *group[Q, A]) ask(ctx context.Context, key string, question Q) (A, error) {
	var none A
	answer := make(chan answered[A], 1)
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return none, errClosing
	}
	if g.waiting == nil {
		g.waiting = map[string][]asker[Q, A]{}
	}
	waiting, working := g.waiting[key]
	g.waiting[key] = append(waiting, asker[Q, A]{question, answer})
	if !working {
		g.dialer.work.Go(func() { g.run(key) })
	}
	g.mu.Unlock()
	select {
	case a := <-answer:
		return a.answer, a.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

func (g *group[Q, A]) run(key string) {
	for {
		g.mu.Lock()
		lot := g.waiting[key]
		if len(lot) == 0 {
			delete(g.waiting, key)
			g.mu.Unlock()
			return
		}
		lot = lot[:min(len(lot), maxLot)]
		g.waiting[key] = g.waiting[key][len(lot):]
		g.mu.Unlock()

		questions := make([]Q, 0, len(lot))
		for _, a := range lot {
			questions = append(questions, a.question)
		}
		answers, err := g.answer(g.dialer.life, key, questions)
		for i, a := range lot {
			if err != nil {
				a.answer <- answered[A]{err: err}
				continue
			}
			a.answer <- answered[A]{answer: answers[i]}
		}
	}
}

// close refuses questions from now on.
func (g *group[Q, A]) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
}
