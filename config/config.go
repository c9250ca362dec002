// Package config is the settings of the program: one struct, each field with
// its flag, environment variable, default and meaning, read once at the start.
// It is the only place that reads the environment. Start reading at Config.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/outdial/outdial/auth"
)

// DefaultDatabaseURL is the embedded database, on which the demo organization
// is seeded without being asked for.
const DefaultDatabaseURL = "sqlite://data/outdial.db"

// DefaultQueueURL is where the queue lives beside MySQL, which cannot hold it.
const DefaultQueueURL = "sqlite://data/outdial-queue.db"

// Config is every setting. Durations are Go's: "300ms", "45s", "1h30m".
type Config struct {
	Addr                string
	DatabaseURL         string
	QueueDatabaseURL    string // empty = the same database
	DatabaseConnections int
	Carrier             string
	CarrierURL          string
	CarrierToken        string
	SimulatorTimeScale  float64
	SimulatorSeed       uint64
	CallsPerNode        int
	ControlWorkers      int
	WebhookWorkers      int
	WebhookAllowPrivate bool
	RetryDelay          time.Duration
	BreakerWindow       int
	BreakerFailures     int
	RingTimeout         time.Duration
	MaxCallDuration     time.Duration
	UploadTimeout       time.Duration
	DrainTimeout        time.Duration
	Demo                bool
	DemoAPIKey          string
	AllowedOrigins      string
	RequestsPerMinute   int
	MetricsToken        string
	LogLevel            string
	LogFormat           string

	demoSet bool
}

// ErrHelp says that only help was asked for, and was given.
var ErrHelp = flag.ErrHelp

func (c *Config) flags(out io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("outdial", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "address to serve on; port 0 picks a free one and prints it")
	f.StringVar(&c.DatabaseURL, "database-url", DefaultDatabaseURL, "sqlite://PATH, postgres://USER:PASSWORD@HOST/NAME or mysql://USER:PASSWORD@HOST/NAME")
	f.StringVar(&c.QueueDatabaseURL, "queue-database-url", "", "sqlite:// or postgres:// database for the queue (default the same database; for MySQL "+DefaultQueueURL+")")
	f.IntVar(&c.DatabaseConnections, "database-connections", 20, "connections in a pool of PostgreSQL or MySQL")
	f.StringVar(&c.Carrier, "carrier", "simulator", "who places the calls: simulator, or webhook: your own voice-agent runtime")
	f.StringVar(&c.CarrierURL, "carrier-url", "", "with webhook, where the runtime is, such as https://agents.example.com")
	f.StringVar(&c.CarrierToken, "carrier-token", "", "with webhook, the bearer token the runtime expects")
	f.Float64Var(&c.SimulatorTimeScale, "simulator-time-scale", 60, "simulated seconds that pass in one; retry delays are shortened by it too")
	f.Uint64Var(&c.SimulatorSeed, "simulator-seed", 1, "which outcomes the simulator deals")
	f.IntVar(&c.CallsPerNode, "calls-per-node", 500, "calls this node carries at once")
	f.IntVar(&c.ControlWorkers, "control-workers", 10, "short jobs this node works at once")
	f.IntVar(&c.WebhookWorkers, "webhook-workers", 10, "webhook endpoints that this node sends events to at once")
	f.BoolVar(&c.WebhookAllowPrivate, "webhook-allow-private", false, "let webhook endpoints be on private networks and on this machine, and be asked by http")
	f.DurationVar(&c.RetryDelay, "retry-delay", 5*time.Minute, "wait before a contact's first retry; doubles with every further one, up to 4h")
	f.IntVar(&c.BreakerWindow, "breaker-window", 20, "how many of a batch job's last calls the circuit breaker looks at")
	f.IntVar(&c.BreakerFailures, "breaker-failures", 10, "how many of them may end as CARRIER_ERROR, BLOCKED or UNKNOWN before the batch job is paused; 0 = any number")
	f.DurationVar(&c.RingTimeout, "ring-timeout", 45*time.Second, "ringing longer than this is no answer")
	f.DurationVar(&c.MaxCallDuration, "max-call-duration", 30*time.Minute, "longest call")
	f.DurationVar(&c.UploadTimeout, "upload-timeout", time.Minute, "longest time a request's body may take to arrive")
	f.DurationVar(&c.DrainTimeout, "drain-timeout", 10*time.Second, "how long a stop waits for calls to end where the carrier does not keep them; simulator and webhook do, and theirs are handed over at once")
	f.BoolVar(&c.Demo, "demo", false, "seed the demo organization when the database has none (default true on the default database with the simulator)")
	f.StringVar(&c.DemoAPIKey, "demo-api-key", "", "the demo organization's key, for scripts and tests (default random, printed once)")
	f.StringVar(&c.AllowedOrigins, "allowed-origins", "", "further pages that may open WebSockets with an API key, comma separated, such as https://studio.example.com")
	f.IntVar(&c.RequestsPerMinute, "requests-per-minute", 600, "requests that one API key or session may send a minute, a sixth of them in one go; operations on a WebSocket count too; 0 = any number")
	f.StringVar(&c.MetricsToken, "metrics-token", "", "the bearer token that GET /metrics asks for (default none, and answers this machine only)")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&c.LogFormat, "log-format", "", "text or json (default text on a terminal, else json)")
	f.Usage = func() { c.usage(f) }
	return f
}

