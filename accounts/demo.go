package accounts

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// The demo organization.
const (
	demoName    = "Demo organization"
	demoCredits = 10_000 * calling.USD
	demoLimit   = 20
)

const demoPrompt = `You are calling {{customerName}} about their {{planType}} plan renewal on {{renewalDate}}.
Greet them by name and confirm the renewal date.`

// SeedDemo makes the demo organization where the database has no organization
// at all, with the key given or a random one, and returns that key; empty when
// there was nothing to do. Nodes that start at once seed once.
func (a *Accounts) SeedDemo(ctx context.Context, key string) (string, error) {
	if key == "" {
		key = auth.NewKey()
	}
	var seeded bool
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		seeded = false
		if err := tx.LockOrganization(ctx, "demo"); err != nil {
			return err
		}
		exists, err := tx.Ent.Organization.Query().Exist(ctx)
		if err != nil || exists {
			return err
		}
		seeded = true
		return a.seed(ctx, tx, key)
	})
	if err != nil {
		return "", fmt.Errorf("seed the demo organization: %w", err)
	}
	if !seeded {
		return "", nil
	}
	return key, nil
}

func (a *Accounts) seed(ctx context.Context, tx *store.Tx, key string) error {
	organizationID, err := a.createOrganization(ctx, tx, NewOrganization{
		Name: demoName, ConcurrentCallLimit: demoLimit, CreditMicros: demoCredits,
	})
	if err != nil {
		return err
	}
	if err := a.createKey(ctx, tx, organizationID, "demo key", key); err != nil {
		return err
	}
	for _, n := range []newNumber{
		{"phone_abc123", "+12025550199", "Renewals", "Renewal agent", calling.Pipeline, demoPrompt},
		{"phone_realtime", "+12025550198", "Premium line", "Realtime agent", calling.Realtime, demoPrompt},
		{"phone_text", "+12025550197", "Chat only", "Text agent", calling.Text, demoPrompt},
		{"phone_noagent", "+12025550196", "Not assigned yet", "", "", ""},
	} {
		if err := a.createNumber(ctx, tx, organizationID, n); err != nil {
			return err
		}
	}
	return nil
}
