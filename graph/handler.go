package graph

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph/generated"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/graph/wire"
	"github.com/outdial/outdial/store"
)

// Authenticator finds out whom credentials stand for, and for how long.
type Authenticator interface {
	// Identify returns the viewer of credentials; CodeUnauthenticated for those
	// that are not valid.
	Identify(ctx context.Context, credentials auth.Credentials) (auth.Viewer, error)
	// Watch has gone called, in a goroutine of its own, once the viewer's
	// credentials are not valid any more, until stop is called.
	Watch(viewer auth.Viewer, gone func()) (stop func())
}

// Accounts are who is let in, and what an organization has beside batch jobs, as
// *accounts.Accounts changes it.
type Accounts interface {
	Authenticator
	CreateAgent(ctx context.Context, n calling.NewAgent) (*ent.Agent, error)
	UpdateAgent(ctx context.Context, id string, edit calling.AgentEdit) (*ent.Agent, error)
	CreatePhoneNumber(ctx context.Context, n accounts.NewPhoneNumber) (*ent.PhoneNumber, error)
	LabelPhoneNumber(ctx context.Context, id, label string) (*ent.PhoneNumber, error)
	AssignAgent(ctx context.Context, id string, agentID *string) (*ent.PhoneNumber, error)
	CreateAPIKey(ctx context.Context, n accounts.NewKey) (row *ent.ApiKey, key string, err error)
	RevokeAPIKey(ctx context.Context, id string) (*ent.ApiKey, error)
	RevokeSession(ctx context.Context, id string) error
}

// Dialer creates batch jobs, says what creating them would do, and controls
// those there are.
type Dialer interface {
	Create(ctx context.Context, request dialer.CreateRequest) (*dialer.Created, error)
	Estimate(ctx context.Context, request dialer.CreateRequest) (*dialer.Estimated, error)
	Pause(ctx context.Context, batchJobID, reason string) error
	Resume(ctx context.Context, batchJobID, reason string) error
	Cancel(ctx context.Context, batchJobID string, hangUp bool, reason string) (cancelled int, err error)
	Reschedule(ctx context.Context, batchJobID string, start calling.NewStart, reason string) (*dialer.Rescheduled, error)
	Update(ctx context.Context, batchJobID string, edit calling.BatchEdit, reason string) ([]calling.Warning, error)
	Retry(ctx context.Context, batchJobID string, outcomes []calling.Outcome, reason string) (retried int, err error)
	AddCredits(ctx context.Context, topUp calling.TopUp) (*dialer.Credits, error)
	UpdateOrganization(ctx context.Context, edit calling.OrganizationEdit) error
	Waiting(ctx context.Context, p calling.Progress) (calling.WaitingFor, error)
}

// Progress tells how batch jobs stand, as it changes.
type Progress interface {
	// Subscribe returns a channel with the present snapshot and then the newest
	// one after each change. The channel is closed after the snapshot of a
	// terminal status and after ctx has ended, and at no other time.
	Subscribe(ctx context.Context, batchJobID string) (<-chan calling.Progress, error)
	// Activity returns a channel with the snapshots of an organization's batch jobs
	// that are not over, be there any or not, and then of those that have changed;
	// after each receive from again with those of all once more. The channel is never
	// closed, and falls silent when ctx has ended.
	Activity(ctx context.Context, organizationID string, again <-chan struct{}) (<-chan []calling.Progress, error)
}

// Limiter bounds how many operations may come, as *edge.Limiter does.
type Limiter interface {
	// Admit counts one operation; one too many is CodeRateLimited.
	Admit(viewer auth.Viewer) error
}

// Config is what a Handler is made of. Store, Accounts, Dialer, Webhooks and
// Progress must be set; other zero values take the defaults named.
type Config struct {
	Store    *store.Store
	Accounts Accounts
	Dialer   Dialer
	Webhooks Webhooks
	Progress Progress
	Carrier  model.CarrierInfo // what organization.carrier answers
	Rates    calling.Rates     // what calls cost; default calling.DefaultRates()

	Log *slog.Logger     // default slog.Default()
	Now func() time.Time // default time.Now

	Origins    []string // pages that may open a WebSocket, beside those of the server's own host: "https://studio.example.com"
	HideSchema bool     // refuses introspection
	Rate       Limiter  // bounds the operations of each key or session; default none
	Limits     Limits
}