// EnvName returns the environment variable of a flag: "log-level" is LOG_LEVEL.
func EnvName(flagName string) string {
	return strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func (c *Config) usage(f *flag.FlagSet) {
	out := f.Output()
	_, _ = fmt.Fprint(out, `Outdial calls every contact of a list with a voice agent.

Usage:
  outdial [serve] [flags]                  serve the API, the dashboard and the workers
  outdial migrate [flags]                  bring the database up to date and stop
  outdial organization create --name NAME [--credits DOLLARS] [--concurrent-call-limit N]
                              [--phone-number NUMBER] [--agent-prompt TEXT] [flags]
                                           make an organization, print its first API key
                                           and the id of its number
  outdial key create [--organization ID] [--name NAME] [flags]
                                           make an API key and print it
  outdial sign-in [--organization ID] [--operator] [--url URL] [flags]
                                           make a link that signs a browser in to the
                                           dashboard, once
  outdial carrier check --carrier-url URL --carrier-token TOKEN --to NUMBER --from NUMBER
                                           check your own runtime; has it dial --to
  outdial credits add --amount DOLLARS [--organization ID] [--note TEXT] [flags]
                                           add to an organization's credits

Flags, each also an environment variable:
`)
	own := map[string]bool{}
	for _, x := range Flags() {
		own[x.Name] = true
	}
	f.VisitAll(func(x *flag.Flag) {
		if !own[x.Name] {
			return // a command's own flag, named above, which no variable sets
		}
		_, _ = fmt.Fprintf(out, "  --%-22s %s\n%26s %s", x.Name, x.Usage, "", EnvName(x.Name))
		if x.DefValue != "" && x.DefValue != "false" {
			_, _ = fmt.Fprintf(out, ", default %s", x.DefValue)
		}
		_, _ = fmt.Fprintln(out)
	})
}

// Flags returns name, default and meaning of every setting, in alphabetical
// order.
func Flags() []*flag.Flag {
	var all []*flag.Flag
	(&Config{}).flags(io.Discard).VisitAll(func(f *flag.Flag) { all = append(all, f) })
	return all
}

// Parse reads flags, then the environment for what no flag set, and checks
// everything. add may declare further flags. What is left of args after the
// flags is refused. Help and errors of flags are not printed twice: out gets the
// help, the error says the rest.
func Parse(args []string, lookup func(string) (string, bool), out io.Writer, add func(*flag.FlagSet)) (*Config, error) {
	c := &Config{}
	f := c.flags(out)
	own := map[string]bool{}
	f.VisitAll(func(x *flag.Flag) { own[x.Name] = true })
	if add != nil {
		add(f)
	}
	if err := parseFlags(f, args); err != nil {
		return nil, err
	}
	unread := c.readEnvironment(f, own, lookup)
	if !c.demoSet {
		c.Demo = c.DatabaseURL == DefaultDatabaseURL && c.Carrier == "simulator"
	}
	err := errors.Join(unread, c.check())
	if c.QueueDatabaseURL == "" && schemeOf(c.DatabaseURL) == "mysql" {
		c.QueueDatabaseURL = DefaultQueueURL
	}
	return c, err
}

func parseFlags(f *flag.FlagSet, args []string) error {
	out, usage := f.Output(), f.Usage
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			f.SetOutput(out)
			usage()
		}
		return err //nolint:wrapcheck // it names the flag already
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; run outdial --help", f.Arg(0))
	}
	return nil
}

// readEnvironment fills what no flag set. A value that cannot be read is left
// at its default, so that the check of values does not blame it again.
func (c *Config) readEnvironment(f *flag.FlagSet, own map[string]bool, lookup func(string) (string, bool)) error {
	set := map[string]bool{}
	f.Visit(func(x *flag.Flag) { set[x.Name] = true })
	var errs []error
	f.VisitAll(func(x *flag.Flag) {
		value, ok := lookup(EnvName(x.Name))
		if set[x.Name] || !ok || value == "" || !own[x.Name] {
			return
		}
		set[x.Name] = true
		if err := x.Value.Set(value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a valid value", EnvName(x.Name), value), x.Value.Set(x.DefValue))
		}
	})
	c.demoSet = set["demo"]
	return errors.Join(errs...)
}

