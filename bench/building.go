package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// building reports how long the program takes to build from nothing, and to answer
// a first request once it was built.
func building(ctx context.Context, b *bench) ([]figure, error) {
	var all []figure
	if !b.quick {
		cache := filepath.Join(b.folder, "cache")
		build := exec.CommandContext(ctx, "go", "build", "-o", os.DevNull, ".") //nolint:gosec // our own program
		build.Env = append(os.Environ(), "GOCACHE="+cache)
		began := time.Now()
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the program: %w: %s", err, out)
		}
		all = append(all, figure{Name: "go build with an empty cache", Unit: "s", Product: []float64{time.Since(began).Seconds()}})
		if err := os.RemoveAll(cache); err != nil {
			return nil, fmt.Errorf("remove the cache: %w", err)
		}
	}
	f := figure{Name: "start on a new SQLite file to the first answer", Unit: "ms"}
	for range b.rounds {
		began := time.Now()
		p, err := launch(ctx, b.program, nil, []string{"ADDR=127.0.0.1:0", "DATABASE_URL=" + b.sqliteURL(), "LOG_LEVEL=error"})
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/", http.NoBody)
		if err != nil {
			return nil, fmt.Errorf("make a request: %w", err)
		}
		answer, err := p.client.Do(r)
		if err != nil {
			return nil, fmt.Errorf("ask for the first page: %w", err)
		}
		f.Product = append(f.Product, millis(time.Since(began)))
		if err := errors.Join(answer.Body.Close(), p.stop()); err != nil {
			return nil, err
		}
	}
	return append(all, f), nil
}
