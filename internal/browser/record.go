package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// record is what went wrong in a page, in order. The page's events are written
// into it from the goroutine that reads them, which they must not hold up.
type record struct {
	host string // the server's host and port: requests to others are wrong

	mu       sync.Mutex // guards all below
	allowed  []*regexp.Regexp
	problems []string
}

// allow makes the record ignore what the pattern fits, earlier problems too.
func (r *record) allow(pattern *regexp.Regexp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.allowed = append(r.allowed, pattern)
}

// list returns the problems that are not allowed.
func (r *record) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.problems), func(problem string) bool {
		return slices.ContainsFunc(r.allowed, func(p *regexp.Regexp) bool { return p.MatchString(problem) })
	})
}

func (r *record) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// hear takes an event of the page.
func (r *record) hear(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		r.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		r.request(e.URL)
	case *runtime.EventExceptionThrown:
		r.add("exception: %s %s", e.ExceptionDetails.Text, text(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		switch e.Type { //nolint:exhaustive // the others are no complaints
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeAssert, runtime.ConsoleAPICalledTypeWarning:
			r.add("console: %s: %s", e.Type, text(e.Args...))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			r.add("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			violation := d.ContentSecurityPolicyIssueDetails
			r.add("content security policy: %s %s", violation.ViolatedDirective, violation.BlockedURL)
		}
	}
}

// request writes down a request that goes to another host than the server.
func (r *record) request(address string) {
	parsed, err := url.Parse(address)
	if err != nil {
		r.add("request to %q", address)
		return
	}
	switch parsed.Scheme {
	case "data", "blob", "about":
		return // these stay in the page
	}
	if parsed.Host != r.host {
		r.add("request to another host: %s", address)
	}
}

// text writes values of the page as its console would.
func text(values ...*runtime.RemoteObject) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		switch {
		case v == nil:
		case v.Description != "":
			words = append(words, v.Description)
		default:
			words = append(words, string(v.Value))
		}
	}
	return strings.Join(words, " ")
}
