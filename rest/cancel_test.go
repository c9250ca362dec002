package rest_test

import (
	"net/http"
	"testing"
)

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.json(t, body()).id()
	path := "/batch/jobs/" + id + "/cancel"
	got := b.send(t, http.MethodPost, path, "", nil)
	if got.status != http.StatusOK || got.body["contactsCancelled"] != 1.0 || got.body["success"] != true ||
		got.body["redisJobCancelled"] != true || got.id() != id {
		t.Errorf("answered %d: %s", got.status, got.raw)
	}
	if again := b.send(t, http.MethodPost, path, "", nil); again.status != http.StatusBadRequest || again.code() != "action_not_allowed" {
		t.Errorf("the second time %d: %s", again.status, again.raw)
	}
	if other := b.send(t, http.MethodPost, "/v1/batch/jobs/batch_nowhere/cancel", "", nil); other.status != http.StatusNotFound {
		t.Errorf("an unknown one %d: %s", other.status, other.raw)
	}
	if get := b.get(t, path); get.status != http.StatusMethodNotAllowed {
		t.Errorf("reading it %d: %s", get.status, get.raw)
	}
}
