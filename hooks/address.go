package hooks

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/outdial/outdial/calling"
)

// maxURL bounds an endpoint's address, in bytes.
const maxURL = 2000

// checkURL returns what is wrong with an endpoint's address. What a host's name
// means is looked at each time something is sent to it, because it may change.
func (c Config) checkURL(text string) []calling.Problem {
	refuse := func(format string, args ...any) []calling.Problem {
		return []calling.Problem{{Field: "url", Code: calling.CodeInvalidRequest, Detail: fmt.Sprintf(format, args...)}}
	}
	if len(text) > maxURL {
		return refuse("url must have at most %d bytes; it has %d.", maxURL, len(text))
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return refuse("url must be an address such as https://example.com/outdial.")
	case u.Scheme == "http" && !c.AllowPrivate:
		return refuse("url must begin with https://; the server allows http:// only with WEBHOOK_ALLOW_PRIVATE, which is for development and allows private addresses too.")
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("url must begin with https://.")
	case u.User != nil:
		return refuse("url must not hold a user or a password; check the signature of events instead.")
	case u.Fragment != "":
		return refuse("url must not hold a fragment: what follows # is never sent.")
	case !c.AllowPrivate && isPrivateHost(u.Hostname()):
		return refuse("url must not name an address of a private network or of this machine; the server allows those only with WEBHOOK_ALLOW_PRIVATE.")
	}
	return nil
}

// isPrivateHost reports whether a host can be seen to be no public one without
// looking its name up.
func isPrivateHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return !isPublic(addr)
	}
	host = "." + strings.ToLower(strings.TrimSuffix(host, "."))
	for _, suffix := range []string{".localhost", ".local", ".internal", ".localdomain", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// notPublic4 are the parts of IPv4 that are no public hosts, by the IANA
// registry of special-purpose addresses (RFC 6890 and its successors).
func notPublic4() []string {
	return []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	}
}

// notPublic6 are the parts of 2000::/3, outside of which nothing of IPv6 is
// public, that are none either: those for protocols, among them Teredo, 6to4,
// which leads to IPv4, and documentation.
func notPublic6() []string {
	return []string{"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"}
}

// isPublic reports whether an address is one of the public Internet's.
func isPublic(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	special := notPublic4()
	if addr.Is6() {
		if !netip.MustParsePrefix("2000::/3").Contains(addr) {
			return false
		}
		special = notPublic6()
	}
	for _, prefix := range special {
		if netip.MustParsePrefix(prefix).Contains(addr) {
			return false
		}
	}
	return addr.IsValid()
}

// refusedError says that a host's address is not one that events are sent to.
type refusedError struct{ addr string }

// Error says which.
func (e refusedError) Error() string {
	return "the host's address " + e.addr + " is one of a private network, to which this server sends nothing"
}

// onlyPublic refuses connections to anything but public addresses. It is asked
// when the host's name has been looked up and before anything is sent, so that a
// name whose meaning changes leads nowhere else.
func onlyPublic(_ context.Context, _, address string, _ syscall.RawConn) error {
	where, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(where.Addr()) {
		return refusedError{addr: where.Addr().String()}
	}
	return nil
}

// Bounds of what an endpoint may do to the one who asks it.
const (
	maxHeaderBytes = 64 << 10
	perEndpoint    = 4 // deliveries to one endpoint at once
)

// newClient returns a client that goes where it is sent and nowhere else: no
// redirects, no proxies, no cookies.
func newClient(c Config) *http.Client {
	dialer := &net.Dialer{Timeout: c.Timeout, KeepAlive: 30 * time.Second, Resolver: c.Resolver}
	if !c.AllowPrivate {
		dialer.ControlContext = onlyPublic
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			Proxy:                  nil,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    c.Timeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConnsPerHost:    perEndpoint,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // what is read is bounded as it arrives
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
