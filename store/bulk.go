package store

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
)

// insertChunk bounds the rows of one INSERT statement: 500 rows of 12 columns
// stay far below the 32,766 parameters SQLite takes.
const insertChunk = 500

// insertBytes bounds the texts of one INSERT statement: MySQL refuses statements
// of more than max_allowed_packet, which is 16 MB or more unless set lower.
const insertBytes = 1 << 20

// Insert loads many rows into a table: by COPY on PostgreSQL, elsewhere by
// INSERT statements of many rows. Each row holds one value a column. It knows
// nothing of organizations: the rows say whose they are.
func (tx *Tx) Insert(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	if tx.conn != nil {
		if err := tx.begin(ctx); err != nil {
			return err
		}
		next, stop := iter.Pull(rows)
		defer stop()
		source := pgx.CopyFromFunc(func() ([]any, error) {
			row, ok := next()
			if !ok {
				return nil, nil
			}
			return natively(row), nil
		})
		if _, err := tx.pgx.CopyFrom(ctx, pgx.Identifier{table}, columns, source); err != nil {
			return fmt.Errorf("copy into %s: %w", table, err)
		}
		return nil
	}
	return tx.insertChunks(ctx, table, columns, rows)
}

func (tx *Tx) insertChunks(ctx context.Context, table string, columns []string, rows iter.Seq[[]any]) error {
	head := "INSERT INTO " + tx.quote(table) + " (" + tx.quote(columns...) + ") VALUES "
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
	full := head + strings.TrimSuffix(strings.Repeat(one+", ", insertChunk), ", ")
	args := make([]any, 0, insertChunk*len(columns))
	bytes := 0
	flush := func() error {
		n := len(args) / len(columns)
		if n == 0 {
			return nil
		}
		query := full
		if n < insertChunk {
			query = head + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
		}
		if _, err := tx.sql.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		args, bytes = args[:0], 0
		return nil
	}
	for row := range rows {
		args = append(args, row...)
		bytes += sizeOf(row)
		if len(args) == cap(args) || bytes > insertBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// sizeOf returns about how long a row's texts are.
func sizeOf(row []any) (bytes int) {
	for _, value := range row {
		if text, ok := value.(string); ok {
			bytes += len(text)
		}
	}
	return bytes
}

// quote writes names as the dialect quotes them, separated by commas: "row" is a
// word of MySQL's.
func (tx *Tx) quote(names ...string) string {
	mark := `"`
	if tx.dialect == dialect.MySQL {
		mark = "`"
	}
	return mark + strings.Join(names, mark+", "+mark) + mark
}
