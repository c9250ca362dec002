package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/outdial/outdial/store"
)

// contactRows are the columns of a contact and the rows of a batch job's contacts,
// as they are loaded.
func contactRows(organization, batchJob string, n int) (columns []string, rows [][]any) {
	columns = []string{
		"id", "organization_id", "batch_job_id", "row", "phone", "name", "custom_fields", "status", "attempts_used", "last_attempt", "next_attempt_at",
	}
	due := store.Instant(time.Now().Add(time.Hour))
	for i := range n {
		fields := fmt.Sprintf(`{"plan":"Basic","renewalDate":"2027-03-01","city":"Springfield","account":"A-%d"}`, i)
		rows = append(rows, []any{
			uuid.Must(uuid.NewV7()), organization, batchJob, i + 1, phone(i), fmt.Sprint("Person ", i), fields, "PENDING", 0, 0, due,
		})
	}
	return columns, rows
}

// csvOf returns a file of n contacts with four columns of their own.
func csvOf(n int) []byte {
	var text bytes.Buffer
	text.WriteString("phone,name,plan,renewalDate,city,account\n")
	for i := range n {
		fmt.Fprintf(&text, "%s,Person %d,Basic,2027-03-01,Springfield,A-%d\n", phone(i), i, i)
	}
	return text.Bytes()
}

// tomorrow is far enough that nobody is called while this is measured.
func tomorrow() string { return time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339) }

// restForm is a body of POST /batch/create.
func (p *process) restForm(csv []byte) (contentType string, body []byte) {
	return p.formFor(csv, tomorrow())
}

// formFor is restForm with another start; none is at once.
func (p *process) formFor(csv []byte, start string) (contentType string, body []byte) {
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	_ = form.WriteField("fromPhoneNumberId", p.number) // memory takes everything
	_ = form.WriteField("name", "Bench")
	_ = form.WriteField("concurrentCallLimit", strconv.Itoa(limitAtOnce))
	if start != "" {
		_ = form.WriteField("scheduledStartTime", start)
	}
	file, _ := form.CreateFormFile("file", "contacts.csv")
	_, _ = file.Write(csv)
	_ = form.Close()
	return form.FormDataContentType(), text.Bytes()
}

// graphForm is the same for GraphQL, by the multipart request specification.
func (p *process) graphForm(csv []byte) (contentType string, body []byte) {
	operations, _ := json.Marshal(map[string]any{ //nolint:errchkjson // texts and nothing else
		"query": `mutation ($input: CreateBatchJobInput!) { createBatchJob(input: $input) { batchJob { id } totalContacts userErrors { message } } }`,
		"variables": map[string]any{"input": map[string]any{
			"fromPhoneNumberId": p.number, "name": "Bench", "scheduledStartTime": tomorrow(), "contacts": map[string]any{"file": nil},
		}},
	})
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	_ = form.WriteField("operations", string(operations)) // memory takes everything
	_ = form.WriteField("map", `{"0":["variables.input.contacts.file"]}`)
	file, _ := form.CreateFormFile("0", "contacts.csv")
	_, _ = file.Write(csv)
	_ = form.Close()
	return form.FormDataContentType(), text.Bytes()
}

// create sends a body once and returns how long the answer took.
func (p *process) create(ctx context.Context, path string, form func([]byte) (string, []byte), csv []byte) (time.Duration, error) {
	contentType, body := form(csv)
	began := time.Now()
	answer, err := p.ask(ctx, "POST", path, contentType, body)
	took := time.Since(began)
	if err == nil && path == "/graphql" && !strings.Contains(fmt.Sprint(answer), "userErrors:[]") {
		err = fmt.Errorf("createBatchJob says %v", answer)
	}
	return took, err
}

func createOnPostgres(ctx context.Context, b *bench) (all []figure, err error) {
	database, err := b.newDatabase(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.serve(ctx, database, 50)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written is committed
	copied := func(columns []string, rows [][]any) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		defer tx.Rollback(ctx) //nolint:errcheck // does nothing after Commit
		for _, row := range rows {
			if id, ok := row[0].(uuid.UUID); ok {
				row[0] = [16]byte(id) // which pgx need not ask for its value
			}
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"contacts"}, columns, pgx.CopyFromRows(rows)); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		return tx.Commit(ctx) //nolint:wrapcheck // it says what failed
	}
	parent := func() (organization, batchJob string, err error) {
		err = conn.QueryRow(ctx, `INSERT INTO batch_jobs SELECT (json_populate_record(m, json_build_object('id', gen_random_uuid()))).*`+
			` FROM batch_jobs m LIMIT 1 RETURNING organization_id, id`).Scan(&organization, &batchJob)
		return organization, batchJob, err
	}
	return p.compare(ctx, b, "COPY", []float64{1.4, 1.5}, copied, parent)
}

