package hooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 30 * time.Second

// clock is a time in the test's hands.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// pokes are the endpoints that a queue was told of.
type pokes struct {
	mu  sync.Mutex
	ids []string
}

func (p *pokes) DeliverWebhooks(_ context.Context, tx *store.Tx, _ string, endpointIDs []string) error {
	tx.AfterCommit(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ids = append(p.ids, endpointIDs...)
	})
	return nil
}

// taken returns the pokes since it was last called.
func (p *pokes) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := p.ids
	p.ids = nil
	return ids
}

// got is a request that a receiver got.
type got struct {
	header http.Header
	body   string
}

func (g got) id() string { return g.header.Get("webhook-id") }

// receiver is somebody else's server. It answers with what answer says.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	got    []got
	answer http.HandlerFunc // nil = 200
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	r.got = append(r.got, got{request.Header, string(body)})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, request)
	}
}

func (r *receiver) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, "this is %d", code)
	}
}

// all returns what arrived so far.
func (r *receiver) all() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.got...)
}

// only returns the one request that arrived.
func (r *receiver) only(t *testing.T) got {
	t.Helper()
	all := r.all()
	if len(all) != 1 {
		t.Fatalf("%d requests arrived, want one", len(all))
	}
	return all[0]
}

// bundle is one node with one organization, whose administrator is signed in.
type bundle struct {
	*hooks.Hooks
	*clock

	store *store.Store
	queue *pokes
	org   string
	ctx   context.Context //nolint:containedctx // the viewer of the whole test
}

func setup(t *testing.T, s *store.Store, change ...func(*hooks.Config)) *bundle {
	t.Helper()
	b := &bundle{store: s, queue: &pokes{}, clock: newClock()}
	config := hooks.Config{
		Store: s, Queue: b.queue, Now: b.time, Roll: func() float64 { return 0.5 }, AllowPrivate: true,
		Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&config)
	}
	b.Hooks = hooks.New(config)
	t.Cleanup(b.closeIdle)
	b.org, b.ctx = b.signUp(t)
	return b
}

// closeIdle ends connections that are kept for later, as the end of Run does.
func (b *bundle) closeIdle() {
	ended, end := context.WithCancel(context.Background())
	end()
	b.Run(ended)
}

// signUp makes an organization and signs its administrator in.
func (b *bundle) signUp(t *testing.T) (id string, ctx context.Context) {
	t.Helper()
	made, err := accounts.New(b.store, b.time).CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Acme", ConcurrentCallLimit: 5})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID, auth.WithViewer(t.Context(), auth.Viewer{OrganizationID: made.ID, KeyID: "key_1", Scopes: auth.Scopes()})
}

// endpoint makes one that wants every event.
func (b *bundle) endpoint(t *testing.T, url string) (e *ent.WebhookEndpoint, secret string) {
	t.Helper()
	e, secret, err := b.Create(b.ctx, hooks.NewEndpoint{URL: url, Events: wanted()})
	if err != nil {
		t.Fatal(err)
	}
	return e, secret
}

func wanted() (all []calling.EventType) {
	for _, name := range calling.EventType("").Values() {
		if e := calling.EventType(name); e.Wanted() {
			all = append(all, e)
		}
	}
	return all
}

// happen writes n deliveries to an endpoint, as turns do, and returns the ids of
// their events.
func (b *bundle) happen(t *testing.T, e *ent.WebhookEndpoint, n int) (events []string) {
	t.Helper()
	err := b.store.InTx(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		events = nil
		for i := range n {
			event := calling.PublicID(calling.EventPrefix, uuid.Must(uuid.NewV7()))
			events = append(events, event)
			tx.Ent.WebhookDelivery.Create().SetID(calling.PublicID(calling.DeliveryPrefix, uuid.Must(uuid.NewV7()))).
				SetOrganizationID(e.OrganizationID).SetCreatedAt(b.time()).SetEndpointID(e.ID).SetEventID(event).
				SetEvent(calling.EventContactCompleted).SetPayload(fmt.Sprintf(`{"n":%d}`, i)).
				SetStatus(calling.DeliveryPending).SetNextTryAt(b.time()).ExecX(ctx)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// deliver has an endpoint served until nothing is due to it.
func (b *bundle) deliver(t *testing.T, e *ent.WebhookEndpoint) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = b.Deliver(t.Context(), e.OrganizationID, e.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// log returns the deliveries to an endpoint, oldest first.
func (b *bundle) log(t *testing.T, e *ent.WebhookEndpoint) []*ent.WebhookDelivery {
	t.Helper()
	return b.store.Read().WebhookDelivery.Query().Where(webhookdelivery.EndpointID(e.ID)).
		Order(webhookdelivery.ByID()).AllX(auth.WithSystem(t.Context()))
}

// last returns the newest of them.
func (b *bundle) last(t *testing.T, e *ent.WebhookEndpoint) *ent.WebhookDelivery {
	t.Helper()
	all := b.log(t, e)
	if len(all) == 0 {
		t.Fatal("there is no delivery")
	}
	return all[len(all)-1]
}

func (b *bundle) row(t *testing.T, e *ent.WebhookEndpoint) *ent.WebhookEndpoint {
	t.Helper()
	return b.store.Read().WebhookEndpoint.GetX(auth.WithSystem(t.Context()), e.ID)
}

// asked returns the events that turns of an organization write.
func (b *bundle) asked(t *testing.T, org string) []calling.EventType {
	t.Helper()
	return b.store.Read().Organization.Query().Where(organization.ID(org)).OnlyX(auth.WithSystem(t.Context())).WebhookEvents
}

// verify checks a request as a receiver does that was written by the standard's
// text, and returns how many of its signatures fit the secret.
func verify(t *testing.T, g got, secret string) (fitting int) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("%q is no secret: %v", secret, err)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", g.id(), g.header.Get("webhook-timestamp"), g.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for signature := range strings.SplitSeq(g.header.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(signature), []byte(want)) {
			fitting++
		}
	}
	return fitting
}

// refuses fails the test unless err has the code.
func refuses(t *testing.T, what string, err error, code calling.Code) {
	t.Helper()
	if err == nil || calling.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}
