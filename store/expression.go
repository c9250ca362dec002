package store

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"modernc.org/sqlite"
)

// sqliteFold is the function that SQLite has text in lower case by: its own one
// knows ASCII only.
const sqliteFold = "outdial_fold"

// registerFold teaches SQLite the function; the driver keeps it for every
// connection that is opened later.
var registerFold = sync.OnceValue(func() error { //nolint:gochecknoglobals // the driver's table of functions is the process's
	return sqlite.RegisterDeterministicScalarFunction(sqliteFold, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if text, ok := args[0].(string); ok {
			return strings.ToLower(text), nil
		}
		return args[0], nil
	})
})

// Folded is the expression of a text column in lower case. FoldedArg is that of
// a text to compare it with.
func Folded(s *sql.Selector, column string) string { return folding(s.Dialect()) + s.C(column) + ")" }

// FoldedArg writes a text in lower case as an argument, as Folded does a column.
func FoldedArg(b *sql.Builder, text string) {
	b.WriteString(folding(b.Dialect()))
	if b.Dialect() == dialect.Postgres {
		b.WriteString("CAST(").Arg(text).WriteString(" AS text))")
		return
	}
	b.Arg(text).WriteString(")")
}

func folding(name string) string {
	if name == dialect.SQLite {
		return sqliteFold + "("
	}
	return "lower("
}

// Holds finds rows whose text column contains a text, whatever the case.
// Nothing in the text has a meaning of its own.
func Holds(column, text string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString(choose(b.Dialect() == dialect.Postgres, "strpos(", "instr("))
			b.WriteString(Folded(s, column)).WriteString(", ")
			FoldedArg(b, text)
			b.WriteString(") > 0")
		}))
	}
}

// Span is the expression of the whole seconds from 1970 to the beginning of the
// span, seconds long, that the instant in a column lies in.
func Span(s *sql.Selector, column string, seconds int) string {
	instant, length := s.C(column), strconv.Itoa(seconds)
	since := "CAST(strftime('%s', " + instant + ") AS INTEGER)"
	switch s.Dialect() {
	case dialect.Postgres:
		since = "CAST(floor(extract(epoch FROM " + instant + ")) AS bigint)"
	case dialect.MySQL:
		since = "timestampdiff(SECOND, '1970-01-01 00:00:00', " + instant + ")"
	}
	return since + " - " + since + " % " + length
}

// FieldCounts has a query count, for each of the fields of a JSON column, the
// rows that have it with a value: neither null nor nothing but spaces. It answers
// with one text, the numbers in the order of the fields with commas between;
// MaxFields are counted at once.
func FieldCounts(s *sql.Selector, column string, fields []string) {
	s.Select().AppendSelectExprAs(sql.P(func(b *sql.Builder) {
		b.WriteString("concat_ws(','")
		for _, field := range fields {
			b.WriteString(", count(nullif(trim(")
			fieldText(b, s.C(column), field)
			b.WriteString("), ''))")
		}
		b.WriteString(")")
	}), "counts")
}

// MaxFields is how many fields FieldCounts takes: PostgreSQL's functions have at
// most 100 arguments.
const MaxFields = 90

// fieldText writes the text of a JSON object's field; null when it has none.
func fieldText(b *sql.Builder, column, field string) {
	switch b.Dialect() {
	case dialect.Postgres:
		b.WriteString(column + " ->> CAST(").Arg(field).WriteString(" AS text)")
	case dialect.MySQL:
		// A null of JSON is the text null once it is unquoted.
		path := jsonPath(field)
		b.WriteString("CASE WHEN json_type(json_extract(" + column + ", ").Arg(path).WriteString(")) <> 'NULL' THEN ")
		b.WriteString("json_unquote(json_extract(" + column + ", ").Arg(path).WriteString(")) END")
	default:
		b.WriteString("(SELECT f.value FROM json_each(" + column + ") AS f WHERE f.type <> 'null' AND f.key = ").Arg(field).WriteString(")")
	}
}

// jsonPath is MySQL's path of an object's field.
func jsonPath(field string) string {
	return `$."` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(field) + `"`
}

func choose[T any](which bool, a, b T) T {
	if which {
		return a
	}
	return b
}
