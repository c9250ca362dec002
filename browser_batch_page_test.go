package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/internal/browser"
)

// openBatch signs a browser in and shows a batch job.
func openBatch(t *testing.T, n *node, id, status string) *accountPage {
	t.Helper()
	p := openAccount(t, n)
	p.Goto(n.url + "/batches/" + id)
	p.Wait(has(status))
	return p
}

func TestExportOfABatch(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	id := n.create(t, "Spring, 2nd round", `maxAttempts: 2, concurrentCallLimit: 20`, "200", "850", "480", "486", "603", "404", "500", "999", "200", "408")
	p := openBatch(t, n, id, "COMPLETED")
	name, content := p.Download(func() {
		p.press("Export")
		p.press("Results, as CSV")
	})
	if !regexp.MustCompile(`^spring-2nd-round-` + regexp.QuoteMeta(strings.ToLower(id)) + `-results\.csv$`).MatchString(name) {
		t.Errorf("the file is called %q", name)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := n.results(t, id)
	if len(records) != len(want)+1 || len(want) != 10 {
		t.Fatalf("the file has %d rows of %d", len(records)-1, len(want))
	}
	for i, record := range records[1:] {
		got := map[string]string{}
		for column, title := range records[0] {
			got[title] = record[column]
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("row %d, API and file: %s", i+1, diff)
		}
	}
}

// results are the rows of an export as the API has them.
func (n *node) results(t *testing.T, id string) []map[string]string {
	t.Helper()
	_, answer := n.asks(t, testKey, `{ batchJob(id: "`+id+`") { contacts(first: 100) { nodes {
		row phone name customFields status lastOutcome attemptCount
		attempts { startedAt answeredAt endedAt talkSeconds costMicros reason }
	} } } }`)
	type attempt struct {
		StartedAt, AnsweredAt, EndedAt *time.Time
		TalkSeconds                    int
		CostMicros                     int64
		Reason                         string
	}
	var read struct {
		Data struct {
			BatchJob struct {
				Contacts struct {
					Nodes []struct {
						Row, AttemptCount                int
						Phone, Name, Status, LastOutcome string
						CustomFields                     map[string]string
						Attempts                         []attempt
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &read); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	// Statuses and reasons are told in REST's words.
	_, job := n.request(t, http.MethodGet, "/batch/jobs/"+id, "", nil)
	var shown struct {
		Contacts []struct{ Status, FailureReason string }
	}
	if text, err := json.Marshal(job); err != nil || json.Unmarshal(text, &shown) != nil || len(shown.Contacts) != len(read.Data.BatchJob.Contacts.Nodes) {
		t.Fatalf("the batch job is told as %v", job)
	}
	at := func(instant *time.Time) string {
		if instant == nil {
			return ""
		}
		return instant.UTC().Format(time.RFC3339)
	}
	rows := []map[string]string{}
	for _, c := range read.Data.BatchJob.Contacts.Nodes {
		newest, talk, cost := c.Attempts[len(c.Attempts)-1], 0, int64(0)
		for _, one := range c.Attempts {
			talk, cost = talk+one.TalkSeconds, cost+one.CostMicros
		}
		told := shown.Contacts[c.Row-1]
		rows = append(rows, map[string]string{
			"row": strconv.Itoa(c.Row), "phone": "\t" + c.Phone, "name": c.Name, "customerName": c.CustomFields["customerName"],
			"status": told.Status, "outcome": strings.ToLower(c.LastOutcome), "attempts": strconv.Itoa(c.AttemptCount),
			"last_started_at": at(newest.StartedAt), "last_answered_at": at(newest.AnsweredAt), "last_ended_at": at(newest.EndedAt),
			"talk_seconds": strconv.Itoa(talk), "cost_usd": strconv.FormatFloat(float64(cost)/1e6, 'f', -1, 64), "reason": told.FailureReason,
		})
	}
	return rows
}

func TestRescheduleOfABatch(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	year := strconv.Itoa(time.Now().Year() + 2)
	id := n.create(t, "Later", `scheduledStartTime: "`+year+`-01-15T09:00", timezone: "America/New_York"`, "200", "480")
	p := openBatch(t, n, id, "SCHEDULED")
	p.says("Waiting for its start time")
	p.inspect("batch scheduled")
	p.press("Reschedule…")
	const field = `document.querySelector('dialog [type=datetime-local]')`
	p.Wait(field + `.value === '` + year + `-01-15T09:00' && ` + says("January 15, "+year+" at 14:00:00"))
	browser.Read[any](p.Page, `(() => {
		Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(`+field+`, '`+year+`-07-01T10:30');
		`+field+`.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	p.Wait(says("July 1, " + year + " at 14:30:00"))
	p.inspect("dialog reschedule")
	p.press("Reschedule")
	p.closed()
	p.Wait(`document.querySelector('.page-header time').title.includes('July 1, ` + year + `')`)
	n.tells(t, `{batchJob(id:"`+id+`"){status scheduledStartTime}}`, `"status":"SCHEDULED","scheduledStartTime":"`+year+`-07-01T14:30:00`)

	p.press("Reschedule…")
	p.press("At once")
	p.says("2 contacts start being dialed as soon as this is confirmed.")
	p.press("Reschedule")
	p.closed()
	p.Wait(has("COMPLETED"))
}

// TestSessionEndsDuringADialog ends the session of somebody who is about to confirm
// something, who signs in over the page and loses nothing.
func TestSessionEndsDuringADialog(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=2")
	id := n.create(t, "Interrupted", `concurrentCallLimit: 2`, "200", "200", "200")
	p := openBatch(t, n, id, "RUNNING")
	p.Allow(`401`)
	p.press("More")
	p.press("Change limit…")
	limit := `Array.from(document.querySelectorAll('dialog input')).find((one) => one.inputMode === 'numeric')`
	p.Wait(limit)
	browser.Read[any](p.Page, limit+`.focus(), `+limit+`.select()`)
	p.Press("7")

	_, answer := n.asks(t, testKey, `{viewer{organization{sessions(first: 5){nodes{id}}}}}`)
	session := regexp.MustCompile(`"id":"([^"]+)"\}\]`).FindStringSubmatch(answer)
	if session == nil {
		t.Fatalf("there is no session: %s", answer)
	}
	n.asks(t, testKey, `mutation{revokeSession(input: {sessionId: "`+session[1]+`"}){userErrors{message}}}`)
	p.Wait(front + `.innerText.includes('Your session has ended')`)
	p.inspect("session ended in a dialog")
	p.fill("key", testKey)
	p.Press("\r")
	p.Wait(`!` + front + `.innerText.includes('Your session has ended')`)
	if got := browser.Read[string](p.Page, limit+`.value`); got != "7" {
		t.Errorf("after signing in the field holds %q", got)
	}
	p.press("Save changes")
	p.closed()
	n.tells(t, `{batchJob(id:"`+id+`"){concurrentCallLimit}}`, `"concurrentCallLimit":7`)
	p.Wait(has("RUNNING"))
}

// TestCopyAsRequest has the page copy what it asks the API for, and asks it.
func TestCopyAsRequest(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	id := n.create(t, "Asked by hand", ``, "200")
	p := openBatch(t, n, id, "COMPLETED")
	copied := func(press func()) string {
		browser.Read[any](p.Page, `{ delete globalThis.copied; navigator.clipboard.writeText = async (text) => { globalThis.copied = text } }`)
		press()
		p.Wait(`globalThis.copied`)
		text := browser.Read[string](p.Page, `copied`)
		body := regexp.MustCompile(`(?s)^curl ` + regexp.QuoteMeta(n.url) + `/graphql .*-d '([^']+)'$`).FindStringSubmatch(text)
		if body == nil {
			t.Fatalf("copied is %s", text)
		}
		status, answer := n.request(t, http.MethodPost, "/graphql", "application/json", strings.NewReader(body[1]))
		if status != http.StatusOK || answer["errors"] != nil {
			t.Errorf("%s is answered %d %v", text, status, answer)
		}
		return fmt.Sprint(answer)
	}
	if answer := copied(func() { p.press("More"); p.press("Copy as GraphQL request") }); !strings.Contains(answer, "Asked by hand") {
		t.Errorf("the batch is answered as %s", answer)
	}
	p.Goto(n.url + "/batches/" + id + "?tab=contacts")
	p.Click(`[role=table] [data-index="0"]`)
	p.Wait(says("Prompt as spoken"))
	if answer := copied(func() { p.Click(`.side-panel [aria-label="Copy as GraphQL request"]`) }); !strings.Contains(answer, "+12025200200") {
		t.Errorf("the contact is answered as %s", answer)
	}
}
