package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxFieldColumns bounds the columns of an export; contacts of a list may each
// have names of their own. What is in further fields comes as JSON in one column.
const maxFieldColumns = 1000

// fieldColumns are the columns of custom fields, in the order in which contacts
// were given them.
type fieldColumns struct {
	names []string
	place map[string]int
	more  bool // there are further ones
}

// readFields finds the columns. pages yields the custom fields of all rows.
func readFields(ctx context.Context, pages func(ctx context.Context, take func(json.RawMessage) error) error) (*fieldColumns, error) {
	columns := &fieldColumns{place: map[string]int{}}
	err := pages(ctx, func(raw json.RawMessage) error {
		return eachMember(raw, func(name string, _ json.RawMessage) {
			if _, known := columns.place[name]; known {
				return
			}
			if len(columns.names) == maxFieldColumns {
				columns.more = true
				return
			}
			columns.place[name] = len(columns.names)
			columns.names = append(columns.names, name)
		})
	})
	return columns, err
}

// header adds the names of the columns.
func (c *fieldColumns) header(a *csvAnswer) {
	for _, name := range c.names {
		a.cell(name)
	}
	if c.more {
		a.own(c.ours("other_fields"))
	}
}

// ours returns a name for a column of the program's own: the one asked for, with as
// many underscores as tell it from the contacts' fields.
func (c *fieldColumns) ours(name string) string {
	for slices.ContainsFunc(c.names, func(taken string) bool { return strings.EqualFold(strings.TrimSpace(taken), name) }) {
		name += "_"
	}
	return name
}

// cells adds the cells of one row.
func (c *fieldColumns) cells(a *csvAnswer, raw json.RawMessage) error {
	values, others := make([]string, len(c.names)), map[string]json.RawMessage{}
	err := eachMember(raw, func(name string, value json.RawMessage) {
		if at, known := c.place[name]; known {
			values[at] = cellOf(value)
			return
		}
		others[name] = value
	})
	if err != nil {
		return err
	}
	for _, value := range values {
		a.cell(value)
	}
	if !c.more {
		return nil
	}
	rest, err := json.Marshal(others)
	if err != nil {
		return fmt.Errorf("encode further fields: %w", err)
	}
	if len(others) == 0 {
		rest = nil
	}
	a.cell(string(rest))
	return nil
}

// eachMember reads an object in its own order.
func eachMember(raw json.RawMessage, take func(name string, value json.RawMessage)) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("read custom fields: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return fmt.Errorf("read custom fields: %w", err)
		}
		text, _ := name.(string) // inside an object the decoder lets nothing else pass
		take(text, value)
	}
	return nil
}

// cellOf shows a value: text as it is, nothing for null, the rest as JSON.
func cellOf(value json.RawMessage) string {
	var text string
	if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &text) == nil {
		return text
	}
	if string(value) == "null" {
		return ""
	}
	return string(value)
}
