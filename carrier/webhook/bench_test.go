package webhook_test

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/outdial/outdial/carrier/webhook"
)

// BenchmarkCall has the example runtime take a call and end it at once: one PUT
// and, as good as always, one GET.
func BenchmarkCall(b *testing.B) {
	path := filepath.Join(b.TempDir(), "runtime")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", path, "../../examples/runtime").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(b.Context(), path, "-addr", "127.0.0.1:0", "-token", token, "-pace", "0s")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Wait() }) // the benchmark's context has killed it
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(first), "waiting for calls on ")
	if err != nil || !found {
		b.Fatalf("the example says %q: %v", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	c := webhook.New(webhook.Config{URL: address, Token: token})
	b.Cleanup(c.Close)
	b.SetParallelism(50)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			one := call()
			one.ID = uuid.NewString()
			if refusal, err := c.Start(b.Context(), one); refusal != nil || err != nil {
				b.Errorf("refused: %+v, %v", refusal, err)
			}
			if _, _, err := c.Wait(b.Context(), one, nil); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
