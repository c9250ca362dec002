package dialer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	Replayed         bool           `json:"-"` // nothing was added: an earlier request had the same idempotency key
}

// AddCredits adds to the credits of the viewer's organization, who needs the
// scope ADMIN. Batch jobs that are paused
// because credits ran out go on in the same transaction, as many as can have
// another call now. The same idempotency key with the same request within 24 hours
// adds nothing and has the first answer again. Errors: CodeInvalidRequest for the
// fields, and CodeConflict for an idempotency key that was used for something
// else.
func (d *Dialer) AddCredits(ctx context.Context, topUp calling.TopUp) (*Credits, error) {
	viewer, err := may(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	topUp, problems := topUp.Check()
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
		if again, err := d.creditsBefore(ctx, tx, topUp); again != nil || err != nil {
			answer = again
			return err
		}
		if _, err := t.load(ctx, viewer.OrganizationID, allTime()); err != nil {
			return err
		}
		if t.org.BalanceMicros > calling.MaxBalance-topUp.AmountMicros {
			return calling.Problems([]calling.Problem{{
				Field: "amountMicros", Code: calling.CodeInvalidRequest,
				Detail: "The organization would have more than " + calling.FormatUSD(calling.MaxBalance) + "; add less.",
			}})
		}
		tx.AfterCommit(func() { d.Publisher.Changed(viewer.OrganizationID) })
		t.books.topUp(viewer.Credential(), topUp.AmountMicros, topUp.Note)
		if err := t.proceed(ctx); err != nil {
			return err
		}
		answer.BatchJobsResumed = t.resumed
		answer.BalanceMicros, answer.HeldMicros = t.org.BalanceMicros, t.org.HeldMicros
		return d.rememberCredits(ctx, tx, topUp, answer)
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

// creditsBefore returns what an earlier request with the same idempotency key was
// answered; nil when there was none. Under the organization's lock there are no
// twins.
func (d *Dialer) creditsBefore(ctx context.Context, tx *store.Tx, topUp calling.TopUp) (*Credits, error) {
	if topUp.IdempotencyKey == "" {
		return nil, nil //nolint:nilnil // nothing to replay is the ordinary case
	}
	remembered, err := d.answered(ctx, tx.Ent, topUp.IdempotencyKey, topUpFingerprint(topUp))
	if remembered == nil || err != nil {
		return nil, err
	}
	answer := &Credits{}
	if err := json.Unmarshal(remembered, answer); err != nil {
		return nil, fmt.Errorf("read the remembered answer: %w", err)
	}
	answer.Replayed = true
	return answer, nil
}

// rememberCredits keeps the answer under the request's idempotency key.
func (d *Dialer) rememberCredits(ctx context.Context, tx *store.Tx, topUp calling.TopUp, answer *Credits) error {
	if topUp.IdempotencyKey == "" {
		return nil
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return d.keepAnswer(ctx, tx, topUp.IdempotencyKey, topUpFingerprint(topUp), "", text)
}

// topUpFingerprint is as fingerprint; no batch job has the same.
func topUpFingerprint(topUp calling.TopUp) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "add credits %d %q", topUp.AmountMicros, topUp.Note))
	return hex.EncodeToString(sum[:])
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
