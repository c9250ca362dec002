package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// readyTimeout is how long a check of readiness may take.
const readyTimeout = 5 * time.Second

// Check is one thing that has to be so before requests can be served.
type Check struct {
	Name string                          // "database"
	Is   string                          // what it says where it is not so: "cannot be reached"
	Run  func(ctx context.Context) error // nil when it is so
}

type health struct {
	Status string `json:"status"`
}

type readiness struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

// alive answers as long as the process can answer at all.
func (s *server) alive(w http.ResponseWriter, _ *http.Request) error {
	edge.WriteJSON(w, http.StatusOK, health{Status: "ok"})
	return nil
}

// ready answers whether requests can be served, and what keeps them from it.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	failures := make([]error, len(s.Ready))
	var work sync.WaitGroup
	for i, check := range s.Ready {
		work.Go(func() { failures[i] = check.Run(ctx) })
	}
	work.Wait()
	answer := readiness{Status: "ready", Checks: map[string]string{}}
	var problems []calling.Problem
	var sentences []string
	for i, check := range s.Ready {
		answer.Checks[check.Name] = "ok"
		if failures[i] != nil {
			detail := fmt.Sprintf("The %s %s.", check.Name, check.Is)
			sentences = append(sentences, detail)
			problems = append(problems, calling.Problem{Field: check.Name, Code: calling.CodeUnavailable, Detail: detail})
		}
	}
	if len(problems) > 0 {
		return &calling.Error{
			Code: calling.CodeUnavailable, Detail: "The server is not ready. " + strings.Join(sentences, " "),
			Problems: problems, Cause: errors.Join(failures...),
		}
	}
	edge.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// metrics is GET /metrics; nothing is there where none are counted.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.Metrics == nil {
		return notFound(w, r)
	}
	s.Metrics.ServeHTTP(w, r)
	return nil
}
