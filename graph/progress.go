package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph/model"
)

// watchProgress streams how a batch job stands. The stream ends after a terminal
// status and only then: to clients its end means that the batch job is over.
func (r *Resolver) watchProgress(ctx context.Context, batchJobID string, afterVersion *int64) (<-chan *calling.Progress, error) {
	job, err := r.findBatchJob(ctx, batchJobID)
	if err != nil {
		return nil, err
	}
	if job == nil {
		return nil, calling.Errorf(calling.CodeNotFound, "Batch job %s not found", batchJobID)
	}
	snapshots, err := r.Progress.Subscribe(ctx, job.ID)
	if err != nil {
		return nil, fmt.Errorf("watch the batch job: %w", err)
	}
	shown := int64(-1)
	if afterVersion != nil {
		shown = *afterVersion
	}
	stream := make(chan *calling.Progress)
	go forward(ctx, snapshots, shown, stream)
	return stream, nil
}

// forward passes snapshots on that are newer than the version shown last.
func forward(ctx context.Context, snapshots <-chan calling.Progress, shown int64, stream chan<- *calling.Progress) {
	over := false
	for !over {
		select {
		case <-ctx.Done():
			return // whoever ended the stream tells the client why
		case snapshot, more := <-snapshots:
			if !more {
				<-ctx.Done()
				return
			}
			over = snapshot.Status.Terminal()
			if snapshot.Version <= shown {
				continue
			}
			shown = snapshot.Version
			select {
			case stream <- &snapshot:
			case <-ctx.Done():
				return
			}
		}
	}
	close(stream)
}

// batchJobOf returns the batch job that a snapshot is of, as it is now.
func (r *Resolver) batchJobOf(ctx context.Context, p *calling.Progress) (*ent.BatchJob, error) {
	if row := answerOf(ctx).batchJob(p.BatchJobID); row != nil {
		return row, nil
	}
	row, err := r.findBatchJob(ctx, p.BatchJobID, "")
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, calling.Errorf(calling.CodeNotFound, "Batch job %s not found", p.BatchJobID)
	}
	answerOf(ctx).remember(row)
	return row, nil
}

// waitingOf says what a batch job waits for; nil when it dials as fast as it may.
func (r *Resolver) waitingOf(ctx context.Context, p *calling.Progress) (*calling.WaitingFor, error) {
	waits, err := r.Dialer.Waiting(ctx, *p)
	if err != nil {
		return nil, fmt.Errorf("say what it waits for: %w", err)
	}
	return optional(waits), nil
}

// outcomesOf lists the outcomes that contacts had, in the order of the table of
// outcomes.
func outcomesOf(p *calling.Progress) []*model.OutcomeCount {
	counts := []*model.OutcomeCount{}
	for _, rule := range calling.Outcomes() {
		if n := p.Outcomes[rule.Outcome]; n > 0 {
			counts = append(counts, &model.OutcomeCount{Outcome: rule.Outcome, Count: n})
		}
	}
	return counts
}

// etaOf guesses when the batch job will have ended; nil while nothing can be
// said.
func etaOf(p *calling.Progress) *model.Eta {
	low, high, ok := p.Eta()
	if !ok {
		return nil
	}
	return &model.Eta{Low: low, High: high}
}
