package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/conformance"
	"github.com/outdial/outdial/config"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
)

// The exit statuses.
const (
	exitClean  = 0
	exitFailed = 1
	exitUsage  = 2 // the configuration or the command line is wrong
)

// command is one of the program's subcommands.
type command struct {
	words []string
	flags func(*flag.FlagSet)
	run   func(ctx context.Context, c *config.Config, stdout io.Writer, log *slog.Logger) error
}

// run reads the command line, does what it asks and returns the exit status.
func run(ctx context.Context, args []string, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	chosen, rest := choose(commands(), args)
	c, err := config.Parse(rest, lookup, stdout, chosen.flags)
	if errors.Is(err, config.ErrHelp) {
		return exitClean
	}
	if err != nil {
		complain(stderr, err)
		return exitUsage
	}
	log := newLogger(c, stderr)
	if err := chosen.run(ctx, c, stdout, log); err != nil {
		complain(stderr, err)
		if _, ok := errors.AsType[usageError](err); ok {
			return exitUsage
		}
		return exitFailed
	}
	return exitClean
}

// usageError is a command line that cannot be carried out.
type usageError string

func (e usageError) Error() string { return string(e) }

// complain writes an error as one line a problem.
func complain(stderr io.Writer, err error) {
	text := err.Error()
	if known, ok := errors.AsType[*calling.Error](err); ok {
		text = known.Detail
	}
	for line := range strings.Lines(text) {
		_, _ = fmt.Fprintf(stderr, "outdial: %s\n", strings.TrimSpace(line))
	}
}

// choose finds the subcommand whose words the arguments begin with; serving is
// the default.
func choose(all []command, args []string) (command, []string) {
	for _, c := range all {
		if len(args) >= len(c.words) && strings.Join(args[:len(c.words)], " ") == strings.Join(c.words, " ") {
			return c, args[len(c.words):]
		}
	}
	return all[len(all)-1], args
}

func commands() []command {
	return []command{
		{words: []string{"migrate"}, run: migrate},
		createOrganization(),
		createKey(),
		checkCarrier(),
		addCredits(),
		signIn(),
		{words: []string{"serve"}, run: serve},
		{run: serve},
	}
}

func migrate(ctx context.Context, c *config.Config, stdout io.Writer, log *slog.Logger) error {
	s, err := openStore(ctx, c, log)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(stdout, "The database is up to date.")
	return s.Close()
}

func createOrganization() command {
	var name, number, prompt string
	var dollars float64
	var limit int
	return command{
		words: []string{"organization", "create"},
		flags: func(f *flag.FlagSet) {
			f.StringVar(&name, "name", "", "the organization's name")
			f.Float64Var(&dollars, "credits", 0, "credits to begin with, in dollars")
			f.IntVar(&limit, "concurrent-call-limit", 20, "calls the organization may have in flight at once")
			f.StringVar(&number, "phone-number", "", "a number to call from, such as +12025550199")
			f.StringVar(&prompt, "agent-prompt", "You are calling {{name}}.", "what the agent that speaks from it is told")
		},
		run: func(ctx context.Context, c *config.Config, stdout io.Writer, _ *slog.Logger) error {
			if strings.TrimSpace(name) == "" || !(dollars >= 0 && dollars <= 1e9) || limit < 1 {
				return usageError("organization create needs --name; --credits are 0 to 1000000000 dollars, --concurrent-call-limit is 1 or more")
			}
			from, ok := calling.ParseNumber(number)
			if !ok && number != "" {
				return usageError("--phone-number: " + calling.ExplainNumber(number))
			}
			return withAccounts(ctx, c, func(a *accounts.Accounts) error {
				made, err := a.CreateOrganization(ctx, accounts.NewOrganization{
					Name: strings.TrimSpace(name), ConcurrentCallLimit: limit,
					CreditMicros: calling.Micros(math.Round(dollars * float64(calling.USD))),
					PhoneNumber:  from, Prompt: prompt,
				})
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(stdout, "organization %s\nAPI key      %s\n", made.ID, made.Key)
				if made.PhoneNumberID != "" {
					_, _ = fmt.Fprintf(stdout, "phone number %s\n", made.PhoneNumberID)
				}
				_, _ = fmt.Fprintln(stdout, "The key is shown this once.")
				return nil
			})
		},
	}
}

func createKey() command {
	var organizationID, name string
	return command{
		words: []string{"key", "create"},
		flags: func(f *flag.FlagSet) {
			f.StringVar(&organizationID, "organization", "", "the organization's id (default the only one there is)")
			f.StringVar(&name, "name", "key", "the key's name")
		},
		run: func(ctx context.Context, c *config.Config, stdout io.Writer, _ *slog.Logger) error {
			return withAccounts(ctx, c, func(a *accounts.Accounts) error {
				key, err := a.CreateKey(ctx, organizationID, name)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(stdout, "API key      %s\nThe key is shown this once.\n", key)
				return nil
			})
		},
	}
}

// signIn makes a link that signs a browser in.
func signIn() command {
	var organizationID, base string
	var operator bool
	return command{
		words: []string{"sign-in"},
		flags: func(f *flag.FlagSet) {
			f.StringVar(&organizationID, "organization", "", "the organization's id (default the only one there is)")
			f.BoolVar(&operator, "operator", false, "lets the browser see what concerns the whole server, as its queue")
			f.StringVar(&base, "url", "", "where the dashboard is, such as https://outdial.example.com (default http:// and ADDR)")
		},
		run: func(ctx context.Context, c *config.Config, stdout io.Writer, _ *slog.Logger) error {
			base := strings.TrimSuffix(cmp.Or(base, "http://"+c.Addr), "/")
			if at, err := url.Parse(base); err != nil || (at.Scheme != "http" && at.Scheme != "https") || at.Host == "" {
				return usageError("--url must be where the dashboard is, such as https://outdial.example.com")
			}
			return withAccounts(ctx, c, func(a *accounts.Accounts) error {
				token, err := a.CreateSignInLink(ctx, organizationID, operator)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(stdout, "dashboard    %s/%s\nThe link works once, and for %s.\n",
					base, signInFragment(token), calling.FormatDuration(accounts.LinkLifetime))
				return nil
			})
		},
	}
}

