package rest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/store"
)

// records reads an export, whose first line is the header.
func (a answer) records(tb testing.TB) [][]string {
	tb.Helper()
	if a.status != http.StatusOK {
		tb.Fatalf("%d %s", a.status, a.raw)
	}
	all, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(a.raw, []byte("\ufeff")))).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestResultsCSV(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.json(t, body("name", `"Reminders: «Ärger» / ../x"`, "contacts", `[
		{"phone":"+12025550101","name":"=HYPERLINK(1)","plan":"-5","note":"@x","nested":{"a":[1,2]}},
		{"phone":"+12025550102","name":"Zoë, \"Z\"","status":"mine","plan":null,"deep":true}]`)).id()
	at := pageTime().Add(time.Hour)
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		first := tx.Ent.Contact.Query().Where(contact.Row(1)).OnlyX(ctx)
		outcome := calling.OutcomeBusy
		for number := 1; number <= 2; number++ {
			tx.Ent.Attempt.Create().SetID(uuid.Must(uuid.NewV7())).SetOrganizationID(first.OrganizationID).SetBatchJobID(id).
				SetContactID(first.ID).SetNumber(number).SetStatus(calling.AttemptEnded).SetOutcome(outcome).SetReason("+busy").
				SetDialed(true).SetNode("").SetQueuedAt(at).SetStartedAt(at).SetEndedAt(at.Add(time.Duration(number) * time.Minute)).
				SetLeaseUntil(at).SetTalkSeconds(10 * number).SetCostMicros(1500).ExecX(ctx)
		}
		tx.Ent.Contact.UpdateOne(first).SetStatus(calling.ContactFailed).SetLastOutcome(outcome).SetAttemptsUsed(2).SetLastAttempt(2).ExecX(ctx)
		return nil
	})
	ours := []string{"outcome", "attempts", "last_started_at", "last_answered_at", "last_ended_at", "talk_seconds", "cost_usd", "reason"}
	header := append([]string{"row", "phone", "name", "plan", "note", "nested", "status", "deep", "status_"}, ours...)

	got := b.get(t, "/batch/jobs/"+id+"/results.csv")
	want := [][]string{
		header,
		{"1", "\t+12025550101", "'=HYPERLINK(1)", "-5", "'@x", `{"a":[1,2]}`, "", "", "busy", "busy", "2", "2025-01-15T13:00:00Z", "", "2025-01-15T13:02:00Z", "30", "0.003", "'+busy"},
		{"2", "\t+12025550102", `Zoë, "Z"`, "", "", "", "mine", "true", "pending", "", "0", "", "", "", "0", "0", ""},
	}
	if diff := cmp.Diff(want, got.records(t)); diff != "" {
		t.Error(diff)
	}
	if !bytes.HasPrefix(got.raw, []byte("\ufeffrow,phone")) || !bytes.Contains(got.raw, []byte(",reason\n")) {
		t.Errorf("begins %q", got.raw[:40])
	}
	name := got.header.Get("Content-Disposition")
	if name != `attachment; filename="reminders-rger-x-`+id+`-results.csv"` {
		t.Errorf("the file is named by %s", name)
	}

	got = b.get(t, "/v1/batch/jobs/"+id+"/results.csv?plain=true")
	if rows := got.records(t); rows[1][1] != "+12025550101" || rows[1][2] != "=HYPERLINK(1)" || got.raw[0] != 'r' {
		t.Errorf("plain: %q", rows)
	}
}

func TestRejectedCSVCanBeUploadedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	upload := "phone,name,plan,row\n" +
		"+12025550101,Ann,Basic,a\n" +
		"(202) 555-0102,Bob,=1+1,b\n" +
		"+12025550101,Ann again,Pro,c\n" +
		",Eve,,d\n" +
		"=cmd(),Mallory,x,e\n"
	id := b.form(t, form("file", upload)).id()
	got := b.get(t, "/batch/jobs/"+id+"/rejected.csv")
	rows := got.records(t)
	for _, row := range rows {
		if row[5] == "duplicate" {
			t.Errorf("%v is of somebody who is a contact already", row)
		}
	}
	rows = b.get(t, "/batch/jobs/"+id+"/rejected.csv?include=duplicates").records(t)
	for _, row := range rows[1:] {
		row[6] = "" // the sentences are tested where they are made
	}
	want := [][]string{
		{"phone", "name", "plan", "row", "row_", "reason_code", "reason", "suggestion"},
		{"\t(202) 555-0102", "Bob", "'=1+1", "b", "2", "invalid_phone_format", "", "\t+12025550102"},
		{"\t+12025550101", "Ann again", "Pro", "c", "3", "duplicate", "", ""},
		{"", "Eve", "", "d", "4", "missing_phone", "", ""},
		{"'=cmd()", "Mallory", "x", "e", "5", "invalid_phone_format", "", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}

	mended := strings.Replace(string(got.raw), "\t(202) 555-0102", "\t+12025550102", 1)
	again, err := contacts.ReadCSV(strings.NewReader(mended))
	if err != nil {
		t.Fatal(err)
	}
	var phones []calling.Number
	for _, c := range again.Contacts {
		phones = append(phones, c.Phone)
	}
	if !slices.Equal(phones, []calling.Number{"+12025550102"}) || again.Rows() != 3 || !slices.Equal(again.Columns, []string{"plan", "row"}) {
		t.Errorf("read again: %v of %d rows, columns %v", phones, again.Rows(), again.Columns)
	}
	if fields := string(again.Contacts[0].CustomFields); fields != `{"plan":"=1+1","row":"b"}` {
		t.Errorf("read again: the fields are %s", fields)
	}
	if got := b.get(t, "/batch/jobs/"+id+"/rejected.csv?include=all"); got.status != http.StatusBadRequest {
		t.Errorf("it includes what it does not know: %d", got.status)
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for given, want := range map[string]string{
		"=1": "'=1", "+1+1": "'+1+1", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "＝1": "'＝1",
		"-12.50": "-12.50", "+7": "+7", "12%": "12%", "a=b": "a=b", "": "", " =1": " =1",
	} {
		id := b.json(t, body("contacts", fmt.Sprintf(`[{"phone":"+12025550101","x":%s}]`, strconv.Quote(given)))).id()
		if rows := b.get(t, "/batch/jobs/"+id+"/results.csv").records(t); rows[1][3] != want {
			t.Errorf("%q is exported as %q", given, rows[1][3])
		}
	}
}

func TestExportsAreOnesOwn(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	other, err := b.accounts.CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 1})
	if err != nil {
		t.Fatal(err)
	}
	id := b.json(t, body()).id()
	for _, file := range []string{"results.csv", "rejected.csv"} {
		if got := b.get(t, "/batch/jobs/batch_unknown/"+file); got.status != http.StatusNotFound {
			t.Errorf("%d %s", got.status, got.raw)
		}
		unknown := b.get(t, "/batch/jobs/"+strings.Replace(id, id[len(id)-4:], "zzzz", 1)+"/"+file)
		foreign := b.get(t, "/batch/jobs/"+id+"/"+file, header("Authorization", "Bearer "+other.Key))
		if foreign.status != http.StatusNotFound || foreign.code() != unknown.code() {
			t.Errorf("of another organization: %d %s", foreign.status, foreign.raw)
		}
		if got := b.get(t, "/batch/jobs/"+id+"/"+file, header("Authorization", "")); got.status != http.StatusUnauthorized {
			t.Errorf("%d %s", got.status, got.raw)
		}
	}
}

// manyContacts creates a batch job of n contacts, the last of which has a field
// that no other has.
func (b *bundle) manyContacts(tb testing.TB, n int) string {
	tb.Helper()
	var list strings.Builder
	list.WriteString("phone,filler\n")
	for i := range n {
		fmt.Fprintf(&list, "+1202%07d,%s\n", i, strings.Repeat("x", 200))
	}
	return b.form(tb, form("file", list.String())).id()
}

// While an export is on its way its rows change, which neither repeats nor loses
// one.
func TestExportWhileEverythingChanges(t *testing.T) {
	t.Parallel()
	const n = 2000
	var pages atomic.Int64
	b := setup(t, pageTime())
	id := b.manyContacts(t, n)
	b.store.Read().Contact.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			if page := pages.Add(1); page%3 == 0 { // between pages every contact moves on
				b.change(t, func(ctx context.Context, tx *store.Tx) error { //nolint:contextcheck // a change of somebody else's
					return tx.Ent.Contact.Update().SetNextAttemptAt(pageTime().Add(time.Duration(page) * time.Second)).
						SetStatus(calling.ContactCancelled).Exec(ctx)
				})
			}
			return next.Query(ctx, q)
		})
	}))
	rows := b.get(t, "/batch/jobs/"+id+"/results.csv").records(t)
	if len(rows) != n+1 {
		t.Fatalf("%d lines", len(rows))
	}
	for i, row := range rows[1:] {
		if row[0] != strconv.Itoa(i+1) {
			t.Fatalf("line %d is row %s", i+1, row[0])
		}
	}
	if pages.Load() < 2*n/250 {
		t.Errorf("read in %d pages", pages.Load())
	}
}

func TestExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.manyContacts(t, 10_000)
	ended := make(chan error, 1)
	var pages atomic.Int64
	gone := make(chan struct{})
	b.store.Read().Contact.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			if pages.Add(1) == 42 { // 41 found the columns, and the header was sent
				<-gone
				select {
				case <-ctx.Done():
				case <-time.After(20 * time.Second):
				}
				ended <- context.Cause(ctx)
			}
			return next.Query(ctx, q)
		})
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/batch/jobs/"+id+"/results.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.key)
	got, err := b.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(got.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := got.Body.Close(); err != nil {
		t.Fatal(err)
	}
	close(gone)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the query goes on without a reader: %v", err)
	}
}

// An export that breaks off must not pass for a whole one.
func TestExportThatBreaksOffIsCut(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.manyContacts(t, 1000)
	var pages atomic.Int64
	b.store.Read().Contact.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			if pages.Add(1) == 7 {
				return nil, errors.New("secret")
			}
			return next.Query(ctx, q)
		})
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/batch/jobs/"+id+"/results.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.key)
	got, err := b.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	var all bytes.Buffer
	if _, err := all.ReadFrom(got.Body); err == nil || strings.Contains(all.String(), "secret") {
		t.Errorf("ends with %v", err)
	}
	b.server.Close()
	if log := b.log.String(); !strings.Contains(log, "an export broke off") || !strings.Contains(log, "secret") {
		t.Error(log)
	}
}