// Handler serves the GraphQL endpoint: queries, mutations and uploads over HTTP,
// subscriptions over WebSockets and server-sent events. It is safe for
// concurrent use.
type Handler struct {
	wire          *wire.Server
	subscriptions *subscriptions
}

// New returns a Handler. Drain ends what stays open.
func New(config Config) *Handler {
	config = config.withDefaults()
	schema := executableSchema(&Resolver{Config: config})
	exec := executor.New(schema)
	documents := newQueryCache(config.Limits.CachedQueries, config.Limits.CachedQueryBytes)
	exec.SetQueryCache(documents)
	exec.SetParserTokenLimit(config.Limits.Tokens)
	exec.SetErrorPresenter(presenter(config.Log))
	exec.SetRecoverFunc(recovered)
	exec.Use(&shape{limits: config.Limits, known: documents, hideSchema: config.HideSchema})
	exec.Use(&inputs{})
	exec.Use(&cost{limit: config.Limits.Complexity})
	exec.Use(answers{})
	bound := &subscriptions{limit: config.Limits.SubscriptionsPerKey, open: map[string]int{}}
	exec.Use(bound)
	exec.Use(&shares{running: map[string]*share{}}) // after the bound, which counts everybody
	return &Handler{subscriptions: bound, wire: wire.New(wire.Config{
		Exec: exec, Log: config.Log, SignIn: signIn(config.Accounts), Watch: watch(config.Accounts), Admit: admit(config.Rate), Origins: config.Origins,
		BodyBytes: config.Limits.BodyBytes, MessageBytes: config.Limits.MessageBytes,
		Operations: config.Limits.OperationsPerConnection, InitTimeout: config.Limits.InitTimeout,
		BodyTimeout: config.Limits.BodyTimeout,
		PingEvery:   config.Limits.PingEvery, WriteTimeout: config.Limits.WriteTimeout,
	})}
}

// ServeHTTP answers one request. Every request needs an API key or the cookie of
// a browser's session; the key of a WebSocket may come in connection_init
// instead.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.wire.ServeHTTP(w, r) }

// Drain has everybody who is connected come back to another server: WebSockets
// are closed with 1012, event streams break off, new ones are refused. Requests
// that are being answered are not touched. It returns when no connection is
// open any more, which takes some seconds when clients do not answer.
func (h *Handler) Drain() { h.wire.Drain() }

// Subscriptions returns how many subscriptions are open now.
func (h *Handler) Subscriptions() int { return h.subscriptions.count() }

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	if c.Rates == (calling.Rates{}) {
		c.Rates = calling.DefaultRates()
	}
	c.Limits = c.Limits.withDefaults()
	return c
}

// signIn finds out who sent a request.
func signIn(door Authenticator) func(context.Context, *http.Request) (context.Context, error) {
	return func(ctx context.Context, r *http.Request) (context.Context, error) {
		credentials, err := edge.Credentials(r)
		if err != nil {
			return nil, err //nolint:wrapcheck // is a *calling.Error already
		}
		viewer, err := door.Identify(ctx, credentials)
		if err != nil {
			return nil, err //nolint:wrapcheck // is a *calling.Error, or says itself what failed
		}
		return auth.WithViewer(ctx, viewer), nil
	}
}

// watch tells connections that stay open when their viewer may not stay.
func watch(door Authenticator) func(context.Context, func()) func() {
	return func(ctx context.Context, gone func()) func() {
		viewer, _ := auth.FromContext(ctx) // signIn put it there
		return door.Watch(viewer, gone)
	}
}

// admit counts an operation of whoever is signed in.
func admit(limiter Limiter) func(context.Context) error {
	return func(ctx context.Context) error {
		viewer, _ := auth.FromContext(ctx)
		if limiter == nil {
			return nil
		}
		return limiter.Admit(viewer) //nolint:wrapcheck // is a *calling.Error
	}
}

// executableSchema is the generated schema without @defer, which it would offer
// by itself and which no transport here delivers.
func executableSchema(r *Resolver) graphql.ExecutableSchema {
	config := generated.Config{Resolvers: r, Complexity: complexities()}
	schema := *generated.NewExecutableSchema(config).Schema()
	schema.Directives = maps.Clone(schema.Directives)
	delete(schema.Directives, "defer")
	config.Schema = &schema
	return generated.NewExecutableSchema(config)
}
