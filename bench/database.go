package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
)

// startPostgres starts a throwaway server, unless there is one.
func (b *bench) startPostgres(ctx context.Context, url string, durable bool) (stop func() error, err error) {
	if b.server = url; url != "" {
		return func() error { return nil }, nil
	}
	start := testdb.StartPostgres
	if durable {
		start = testdb.StartDurablePostgres
	}
	server, err := start(ctx)
	if err != nil {
		return nil, err
	}
	b.server = server.URL
	return server.Stop, nil
}

// aboutDatabase says what server it is, and whether it waits for the disk.
func (b *bench) aboutDatabase(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, b.server)
	if err != nil {
		return "", fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was changed
	var version, fsync, commit, buffers string
	err = conn.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')").
		Scan(&version, &fsync, &commit, &buffers)
	if err != nil {
		return "", fmt.Errorf("ask PostgreSQL for its settings: %w", err)
	}
	return fmt.Sprintf("PostgreSQL %s on this machine, fsync %s, synchronous_commit %s, shared_buffers %s", version, fsync, commit, buffers), nil
}

// newDatabase makes an empty PostgreSQL database and returns its URL.
func (b *bench) newDatabase(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, b.server)
	if err != nil {
		return "", fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // the database is there or not
	b.made++
	name := fmt.Sprintf("bench_%d_%d", os.Getpid(), b.made)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	at, err := url.Parse(b.server)
	if err != nil {
		return "", fmt.Errorf("read the server's URL: %w", err)
	}
	at.Path = "/" + name
	return at.String(), nil
}

// open opens and migrates a database.
func (b *bench) open(ctx context.Context, url string) (*store.Store, error) {
	s, err := store.Open(ctx, url, store.Options{Log: b.log})
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx, jobs.Migrate)
}

// openNew opens a new PostgreSQL database.
func (b *bench) openNew(ctx context.Context) (*store.Store, error) {
	url, err := b.newDatabase(ctx)
	if err != nil {
		return nil, err
	}
	return b.open(ctx, url)
}

// sqliteURL names a new SQLite file.
func (b *bench) sqliteURL() string {
	b.made++
	return "sqlite://" + filepath.Join(b.folder, fmt.Sprintf("bench_%d.db", b.made))
}

// cpu returns how much processor time this process, or another, and its
// database server have used so far.
func processorTime(pids ...int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		ticks += ticksOf(pid, false)
	}
	return time.Duration(ticks) * (time.Second / 100) // USER_HZ is 100 wherever Linux runs
}

// serverTime returns how much processor time PostgreSQL has used, its children
// that have ended included.
func serverTime(s *store.Store) time.Duration {
	if s.Pool() == nil {
		return 0
	}
	var pid int
	if err := s.Pool().QueryRow(context.Background(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		return 0
	}
	master := fieldsOf(pid)
	if len(master) == 0 {
		return 0
	}
	parent, err := strconv.Atoi(master[1])
	if err != nil {
		return 0
	}
	ticks := ticksOf(parent, true)
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if child, err := strconv.Atoi(e.Name()); err == nil {
			if f := fieldsOf(child); len(f) > 1 && f[1] == master[1] {
				ticks += ticksOf(child, false)
			}
		}
	}
	return time.Duration(ticks) * (time.Second / 100)
}

// fieldsOf returns /proc/PID/stat from the state on: state, parent, …
func fieldsOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, after, found := strings.Cut(string(text), ") ")
	if !found {
		return nil
	}
	return strings.Fields(after)
}

// ticksOf is the processor time of a process, with that of its ended children
// when they are wanted.
func ticksOf(pid int, children bool) (ticks int64) {
	fields := fieldsOf(pid)
	last := 13
	if children {
		last = 15
	}
	for i := 11; i < last && i < len(fields); i++ {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err == nil {
			ticks += n
		}
	}
	return ticks
}
