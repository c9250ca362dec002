package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/ent"
)

// answer is what one answer, or one event of a subscription, has read already.
// It lives no longer, so that nothing old is ever answered.
type answer struct {
	mu           sync.Mutex
	organization func() (*ent.Organization, error) // guarded by mu
	jobs         map[string]*ent.BatchJob          // guarded by mu
	read         map[string]any                    // guarded by mu; functions of once
}

func newAnswer() *answer { return &answer{jobs: map[string]*ent.BatchJob{}, read: map[string]any{}} }

type answerKey struct{}

// answers gives every answer its own memory.
type answers struct{}

// ExtensionName names the extension.
func (answers) ExtensionName() string { return "Answers" }

// Validate has nothing to check.
func (answers) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse begins an answer.
func (answers) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, answerKey{}, newAnswer()))
}

// answerOf returns the answer that ctx is for; a new one where there is none.
func answerOf(ctx context.Context) *answer {
	if a, ok := ctx.Value(answerKey{}).(*answer); ok {
		return a
	}
	return newAnswer()
}

// organizationOnce returns the viewer's organization, read once an answer.
func (a *answer) organizationOnce(read func() (*ent.Organization, error)) (*ent.Organization, error) {
	a.mu.Lock()
	if a.organization == nil {
		a.organization = sync.OnceValues(read)
	}
	once := a.organization
	a.mu.Unlock()
	return once()
}

// remember keeps a batch job for the rest of the answer.
func (a *answer) remember(row *ent.BatchJob) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs[row.ID] = row
}

// batchJob returns a remembered batch job; nil when there is none.
func (a *answer) batchJob(id string) *ent.BatchJob {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.jobs[id]
}

// once reads what many things of an answer refer to a single time; key says what
// it is, and whose.
func once[T any](a *answer, key string, read func() (T, error)) (T, error) {
	a.mu.Lock()
	known, ok := a.read[key].(func() (T, error))
	if !ok {
		known = sync.OnceValues(read)
		a.read[key] = known
	}
	a.mu.Unlock()
	return known()
}
