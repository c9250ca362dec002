package rest

import (
	"encoding/json"
	"strings"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
)

// jobsAnswer is a page of batch jobs.
type jobsAnswer struct {
	BatchJobs []jobAnswer `json:"batchJobs"`
	Total     int         `json:"total"` // on all pages
	Page      int         `json:"page"`
	PageSize  int         `json:"pageSize"`
}

// jobAnswer is one batch job.
type jobAnswer struct {
	BatchJobID          string         `json:"batchJobId"`
	Name                string         `json:"name"`
	Description         *string        `json:"description"`
	Status              string         `json:"status"`
	DetailedStatus      string         `json:"detailedStatus"` // paused and cancelling told apart from running
	PauseReason         *string        `json:"pauseReason"`
	FromPhoneNumberID   string         `json:"fromPhoneNumberId"`
	ConcurrentCallLimit int            `json:"concurrentCallLimit"`
	MaxAttempts         int            `json:"maxAttempts"`
	Timezone            string         `json:"timezone"`
	ScheduledStartTime  *string        `json:"scheduledStartTime"`
	CreatedAt           *string        `json:"createdAt"`
	StartedAt           *string        `json:"startedAt"`
	CompletedAt         *string        `json:"completedAt"` // when it ended, however it did
	TotalContacts       int            `json:"totalContacts"`
	CompletedContacts   int            `json:"completedContacts"`
	FailedContacts      int            `json:"failedContacts"`
	CancelledContacts   int            `json:"cancelledContacts"`
	RejectedContacts    int            `json:"rejectedContacts"`
	DuplicateContacts   int            `json:"duplicateContacts"`
	BlankRows           int            `json:"blankRows"`
	EstimatedCost       string         `json:"estimatedCost"`
	ActualCost          string         `json:"actualCost"` // so far
	ActualCostMicros    calling.Micros `json:"actualCostMicros"`
}

// jobDetailAnswer is one batch job with a page of its contacts.
type jobDetailAnswer struct {
	jobAnswer

	StatusBreakdown         map[string]int  `json:"statusBreakdown"`         // sums to totalContacts
	EstimatedCompletionTime *string         `json:"estimatedCompletionTime"` // null while nothing can be said
	Contacts                []contactAnswer `json:"contacts"`
	ContactsTotal           int             `json:"contactsTotal"` // on all pages
	ContactsPage            int             `json:"contactsPage"`
	ContactsPageSize        int             `json:"contactsPageSize"`
}

// contactAnswer is one contact of a batch job.
type contactAnswer struct {
	Phone         string          `json:"phone"`
	Name          string          `json:"name"`
	CustomFields  json.RawMessage `json:"customFields"`
	Status        string          `json:"status"`
	ErrorCode     *string         `json:"errorCode"` // of the last attempt, unless somebody was reached
	AttemptCount  int             `json:"attemptCount"`
	MaxAttempts   int             `json:"maxAttempts"`
	NextRetryAt   *string         `json:"nextRetryAt"`
	FailureReason *string         `json:"failureReason"` // a sentence to errorCode
	CallDuration  *int            `json:"callDuration"`  // seconds of the last call; null when none was answered
}

func newJobAnswer(row *ent.BatchJob) jobAnswer {
	a := jobAnswer{
		BatchJobID: row.ID, Name: row.Name, Description: row.Description,
		Status: batchWord(row.Status), DetailedStatus: strings.ToLower(string(row.Status)),
		FromPhoneNumberID: row.PhoneNumberID, ConcurrentCallLimit: row.ConcurrentCallLimit, MaxAttempts: row.MaxAttempts,
		Timezone: row.Timezone, CreatedAt: instant(row.CreatedAt),
		TotalContacts: row.TotalContacts, CompletedContacts: row.ContactsCompleted, FailedContacts: row.ContactsFailed,
		CancelledContacts: row.ContactsCancelled, RejectedContacts: row.RejectedRows, DuplicateContacts: row.DuplicateRows,
		BlankRows:     row.BlankRows,
		EstimatedCost: calling.FormatUSD(int64(row.TotalContacts) * row.PricePerCallMicros),
		ActualCost:    calling.FormatUSD(row.SpentMicros), ActualCostMicros: row.SpentMicros,
	}
	if row.PauseReason != nil {
		reason := strings.ToLower(string(*row.PauseReason))
		a.PauseReason = &reason
	}
	if at := row.ScheduledStartAt; at != nil {
		a.ScheduledStartTime = instant(*at)
	}
	if at := row.StartedAt; at != nil {
		a.StartedAt = instant(*at)
	}
	if at := row.EndedAt; at != nil {
		a.CompletedAt = instant(*at)
	}
	return a
}

// newContactAnswer shows a contact with its newest attempt; nil before the
// first.
func newContactAnswer(c *ent.Contact, newest *ent.Attempt, maxAttempts int) contactAnswer {
	a := contactAnswer{
		Phone: string(c.Phone), Name: c.Name, CustomFields: c.CustomFields, Status: contactWord(c, newest),
		AttemptCount: c.AttemptsUsed, MaxAttempts: maxAttempts,
	}
	if c.LastOutcome != nil && c.LastOutcome.Rule().Final != calling.ContactCompleted {
		code, reason := outcomeWord(*c.LastOutcome), c.LastOutcome.Rule().Meaning
		if newest != nil && newest.Reason != "" {
			reason = newest.Reason
		}
		a.ErrorCode, a.FailureReason = &code, &reason
	}
	if c.Status == calling.ContactPending && c.LastAttempt > 0 {
		a.NextRetryAt = instant(c.NextAttemptAt)
	}
	if newest != nil && newest.AnsweredAt != nil {
		a.CallDuration = &newest.TalkSeconds
	}
	return a
}