// checkCarrier tries a runtime. It has somebody dialed, so it wants to be told whom.
func checkCarrier() command {
	var to, from string
	return command{
		words: []string{"carrier", "check"},
		flags: func(f *flag.FlagSet) {
			f.StringVar(&to, "to", "", "the number that is dialed: your own")
			f.StringVar(&from, "from", "", "the number it is dialed from")
		},
		run: func(ctx context.Context, c *config.Config, stdout io.Writer, _ *slog.Logger) error {
			if c.CarrierURL == "" || c.CarrierToken == "" {
				return usageError("carrier check needs --carrier-url and --carrier-token")
			}
			dialed, ok := calling.ParseNumber(to)
			shown, ok2 := calling.ParseNumber(from)
			if !ok || !ok2 {
				return usageError(fmt.Sprintf("carrier check dials: it needs --to, a number of yours, which rings %d times"+
					" (up to %d where the runtime is broken), and --from, such as +12025550199", conformance.Dials, conformance.MaxDials))
			}
			_, _ = fmt.Fprintf(stdout, "Checking %s. It is asked to dial %s %d times, up to %d where it is broken, and to hang up.\n\n",
				c.CarrierURL, dialed, conformance.Dials, conformance.MaxDials)
			failed := conformance.Run(ctx, conformance.Config{
				URL: c.CarrierURL, Token: c.CarrierToken, To: dialed, From: shown,
			}, func(r conformance.Result) {
				if r.Err == nil {
					_, _ = fmt.Fprintf(stdout, "✓ %s\n", r.Check.Name)
					return
				}
				_, _ = fmt.Fprintf(stdout, "✗ %s\n    seen   %v\n    to do  %s\n", r.Check.Name, r.Err, r.Check.Do)
			})
			if failed > 0 {
				return fmt.Errorf("%s of %d failed; docs/carrier-protocol.md says what is asked for", calling.Plural(failed, "check"), len(conformance.Checks()))
			}
			_, _ = fmt.Fprintln(stdout, "\nOutdial can drive this runtime: serve with CARRIER=webhook.")
			return nil
		},
	}
}

func addCredits() command {
	var organizationID, note string
	var dollars float64
	return command{
		words: []string{"credits", "add"},
		flags: func(f *flag.FlagSet) {
			f.StringVar(&organizationID, "organization", "", "the organization's id (default the only one there is)")
			f.Float64Var(&dollars, "amount", 0, "how much to add, in dollars")
			f.StringVar(&note, "note", "", "what for, as the ledger keeps it")
		},
		run: func(ctx context.Context, c *config.Config, stdout io.Writer, log *slog.Logger) error {
			most := float64(calling.MaxTopUp / calling.USD)
			if !(dollars > 0 && dollars <= most) {
				return usageError(fmt.Sprintf("credits add needs --amount: more than 0 and at most %.0f dollars", most))
			}
			amount := calling.Micros(math.Round(dollars * float64(calling.USD)))
			return withDialer(ctx, c, log, func(d *dialer.Dialer, a *accounts.Accounts) error {
				id, err := a.FindOrganization(ctx, organizationID)
				if err != nil {
					return err
				}
				ctx := auth.WithViewer(ctx, auth.Viewer{OrganizationID: id, Scopes: []auth.Scope{auth.Admin}})
				now, err := d.AddCredits(ctx, calling.TopUp{AmountMicros: amount, Note: note})
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(stdout, "added        %s\nbalance      %s\nheld         %s\n",
					calling.FormatUSD(amount), calling.FormatUSD(now.BalanceMicros), calling.FormatUSD(now.HeldMicros))
				if now.BatchJobsResumed > 0 {
					_, _ = fmt.Fprintf(stdout, "%s waited for credits, and go on\n", calling.Plural(now.BatchJobsResumed, "batch job"))
				}
				return nil
			})
		},
	}
}

// withDialer opens the database for deeds whose pokes are left to the program
// that serves.
func withDialer(ctx context.Context, c *config.Config, log *slog.Logger, do func(*dialer.Dialer, *accounts.Accounts) error) error {
	s, err := openStore(ctx, c, log)
	if err != nil {
		return err
	}
	p := build(ctx, c, s, log)
	err = p.jobs.Connect(s, p.dialer, jobs.Config{Log: log})
	if err == nil {
		err = do(p.dialer, p.accounts)
	}
	p.dialer.Stop()
	p.hub.Close()
	return errors.Join(err, s.Close())
}

// withAccounts does something on the database alone: the queue's may be a file
// that a node is working on.
func withAccounts(ctx context.Context, c *config.Config, do func(*accounts.Accounts) error) error {
	s, err := store.Open(ctx, c.DatabaseURL, store.Options{MaxConnections: c.DatabaseConnections})
	if err != nil {
		return err
	}
	err = s.Migrate(ctx, func(context.Context, *store.Store) error { return nil })
	if err == nil {
		err = do(accounts.New(s, time.Now))
	}
	return errors.Join(err, s.Close())
}

// newLogger writes text to a terminal and JSON elsewhere, unless told.
func newLogger(c *config.Config, out io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" || (c.LogFormat == "" && terminal(out)) {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}

func terminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
