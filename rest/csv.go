package rest

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// stalledAfter is how long a client may leave a page of an export unread.
const stalledAfter = time.Minute

// csvAnswer is an export on its way to a client: CSV as RFC 4180 has it, in
// UTF-8, page by page, with lines that end in LF, because with CRLF the library
// would change what is in cells. Unless it is plain, it is for spreadsheets: it begins with a
// byte order mark, no cell of it is a formula, and numbers keep their plus sign.
type csvAnswer struct {
	w     *csv.Writer
	flush *http.ResponseController
	plain bool
	line  []string
}

// beginCSV begins the answer, which cannot be an error any more.
func beginCSV(w http.ResponseWriter, fileName string, plain bool) *csvAnswer {
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	header.Set("Content-Disposition", `attachment; filename="`+fileName+`"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Accel-Buffering", "no") // a proxy that gathers it all would hide that it goes on
	w.WriteHeader(http.StatusOK)
	if !plain {
		_, _ = w.Write([]byte("\ufeff")) // what fails here fails at the end of the page as well
	}
	return &csvAnswer{w: csv.NewWriter(w), flush: http.NewResponseController(w), plain: plain}
}

// cell adds text that somebody else wrote.
func (a *csvAnswer) cell(text string) {
	if !a.plain {
		text = harmless(text)
	}
	a.line = append(a.line, text)
}

// own adds text of the program's own, which is no formula.
func (a *csvAnswer) own(text string) { a.line = append(a.line, text) }

// phone adds a telephone number, or what was meant to be one.
func (a *csvAnswer) phone(text string) {
	if !a.plain {
		text = keepPlus(text)
	}
	a.line = append(a.line, text)
}

// end ends the line.
func (a *csvAnswer) end() {
	_ = a.w.Write(a.line) // sent says what went wrong
	a.line = a.line[:0]
}

// sent sends what was written so far; an error says that nobody takes it.
func (a *csvAnswer) sent() error {
	_ = a.flush.SetWriteDeadline(time.Now().Add(stalledAfter)) //nolint:forbidigo // the network's clock; a writer without deadlines is a test's
	a.w.Flush()
	if err := a.w.Error(); err != nil {
		return fmt.Errorf("send a page: %w", err)
	}
	if err := a.flush.Flush(); err != nil {
		return fmt.Errorf("send a page: %w", err)
	}
	return nil
}

// amount is how a number begins that spreadsheets read as just that.
var amount = regexp.MustCompile(`^[+-]?\d+([.,]\d+)*%?$`)

// harmless puts an apostrophe before what a spreadsheet would take for a formula.
// https://owasp.org/www-community/attacks/CSV_Injection
//
// Where a spreadsheet takes semicolons for separators, cells begin within ours.
func harmless(text string) string {
	text = inner.ReplaceAllString(text, "$1'$2")
	if text == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", firstRune(text)) || amount.MatchString(text) {
		return text
	}
	return "'" + text
}

// inner is what would be taken for a formula behind a semicolon.
var inner = regexp.MustCompile(`(;[\s"']*)([=+\-@＝＋－＠])`)

// dialable is everything that is written in numbers; nothing of it is a function.
var dialable = regexp.MustCompile(`^[+0-9(][-+0-9 ().]*$`)

// keepPlus puts a tab before a number, which makes spreadsheets take it for text
// instead of calculating with it, and which every reader of uploads here takes away
// again.
func keepPlus(text string) string {
	if dialable.MatchString(text) {
		return "\t" + text
	}
	return harmless(text)
}

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}

// fileName makes a name that every system takes out of what a person wrote.
func fileName(words ...string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, strings.Join(words, "-"))
	var parts []string
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "-") + ".csv"
}
