package rest

import (
	"net/http"
	"net/url"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// The sizes of pages: of batch jobs, and of the contacts of one.
const (
	usualPage     = 20
	largestPage   = 100
	usualContacts = 50
	mostContacts  = 500
	lastPage      = 1_000_000
)

// query reads the parameters of a request and gathers what is wrong with them.
// Parameters it is not asked for are ignored.
type query struct {
	values   url.Values
	problems []calling.Problem
}

// newQuery parses the query string. An organization that is named must be the
// viewer's own, else the error is CodeForbidden.
func newQuery(r *http.Request) (*query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &calling.Error{Code: calling.CodeInvalidRequest, Detail: "The query string is malformed.", Cause: err}
	}
	viewer, _ := auth.FromContext(r.Context())
	for _, id := range values["organizationId"] {
		if id != viewer.OrganizationID {
			return nil, calling.Errorf(calling.CodeForbidden, "This API key belongs to another organization.")
		}
	}
	return &query{values: values}, nil
}

func (q *query) refuse(name, format string, args ...any) {
	e := calling.Errorf(calling.CodeInvalidRequest, format, args...)
	q.problems = append(q.problems, calling.Problem{Field: name, Code: e.Code, Detail: e.Detail})
}

// number returns a whole number between 1 and most.
func (q *query) number(name string, byDefault, most int) int {
	text := q.values.Get(name)
	if text == "" {
		return byDefault
	}
	n, ok := decimal(text)
	if !ok || n < 1 || n > most {
		q.refuse(name, "%s must be a whole number between 1 and %d; it is %s.", name, most, calling.Quote(text))
		return byDefault
	}
	return n
}

// err returns what is wrong with the parameters, all of it.
func (q *query) err() error { return calling.Problems(q.problems) }
