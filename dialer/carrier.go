package dialer

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
)

// mayCall reports whether this node's carrier is the one that a batch job was
// made for. What was simulated must not begin to ring people because a node was
// started with another setting, and what rings people must not be made up.
func (d *Dialer) mayCall(b *ent.BatchJob) bool { return d.isFor(b.Carrier) }

// isFor is mayCall of a batch job's carrier.
func (d *Dialer) isFor(carrier string) bool { return carrier == "" || carrier == d.CarrierName }

// ForOtherCarriers counts the open batch jobs that wait for a node with another
// carrier than this one's, by carrier.
func (d *Dialer) ForOtherCarriers(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Carrier string `json:"carrier"`
		Count   int    `json:"count"`
	}
	err := d.Store.Read().BatchJob.Query().
		Where(notOver, batchjob.CarrierNotIn("", d.CarrierName)).
		GroupBy(batchjob.FieldCarrier).Aggregate(ent.As(ent.Count(), "count")).Scan(auth.WithSystem(ctx), &rows)
	if err != nil {
		return nil, fmt.Errorf("count batch jobs of other carriers: %w", err)
	}
	found := map[string]int{}
	for _, row := range rows {
		found[row.Carrier] = row.Count
	}
	return found, nil
}
