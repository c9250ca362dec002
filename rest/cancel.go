package rest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

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
// cancelled at once, calls in flight finish, or are hung up when the body says so.
func (s *server) cancel(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	hangUp, reason, err := s.readCancel(w, r)
	if err != nil {
		return err
	}
	cancelled, err := s.Dialer.Cancel(r.Context(), id, hangUp, reason)
	if err != nil {
		return err
	}
	calls := "calls in flight finish"
	if hangUp {
		calls = "calls in flight are hung up"
	}
	edge.WriteJSON(w, http.StatusOK, cancelAnswer{
		Success: true, BatchJobID: id, QueueJobCancelled: true, ContactsCancelled: cancelled,
		Message: "Batch job cancelled: " + calling.Plural(cancelled, "contact") + " will not be called, " + calls,
	})
	return nil
}

// maxCancelBody is far more than what a cancel may say needs.
const maxCancelBody = 16 << 10

// readCancel reads the body, which most clients leave out. One that is not said
// to be JSON is none of ours and is left unread; in one that is, what cannot be
// understood is refused, because a call would go on that was to be hung up.
func (s *server) readCancel(w http.ResponseWriter, r *http.Request) (hangUp bool, reason string, err error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength == 0 || (kind != "application/json" && !strings.HasSuffix(kind, "+json")) {
		return false, "", nil
	}
	in, err := s.openBody(w, r)
	if err != nil {
		return false, "", err
	}
	text, _ := io.ReadAll(io.LimitReader(in, maxCancelBody+1)) // close says what went wrong
	if len(text) > maxCancelBody {
		w.Header().Set("Connection", "close")
		return false, "", calling.Errorf(calling.CodeInvalidRequest, "The body of a cancel must have at most %d bytes.", maxCancelBody)
	}
	if err := in.close(w); err != nil {
		return false, "", err
	}
	if strings.TrimSpace(string(text)) == "" {
		return false, "", nil
	}
	var said map[string]json.RawMessage // names match exactly, which a struct would not see to
	err = json.Unmarshal(text, &said)
	if flag := said["hangUp"]; err == nil && flag != nil {
		err = json.Unmarshal(flag, &hangUp)
	}
	if words := said["reason"]; err == nil && words != nil {
		err = json.Unmarshal(words, &reason)
	}
	if err != nil {
		return false, "", calling.Errorf(calling.CodeInvalidRequest,
			`The body must be a JSON object such as {"hangUp": true, "reason": "…"}, or be left out.`)
	}
	return hangUp, reason, nil
}
