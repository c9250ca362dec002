package dialer

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/organization"
)

// Waiting says what a batch job waits for. Where its own counts do not tell, it
// looks at what turns decide by: who is due, and the organization's slots.
func (d *Dialer) Waiting(ctx context.Context, p calling.Progress) (calling.WaitingFor, error) {
	waits := p.Waiting()
	if p.Status != calling.BatchRunning || p.Pending == 0 {
		return waits, nil
	}
	if !d.isFor(p.Carrier) {
		carried, err := d.Store.Read().Attempt.Query().
			Where(attempt.OrganizationID(p.OrganizationID), attempt.BatchJobID(p.BatchJobID), inFlight,
				attempt.NodeNEQ(""), attempt.LeaseUntilGT(d.now())).Exist(ctx)
		if err != nil {
			return "", fmt.Errorf("look for another node that carries calls: %w", err)
		}
		if !carried {
			return calling.WaitingForOtherCarrier, nil
		}
	}
	if waits != calling.WaitingForRetry {
		return waits, nil
	}
	due, err := d.Store.Read().Contact.Query().
		Where(contact.OrganizationID(p.OrganizationID), contact.BatchJobID(p.BatchJobID), pending, contact.NextAttemptAtLTE(d.now())).
		Exist(ctx)
	if err != nil {
		return "", fmt.Errorf("look whether anybody is due: %w", err)
	}
	if !due {
		return calling.WaitingForRetry, nil
	}
	full, err := d.slotsTaken(ctx, p.OrganizationID)
	if err != nil || !full {
		return "", err // it is just about to dial
	}
	return calling.WaitingForSlots, nil
}

// slotsTaken reports whether an organization has no slot free.
func (d *Dialer) slotsTaken(ctx context.Context, organizationID string) (bool, error) {
	org, err := d.Store.Read().Organization.Query().Where(organization.ID(organizationID)).Only(ctx)
	if err != nil {
		return false, fmt.Errorf("read the organization's limit: %w", err)
	}
	flying, err := d.Store.Read().Attempt.Query().Where(attempt.OrganizationID(organizationID), inFlight).Count(ctx)
	if err != nil {
		return false, fmt.Errorf("count calls in flight: %w", err)
	}
	return flying >= org.ConcurrentCallLimit, nil
}
