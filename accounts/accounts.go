// Package accounts makes and finds what an organization has beside batch jobs:
// the organization itself, API keys, browsers' sessions, agents and phone
// numbers, and the demo organization. It decides who is let in, and ends what
// is open once they are not any more. Start reading at Identify, then Run.
package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/store"
)

// Accounts works on the tables of one store. It is safe for concurrent use.
type Accounts struct {
	store   *store.Store
	now     func() time.Time
	uses    uses
	watches watches
}

// New returns the accounts of a store; now is the clock.
func New(s *store.Store, now func() time.Time) *Accounts {
	return &Accounts{
		store: s, now: now,
		uses:    uses{keys: map[string]time.Time{}, sessions: map[string]time.Time{}},
		watches: watches{open: map[*watch]struct{}{}},
	}
}

// Identify returns the viewer that credentials stand for. Those that are
// unknown, revoked or expired are CodeUnauthenticated; the answer does not say
// which.
func (a *Accounts) Identify(ctx context.Context, c auth.Credentials) (auth.Viewer, error) {
	if c.Session != "" {
		return a.resume(ctx, c.Session)
	}
	return a.Authenticate(ctx, c.Key)
}

// Authenticate is Identify for an API key.
func (a *Accounts) Authenticate(ctx context.Context, key string) (auth.Viewer, error) {
	row, err := a.findKey(ctx, key)
	if err != nil {
		return auth.Viewer{}, err
	}
	a.uses.noteKey(row, a.now())
	return auth.Viewer{OrganizationID: row.OrganizationID, KeyID: row.ID, KeyName: row.Name, Scopes: auth.ScopesOf(row.Scopes)}, nil
}

// findKey returns an API key that is in force.
func (a *Accounts) findKey(ctx context.Context, key string) (*ent.ApiKey, error) {
	row, err := a.store.Read().ApiKey.Query().Where(apikey.Hash(auth.HashKey(key))).Only(auth.WithSystem(ctx))
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("look the API key up: %w", err)
	}
	if err != nil || !keyInForce(row, a.now()) {
		return nil, calling.Errorf(calling.CodeUnauthenticated, "The API key is not valid.")
	}
	return row, nil
}

func keyInForce(row *ent.ApiKey, now time.Time) bool {
	return row.RevokedAt == nil && (row.ExpiresAt == nil || row.ExpiresAt.After(now))
}

// Empty reports whether there is no organization at all.
func (a *Accounts) Empty(ctx context.Context) (bool, error) {
	exists, err := a.store.Read().Organization.Query().Exist(auth.WithSystem(ctx))
	if err != nil {
		return false, fmt.Errorf("look for organizations: %w", err)
	}
	return !exists, nil
}

// NewOrganization is an organization to be made.
type NewOrganization struct {
	Name                string
	ConcurrentCallLimit int            // calls at once
	CreditMicros        calling.Micros // first top-up; 0 = none
	PhoneNumber         calling.Number // number to call from; empty = none yet
	Prompt              string         // system prompt of the pipeline agent that speaks from it
}

// MadeOrganization is what CreateOrganization made.
type MadeOrganization struct {
	ID            string
	Key           string // its first API key, which may do everything
	PhoneNumberID string // empty when no number was asked for
}

// CreateOrganization makes an organization with its first API key, which may do
// everything. The key is returned this once and stored only as a hash.
func (a *Accounts) CreateOrganization(ctx context.Context, n NewOrganization) (MadeOrganization, error) {
	made := MadeOrganization{Key: auth.NewKey()}
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) (err error) {
		if made.ID, err = a.createOrganization(ctx, tx, n); err != nil {
			return err
		}
		if n.PhoneNumber != "" {
			made.PhoneNumberID = newID(calling.PhoneNumberPrefix)
			if err := a.createNumber(ctx, tx, made.ID, newNumber{
				id: made.PhoneNumberID, number: n.PhoneNumber, agent: "Agent", architecture: calling.Pipeline, prompt: n.Prompt,
			}); err != nil {
				return err
			}
		}
		return a.createKey(ctx, tx, made.ID, "first key", made.Key)
	})
	if err != nil {
		return MadeOrganization{}, fmt.Errorf("create organization: %w", err)
	}
	return made, nil
}

