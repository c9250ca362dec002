package edge

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// WrongKeysPerMinute is how many wrong API keys one address may try in a minute
// before it is answered without a look into the database.
const WrongKeysPerMinute = 60

// maxKnownKeys bounds how many keys a guard remembers as good.
const maxKnownKeys = 10_000

// Authenticator says who an API key stands for, as *accounts.Accounts does.
type Authenticator interface {
	Authenticate(ctx context.Context, key string) (auth.Viewer, error)
}

// Guard is an Authenticator that stops asking for addresses which try many wrong
// keys. Keys that were good a while ago are asked for all the same, because behind
// a proxy many people share one address. It remembers hashes only. It is safe for
// concurrent use.
type Guard struct {
	accounts Authenticator
	wrong    *Limiter

	mu           sync.Mutex
	young, older map[string]struct{} // guarded by mu; hashes of keys that were good, each at most half of maxKnownKeys
}

// NewGuard returns a guard before accounts.
func NewGuard(accounts Authenticator, now func() time.Time) *Guard {
	return &Guard{accounts: accounts, wrong: NewLimiter(WrongKeysPerMinute, now), young: map[string]struct{}{}}
}

// Authenticate returns the viewer of a key. Where the address of ctx has tried too
// many wrong ones it is an *calling.Error with CodeRateLimited instead.
func (g *Guard) Authenticate(ctx context.Context, key string) (auth.Viewer, error) {
	address, hash := ClientAddress(ctx), auth.HashKey(key)
	if g.wrong.spent(address) && !g.known(hash) {
		return auth.Viewer{}, g.wrong.take(address, "one address with wrong API keys")
	}
	viewer, err := g.accounts.Authenticate(ctx, key)
	switch {
	case err == nil:
		g.remember(hash)
	case calling.CodeOf(err) == calling.CodeUnauthenticated:
		_ = g.wrong.take(address, "") // counted; the next one is told when there are too many
	}
	return viewer, err //nolint:wrapcheck // it is the accounts' answer
}

func (g *Guard) known(hash string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, young := g.young[hash]
	_, older := g.older[hash]
	return young || older
}

func (g *Guard) remember(hash string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.young) >= maxKnownKeys/2 {
		g.older, g.young = g.young, map[string]struct{}{}
	}
	g.young[hash] = struct{}{}
}

type addressKey struct{}

// ClientAddress returns where the request of ctx came from: an IPv4 address, or
// the /64 network of an IPv6 one, of which one client has all. Empty outside a
// request.
func ClientAddress(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap(); ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
