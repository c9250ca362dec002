package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// change runs do for a viewer with the scope ADMIN, alone in the viewer's
// organization.
func (a *Accounts) change(ctx context.Context, do func(context.Context, *store.Tx, auth.Viewer) error) error {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return calling.Errorf(calling.CodeUnauthenticated, "Sign in with an API key.")
	}
	if err := viewer.Need(auth.Admin); err != nil {
		return err //nolint:wrapcheck // is a *calling.Error already
	}
	return a.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		return do(ctx, tx, viewer)
	})
}

// wrap says what was attempted, but of what a person can mend.
func wrap(err error, what string) error {
	if _, known := errors.AsType[*calling.Error](err); known || err == nil {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// notFound is what is wrong when something is not there; another organization's
// answers exactly like what nobody has.
func notFound(exists bool, field, what, id string) []calling.Problem {
	if exists {
		return nil
	}
	return []calling.Problem{{Field: field, Code: calling.CodeNotFound, Detail: what + " " + shown(id) + " not found"}}
}

// full is what is wrong when there are as many of something as there may be.
func full(count, most int, what string) []calling.Problem {
	if count < most {
		return nil
	}
	return []calling.Problem{{
		Code: calling.CodeInvalidRequest, Detail: fmt.Sprintf("The organization has %d %s already, which is the most it may have.", count, what),
	}}
}

// maxID is more than any id has.
const maxID = 64

// isID reports whether a text may be an id. Databases refuse some of those that
// are none.
func isID(id string) bool {
	return id != "" && len(id) <= maxID && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl)
}

// shown is an id as a message repeats it.
func shown(id string) string {
	if isID(id) {
		return id
	}
	return calling.Quote(id)
}
