package rest

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
)

const maxIdempotencyKey = 255 // bytes, which are characters: the key is ASCII

// create is POST /batch/create: decode, one deed, encode.
func (s *server) create(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readCreate(w, r)
	if err != nil {
		return err
	}
	created, err := s.Dialer.Create(r.Context(), d.request)
	if err != nil {
		return d.failed(err)
	}
	if created.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	edge.WriteJSON(w, http.StatusOK, newCreateAnswer(created))
	return nil
}

// readCreate reads the request whole, in whichever form it comes. Its error is
// an *calling.Error.
func (s *server) readCreate(w http.ResponseWriter, r *http.Request) (*draft, error) {
	read, err := reader(r)
	if err != nil {
		return nil, err
	}
	in, err := s.openBody(w, r)
	if err != nil {
		return nil, err
	}
	d := newDraft()
	d.idempotencyKey(r.Header)
	err = read(d, in)
	if err := in.close(w); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// reader chooses how a body is read, by its Content-Type.
func reader(r *http.Request) (func(*draft, *body) error, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, calling.Errorf(calling.CodeUnsupportedMediaType,
			"The Content-Encoding %s is not supported; send the body as it is.", calling.Quote(encoding))
	}
	given := r.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(given)
	switch {
	case media == "application/json":
		return (*draft).readJSON, nil
	case media != "multipart/form-data":
		return nil, calling.Errorf(calling.CodeUnsupportedMediaType,
			"The Content-Type %s is not supported; send multipart/form-data or application/json.", calling.Quote(given))
	case err != nil || !validBoundary(params["boundary"]):
		return nil, calling.Errorf(calling.CodeInvalidRequest,
			"The Content-Type multipart/form-data needs a valid boundary parameter; let your HTTP library set the header.")
	}
	return func(d *draft, in *body) error { return d.readMultipart(in, params["boundary"]) }, nil
}

// validBoundary applies RFC 2046, section 5.1.1.
func validBoundary(s string) bool {
	const most = 70
	return s != "" && len(s) <= most && !strings.HasSuffix(s, " ") && !strings.ContainsFunc(s, func(c rune) bool {
		letter := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		return !letter && !strings.ContainsRune("'()+_,-./:=? ", c)
	})
}

// idempotencyKey reads the Idempotency-Key, when the request has one.
func (d *draft) idempotencyKey(header http.Header) {
	const name = "Idempotency-Key"
	values := header.Values(name)
	if len(values) == 0 {
		return
	}
	key := strings.TrimSpace(values[0])
	foreign := strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' })
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || foreign {
		d.refuse(name, calling.CodeInvalidRequest, "The Idempotency-Key header must be given once, with 1 to 255 ASCII characters.")
		return
	}
	d.request.IdempotencyKey = key
}

// failed returns err in the public API's own words where it is our fault.
func (d *draft) failed(err error) error {
	known := edge.Public(err)
	if known.Code == calling.CodeInternal && d.source == fileField {
		return &calling.Error{Code: calling.CodeInternal, Detail: "Failed to process CSV file", Cause: err}
	}
	return known
}

// createAnswer is the body of the answer, the public API's fields first.
type createAnswer struct {
	Success            bool    `json:"success"` // always true
	BatchJobID         string  `json:"batchJobId"`
	TotalContacts      int     `json:"totalContacts"`
	EstimatedDuration  string  `json:"estimatedDuration"`
	EstimatedCost      string  `json:"estimatedCost"`
	Status             string  `json:"status"`
	ScheduledStartTime *string `json:"scheduledStartTime"` // null = at once
	Message            string  `json:"message"`

	RejectedContacts             int            `json:"rejectedContacts"`
	DuplicateContacts            int            `json:"duplicateContacts"`
	BlankRows                    int            `json:"blankRows"`
	Rejections                   []rejection    `json:"rejections"` // the first 100, duplicates among them
	Warnings                     []warning      `json:"warnings"`
	EffectiveConcurrentCallLimit int            `json:"effectiveConcurrentCallLimit"`
	EstimatedDurationSeconds     int64          `json:"estimatedDurationSeconds"`
	EstimatedCostMicros          calling.Micros `json:"estimatedCostMicros"`
	WorstCaseCostMicros          calling.Micros `json:"worstCaseCostMicros"`
}

type rejection struct {
	Row        int     `json:"row"`
	Phone      string  `json:"phone"`
	Code       string  `json:"code"`
	Detail     string  `json:"detail"`
	Suggestion *string `json:"suggestion"` // null = no guess
}

type warning struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func newCreateAnswer(c *dialer.Created) createAnswer {
	a := createAnswer{
		Success: true, BatchJobID: c.BatchJobID, TotalContacts: c.Total,
		EstimatedDuration:  calling.FormatDuration(c.Estimate.Duration),
		EstimatedCost:      calling.FormatUSD(c.Estimate.CostMicros),
		Status:             strings.ToLower(string(c.Status)),
		ScheduledStartTime: instant(c.StartAt),
		Message:            "Batch job created with " + calling.Plural(c.Total, "contact"),

		RejectedContacts: c.Rejected, DuplicateContacts: c.Duplicates, BlankRows: c.Blank,
		Rejections: []rejection{}, Warnings: []warning{},
		EffectiveConcurrentCallLimit: c.Estimate.EffectiveLimit,
		EstimatedDurationSeconds:     int64(c.Estimate.Duration / time.Second),
		EstimatedCostMicros:          c.Estimate.CostMicros,
		WorstCaseCostMicros:          c.Estimate.WorstCaseCostMicros,
	}
	for _, r := range c.Rejections {
		shown := rejection{Row: r.Row, Phone: r.Phone, Code: r.Code.Public(), Detail: r.Detail}
		if r.Suggestion != "" {
			shown.Suggestion = &r.Suggestion
		}
		a.Rejections = append(a.Rejections, shown)
	}
	for _, w := range c.Warnings {
		a.Warnings = append(a.Warnings, warning{Code: strings.ToLower(string(w.Code)), Detail: w.Detail})
	}
	return a
}

// instant shows a moment as "2025-02-28T14:00:00Z"; nil for the zero time.
func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339Nano)
	return &s
}
