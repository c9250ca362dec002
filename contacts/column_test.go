package contacts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func TestDescribeAFile(t *testing.T) {
	t.Parallel()
	file := "plan,Phone,NAME,,\"q\"\"t\\\",none,\n" +
		"Basic,+12025550101,Ann,,x,,\n" +
		"Basic,+12025550102,,seen,\"y\"\"\",,\n" +
		"  ,+12025550103,Cy,," + strings.Repeat("é", 101) + ",,\n" +
		"Pro,+12025550104,Di,,w,\n" +
		"Lost,nonsense,Eve,,v,,\n"
	upload, err := contacts.ReadCSV(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	d := upload.Describe([]string{"plan", "elsewhere"})
	want := []contacts.Column{
		{Name: "plan", Use: contacts.FieldColumn, Samples: []string{"Basic", "Pro"}, Empty: 1},
		{Name: "Phone", Use: contacts.PhoneColumn, Samples: []string{"+12025550101", "+12025550102", "+12025550103"}},
		{Name: "NAME", Use: contacts.NameColumn, Samples: []string{"Ann", "Cy", "Di"}, Empty: 1},
		{Name: "column_4", Use: contacts.FieldColumn, Samples: []string{"seen"}, Empty: 3},
		{Name: `q"t\`, Use: contacts.FieldColumn, Samples: []string{"x", `y"`, strings.Repeat("é", 100) + "…"}},
		{Name: "none", Use: contacts.FieldColumn, Empty: 4},
	}
	if diff := cmp.Diff(want, d.Columns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for field, missing := range map[string]int{"plan": 1, "none": 4, "elsewhere": 4, "unheard": 4, `q"t\`: 0} {
		if got := d.Missing(field); got != missing {
			t.Errorf("%s is missing %d times", field, got)
		}
	}
}

func TestDescribeAList(t *testing.T) {
	t.Parallel()
	items := []contacts.Item{
		{Phone: "+12025550101", CustomFields: map[string]any{"n": 1.5, "o": map[string]any{"a": 1}, "z": nil, "s": " "}},
		{Phone: "+12025550102", CustomFields: map[string]any{"n": 0, "b": false, "s": "x"}},
	}
	upload, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		t.Fatal(err)
	}
	want := []contacts.Column{
		{Name: "n", Use: contacts.FieldColumn, Samples: []string{"1.5", "0"}},
		{Name: "o", Use: contacts.FieldColumn, Samples: []string{`{"a":1}`}, Empty: 1},
		{Name: "s", Use: contacts.FieldColumn, Samples: []string{"x"}, Empty: 1},
		{Name: "z", Use: contacts.FieldColumn, Empty: 2},
		{Name: "b", Use: contacts.FieldColumn, Samples: []string{"false"}, Empty: 1},
	}
	if diff := cmp.Diff(want, upload.Describe(nil).Columns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribeRejectedRows(t *testing.T) {
	t.Parallel()
	upload, err := contacts.ReadCSV(strings.NewReader("phone,plan\n202-555,Basic\n"))
	if calling.CodeOf(err) != calling.CodeNoValidContacts || upload == nil || upload.Rows() != 1 {
		t.Fatalf("%+v, %v", upload, err)
	}
	want := []contacts.Column{
		{Name: "phone", Use: contacts.PhoneColumn, Samples: []string{"202-555"}},
		{Name: "plan", Use: contacts.FieldColumn, Samples: []string{"Basic"}},
	}
	if diff := cmp.Diff(want, upload.Describe(nil).Columns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
