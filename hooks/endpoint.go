package hooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store"
)

// The limits of endpoints.
const (
	MaxEndpoints   = 10                 // of an organization
	MaxOverlap     = 7 * 24 * time.Hour // in which two secrets sign
	maxDescription = 200                // characters
)

// NewEndpoint is an endpoint that is to be made.
type NewEndpoint struct {
	URL         string
	Description string // may be empty
	Events      []calling.EventType
}

// EndpointEdit is what is to be different about an endpoint; nil leaves it as it
// is.
type EndpointEdit struct {
	URL         *string
	Description *string // empty = none any more
	Events      []calling.EventType
	Enabled     *bool
}

// Create makes an endpoint for the viewer's organization, who needs the scope
// ADMIN, and returns it with its secret, which is shown this once. Errors:
// CodeInvalidRequest for every field, and when there are too many endpoints.
func (h *Hooks) Create(ctx context.Context, n NewEndpoint) (made *ent.WebhookEndpoint, secret string, err error) {
	edit, problems := h.check(EndpointEdit{URL: &n.URL, Description: &n.Description, Events: n.Events})
	if n.Events == nil {
		problems = append(problems, noEvents())
	}
	secret = newSecret()
	err = h.change(ctx, problems, func(ctx context.Context, tx *store.Tx, organizationID string) error {
		count, err := tx.Ent.WebhookEndpoint.Query().Count(ctx)
		if err != nil {
			return fmt.Errorf("count endpoints: %w", err)
		}
		if count >= MaxEndpoints {
			return calling.Errorf(calling.CodeInvalidRequest,
				"An organization has at most %d webhook endpoints. Delete one that is not used any more.", MaxEndpoints)
		}
		made, err = tx.Ent.WebhookEndpoint.Create().SetID(newID(calling.WebhookPrefix)).SetCreatedAt(h.now()).
			SetOrganizationID(organizationID).SetURL(*edit.URL).SetDescription(*edit.Description).SetEvents(edit.Events).
			SetEnabled(true).SetSecret(secret).Save(ctx)
		if err != nil {
			return fmt.Errorf("write the endpoint: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, "", failed(err, "made")
	}
	return made, secret, nil
}

// Update changes an endpoint. One that is switched off gets nothing from then on,
// and what had not been delivered yet is given up; one that is switched on again
// starts anew. Errors: CodeNotFound, and CodeInvalidRequest for every field.
func (h *Hooks) Update(ctx context.Context, id string, edit EndpointEdit) (changed *ent.WebhookEndpoint, err error) {
	edit, problems := h.check(edit)
	err = h.change(ctx, problems, func(ctx context.Context, tx *store.Tx, _ string) error {
		row, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		update := row.Update().SetNillableURL(edit.URL).SetNillableDescription(edit.Description)
		if edit.Events != nil {
			update.SetEvents(edit.Events)
		}
		if edit.Enabled != nil && *edit.Enabled != row.Enabled {
			update.SetEnabled(*edit.Enabled).SetDisabledReason("").ClearFailingSince()
		}
		if edit.URL != nil && *edit.URL != row.URL {
			update.ClearFailingSince()
		}
		if changed, err = update.Save(ctx); err != nil {
			return fmt.Errorf("write the endpoint: %w", err)
		}
		if !changed.Enabled {
			return giveUp(ctx, tx, changed)
		}
		return nil
	})
	if err != nil {
		return nil, failed(err, "changed")
	}
	return changed, nil
}

// Rotate gives an endpoint another secret and returns it, which is shown this
// once. For the time of overlap events are signed with the secret from before as
// well. Errors: CodeNotFound, and CodeInvalidRequest for the overlap.
func (h *Hooks) Rotate(ctx context.Context, id string, overlap time.Duration) (changed *ent.WebhookEndpoint, secret string, err error) {
	var problems []calling.Problem
	if overlap < 0 || overlap > MaxOverlap {
		problems = append(problems, calling.Problem{
			Field: "overlapSeconds", Code: calling.CodeInvalidRequest,
			Detail: fmt.Sprintf("overlapSeconds must be between 0 and %d; it is %d.", MaxOverlap/time.Second, overlap/time.Second),
		})
	}
	secret = newSecret()
	err = h.change(ctx, problems, func(ctx context.Context, tx *store.Tx, _ string) error {
		row, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		update := row.Update().SetSecret(secret).SetPreviousSecret("")
		if overlap == 0 {
			update.ClearPreviousSecretUntil()
		} else {
			update.SetPreviousSecret(row.Secret).SetPreviousSecretUntil(store.Instant(h.Now().Add(overlap)))
		}
		if changed, err = update.Save(ctx); err != nil {
			return fmt.Errorf("write the secret: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, "", failed(err, "given another secret")
	}
	return changed, secret, nil
}

// Delete removes an endpoint and its deliveries. Nothing is sent to it once it
// has returned, but for tries that were under way. Errors: CodeNotFound.
func (h *Hooks) Delete(ctx context.Context, id string) error {
	err := h.change(ctx, nil, func(ctx context.Context, tx *store.Tx, _ string) error {
		row, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		// No event is written for it any more, while what there is goes in small steps.
		if err := row.Update().SetEnabled(false).Exec(ctx); err != nil {
			return fmt.Errorf("switch the endpoint off: %w", err)
		}
		return nil
	})
	if err != nil {
		return failed(err, "deleted")
	}
	if err := h.removeAll(ctx, webhookdelivery.EndpointID(id)); err != nil {
		return failed(err, "deleted")
	}
	err = h.change(ctx, nil, func(ctx context.Context, tx *store.Tx, _ string) error {
		if _, err := tx.Ent.WebhookDelivery.Delete().Where(webhookdelivery.EndpointID(id)).Exec(ctx); err != nil {
			return fmt.Errorf("remove what is left of its deliveries: %w", err)
		}
		if _, err := tx.Ent.WebhookEndpoint.Delete().Where(webhookendpoint.ID(id)).Exec(ctx); err != nil {
			return fmt.Errorf("remove the endpoint: %w", err)
		}
		return nil
	})
	return failed(err, "deleted")
}

// removeAll removes deliveries in small steps.
func (h *Hooks) removeAll(ctx context.Context, where ...predicate.WebhookDelivery) error {
	for {
		var removed int
		err := h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			ids, err := tx.Ent.WebhookDelivery.Query().Where(where...).Limit(removedAtOnce).IDs(ctx)
			if err != nil {
				return fmt.Errorf("find deliveries: %w", err)
			}
			removed = len(ids)
			return remove(ctx, tx, ids)
		})
		if err != nil || removed < removedAtOnce {
			return err
		}
	}
}

// change changes endpoints of the viewer's organization under its lock, and
// notes which events are wanted then.
func (h *Hooks) change(ctx context.Context, problems []calling.Problem, do func(context.Context, *store.Tx, string) error) error {
	viewer, err := may(ctx)
	if err != nil {
		return err
	}
	if err := calling.Problems(problems); err != nil {
		return err
	}
	return h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		if err := do(ctx, tx, viewer.OrganizationID); err != nil {
			return err
		}
		return noteWanted(ctx, tx, viewer.OrganizationID)
	})
}

// noteWanted keeps on the organization which events its endpoints want, so that
// a turn of one without endpoints looks for none. The lock is held.
func noteWanted(ctx context.Context, tx *store.Tx, organizationID string) error {
	endpoints, err := tx.Ent.WebhookEndpoint.Query().
		Where(webhookendpoint.OrganizationID(organizationID), webhookendpoint.Enabled(true)).All(ctx)
	if err != nil {
		return fmt.Errorf("read endpoints: %w", err)
	}
	var wanted []calling.EventType
	for _, e := range endpoints {
		wanted = append(wanted, e.Events...)
	}
	slices.Sort(wanted)
	update := tx.Ent.Organization.Update().Where(organization.ID(organizationID))
	if wanted = slices.Compact(wanted); len(wanted) > 0 {
		update.SetWebhookEvents(wanted)
	} else {
		update.ClearWebhookEvents()
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("note which events are wanted: %w", err)
	}
	return nil
}

func find(ctx context.Context, tx *store.Tx, id string) (*ent.WebhookEndpoint, error) {
	row, err := tx.Ent.WebhookEndpoint.Query().Where(webhookendpoint.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, calling.Errorf(calling.CodeNotFound, "Webhook endpoint %s not found", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read the endpoint: %w", err)
	}
	return row, nil
}

// failed says what was not done, unless a person can mend it.
func failed(err error, done string) error {
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	if err != nil {
		return fmt.Errorf("the webhook endpoint was not %s: %w", done, err)
	}
	return nil
}

// check returns the edit with its texts trimmed and its events in order, and all
// that is wrong with it.
func (h *Hooks) check(edit EndpointEdit) (EndpointEdit, []calling.Problem) {
	var problems []calling.Problem
	refuse := func(field, format string, args ...any) {
		problems = append(problems, calling.Problem{Field: field, Code: calling.CodeInvalidRequest, Detail: fmt.Sprintf(format, args...)})
	}
	if edit.URL != nil {
		url := strings.TrimSpace(*edit.URL)
		edit.URL = &url
		problems = append(problems, h.checkURL(url)...)
	}
	if edit.Description != nil {
		text := strings.TrimSpace(*edit.Description)
		edit.Description = &text
		if n := utf8.RuneCountInString(text); n > maxDescription {
			refuse("description", "description must have at most %d characters; it has %d.", maxDescription, n)
		}
		if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			refuse("description", "description must be UTF-8 text without NUL characters.")
		}
	}
	if edit.Events != nil {
		var wanted []calling.EventType
		for _, e := range edit.Events {
			if e.Wanted() && !slices.Contains(wanted, e) {
				wanted = append(wanted, e)
			}
		}
		edit.Events = wanted
		if len(wanted) == 0 {
			problems = append(problems, noEvents())
		}
	}
	return edit, problems
}

func noEvents() calling.Problem {
	return calling.Problem{
		Field: "events", Code: calling.CodeInvalidRequest,
		Detail: "events must name at least one event. PING is sent whenever it is asked for, and need not be named.",
	}
}
