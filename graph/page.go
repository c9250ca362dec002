package graph

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph/model"
)

// Sizes of pages: of ordinary lists, and of the long ones, which are contacts
// and rejected rows.
const (
	usualPage     = 20
	maxPage       = 100
	usualLongPage = 50
	longestPage   = 500
)

// arguments are those of a connection.
type arguments struct {
	first  *int
	after  *string
	last   *int
	before *string
}

// span is the part of a list that a page is taken from. The keys themselves are
// not in it.
type span[K any] struct {
	after, before *K   // nil = from the beginning, to the end
	backward      bool // from the end of the span
	limit         int
}

// pages reads a list page by page along a key that sorts it and that no two
// items share, so that items which come or go meanwhile shift nothing.
type pages[T, K any] struct {
	kind        string // of the list, in its cursors: its name, and after a space its order
	usual, most int    // sizes of a page
	key         func(T) K
	write       func(K) string
	read        func(string) (K, bool)
	fetch       func(context.Context, span[K]) ([]T, error) // in the order asked for: reversed when backward
	count       func(context.Context) (int, error)
}

// byID are the pages of a list that ids sort.
func byID[T any](kind string, key func(T) string) pages[T, string] {
	return pages[T, string]{
		kind: kind, usual: usualPage, most: maxPage, key: key,
		write: func(id string) string { return id },
		read:  func(text string) (string, bool) { return text, wellFormed(text) },
	}
}

// byRow are the pages of a list that the rows of an upload sort.
func byRow[T any](kind string, key func(T) int) pages[T, int] {
	return pages[T, int]{
		kind: kind, usual: usualLongPage, most: longestPage, key: key, write: strconv.Itoa,
		read: func(text string) (int, bool) { n, err := strconv.ParseInt(text, 10, 32); return int(n), err == nil },
	}
}

// page reads one page. Errors that the arguments deserve have
// CodeInvalidRequest.
func (p pages[T, K]) page(ctx context.Context, a arguments) (*model.Connection[T], error) {
	size, err := p.size(a)
	if err != nil {
		return nil, err
	}
	s := span[K]{backward: a.last != nil, limit: size + 1}
	if s.after, err = p.cursor("after", a.after); err != nil {
		return nil, err
	}
	if s.before, err = p.cursor("before", a.before); err != nil {
		return nil, err
	}
	items, err := p.fetch(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("read a page of the list %s: %w", p.kind, err)
	}
	more := len(items) > size
	items = items[:min(size, len(items))]
	info := &model.PageInfo{HasNextPage: more || s.before != nil, HasPreviousPage: s.after != nil}
	if s.backward {
		slices.Reverse(items)
		info.HasPreviousPage, info.HasNextPage = more || s.after != nil, s.before != nil
	}
	connection := &model.Connection[T]{PageInfo: info, Total: p.count, Edges: make([]*model.Edge[T], len(items))}
	for i, item := range items {
		connection.Edges[i] = &model.Edge[T]{Cursor: p.encode(p.key(item)), Node: item}
	}
	if n := len(items); n > 0 {
		info.StartCursor, info.EndCursor = &connection.Edges[0].Cursor, &connection.Edges[n-1].Cursor
	}
	return connection, nil
}

func (p pages[T, K]) size(a arguments) (int, error) {
	name, asked := "first", a.first
	switch {
	case a.first != nil && a.last != nil:
		return 0, calling.Errorf(calling.CodeInvalidRequest, "Give first or last, not both.")
	case a.last != nil:
		name, asked = "last", a.last
	case a.first == nil:
		return p.usual, nil
	}
	if *asked < 1 || *asked > p.most {
		return 0, calling.Errorf(calling.CodeInvalidRequest, "%s must be between 1 and %d; it is %d.", name, p.most, *asked)
	}
	return *asked, nil
}

// encode makes the cursor of a key: opaque to clients, and of this list only.
func (p pages[T, K]) encode(key K) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.kind + ":" + p.write(key)))
}

func (p pages[T, K]) cursor(name string, cursor *string) (*K, error) {
	if cursor == nil {
		return nil, nil //nolint:nilnil // no cursor is no key
	}
	if text, err := base64.RawURLEncoding.DecodeString(*cursor); err == nil {
		kind, rest, _ := strings.Cut(string(text), ":")
		if kind != p.kind && listOf(kind) == listOf(p.kind) {
			return nil, calling.Errorf(calling.CodeInvalidRequest,
				"%s is a cursor of this list in another order: %s. Begin again without it.", name, calling.Quote(*cursor))
		}
		if key, ok := p.read(rest); ok && kind == p.kind {
			return &key, nil
		}
	}
	return nil, calling.Errorf(calling.CodeInvalidRequest, "%s is not a cursor of this list: %s.", name, calling.Quote(*cursor))
}

// listOf returns the list that a kind of cursor is of, whatever its order.
func listOf(kind string) string {
	list, _, _ := strings.Cut(kind, " ")
	return list
}
