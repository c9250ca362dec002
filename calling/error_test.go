package calling_test

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[calling.Code]bool{}
	meanings := map[string]bool{}
	for _, info := range calling.Codes() {
		if seen[info.Code] || meanings[info.Meaning] {
			t.Errorf("%s, or its meaning, is in the table twice", info.Code)
		}
		seen[info.Code], meanings[info.Meaning] = true, true
		if !form.MatchString(string(info.Code)) {
			t.Errorf("%q is not in lower case with underscores", info.Code)
		}
		if info.Code.Status() != info.Status || info.Status < 400 || info.Status > 599 {
			t.Errorf("%s has the status %d, or %d", info.Code, info.Status, info.Code.Status())
		}
		if !strings.HasSuffix(info.Meaning, ".") {
			t.Errorf("the meaning of %s is not a sentence", info.Code)
		}
	}
	t.Run("begin with the page's nine, all of them 400", func(t *testing.T) {
		t.Parallel()
		for i, want := range []calling.Code{
			"invalid_csv", "missing_phone_column", "no_valid_contacts", "too_many_contacts", "invalid_timezone",
			"past_scheduled_time", "invalid_phone_format", "insufficient_credits", "no_outbound_agent",
		} {
			if got := calling.Codes()[i]; got.Code != want || got.Status != 400 {
				t.Errorf("number %d is %s with %d, want %s", i, got.Code, got.Status, want)
			}
		}
	})
	t.Run("go on with ours", func(t *testing.T) {
		t.Parallel()
		for code, want := range map[calling.Code]int{
			"invalid_request": 400, "agent_not_voice_capable": 400, "action_not_allowed": 400, "unauthenticated": 401, "forbidden": 403,
			"not_found": 404, "method_not_allowed": 405, "conflict": 409, "file_too_large": 413, "unsupported_media_type": 415,
			"rate_limited": 429, "internal": 500, "unavailable": 503,
		} {
			if !seen[code] || code.Status() != want {
				t.Errorf("%s is answered with %d, want %d", code, code.Status(), want)
			}
		}
		if len(seen) != 22 {
			t.Errorf("there are %d codes, 22 are known here", len(seen))
		}
	})
	t.Run("answer one that is not in the table as a defect", func(t *testing.T) {
		t.Parallel()
		if got := calling.Code("something_new").Status(); got != 500 {
			t.Errorf("is %d", got)
		}
	})
	t.Run("are each caller's own", func(t *testing.T) {
		t.Parallel()
		calling.Codes()[0].Status = 200
		if calling.CodeInvalidCSV.Status() != 400 {
			t.Error("one caller changed the table for all")
		}
	})
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	notFound := calling.Errorf(calling.CodeNotFound, "Phone number %s not found", "phone_1")
	for _, row := range []struct {
		behaviour string
		err       error
		want      calling.Code
	}{
		{"an error's own code", notFound, calling.CodeNotFound},
		{"through wrapping", fmt.Errorf("create: %w", notFound), calling.CodeNotFound},
		{"the first of several", errors.Join(io.EOF, notFound, calling.Errorf(calling.CodeConflict, "")), calling.CodeNotFound},
		{"the outer one", &calling.Error{Code: calling.CodeUnavailable, Cause: notFound}, calling.CodeUnavailable},
		{"anything else is a defect", io.EOF, calling.CodeInternal},
		{"nothing is a defect", nil, calling.CodeInternal},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			if got := calling.CodeOf(row.err); got != row.want {
				t.Errorf("is %s, want %s", got, row.want)
			}
		})
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	err := &calling.Error{Code: calling.CodeUnavailable, Detail: "Try again.", Cause: io.EOF}
	if got := err.Error(); got != "unavailable: Try again.: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("is %q", got)
	}
	if got := calling.Errorf(calling.CodeNotFound, "%d%%", 5).Error(); got != "not_found: 5%" {
		t.Errorf("is %q", got)
	}
}
