package rest

import (
	"net/http"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// cancelAnswer is the answer to a cancel.
type cancelAnswer struct {
	Success    bool   `json:"success"`
	Message    string `json:"message"`
	BatchJobID string `json:"batchJobId"`
	// QueueJobCancelled is always true, under the name clients know it by: no job
	// that is queued for the batch job does anything any more.
	QueueJobCancelled bool `json:"redisJobCancelled"`
	ContactsCancelled int  `json:"contactsCancelled"`
}

// cancel is POST /batch/jobs/{id}/cancel: contacts that are not being called are
// cancelled at once, calls in flight finish.
func (s *server) cancel(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	cancelled, err := s.Dialer.Cancel(r.Context(), id, false, "")
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, cancelAnswer{
		Success: true, BatchJobID: id, QueueJobCancelled: true, ContactsCancelled: cancelled,
		Message: "Batch job cancelled: " + calling.Plural(cancelled, "contact") + " will not be called, calls in flight finish",
	})
	return nil
}
