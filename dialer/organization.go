package dialer

import (
	"context"
	"errors"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/store"
)

// UpdateOrganization changes the viewer's organization, who needs the scope
// ADMIN. With a lower limit calls in flight go on, and once this has returned no
// new one starts before there are fewer; with a higher one more start at once.
// Errors: CodeInvalidRequest for the fields.
func (d *Dialer) UpdateOrganization(ctx context.Context, edit calling.OrganizationEdit) error {
	viewer, err := may(ctx, auth.Admin)
	if err != nil {
		return err
	}
	edit, problems := edit.Check()
	if len(problems) > 0 {
		return calling.Problems(problems)
	}
	var t *turn
	var asking []string
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t = &turn{dialer: d, tx: tx}
		asking, err = t.updateOrganization(ctx, viewer.OrganizationID, edit)
		return err
	})
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	if err != nil {
		return fmt.Errorf("update the organization: %w", err)
	}
	d.waker.at(viewer.OrganizationID, t.wakeAt)
	return d.awaitAsks(ctx, asking...)
}

// updateOrganization returns the batch jobs whose calls may still be asked for
// although the limit is lower now.
func (t *turn) updateOrganization(ctx context.Context, id string, edit calling.OrganizationEdit) (asking []string, err error) {
	if err := t.tx.LockOrganization(ctx, id); err != nil {
		return nil, err
	}
	before, err := t.tx.Ent.Organization.Query().Where(organization.ID(id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the organization: %w", err)
	}
	limit := before.ConcurrentCallLimit
	if edit.ConcurrentCallLimit != nil {
		limit = *edit.ConcurrentCallLimit
	}
	if limit < before.ConcurrentCallLimit { // as for a batch job's own limit: no claim may come between
		asking, err = t.tx.Ent.BatchJob.Query().Where(notOver, batchjob.ContactsDialingGT(0)).IDs(ctx)
		if err != nil {
			return nil, fmt.Errorf("find batch jobs with calls in flight: %w", err)
		}
		if err := t.tx.ForbidStarts(ctx, asking...); err != nil {
			return nil, err
		}
	}
	t.now = t.dialer.now()
	if _, err := t.load(ctx, id, allTime()); err != nil {
		return nil, err
	}
	for _, dialing := range asking { // slots that nobody has claimed are given anew, within the new limit
		if _, err := t.withdraw(ctx, t.byID[dialing]); err != nil {
			return nil, err
		}
	}
	for _, j := range t.jobs { // whoever watches them is told how many calls they may have
		if min(j.ConcurrentCallLimit, limit) != min(j.ConcurrentCallLimit, before.ConcurrentCallLimit) {
			j.changed = true
		}
	}
	t.org.ConcurrentCallLimit = limit
	update := t.tx.Ent.Organization.Update().Where(organization.ID(id)).SetConcurrentCallLimit(limit).SetNillableName(edit.Name)
	if err := update.Exec(ctx); err != nil {
		return nil, fmt.Errorf("write the organization: %w", err)
	}
	return asking, t.proceed(ctx)
}

// withinOrganization returns the verdict on an attempt that is taken over: where
// the organization has more calls in flight than its limit allows, which may have
// been lowered, the call is looked for and not started. In the middle of a claim
// no lower limit is committed.
func withinOrganization(ctx context.Context, tx *store.Tx, verdict claimVerdict) (claimVerdict, error) {
	if verdict != claimResume {
		return verdict, nil
	}
	org, err := tx.Ent.Organization.Query().Only(ctx)
	if err != nil {
		return verdict, fmt.Errorf("load the organization's limit: %w", err)
	}
	flying, err := tx.Ent.Attempt.Query().Where(attempt.OrganizationID(org.ID), inFlight).Count(ctx)
	if err != nil {
		return verdict, fmt.Errorf("count calls in flight: %w", err)
	}
	if flying > org.ConcurrentCallLimit {
		return claimFind, nil
	}
	return verdict, nil
}
