package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/batchchange"
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

func TestCancelWithABody(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for _, row := range []struct {
		kind, body string
		code       string
		hangUp     bool
		reason     string
	}{
		{kind: "application/json", body: `{"hangUp": true, "reason": " wrong list "}`, hangUp: true, reason: "wrong list"},
		{kind: "application/json; charset=utf-8", body: `{"reason": null, "hangUp": null, "more": [1]}`},
		{kind: "application/json", body: "  "},
		{kind: "application/json", body: "null"},
		{kind: "application/x-www-form-urlencoded", body: "hangUp=true"},
		{kind: "", body: "anything"},
		{kind: "application/json", body: `{"hangUp": "yes"}`, code: "invalid_request"},
		{kind: "application/json", body: `{"hangUp": tru`, code: "invalid_request"},
		{kind: "application/json", body: `{"reason": "` + strings.Repeat("x", 501) + `"}`, code: "invalid_request"},
		{kind: "application/json", body: `{"reason": "` + strings.Repeat("x", 20<<10) + `"}`, code: "invalid_request"},
	} {
		id := b.json(t, body()).id()
		got := b.send(t, http.MethodPost, "/batch/jobs/"+id+"/cancel", row.kind, strings.NewReader(row.body))
		if got.code() != row.code || (row.code == "") != (got.status == http.StatusOK) {
			t.Errorf("%s %.40s: %d %s", row.kind, row.body, got.status, got.raw)
		}
		if row.code != "" {
			continue
		}
		change := b.store.Read().BatchChange.Query().Where(batchchange.BatchJobID(id), batchchange.ActionEQ(calling.ChangeCancelled)).OnlyX(system(t))
		batch := b.store.Read().BatchJob.GetX(system(t), id)
		if change.Reason != row.reason || batch.HangUp != row.hangUp {
			t.Errorf("%.40s: hang up %v, because %q", row.body, batch.HangUp, change.Reason)
		}
	}
}