func createOnSQLite(ctx context.Context, b *bench) (all []figure, err error) {
	p, err := b.serve(ctx, b.sqliteURL(), 50)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	other := b.sqliteURL() // the program has the other file for itself
	second, err := b.serve(ctx, other, 50)
	if err != nil {
		return nil, err
	}
	_, err = second.create(ctx, "/batch/create", second.restForm, csvOf(1))
	if err := errors.Join(err, second.stop()); err != nil {
		return nil, err
	}
	s, err := b.open(ctx, other)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	inserted := func(columns []string, rows [][]any) error { return insertRows(ctx, s.Writer(), columns, rows) }
	parent := func() (organization, batchJob string, err error) {
		names, err := columnsOf(ctx, s.Writer(), "batch_jobs")
		if err != nil {
			return "", "", err
		}
		rest := strings.Join(names[1:], ", ")
		err = s.Writer().QueryRowContext(ctx, "INSERT INTO batch_jobs (id, "+rest+") SELECT hex(randomblob(16)), "+rest+
			" FROM batch_jobs LIMIT 1 RETURNING organization_id, id").Scan(&organization, &batchJob)
		return organization, batchJob, err
	}
	return p.compare(ctx, b, "INSERT", []float64{1.6}, inserted, parent)
}

// columnsOf returns the names of a table's columns, the id first.
func columnsOf(ctx context.Context, db *sql.DB, table string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY name <> 'id'") //nolint:gosec // a name of our own
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read the columns: %w", err)
		}
		names = append(names, `"`+name+`"`)
	}
	return names, rows.Err()
}

// insertRows loads rows in one transaction, 500 a statement.
func insertRows(ctx context.Context, db *sql.DB, columns []string, rows [][]any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	for len(rows) > 0 {
		n := min(500, len(rows))
		var args []any
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		rows = rows[n:]
		query := `INSERT INTO contacts ("` + strings.Join(columns, `", "`) + `") VALUES ` + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") //nolint:gosec // names of our own
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
	}
	return tx.Commit() //nolint:wrapcheck // it says what failed
}

// compare creates batch jobs by REST and GraphQL in turn with loading the same rows
// bare. targets are for REST and GraphQL.
func (p *process) compare(ctx context.Context, b *bench, how string, targets []float64,
	load func(columns []string, rows [][]any) error, parent func() (organization, batchJob string, err error),
) ([]figure, error) {
	var all []figure
	for _, n := range b.sizes([]int{1_000, 2_000, 5_000, 10_000}) {
		csv := csvOf(n)
		rest := figure{Name: fmt.Sprintf("POST /batch/create of %d rows, against %s", n, how), Unit: "ms", AtMost: true}
		graph := figure{Name: fmt.Sprintf("createBatchJob of %d rows, against %s", n, how), Unit: "ms", AtMost: true}
		if n == 10_000 {
			rest.Target = targets[0]
			if len(targets) > 1 {
				graph.Target = targets[1]
			}
		}
		for round := range b.rounds + 1 {
			byREST, err := p.create(ctx, "/batch/create", p.restForm, csv)
			if err != nil {
				return nil, err
			}
			bare, err := bareLoad(n, load, parent)
			if err != nil {
				return nil, err
			}
			byGraph, err := p.create(ctx, "/graphql", p.graphForm, csv)
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue // everything is cold
			}
			rest.Product, rest.Baseline = append(rest.Product, millis(byREST)), append(rest.Baseline, millis(bare))
			graph.Product, graph.Baseline = append(graph.Product, millis(byGraph)), append(graph.Baseline, millis(bare))
		}
		all = append(all, rest, graph)
	}
	return all, nil
}

// bareLoad loads rows of a new batch job and returns how long that took alone.
func bareLoad(n int, load func([]string, [][]any) error, parent func() (string, string, error)) (time.Duration, error) {
	organization, batchJob, err := parent()
	if err != nil {
		return 0, fmt.Errorf("copy a batch job: %w", err)
	}
	columns, rows := contactRows(organization, batchJob, n)
	began := time.Now()
	err = load(columns, rows)
	return time.Since(began), err
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }
