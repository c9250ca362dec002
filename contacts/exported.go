package contacts

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// An export of rejected rows is meant to be mended and uploaded again. It is known
// by the columns of its own that it has beside those of the upload, one after the
// other; their names end in underscores where the upload had such a name. They are
// no custom fields, and what the export put before cells for spreadsheets is taken
// away again.

// ownColumns are the columns that an export adds, of which the last may be missing.
//
//nolint:gochecknoglobals // is never written
var ownColumns = []string{"row", "reason_code", "reason", "suggestion"}

// findOwn returns the places of an export's own columns; both are 0 where the names
// are not those of an export. Of several such places the last is the export's.
func findOwn(names []string) (from, to int) {
	isOwn := func(at, own int) bool {
		return at < len(names) && strings.TrimRight(names[at], "_") == ownColumns[own]
	}
	for from = len(names) - len(ownColumns) + 1; from >= 0; from-- {
		if isOwn(from, 0) && isOwn(from+1, 1) && isOwn(from+2, 2) {
			if isOwn(from+3, 3) {
				return from, from + 4
			}
			return from, from + 3
		}
	}
	return 0, 0
}

// formulaSigns are what a formula begins with, for one spreadsheet or another.
const formulaSigns = "=+-@\t\r\n＝＋－＠"

var (
	protectedInside = regexp.MustCompile(`(;[\t\n\f\r "']*)'([=+\-@＝＋－＠])`)
	plainAmount     = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)*%?$`)
)

// unprotected returns a cell of an export as it was uploaded.
func unprotected(cell []byte) []byte {
	text := string(cell)
	if rest, ok := strings.CutPrefix(text, "'"); ok {
		first, _ := utf8.DecodeRuneInString(rest)
		if rest != "" && strings.ContainsRune(formulaSigns, first) && !plainAmount.MatchString(rest) {
			text = rest
		}
	}
	return []byte(protectedInside.ReplaceAllString(text, "$1$2"))
}

// unprotect returns the cells of a row of an export as they were uploaded. Before
// the number stands a tab, or else what stands before every cell.
func (h *header) unprotect(cells [][]byte) [][]byte {
	cells = slices.Clone(cells)
	for i, cell := range cells {
		if i == h.phone && len(cell) > 1 && cell[0] == '\t' {
			cells[i] = cell[1:]
			continue
		}
		cells[i] = unprotected(cell)
	}
	return cells
}
