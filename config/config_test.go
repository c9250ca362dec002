package config_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outdial/outdial/config"
)

func defaults() *config.Config {
	return &config.Config{
		Addr: "127.0.0.1:8080", DatabaseURL: "sqlite://data/outdial.db", DatabaseConnections: 20, Carrier: "simulator",
		SimulatorTimeScale: 60, SimulatorSeed: 1, CallsPerNode: 500, ControlWorkers: 10, WebhookWorkers: 10, RetryDelay: 5 * time.Minute,
		BreakerWindow: 20, BreakerFailures: 10,
		RingTimeout: 45 * time.Second, MaxCallDuration: 30 * time.Minute, UploadTimeout: time.Minute, DrainTimeout: 10 * time.Second,
		Demo: true, RequestsPerMinute: 600, LogLevel: "info",
	}
}

type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func parse(args []string, env environment) (*config.Config, error) {
	return config.Parse(args, env.lookup, io.Discard, nil)
}

func TestParse(t *testing.T) {
	t.Parallel()
	with := func(change func(*config.Config)) *config.Config {
		c := defaults()
		change(c)
		return c
	}
	for _, row := range []struct {
		behaviour string
		args      []string
		env       environment
		want      *config.Config
	}{
		{"defaults", nil, nil, defaults()},
		{"every variable", nil, environment{
			"ADDR": "[::]:0", "DATABASE_URL": "postgres://u:p@db/outdial", "QUEUE_DATABASE_URL": "postgresql://u:p@queue/outdial",
			"DATABASE_CONNECTIONS": "4", "CARRIER": "simulator",
			"SIMULATOR_TIME_SCALE": "0.5", "SIMULATOR_SEED": "18446744073709551615", "CALLS_PER_NODE": "10000", "CONTROL_WORKERS": "1",
			"WEBHOOK_WORKERS": "2", "WEBHOOK_ALLOW_PRIVATE": "true",
			"BREAKER_WINDOW": "50", "BREAKER_FAILURES": "0",
			"RETRY_DELAY": "1h30m", "RING_TIMEOUT": "300ms", "MAX_CALL_DURATION": "1m", "UPLOAD_TIMEOUT": "2s", "DRAIN_TIMEOUT": "0",
			"DEMO": "true", "DEMO_API_KEY": "twenty-characters-at-", "ALLOWED_ORIGINS": "https://a, https://b", "LOG_LEVEL": "debug",
			"LOG_FORMAT": "json", "REQUESTS_PER_MINUTE": "0", "METRICS_TOKEN": "twenty-characters-too",
		}, &config.Config{
			Addr: "[::]:0", DatabaseURL: "postgres://u:p@db/outdial", QueueDatabaseURL: "postgresql://u:p@queue/outdial",
			DatabaseConnections: 4, Carrier: "simulator",
			SimulatorTimeScale: 0.5, SimulatorSeed: 1<<64 - 1, CallsPerNode: 10_000, ControlWorkers: 1, RetryDelay: 90 * time.Minute,
			WebhookWorkers: 2, WebhookAllowPrivate: true,
			BreakerWindow: 50, BreakerFailures: 0,
			RingTimeout: 300 * time.Millisecond, MaxCallDuration: time.Minute, UploadTimeout: 2 * time.Second, DrainTimeout: 0,
			Demo: true, DemoAPIKey: "twenty-characters-at-", AllowedOrigins: "https://a, https://b", LogLevel: "debug", LogFormat: "json",
			MetricsToken: "twenty-characters-too",
		}},
		{
			"a flag over the environment",
			[]string{"--calls-per-node", "7", "--log-level=warn"},
			environment{"CALLS_PER_NODE": "8", "CONTROL_WORKERS": "9", "LOG_LEVEL": "error"},
			with(func(c *config.Config) { c.CallsPerNode, c.ControlWorkers, c.LogLevel = 7, 9, "warn" }),
		},
		{
			"a flag that says the default over the environment",
			[]string{"--calls-per-node=500"},
			environment{"CALLS_PER_NODE": "8"},
			defaults(),
		},
		{
			"a flag over a variable that is no value",
			[]string{"--calls-per-node=7"},
			environment{"CALLS_PER_NODE": "many"},
			with(func(c *config.Config) { c.CallsPerNode = 7 }),
		},
		{"an empty variable as one that is not set", nil, environment{"CALLS_PER_NODE": "", "DEMO": "", "ADDR": ""}, defaults()},
		{
			"a runtime of one's own",
			nil,
			environment{"CARRIER": "webhook", "CARRIER_URL": "https://agents.example.com/outdial/", "CARRIER_TOKEN": "secret"},
			with(func(c *config.Config) {
				c.Carrier, c.CarrierURL, c.CarrierToken = "webhook", "https://agents.example.com/outdial/", "secret"
				c.Demo = false // its calls would be real
			}),
		},
		{"one dash as two", []string{"-addr", ":0"}, nil, with(func(c *config.Config) { c.Addr = ":0" })},

		{"no demo on another file", nil, environment{"DATABASE_URL": "sqlite://other.db"}, with(func(c *config.Config) {
			c.DatabaseURL, c.Demo = "sqlite://other.db", false
		})},
		{"no demo on PostgreSQL", []string{"--database-url", "postgresql://db/outdial"}, nil, with(func(c *config.Config) {
			c.DatabaseURL, c.Demo = "postgresql://db/outdial", false
		})},
		{"a file for the queue beside MySQL, and no demo", []string{"--database-url", "mysql://u:p@db/outdial"}, nil, with(func(c *config.Config) {
			c.DatabaseURL, c.QueueDatabaseURL, c.Demo = "mysql://u:p@db/outdial", config.DefaultQueueURL, false
		})},
		{"another place for it where that is asked for", nil, environment{
			"DATABASE_URL": "mysql://db/outdial", "QUEUE_DATABASE_URL": "sqlite://queue.db",
		}, with(func(c *config.Config) {
			c.DatabaseURL, c.QueueDatabaseURL, c.Demo = "mysql://db/outdial", "sqlite://queue.db", false
		})},
		{"a demo there where it is asked for", []string{"--demo"}, environment{"DATABASE_URL": "sqlite://other.db"}, with(func(c *config.Config) {
			c.DatabaseURL = "sqlite://other.db"
		})},
		{"no demo on the default database where it is declined", nil, environment{"DEMO": "false"}, with(func(c *config.Config) { c.Demo = false })},
		{"nor by flag", []string{"--demo=false"}, environment{"DEMO": "true"}, with(func(c *config.Config) { c.Demo = false })},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			got, err := parse(row.args, row.env)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const (
	wrongURL   = "CARRIER_URL must be the http:// or https:// address of your runtime, without user, query or fragment, when CARRIER is webhook"
	wrongToken = "CARRIER_TOKEN must be the bearer token your runtime expects, without spaces, when CARRIER is webhook"
)

// bad is one bad value of each setting that can have one, with its sentence.
func bad() map[string]struct{ value, want string } {
	type v = struct{ value, want string }
	return map[string]v{
		"ADDR":                  {"8080", `ADDR must be HOST:PORT, such as 127.0.0.1:8080, not "8080"`},
		"DATABASE_URL":          {"mongodb://u:secret@db", `DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with "mongodb"`},
		"QUEUE_DATABASE_URL":    {"mysql://u:secret@db/outdial", `QUEUE_DATABASE_URL must be sqlite://PATH or postgres://…; it begins with "mysql"`},
		"DATABASE_CONNECTIONS":  {"3", "DATABASE_CONNECTIONS must be between 4 and 1000"},
		"CARRIER":               {"pigeon", `CARRIER must be simulator or webhook, not "pigeon"`},
		"CARRIER_URL":           {"agents.example.com", wrongURL},
		"SIMULATOR_TIME_SCALE":  {"NaN", "SIMULATOR_TIME_SCALE must be above 0 and at most 1000000"},
		"SIMULATOR_SEED":        {"-1", `SIMULATOR_SEED: "-1" is not a valid value`},
		"CALLS_PER_NODE":        {"many", `CALLS_PER_NODE: "many" is not a valid value`},
		"CONTROL_WORKERS":       {"0", "CONTROL_WORKERS must be between 1 and 1000"},
		"WEBHOOK_WORKERS":       {"0", "WEBHOOK_WORKERS must be between 1 and 1000"},
		"WEBHOOK_ALLOW_PRIVATE": {"perhaps", `WEBHOOK_ALLOW_PRIVATE: "perhaps" is not a valid value`},
		"RETRY_DELAY":           {"5", `RETRY_DELAY: "5" is not a valid value`},
		"RING_TIMEOUT":          {"0s", "RING_TIMEOUT must be a duration above 0, such as 45s"},
		"MAX_CALL_DURATION":     {"-1m", "MAX_CALL_DURATION must be a duration above 0, such as 45s"},
		"UPLOAD_TIMEOUT":        {"0", "UPLOAD_TIMEOUT must be a duration above 0, such as 45s"},
		"DRAIN_TIMEOUT":         {"-1s", "DRAIN_TIMEOUT must not be negative"},
		"REQUESTS_PER_MINUTE":   {"-1", "REQUESTS_PER_MINUTE must be between 0 and 1000000"},
		"METRICS_TOKEN":         {"nineteen-characters", "METRICS_TOKEN must have at least 20 characters, without spaces"},
		"DEMO":                  {"maybe", `DEMO: "maybe" is not a valid value`},
		"DEMO_API_KEY":          {"nineteen-characters", "DEMO_API_KEY must have at least 20 characters"},
		"ALLOWED_ORIGINS":       {"https://a.example, https://*.example", `ALLOWED_ORIGINS must be origins such as https://studio.example.com, without a path, not "https://*.example"`},
		"LOG_LEVEL":             {"loud", `LOG_LEVEL must be debug, info, warn or error, not "loud"`},
		"LOG_FORMAT":            {"xml", `LOG_FORMAT must be text or json, not "xml"`},
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, v := range bad() {
		t.Run("a bad "+name+", in one sentence", func(t *testing.T) {
			t.Parallel()
			_, err := parse(nil, environment{name: v.value})
			if err == nil || err.Error() != v.want {
				t.Errorf("says %q, want %q", err, v.want)
			}
		})
	}
	for _, row := range []struct{ behaviour, name, value, want string }{
		{"too many", "CALLS_PER_NODE", "10001", "CALLS_PER_NODE must be between 1 and 10000"},
		{"none", "CALLS_PER_NODE", "0", "CALLS_PER_NODE must be between 1 and 10000"},
		{"an origin without a scheme", "ALLOWED_ORIGINS", "studio.example.com", `ALLOWED_ORIGINS must be origins such as https://studio.example.com, without a path, not "studio.example.com"`},
		{"a token with a space", "METRICS_TOKEN", "twenty characters, no", "METRICS_TOKEN must have at least 20 characters, without spaces"},
		{"a number with a fraction", "CONTROL_WORKERS", "1.5", `CONTROL_WORKERS: "1.5" is not a valid value`},
		{"too many workers", "CONTROL_WORKERS", "1001", "CONTROL_WORKERS must be between 1 and 1000"},
		{"too many connections", "DATABASE_CONNECTIONS", "1001", "DATABASE_CONNECTIONS must be between 4 and 1000"},
		{"no time", "SIMULATOR_TIME_SCALE", "0", "SIMULATOR_TIME_SCALE must be above 0 and at most 1000000"},
		{"endless time", "SIMULATOR_TIME_SCALE", "Inf", "SIMULATOR_TIME_SCALE must be above 0 and at most 1000000"},
		{"SQLite without a file", "DATABASE_URL", "sqlite://", `DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with "sqlite"`},
		{"MySQL without a database", "DATABASE_URL", "mysql://u:p@db", `DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with "mysql"`},
		{"a path for a URL", "DATABASE_URL", "data/outdial.db", `DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with "data/outdial.db"`},
		{"a URL that is none", "DATABASE_URL", "postgres://db:port/x", `DATABASE_URL must be sqlite://PATH, postgres://… or mysql://USER:PASSWORD@HOST/NAME; it begins with "postgres"`},
		{"a level in capitals", "LOG_LEVEL", "INFO", `LOG_LEVEL must be debug, info, warn or error, not "INFO"`},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			_, err := parse(nil, environment{row.name: row.value})
			if err == nil || err.Error() != row.want {
				t.Errorf("says %q, want %q", err, row.want)
			}
		})
	}
	for behaviour, row := range map[string]struct{ url, token, want string }{
		"a webhook without an address":      {"", "secret", wrongURL},
		"a webhook without a token":         {"http://localhost:9090", "", wrongToken},
		"a token that no header can hold":   {"http://localhost:9090", "sec\nret", wrongToken},
		"an address with a password":        {"https://user:hunter2@agents.example.com", "secret", wrongURL},
		"an address with a query":           {"https://agents.example.com/?key=1", "secret", wrongURL},
		"an address without a host":         {"https:///v1", "secret", wrongURL},
		"an address of another kind":        {"ftp://agents.example.com", "secret", wrongURL},
		"neither, in one sentence for each": {"", "", wrongURL + "\n" + wrongToken},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			_, err := parse(nil, environment{"CARRIER": "webhook", "CARRIER_URL": row.url, "CARRIER_TOKEN": row.token})
			if err == nil || err.Error() != row.want {
				t.Errorf("says %q, want %q", err, row.want)
			}
		})
	}
	t.Run("everything that is wrong at once, always in the same order", func(t *testing.T) {
		t.Parallel()
		env := environment{}
		var want []string
		for name, v := range bad() {
			env[name] = v.value
			want = append(want, v.want)
		}
		slices.Sort(want)
		_, err := parse(nil, env)
		if err == nil {
			t.Fatal("all of it is fine")
		}
		got := strings.Split(err.Error(), "\n")
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
			t.Error(diff)
		}
		for range 20 {
			if _, again := parse(nil, env); again.Error() != err.Error() {
				t.Fatalf("the second time it says\n%v\nafter\n%v", again, err)
			}
		}
	})
	t.Run("without telling secrets", func(t *testing.T) {
		t.Parallel()
		_, err := parse(nil, environment{"DATABASE_URL": "mysql://user:hunter2@db/outdial", "DEMO_API_KEY": "hunter2"})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("says %v", err)
		}
	})
	for behaviour, row := range map[string]struct {
		args []string
		want string
	}{
		"a flag that is none":        {[]string{"--call-limit", "5"}, "call-limit"},
		"a flag without its value":   {[]string{"--addr"}, "addr"},
		"a flag with a bad value":    {[]string{"--calls-per-node", "many"}, "calls-per-node"},
		"an argument that is left":   {[]string{"--addr", ":0", "extra"}, `"extra"`},
		"a value checked as any is":  {[]string{"--log-level", "loud"}, "LOG_LEVEL"},
		"a bool with its value away": {[]string{"--demo", "false"}, `"false"`},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			_, err := config.Parse(row.args, environment{}.lookup, &out, nil)
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("says %v", err)
			}
			if errors.Is(err, config.ErrHelp) || out.Len() > 0 {
				t.Errorf("prints %s", out.String())
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--help", "-help", "-h"} {
		t.Run(arg, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			_, err := config.Parse([]string{arg}, environment{"LOG_LEVEL": "loud"}.lookup, &out, nil)
			if !errors.Is(err, config.ErrHelp) {
				t.Fatalf("says %v", err)
			}
			for _, f := range config.Flags() {
				for _, want := range []string{"--" + f.Name, config.EnvName(f.Name), f.Usage} {
					if !strings.Contains(out.String(), want) {
						t.Errorf("does not mention %s", want)
					}
				}
			}
			if n := strings.Count(out.String(), "Usage:"); n != 1 {
				t.Errorf("is printed %d times", n)
			}
		})
	}
}

