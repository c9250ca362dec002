package contacts_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func TestReadCSVInSmallPieces(t *testing.T) {
	t.Parallel()
	same := []cmp.Option{cmpopts.IgnoreUnexported(contacts.Upload{}), cmpopts.EquateEmpty()}
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			whole, wholeErr := contacts.ReadCSV(strings.NewReader(string(v.file())))
			pieces, piecesErr := contacts.ReadCSV(iotest.OneByteReader(strings.NewReader(string(v.file()))))
			if diff := cmp.Diff(whole, pieces, same...); diff != "" {
				t.Errorf("upload (-whole +in pieces):\n%s", diff)
			}
			if fmt.Sprint(wholeErr) != fmt.Sprint(piecesErr) {
				t.Errorf("error in pieces %v, whole %v", piecesErr, wholeErr)
			}
		})
	}
}

func TestReadCSVRowLimit(t *testing.T) {
	t.Parallel()
	row := func(size int) string {
		const start = "+12025550101,\""
		return start + strings.Repeat("x", size-len(start)-1) + `"`
	}
	t.Run("a row of 64 KiB is read", func(t *testing.T) {
		t.Parallel()
		u, err := contacts.ReadCSV(strings.NewReader("phone,note\n" + row(contacts.MaxRowBytes) + "\r\n"))
		if err != nil || len(u.Contacts) != 1 {
			t.Fatalf("contacts %v, error %v", u, err)
		}
	})
	t.Run("one byte more is not", func(t *testing.T) {
		t.Parallel()
		_, err := contacts.ReadCSV(strings.NewReader("phone,note\n+12025550102,\n" + row(contacts.MaxRowBytes+1)))
		assertError(t, err, calling.CodeInvalidCSV, "The row that begins on line 3 is longer than 64 KiB.")
	})
	t.Run("a quote that swallows the file is told apart", func(t *testing.T) {
		t.Parallel()
		_, err := contacts.ReadCSV(strings.NewReader("phone,note\n+12025550102,\"\n" + strings.Repeat("+12025550101,\n", 9000)))
		assertError(t, err, calling.CodeInvalidCSV, "The row that begins on line 2 is longer than 64 KiB. A quote is perhaps never closed.")
	})
}

func TestReadCSVContactLimit(t *testing.T) {
	t.Parallel()
	t.Run("ten thousand rows and any number of blank ones", func(t *testing.T) {
		t.Parallel()
		u, err := contacts.ReadCSV(strings.NewReader(sampleCSV(calling.MaxContacts) + strings.Repeat("\n,,\n", 5000)))
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Contacts) != calling.MaxContacts || u.Blank != 10000 || u.Rows() != 20000 {
			t.Errorf("%d contacts, %d blank, %d rows", len(u.Contacts), u.Blank, u.Rows())
		}
	})
	t.Run("duplicates and rejected rows count before cleaning", func(t *testing.T) {
		t.Parallel()
		_, err := contacts.ReadCSV(strings.NewReader("phone\n" + strings.Repeat("+12025550101\nx\n", 5000) + "y\n"))
		assertError(t, err, calling.CodeTooManyContacts, "")
	})
	t.Run("reading stops at the row too many", func(t *testing.T) {
		t.Parallel()
		endless := io.MultiReader(strings.NewReader("phone\n"), &endlessReader{text: "+12025550101\n"})
		_, err := contacts.ReadCSV(endless)
		assertError(t, err, calling.CodeTooManyContacts, "")
	})
}

type endlessReader struct {
	text string
	at   int
}

func (r *endlessReader) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestReadCSVReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, text := range map[string]string{
		"at once": "", "in the header": "pho", "in a row": "phone\n+1202", "between rows": "phone\n+12025550101\n",
		"in UTF-16": "\xff\xfep\x00h", "in half a unit": "\xfe\xff\x00p\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contacts.ReadCSV(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) {
				t.Errorf("error %v, want the reader's", err)
			}
			if calling.CodeOf(err) != calling.CodeInternal {
				t.Errorf("a reader's failure is answered as %s", calling.CodeOf(err))
			}
		})
	}
}

func TestReadCSVMissingPhoneHint(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"name,Mobile Phone":  "Rename the column 'Mobile Phone' to 'phone'.",
		"Tel;name":           "Rename the column 'Tel' to 'phone'.",
		"+12025550101,John":  "The first row looks like a contact; put a header row such as phone,name above it.",
		"name,email address": "",
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			_, err := contacts.ReadCSV(strings.NewReader(header))
			var e *calling.Error
			if !errors.As(err, &e) || e.Code != calling.CodeMissingPhoneColumn {
				t.Fatalf("error %v", err)
			}
			got := ""
			if len(e.Problems) > 0 {
				got = e.Problems[0].Detail
			}
			if got != want {
				t.Errorf("hint %q, want %q", got, want)
			}
		})
	}
}

func TestReject(t *testing.T) {
	t.Parallel()
	t.Run("nothing to reject", func(t *testing.T) {
		t.Parallel()
		u, err := contacts.ReadCSV(strings.NewReader("phone\n+12025550101\n+12025550101\n\n"))
		if err != nil || u.Reject() != nil {
			t.Errorf("errors %v, %v", err, u.Reject())
		}
	})
	t.Run("every bad row is named", func(t *testing.T) {
		t.Parallel()
		u, err := contacts.ReadCSV(strings.NewReader("phone\n+12025550101\n12025550102\n,\n+12025550103,x\n"))
		if err != nil {
			t.Fatal(err)
		}
		var e *calling.Error
		if !errors.As(u.Reject(), &e) {
			t.Fatal("not rejected")
		}
		want := &calling.Error{
			Code:   calling.CodeInvalidPhoneFormat,
			Detail: `2 rows cannot be used, the first being row 2: "12025550102": The phone number has no + and country code; write it as +12025550101. Perhaps +12025550102.`,
			Problems: []calling.Problem{
				{Field: "phone", Row: 2, Code: calling.CodeInvalidPhoneFormat, Detail: `"12025550102": The phone number has no + and country code; write it as +12025550101. Perhaps +12025550102.`},
				{Row: 4, Code: calling.CodeInvalidRequest, Detail: "The row has 2 cells and the header 1 column; put a cell that holds the delimiter in quotes."},
			},
		}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("at most a hundred are", func(t *testing.T) {
		t.Parallel()
		_, err := contacts.ReadCSV(strings.NewReader("phone\n" + strings.Repeat("x\n", 500)))
		var e *calling.Error
		if !errors.As(err, &e) || len(e.Problems) != contacts.MaxProblems {
			t.Errorf("error %v", err)
		}
	})
}

//nolint:paralleltest // measures what the whole process allocates
func TestReadCSVMemory(t *testing.T) {
	file := sampleCSV(calling.MaxContacts)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	u, err := contacts.ReadCSV(strings.NewReader(file))
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	// All that was ever allocated bounds the peak, whenever garbage is collected.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 10<<20 {
		t.Errorf("%d contacts allocated %d bytes", len(u.Contacts), allocated)
	}
}

// sampleCSV returns a file of n contacts with four custom columns.
func sampleCSV(n int) string {
	var b strings.Builder
	b.WriteString("phone,name,customerName,renewalDate,planType,note\r\n")
	for i := range n {
		fmt.Fprintf(&b, "+1202555%04d,John Smith %d,\"Smith, John %d\",Feb %d,Premium,call after lunch\r\n", i, i, i, i%28+1)
	}
	return b.String()
}