// check returns everything that is wrong at once.
func (c *Config) check() error {
	var errs []error
	refuse := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, _, err := net.SplitHostPort(c.Addr)
	refuse(err == nil, "ADDR must be HOST:PORT, such as 127.0.0.1:8080, not %q", c.Addr)
	refuse(databaseURLFits(c.DatabaseURL, "sqlite", "postgres", "postgresql", "mysql"),
		"DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with %q", schemeOf(c.DatabaseURL))
	refuse(c.QueueDatabaseURL == "" || databaseURLFits(c.QueueDatabaseURL, "sqlite", "postgres", "postgresql"),
		"QUEUE_DATABASE_URL must be sqlite://PATH or postgres://…; it begins with %q", schemeOf(c.QueueDatabaseURL))
	refuse(c.Carrier == "simulator" || c.Carrier == "webhook", "CARRIER must be simulator or webhook, not %q", c.Carrier)
	refuse(c.carrierURLFits(), "CARRIER_URL must be the http:// or https:// address of your runtime, without user, query or fragment, when CARRIER is webhook")
	refuse(c.Carrier != "webhook" || tokenFits(c.CarrierToken), "CARRIER_TOKEN must be the bearer token your runtime expects, without spaces, when CARRIER is webhook")
	refuse(c.SimulatorTimeScale > 0 && c.SimulatorTimeScale <= 1e6, "SIMULATOR_TIME_SCALE must be above 0 and at most 1000000")
	refuse(c.CallsPerNode >= 1 && c.CallsPerNode <= 10_000, "CALLS_PER_NODE must be between 1 and 10000")
	refuse(c.ControlWorkers >= 1 && c.ControlWorkers <= 1000, "CONTROL_WORKERS must be between 1 and 1000")
	refuse(c.WebhookWorkers >= 1 && c.WebhookWorkers <= 1000, "WEBHOOK_WORKERS must be between 1 and 1000")
	refuse(c.DatabaseConnections >= 4 && c.DatabaseConnections <= 1000, "DATABASE_CONNECTIONS must be between 4 and 1000")
	refuse(c.BreakerWindow >= 1 && c.BreakerWindow <= 100, "BREAKER_WINDOW must be between 1 and 100")
	refuse(c.BreakerFailures >= 0 && c.BreakerFailures <= c.BreakerWindow, "BREAKER_FAILURES must be between 0 and BREAKER_WINDOW")
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"RETRY_DELAY", c.RetryDelay},
		{"RING_TIMEOUT", c.RingTimeout},
		{"MAX_CALL_DURATION", c.MaxCallDuration},
		{"UPLOAD_TIMEOUT", c.UploadTimeout},
	} {
		refuse(d.value > 0, "%s must be a duration above 0, such as 45s", d.name)
	}
	refuse(c.DrainTimeout >= 0, "DRAIN_TIMEOUT must not be negative")
	refuse(c.DemoAPIKey == "" || len(c.DemoAPIKey) >= auth.MinKeyLength, "DEMO_API_KEY must have at least %d characters", auth.MinKeyLength)
	refuse(c.RequestsPerMinute >= 0 && c.RequestsPerMinute <= 1_000_000, "REQUESTS_PER_MINUTE must be between 0 and 1000000")
	refuse(c.MetricsToken == "" || tokenFits(c.MetricsToken) && len(c.MetricsToken) >= auth.MinKeyLength, "METRICS_TOKEN must have at least %d characters, without spaces", auth.MinKeyLength)
	for _, origin := range c.Origins() {
		refuse(originFits(origin), "ALLOWED_ORIGINS must be origins such as https://studio.example.com, without a path, not %q", origin)
	}
	refuse(slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "LOG_LEVEL must be debug, info, warn or error, not %q", c.LogLevel)
	refuse(slices.Contains([]string{"", "text", "json"}, c.LogFormat), "LOG_FORMAT must be text or json, not %q", c.LogFormat)
	return errors.Join(errs...)
}

func databaseURLFits(s string, schemes ...string) bool {
	scheme := schemeOf(s)
	if !slices.Contains(schemes, scheme) {
		return false
	}
	if scheme == "sqlite" {
		return len(s) > len("sqlite://")
	}
	at, err := url.Parse(s)
	return err == nil && (scheme != "mysql" || at.Hostname() != "" && strings.Trim(at.Path, "/") != "")
}

// carrierURLFits reports whether the runtime's address can be asked. One that is
// given for nothing must be an address all the same.
func (c *Config) carrierURLFits() bool {
	if c.CarrierURL == "" {
		return c.Carrier != "webhook"
	}
	u, err := url.Parse(c.CarrierURL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// tokenFits reports whether a token can be sent in a header.
func tokenFits(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

func schemeOf(s string) string {
	scheme, _, _ := strings.Cut(s, "://")
	return scheme[:min(len(scheme), 20)]
}

// originFits reports whether a browser may say that this is where a page is from.
func originFits(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.Contains(u.Host, "*") &&
		strings.EqualFold(origin, u.Scheme+"://"+u.Host)
}

// Origins returns the further origins whose pages may open WebSockets.
func (c *Config) Origins() []string {
	return strings.FieldsFunc(c.AllowedOrigins, func(r rune) bool { return r == ',' || r == ' ' })
}

// Environment reads the program's environment.
func Environment(name string) (string, bool) { return os.LookupEnv(name) }
