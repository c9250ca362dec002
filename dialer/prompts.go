package dialer

import (
	"context"
	"fmt"
	"sync"

	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
)

const (
	// mostPromptBytes bounds what is remembered; past it everything is forgotten.
	mostPromptBytes = 8 << 20
	// promptOverhead is about what an entry costs beside its text.
	promptOverhead = 200
)

// prompts remembers the prompts of batch jobs, which are long and never change, so
// that turns need not read them each time.
type prompts struct {
	mu    sync.Mutex
	texts map[string]string // guarded by mu; by batch job
	bytes int               // guarded by mu
}

// of returns the prompt of a batch job of the viewer's organization.
func (p *prompts) of(ctx context.Context, client *ent.Client, batchJobID string) (string, error) {
	p.mu.Lock()
	text, known := p.texts[batchJobID]
	p.mu.Unlock()
	if known {
		return text, nil
	}
	row, err := client.BatchJob.Query().Where(batchjob.ID(batchJobID)).
		Select(batchjob.FieldID, batchjob.FieldSystemPrompt).Only(ctx)
	if err != nil {
		return "", fmt.Errorf("load the prompt of batch job %s: %w", batchJobID, err)
	}
	p.keep(batchJobID, row.SystemPrompt)
	return row.SystemPrompt, nil
}

func (p *prompts) keep(batchJobID, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size := len(text) + promptOverhead
	if p.texts == nil || p.bytes+size > mostPromptBytes {
		p.texts, p.bytes = map[string]string{}, 0
	}
	if _, known := p.texts[batchJobID]; !known {
		p.texts[batchJobID] = text
		p.bytes += size
	}
}