func TestFurtherFlags(t *testing.T) {
	t.Parallel()
	var name string
	add := func(f *flag.FlagSet) { f.StringVar(&name, "name", "", "the organization's name") }
	_, err := config.Parse([]string{"--name", "Acme"}, environment{}.lookup, io.Discard, add)
	if err != nil || name != "Acme" {
		t.Errorf("the name is %q: %v", name, err)
	}
	name = ""
	// NAME is in many environments and means something else there.
	if _, err := config.Parse(nil, environment{"NAME": "laptop"}.lookup, io.Discard, add); err != nil || name != "" {
		t.Errorf("the name is %q: %v", name, err)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                         {},
		" , ":                      {},
		"https://a.example":        {"https://a.example"},
		"https://a, https://b,,":   {"https://a", "https://b"},
		"https://a:8443 http://b ": {"https://a:8443", "http://b"},
	} {
		if diff := cmp.Diff(want, (&config.Config{AllowedOrigins: text}).Origins()); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// .env.example has every setting once, with its default, and no other but what
// docker-compose.yml asks for.
func TestEnvExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		if _, twice := listed[m[1]]; twice {
			t.Errorf("%s is listed twice", m[1])
		}
		listed[m[1]] = m[2]
	}
	if value, ok := listed["POSTGRES_PASSWORD"]; !ok || value != "" {
		t.Errorf("docker-compose.yml's POSTGRES_PASSWORD is %q, must be asked for", value)
	}
	delete(listed, "POSTGRES_PASSWORD")
	want := map[string]string{}
	for _, f := range config.Flags() {
		want[config.EnvName(f.Name)] = f.DefValue
	}
	want["DEMO"] = "" // its default depends on the database
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Error(diff)
	}
	for name, value := range listed {
		if d, err := time.ParseDuration(value); err == nil {
			value = d.String()
		}
		if w, err := time.ParseDuration(want[name]); err == nil {
			want[name] = w.String()
		}
		if value != want[name] {
			t.Errorf("%s is %q, the default is %q", name, value, want[name])
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	flags := config.Flags()
	names := make([]string, 0, len(flags))
	for _, f := range flags {
		names = append(names, f.Name)
		if f.Usage == "" {
			t.Errorf("--%s is not explained", f.Name)
		}
	}
	if !slices.IsSorted(names) || len(names) == 0 {
		t.Errorf("they are not in order: %v", names)
	}
}

func TestEnvName(t *testing.T) {
	t.Parallel()
	if got := config.EnvName("max-call-duration"); got != "MAX_CALL_DURATION" {
		t.Errorf("is %s", got)
	}
}
