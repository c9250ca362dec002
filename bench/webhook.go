package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

const carrierToken = "token_of_the_runtime"

// overWebhook has a batch job called over the webhook carrier, by a runtime in a
// process of its own whose calls take no time, in turn with a plain loop that sends
// the same two requests a call to the same runtime.
func overWebhook(ctx context.Context, b *bench) (all []figure, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	runtime, err := launch(ctx, self, []string{helperRuntime}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, runtime.stop()) }()
	calls := b.size(10_000, 3_000)
	f := figure{Name: fmt.Sprintf("%d calls of 0 ms over the webhook carrier, limit %d, against a loop", calls, limitAtOnce), Unit: "s", Target: 6, AtMost: true}
	for range b.rounds {
		database, err := b.newDatabase(ctx)
		if err != nil {
			return nil, err
		}
		p, err := b.serve(ctx, database, limitAtOnce, "CARRIER=webhook", "CARRIER_URL="+runtime.url, "CARRIER_TOKEN="+carrierToken)
		if err != nil {
			return nil, err
		}
		took, err := p.call(ctx, calls)
		if err := errors.Join(err, p.stop()); err != nil {
			return nil, err
		}
		loop, err := plainLoop(ctx, runtime.url, calls)
		if err != nil {
			return nil, err
		}
		f.Product, f.Baseline = append(f.Product, took.Seconds()), append(f.Baseline, loop.Seconds())
	}
	return []figure{f}, nil
}

// call makes a batch job and returns how long it took from its answer to its end.
func (p *process) call(ctx context.Context, n int) (time.Duration, error) {
	contentType, body := p.formFor(csvOf(n), "")
	created, err := p.ask(ctx, "POST", "/batch/create", contentType, body)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	query, err := json.Marshal(map[string]any{"query": fmt.Sprintf(`{ batchJob(id: %q) { status } }`, created["batchJobId"])})
	if err != nil {
		return 0, fmt.Errorf("encode a query: %w", err)
	}
	for {
		answer, err := p.ask(ctx, "POST", "/graphql", "application/json", query)
		if err != nil {
			return 0, err
		}
		if strings.Contains(fmt.Sprint(answer), "status:COMPLETED") {
			return time.Since(began), nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// plainLoop has 50 goroutines send the two requests of so many calls.
func plainLoop(ctx context.Context, url string, calls int) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: limitAtOnce}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var work sync.WaitGroup
	errs := make([]error, limitAtOnce)
	began := time.Now()
	for i := range limitAtOnce {
		work.Go(func() {
			for errs[i] == nil && next.Add(1) <= int64(calls) {
				errs[i] = plainCall(ctx, client, url, "attempt_"+uuid.NewString())
			}
		})
	}
	work.Wait()
	return time.Since(began), errors.Join(errs...)
}

func plainCall(ctx context.Context, client *http.Client, url, id string) error {
	const body = `{"to":"+12025550101","from":"+12025550199","organizationId":"org_1","batchJobId":"batch_1","contactId":"contact_1","attempt":1,` +
		`"agent":{"id":"agent_1","architecture":"pipeline","prompt":"You are calling Person 1."},"contactName":"Person 1",` +
		`"variables":{"plan":"Basic","renewalDate":"2027-03-01","city":"Springfield","account":"A-1"},"ringTimeoutSeconds":45,"maxDurationSeconds":1800}`
	for _, step := range []struct{ method, query, body string }{
		{http.MethodPut, "", body},
		{http.MethodGet, "?state=queued&wait=55", ""},
	} {
		r, err := http.NewRequestWithContext(ctx, step.method, url+"/v1/calls/"+id+step.query, strings.NewReader(step.body))
		if err != nil {
			return fmt.Errorf("make a request: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+carrierToken)
		answer, err := client.Do(r)
		if err != nil {
			return fmt.Errorf("ask the runtime: %w", err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return fmt.Errorf("read the runtime's answer: %w", err)
		}
	}
	return nil
}

// The names under which this program is its own helper.
const (
	helperRuntime   = "-be-a-runtime"
	helperBroadcast = "-be-a-broadcast"
)

// helper runs as a helper when that is the name of one.
func helper(name string) bool {
	var handler http.Handler
	switch name {
	case helperRuntime:
		handler = runtimeHandler()
	case helperBroadcast:
		handler = broadcastHandler()
	default:
		return false
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	_ = http.Serve(listener, handler) //nolint:gosec // ended by a signal
	return true
}

// runtimeHandler is a runtime whose calls have ended when it is asked for them.
func runtimeHandler() http.Handler {
	answer := func(w http.ResponseWriter, r *http.Request, status int, state string) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		now := time.Now().UTC().Format(time.RFC3339Nano)
		_, _ = fmt.Fprintf(w, `{"id": %q, "state": %q, "outcome": "completed", "endedAt": %q}`, r.PathValue("id"), state, now) //nolint:gosec // JSON, read by our own client
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/calls/{id}", func(w http.ResponseWriter, r *http.Request) { answer(w, r, http.StatusCreated, "queued") })
	mux.HandleFunc("GET /v1/calls/{id}", func(w http.ResponseWriter, r *http.Request) { answer(w, r, http.StatusOK, "ended") })
	return mux
}
