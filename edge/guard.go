package edge

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
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

// Identifier says whom credentials stand for, as *accounts.Accounts does.
type Identifier interface {
	Identify(ctx context.Context, credentials auth.Credentials) (auth.Viewer, error)
}

// Guard is an Identifier that stops asking for addresses which try many wrong
// keys. Keys that were good a while ago are asked for all the same, because behind
// a proxy many people share one address. It remembers hashes only. It is safe for
// concurrent use.
type Guard struct {
	accounts Identifier
	wrong    *Limiter

	mu           sync.Mutex
	young, older map[string]struct{} // guarded by mu; hashes of keys that were good, each at most half of maxKnownKeys
}

// NewGuard returns a guard before accounts.
func NewGuard(accounts Identifier, now func() time.Time) *Guard {
	return &Guard{accounts: accounts, wrong: NewLimiter(WrongKeysPerMinute, now), young: map[string]struct{}{}}
}

// Identify returns the viewer of a key or a session. Where the address of ctx has
// tried too many wrong ones it is an *calling.Error with CodeRateLimited instead.
func (g *Guard) Identify(ctx context.Context, c auth.Credentials) (viewer auth.Viewer, err error) {
	if c.Key == "" { // a browser goes on sending the cookie of a session that is over
		return g.accounts.Identify(ctx, c) //nolint:wrapcheck // it is the accounts' answer
	}
	err = g.Try(ctx, c.Key, func() error {
		viewer, err = g.accounts.Identify(ctx, c)
		return err //nolint:wrapcheck // it is the accounts' answer
	})
	return viewer, err
}

// Try has a secret looked up, unless the address of ctx has tried too many wrong
// ones: that is an *calling.Error with CodeRateLimited. What look returns is
// returned; CodeUnauthenticated counts as wrong.
func (g *Guard) Try(ctx context.Context, secret string, look func() error) error {
	address, hash := ClientAddress(ctx), auth.HashKey(secret)
	if g.wrong.spent(address) && !g.known(hash) {
		return g.wrong.take(address, "one address with wrong API keys")
	}
	err := look()
	switch {
	case err == nil:
		g.remember(hash)
	case calling.CodeOf(err) == calling.CodeUnauthenticated:
		_ = g.wrong.take(address, "") // counted; the next one is told when there are too many
	}
	return err
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

// behindProxy is whom a proxy on this machine or network says it asks for: the last
// address that was added to X-Forwarded-For. Who is there without a proxy can say
// anything, and gets around nothing but the bound on wrong keys.
func behindProxy(r *http.Request, proxy netip.Addr) netip.Addr {
	forwarded := r.Header.Values("X-Forwarded-For")
	if len(forwarded) == 0 {
		return proxy
	}
	last := forwarded[len(forwarded)-1]
	ip, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]))
	if err != nil {
		return proxy
	}
	return ip.Unmap()
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
	if ip = ip.Unmap(); ip.IsLoopback() || ip.IsPrivate() {
		ip = behindProxy(r, ip)
	}
	if ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
