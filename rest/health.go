package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// readyTimeout is how long a check of readiness may take.
const readyTimeout = 5 * time.Second

type health struct {
	Status string `json:"status"`
}

// alive answers as long as the process can answer at all.
func (s *server) alive(w http.ResponseWriter, _ *http.Request) error {
	edge.WriteJSON(w, http.StatusOK, health{Status: "ok"})
	return nil
}

// ready answers whether requests can be served.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return &calling.Error{Code: calling.CodeUnavailable, Detail: "The server is not ready.", Cause: err}
	}
	edge.WriteJSON(w, http.StatusOK, health{Status: "ready"})
	return nil
}
