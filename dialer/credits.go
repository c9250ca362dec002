package dialer

import (
	"context"
	"errors"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// Credits are what an organization has after AddCredits.
type Credits struct {
	BalanceMicros    calling.Micros
	HeldMicros       calling.Micros // part of the balance
	BatchJobsResumed int            // that were paused because credits had run out
}

// AddCredits adds to the credits of the viewer's organization, who needs the
// scope ADMIN; the note is for people and may be empty. Batch jobs that are paused
// because credits ran out go on in the same transaction, as many as can have
// another call now. Errors: CodeInvalidRequest for amount and note.
func (d *Dialer) AddCredits(ctx context.Context, amount calling.Micros, note string) (*Credits, error) {
	viewer, err := may(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	note, problems := calling.CheckTopUp(amount, note)
	if len(problems) > 0 {
		return nil, calling.Problems(problems)
	}
	var t *turn
	var answer *Credits
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		t, answer = &turn{dialer: d, tx: tx, now: d.now()}, &Credits{}
		if _, err := t.load(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		if t.org.BalanceMicros > calling.MaxBalance-amount {
			return calling.Problems([]calling.Problem{{
				Field: "amountMicros", Code: calling.CodeInvalidRequest,
				Detail: "The organization would have more than " + calling.FormatUSD(calling.MaxBalance) + "; add less.",
			}})
		}
		t.books.topUp(viewer.KeyID, amount, note)
		if err := t.proceed(ctx); err != nil {
			return err
		}
		answer.BatchJobsResumed = t.resumed
		answer.BalanceMicros, answer.HeldMicros = t.org.BalanceMicros, t.org.HeldMicros
		return nil
	})
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return nil, known
	}
	if err != nil {
		return nil, fmt.Errorf("add credits: %w", err)
	}
	d.waker.at(viewer.OrganizationID, t.wakeAt)
	return answer, nil
}

// goOnWithCredits resumes batch jobs that are paused because credits ran out,
// oldest first, as long as there is enough for one more call of each: credits may
// have been added, or given back by another batch job. The calls in flight have
// been counted.
func (t *turn) goOnWithCredits(uncommitted calling.Micros) {
	for _, j := range t.jobs {
		if j.Status != calling.BatchPaused || j.PauseReason == nil || *j.PauseReason != calling.PausedByCredits {
			continue
		}
		cost := t.fromCredits(j)
		if cost > uncommitted {
			continue
		}
		uncommitted -= cost
		t.resumed++
		j.goOn()
		t.recordSystem(j, calling.ChangeResumed, "There are credits again.", details{"pauseReason": calling.PausedByCredits})
	}
}
