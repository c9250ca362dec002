package dialer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/idempotencyrecord"
	"github.com/outdial/outdial/store"
)

// replayFor is how long the answer to a request with an idempotency key is kept.
const replayFor = 24 * time.Hour

// replay returns the answer an earlier request with this key got; nil when
// there was none. The key with another request is a CodeConflict.
func (d *Dialer) replay(ctx context.Context, key, hash string) (*Created, error) {
	remembered, err := d.answered(ctx, d.Store.Read(), key, hash)
	if remembered == nil || err != nil {
		return nil, err
	}
	answer := &Created{Replayed: true}
	if err := json.Unmarshal(remembered, answer); err != nil {
		return nil, fmt.Errorf("read the remembered answer: %w", err)
	}
	return answer, nil
}

// answered returns what is remembered of the answer to an earlier request with
// this key; nil when there was none. The key with another request is a
// CodeConflict.
func (d *Dialer) answered(ctx context.Context, rows *ent.Client, key, hash string) (json.RawMessage, error) {
	record, err := rows.IdempotencyRecord.Query().
		Where(idempotencyrecord.Key(key), idempotencyrecord.CreatedAtGTE(d.now().Add(-replayFor))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // nothing to replay is the ordinary case
	}
	if err != nil {
		return nil, fmt.Errorf("look for the idempotency key: %w", err)
	}
	if record.RequestHash != hash {
		return nil, calling.Errorf(calling.CodeConflict,
			"The idempotency key %s was used for another request in the last 24 hours. Use a new key for a new request.", calling.Quote(key))
	}
	return record.Answer, nil
}

// keepAnswer keeps an answer under an idempotency key; the batch job's id is empty
// when the request was for something else. The key is unique, so of twins that
// arrive together one goes on and the other waits here and then fails.
func (d *Dialer) keepAnswer(ctx context.Context, tx *store.Tx, key, hash, batchJobID string, answer json.RawMessage) error {
	viewer, _ := auth.FromContext(ctx) // there is one: nobody else has keys
	if err := d.forgetKey(ctx, tx, key); err != nil {
		return err
	}
	err := tx.Ent.IdempotencyRecord.Create().SetID(newID(calling.IdempotencyPrefix)).
		SetOrganizationID(viewer.OrganizationID).SetCreatedAt(d.now()).
		SetKey(key).SetRequestHash(hash).SetBatchJobID(batchJobID).SetAnswer(answer).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember the idempotency key: %w", err)
	}
	return nil
}

// forgetKey deletes a record of the key that is too old to be replayed.
func (d *Dialer) forgetKey(ctx context.Context, tx *store.Tx, key string) error {
	_, err := tx.Ent.IdempotencyRecord.Delete().
		Where(idempotencyrecord.Key(key), idempotencyrecord.CreatedAtLT(d.now().Add(-replayFor))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget an old idempotency key: %w", err)
	}
	return nil
}

// fingerprint is a hash of what a request means, whichever door it came
// through: two requests with the same one create the same batch job.
func fingerprint(request CreateRequest) string {
	sum := sha256.New()
	write := json.NewEncoder(sum) // a hash never refuses bytes, and these values always encode
	_ = write.Encode(spelledOut(request.BatchRequest))
	_ = write.Encode(request.RejectInvalidRows)
	_ = write.Encode(request.FieldProblems) // a field that cannot be read is not one that was left out
	if request.UploadErr != nil {
		_ = write.Encode(request.UploadErr.Error())
	}
	if u := request.Upload; u != nil {
		for _, c := range u.Contacts {
			_ = write.Encode(c)
		}
		_ = write.Encode(u.Rejections)
		_ = write.Encode(u.Duplicates)
		_ = write.Encode(u.Blank)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// spelledOut fills in the defaults, which one door sends and another leaves out.
func spelledOut(r calling.BatchRequest) calling.BatchRequest {
	limit, attempts, zone := calling.DefaultConcurrentCalls, calling.DefaultMaxAttempts, "UTC"
	if r.ConcurrentCallLimit == nil {
		r.ConcurrentCallLimit = &limit
	}
	if r.MaxAttempts == nil {
		r.MaxAttempts = &attempts
	}
	if r.Timezone == nil || *r.Timezone == "" {
		r.Timezone = &zone
	}
	return r
}
