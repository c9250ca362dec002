package calling

import (
	"errors"
	"fmt"
	"time"
)

// Code names one kind of failure. Codes are stable: clients branch on them, the
// detail beside them may be reworded.
type Code string

// The codes of the public API. The first nine are the product page's.
const (
	CodeInvalidCSV           Code = "invalid_csv"
	CodeMissingPhoneColumn   Code = "missing_phone_column"
	CodeNoValidContacts      Code = "no_valid_contacts"
	CodeTooManyContacts      Code = "too_many_contacts"
	CodeInvalidTimezone      Code = "invalid_timezone"
	CodePastScheduledTime    Code = "past_scheduled_time"
	CodeInvalidPhoneFormat   Code = "invalid_phone_format"
	CodeInsufficientCredits  Code = "insufficient_credits"
	CodeNoOutboundAgent      Code = "no_outbound_agent"
	CodeInvalidRequest       Code = "invalid_request"
	CodeAgentNotVoiceCapable Code = "agent_not_voice_capable"
	CodeUnauthenticated      Code = "unauthenticated"
	CodeForbidden            Code = "forbidden"
	CodeNotFound             Code = "not_found"
	CodeMethodNotAllowed     Code = "method_not_allowed"
	CodeConflict             Code = "conflict"
	CodeActionNotAllowed     Code = "action_not_allowed"
	CodeFileTooLarge         Code = "file_too_large"
	CodeUnsupportedMediaType Code = "unsupported_media_type"
	CodeRateLimited          Code = "rate_limited"
	CodeInternal             Code = "internal"
	CodeUnavailable          Code = "unavailable"
)

// CodeInfo says how a code is answered and what it means.
type CodeInfo struct {
	Code    Code
	Status  int    // HTTP status of a REST answer that carries the code
	Meaning string // one sentence, repeated in docs/errors.md
}

// Codes returns the whole table, one row a code, in the order of the
// documentation. The slice is the caller's own.
func Codes() []CodeInfo {
	return []CodeInfo{
		{CodeInvalidCSV, 400, "The file is missing, empty, not text, or not CSV that can be read."},
		{CodeMissingPhoneColumn, 400, "The header of the file has no phone column."},
		{CodeNoValidContacts, 400, "The file holds no row with a valid phone number."},
		{CodeTooManyContacts, 400, "More than 10,000 rows were uploaded."},
		{CodeInvalidTimezone, 400, "The time zone is not an IANA name."},
		{CodePastScheduledTime, 400, "The scheduled start time is in the past."},
		{CodeInvalidPhoneFormat, 400, "A phone number is not in E.164 format."},
		{CodeInsufficientCredits, 400, "The organization's available credits do not cover the batch job."},
		{CodeNoOutboundAgent, 400, "The phone number has no outbound agent assigned."},
		{CodeInvalidRequest, 400, "A field is missing, malformed or out of range; errors lists every one."},
		{CodeAgentNotVoiceCapable, 400, "The phone number's agent is a text agent and cannot make voice calls."},
		{CodeActionNotAllowed, 400, "The status of what it is about does not allow the action."},
		{CodeUnauthenticated, 401, "The API key, session or sign-in link is missing, malformed, unknown, used, revoked or expired."},
		{CodeForbidden, 403, "The API key or session lacks the scope or names another organization, or a page of another site sent a cookie."},
		{CodeNotFound, 404, "There is no such thing in this organization, or no such path."},
		{CodeMethodNotAllowed, 405, "The path exists and does not answer this method."},
		{CodeConflict, 409, "The idempotency key was used with another request, or there is such a thing already."},
		{CodeFileTooLarge, 413, "The request body is larger than the limit."},
		{CodeUnsupportedMediaType, 415, "The Content-Type is neither multipart/form-data nor application/json."},
		{CodeRateLimited, 429, "Too many requests; Retry-After says when to try again."},
		{CodeInternal, 500, "A defect on our side; quote the request id."},
		{CodeUnavailable, 503, "The server is stopping, or its database cannot be reached; try again."},
	}
}

// Status returns the HTTP status of a REST answer with this code; 500 for a
// code that is not in the table.
func (c Code) Status() int {
	for _, info := range Codes() {
		if info.Code == c {
			return info.Status
		}
	}
	return 500
}

// Problem is one thing wrong with one field of a request or one row of an
// upload.
type Problem struct {
	Field  string // public field name ("maxAttempts"), or "contacts[3].phone"; empty when none is to blame
	Row    int    // 1-based row of the upload, 0 when the problem is not a row's
	Code   Code
	Detail string // a sentence that says what to do
}

// Error is the one error type that leaves the program. Errors of any other type
// are defects and are answered as CodeInternal with a fixed sentence.
type Error struct {
	Code     Code
	Detail   string    // a sentence for the person who sent the request
	Problems []Problem // every field or row at fault; may be empty
	Cause    error     // for the log only; never answered

	RetryAfter time.Duration // how long to wait before trying again; 0 = nothing is known
}

// Error returns the code and the detail, and the cause when there is one.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf returns an *Error with a formatted detail.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first *Error in err's chain, CodeInternal when
// there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// DetailOf returns the sentence of the first *Error in err's chain, empty when
// there is none.
func DetailOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Detail
	}
	return ""
}