// CreateKey makes an API key that may do everything for an organization; an
// empty id means the only organization there is. The key is returned this once.
// An unknown organization is CodeNotFound.
func (a *Accounts) CreateKey(ctx context.Context, organizationID, name string) (string, error) {
	key := auth.NewKey()
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		id, err := findOrganization(ctx, tx, organizationID)
		if err != nil {
			return err
		}
		return a.createKey(ctx, tx, id, name, key)
	})
	if err != nil {
		return "", fmt.Errorf("create key: %w", err)
	}
	return key, nil
}

// FindOrganization returns the id of an organization that is there; an empty id
// means the only one there is. Errors: CodeNotFound, and CodeInvalidRequest when
// there are several.
func (a *Accounts) FindOrganization(ctx context.Context, id string) (found string, err error) {
	err = a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		found, err = findOrganization(ctx, tx, id)
		return err
	})
	return found, err
}

func findOrganization(ctx context.Context, tx *store.Tx, id string) (string, error) {
	query := tx.Ent.Organization.Query()
	if id != "" {
		query.Where(organization.ID(id))
	}
	ids, err := query.Limit(2).IDs(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for the organization: %w", err)
	case len(ids) == 1:
		return ids[0], nil
	case id != "":
		return "", calling.Errorf(calling.CodeNotFound, "Organization %s not found", id)
	case len(ids) == 0:
		return "", calling.Errorf(calling.CodeNotFound, "There is no organization yet; make one with: outdial organization create --name NAME")
	}
	return "", calling.Errorf(calling.CodeInvalidRequest, "There are several organizations; say which with --organization ID.")
}

func (a *Accounts) createOrganization(ctx context.Context, tx *store.Tx, n NewOrganization) (string, error) {
	id := newID(calling.OrganizationPrefix)
	now := store.Instant(a.now())
	err := tx.Ent.Organization.Create().SetID(id).SetCreatedAt(now).SetName(n.Name).
		SetConcurrentCallLimit(n.ConcurrentCallLimit).SetBalanceMicros(n.CreditMicros).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("write the organization: %w", err)
	}
	if n.CreditMicros == 0 {
		return id, nil
	}
	err = tx.Ent.CreditEntry.Create().SetID(newID(calling.CreditEntryPrefix)).SetCreatedAt(now).SetOrganizationID(id).
		SetKind(calling.CreditTopUp).SetBalanceDeltaMicros(n.CreditMicros).SetHeldDeltaMicros(0).SetNote("first credits").Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("write the first credits: %w", err)
	}
	return id, nil
}

func (a *Accounts) createKey(ctx context.Context, tx *store.Tx, organizationID, name, key string) error {
	err := tx.Ent.ApiKey.Create().SetID(newID(calling.ApiKeyPrefix)).SetCreatedAt(store.Instant(a.now())).
		SetOrganizationID(organizationID).SetName(name).SetHash(auth.HashKey(key)).SetPrefix(auth.KeyPrefix(key)).
		SetScopes(everyScope()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write the API key: %w", err)
	}
	return nil
}

// everyScope is every scope, as it is stored.
func everyScope() []string {
	scopes := make([]string, 0, len(auth.Scopes()))
	for _, s := range auth.Scopes() {
		scopes = append(scopes, string(s))
	}
	return scopes
}

// newNumber is a phone number to be made, with the agent that speaks from it.
type newNumber struct {
	id           string
	number       calling.Number
	label        string
	agent        string // its name; empty = none assigned
	architecture calling.Architecture
	prompt       string
}

func (a *Accounts) createNumber(ctx context.Context, tx *store.Tx, organizationID string, n newNumber) error {
	now := store.Instant(a.now())
	number := tx.Ent.PhoneNumber.Create().SetID(n.id).SetCreatedAt(now).
		SetOrganizationID(organizationID).SetNumber(n.number).SetLabel(n.label)
	if n.agent != "" {
		id := newID(calling.AgentPrefix)
		err := tx.Ent.Agent.Create().SetID(id).SetCreatedAt(now).SetOrganizationID(organizationID).
			SetName(n.agent).SetArchitecture(n.architecture).SetSystemPrompt(n.prompt).Exec(ctx)
		if err != nil {
			return fmt.Errorf("write the agent %s: %w", n.agent, err)
		}
		number.SetOutboundAgentID(id)
	}
	if err := tx.LockNumber(ctx, string(n.number)); err != nil { // who registers it elsewhere sees it
		return err //nolint:wrapcheck // it says what failed
	}
	if err := number.Exec(ctx); err != nil {
		return fmt.Errorf("write the phone number %s: %w", n.id, err)
	}
	return nil
}

func newID(prefix string) string { return calling.PublicID(prefix, uuid.Must(uuid.NewV7())) }
