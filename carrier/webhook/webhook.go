// Package webhook is a carrier that hands calls to a voice-agent runtime over
// HTTP, by the protocol of docs/carrier-protocol.md. The runtime keeps the
// calls; what this package promises is never to have one dialed that may not be
// dialed any more, and never to say that nothing rang unless that is certain.
// It logs no phone number, no body and no token.
//
// Start reading at Start, then Wait; send.go is the HTTP below them.
package webhook

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config of a webhook carrier. URL and Token must be set; other zero values take
// the defaults named.
type Config struct {
	URL        string           // of the runtime; the protocol's paths are put behind it
	Token      string           // bearer token of every request
	Calls      int              // calls carried at once, for each of which a connection is kept; default 100
	AskTimeout time.Duration    // longest wait for an answer that needs no waiting; default 10 seconds
	LongPoll   time.Duration    // how long the runtime may take to tell of a change; default 55 seconds, at most 60
	Now        func() time.Time // default time.Now
	Log        *slog.Logger     // default slog.Default()
}

// Carrier hands calls to a runtime. It is safe for concurrent use.
type Carrier struct {
	Config

	client  *http.Client
	circuit circuit

	mu                           sync.Mutex
	tokenAt, addressAt, clocksAt time.Time // guarded by mu; when each was last complained of
}

// New returns a carrier. It does not connect yet.
func New(config Config) *Carrier {
	c := &Carrier{Config: config.withDefaults()}
	c.URL = strings.TrimRight(c.URL, "/")
	c.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: c.AskTimeout / 2, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:    c.AskTimeout / 2,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           0, // bounded by the host's
			MaxIdleConnsPerHost:    c.Calls,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
		// Somebody else's address must not get the token, nor a call be asked for twice.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

func (c Config) withDefaults() Config {
	if c.Calls <= 0 {
		c.Calls = 100
	}
	if c.AskTimeout <= 0 {
		c.AskTimeout = 10 * time.Second
	}
	if c.LongPoll <= 0 {
		c.LongPoll = 55 * time.Second
	}
	c.LongPoll = min(c.LongPoll, time.Minute)
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Keeps implements dialer.Carrier: the runtime goes on with its calls.
func (c *Carrier) Keeps() bool { return true }

// Close gives back the connections nobody uses.
func (c *Carrier) Close() { c.client.CloseIdleConnections() }

// address of a call: its id is ours and says nothing of anybody.
func (c *Carrier) address(id string) string { return c.URL + "/v1/calls/" + url.PathEscape(id) }
