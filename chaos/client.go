package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// patience is how long the clients of a run wait for an answer, where nodes
// freeze; others wait long.
const (
	patience     = 8 * time.Second
	longPatience = time.Minute
)

// account is an organization as its clients know it.
type account struct {
	id       string
	key      string
	number   string        // the id of its phone number
	patience time.Duration // how long its clients wait for an answer
}

// answer is what a client was told.
type answer struct {
	status int // 0 = nothing came
	at     time.Time
	body   map[string]any
}

// ask sends a request to a node. No answer is no error: it is what the test is
// about.
func (a account) ask(ctx context.Context, base, method, path, idempotencyKey string, body any) answer {
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(encoded))
	if err != nil {
		return answer{}
	}
	r.Header.Set("Authorization", "Bearer "+a.key)
	r.Header.Set("Content-Type", "application/json")
	if idempotencyKey != "" {
		r.Header.Set("Idempotency-Key", idempotencyKey)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}
	}
	defer got.Body.Close() //nolint:errcheck // it has been read
	text, err := io.ReadAll(got.Body)
	told := answer{status: got.StatusCode, at: time.Now()}
	if err != nil || json.Unmarshal(text, &told.body) != nil {
		return answer{}
	}
	return told
}

// controls are the mutations of each action.
func mutation(action Action) string {
	name := map[Action]string{Pause: "pauseBatchJob", Resume: "resumeBatchJob", Cancel: "cancelBatchJob"}[action]
	return fmt.Sprintf(`mutation($id: ID!) { %s(input: {batchJobId: $id}) { batchJob { id status } userErrors { code } } }`, name)
}

// control asks for an action and returns what came of it.
func (a account) control(ctx context.Context, base, batch string, action Action) Control {
	c := Control{Batch: batch, Action: action, SentAt: time.Now()}
	told := a.ask(ctx, base, http.MethodPost, "/graphql", "", map[string]any{
		"query": mutation(action), "variables": map[string]any{"id": batch},
	})
	if told.status == 0 || told.status >= 500 {
		return c
	}
	c.AnsweredAt = told.at
	data, _ := told.body["data"].(map[string]any) // nil when there is none
	payload, _ := data[string(action)+"BatchJob"].(map[string]any)
	refused, _ := payload["userErrors"].([]any)
	c.Done = payload["batchJob"] != nil && len(refused) == 0
	return c
}

// standing is how a batch job stands, as the API shows it.
type standing struct {
	status                              string // as detailedStatus: "" = no answer
	total, completed, failed, cancelled int
	spent                               int64
}

func (a account) look(ctx context.Context, base, batch string) standing {
	told := a.ask(ctx, base, http.MethodGet, "/batch/jobs/"+batch, "", nil)
	if told.status != http.StatusOK {
		return standing{}
	}
	number := func(name string) int {
		n, _ := told.body[name].(float64) // 0 when it is missing, which the checker finds
		return int(n)
	}
	status, _ := told.body["detailedStatus"].(string)
	return standing{
		status: status, total: number("totalContacts"), completed: number("completedContacts"),
		failed: number("failedContacts"), cancelled: number("cancelledContacts"), spent: int64(number("actualCostMicros")),
	}
}

func (s standing) over() bool {
	return s.status == "completed" || s.status == "cancelled" || s.status == "failed"
}
