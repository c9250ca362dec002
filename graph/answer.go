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
	openJobs     func() (map[string]int, error)    // guarded by mu
	jobs         map[string]*ent.BatchJob          // guarded by mu
}

type answerKey struct{}

// answers gives every answer its own memory.
type answers struct{}

// ExtensionName names the extension.
func (answers) ExtensionName() string { return "Answers" }

// Validate has nothing to check.
func (answers) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse begins an answer.
func (answers) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, answerKey{}, &answer{jobs: map[string]*ent.BatchJob{}}))
}

// answerOf returns the answer that ctx is for; a new one where there is none.
func answerOf(ctx context.Context) *answer {
	if a, ok := ctx.Value(answerKey{}).(*answer); ok {
		return a
	}
	return &answer{jobs: map[string]*ent.BatchJob{}}
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

// openJobsOnce returns how many batch jobs that are not over call from each phone
// number, read once an answer.
func (a *answer) openJobsOnce(read func() (map[string]int, error)) (map[string]int, error) {
	a.mu.Lock()
	if a.openJobs == nil {
		a.openJobs = sync.OnceValues(read)
	}
	once := a.openJobs
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
