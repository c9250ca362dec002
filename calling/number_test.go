package calling_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]calling.Number{
		"+12025550101":                    "+12025550101",
		" \t+442071838750\r\n":            "+442071838750",
		"\u00a0+12025550101\u3000":        "+12025550101",
		"+1234567":                        "+1234567",
		"+123456789012345":                "+123456789012345",
		"":                                "",
		"+":                               "",
		"+123456":                         "",
		"+1234567890123456":               "",
		"12025550101":                     "",
		"+02025550101":                    "",
		"++2025550101":                    "",
		"+1 2025550101":                   "",
		"+1202555010a":                    "",
		"+1202555/101":                    "",
		"+1202555:101":                    "",
		"+12025550101\x00":                "",
		"+1202555010\u0661":               "",
		"＋12025550101":                    "",
		"+12025550101" + "\u200b":         "",
		strings.Repeat("+1234567890", 99): "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got, ok := calling.ParseNumber(text); got != want || ok != (want != "") {
				t.Errorf("ParseNumber = %q, %v; want %q", got, ok, want)
			}
		})
	}
}

func TestSuggestNumber(t *testing.T) {
	t.Parallel()
	const number = "+12025550101"
	for text, want := range map[string]string{
		number:                           number,
		"(202) 555-0101":                 number,
		"202.555.0101":                   number,
		"2025550101":                     number,
		"1-202-555-0101":                 number,
		"+1 (202) 555-0101":              number,
		"(+1) 202 555 0101":              number,
		"'+12025550101":                  number,
		"\"2025550101\"":                 number,
		"tel:+1-202-555-0101":            number,
		"001 202 555 0101":               number,
		"12025550101.0":                  number,
		"12025550101.":                   number,
		"1.2025550101E+10":               number,
		"1.20255501010E10":               number,
		"1,2025550101E+10":               number,
		"1.2025550101e+10":               number,
		"\u202a+12025550101\u202c":       number,
		"+1\u00a0202\u2011555\u22120101": number,
		"＋１（２０２）５５５０１０１":            "",
		"＋１２０２５５５０１０１":              number,
		"\U0001d7cf2025550101":      number,
		"0044 20 7183 8750":         "+442071838750",
		"011 44 20 7183 8750":       "+442071838750",
		"442071838750":              "+442071838750",
		"+44 (0)20 7183 8750":       "+442071838750",
		"0044(0)2071838750":         "+442071838750",
		"(0)2071838750":             "",
		"+39 (0)6 1234 5678":        "",
		"0039 (0)6 1234 5678":       "",
		"020 7183 8750":             "",
		"1.20255E+10":               "",
		"4.42072E+11":               "",
		"1,20255E+10":               "",
		"1,202.5550101E+10":         "",
		"1E+10":                     "",
		"1.2E-5":                    "",
		"1.5E+99999999999999999999": "",
		"000":                       "",
		"+":                         "",
		"+0112025550101":            "",
		"+1202555010":               "", // one digit is missing, which one nobody knows
		"+10005550101":              "",
		"5550101":                   "",
		"2025550101 x5":             "",
		"2025550101;ext=5":          "",
		"2025550101/2025550102":     "",
		"+12025550101 +12025550102": "",
		"unknown":                   "",
		"":                          "",
		"20255501012025550101":      "",
		strings.Repeat("1", 10000):  "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := calling.SuggestNumber(text); got != want {
				t.Errorf("SuggestNumber = %q, want %q", got, want)
			}
		})
	}
}

func TestExplainNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+12025550101":      "^$",
		"  ' ":              "missing",
		"(202) 555-0101":    "no \\+ and country code",
		"+1 202 555-0101":   "formatting",
		"+１２０２５５５０１０１":      "formatting",
		"'+12025550101":     "formatting",
		"1.20255E+10":       "rounded",
		"1,20255E+10":       "rounded",
		"1.2025550101E+10":  "neither digits",
		"+0442071838750":    "No country code begins with 0",
		"+":                 "No country code",
		"+12345":            "too short: 7 to 15 digits",
		"+1234567890123456": "too long: 7 to 15 digits",
		"unknown":           "neither digits nor formatting",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := calling.ExplainNumber(text); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("ExplainNumber = %q, want %q in it", got, want)
			}
		})
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for number, want := range map[calling.Number]string{
		"+12025550101":     "+1202*****01",
		"+442071838750":    "+4420******50",
		"+123456789012345": "+1234*********45",
		"+1234567":         "+*****67",
		"+123456789":       "+12*****89",
		"":                 "*****",
		"John Smith":       "*****",
	} {
		t.Run(string(number), func(t *testing.T) {
			t.Parallel()
			if got := calling.Mask(number); got != want {
				t.Errorf("Mask = %q, want %q", got, want)
			}
		})
	}
}

func TestNumberIsMaskedInLogs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("placed", "phone", calling.Number("+12025550101"))
	if !strings.Contains(log.String(), "phone=+1202*****01") {
		t.Errorf("log line %s", log.String())
	}
}

func TestRejectionCodeIsPublicInLowerCase(t *testing.T) {
	t.Parallel()
	for _, value := range calling.RejectedDuplicate.Values() {
		if public := calling.RejectionCode(value).Public(); !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(public) {
			t.Errorf("%s is public as %q", value, public)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"+12025550101", "(202) 555-0101", "1.20255E+10", "'0044(0)20", "tel:+١٢٠", "12025550101.0", "\U0001d7cf"} {
		f.Add(text)
	}
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	f.Fuzz(func(t *testing.T, text string) {
		number, ok := calling.ParseNumber(text)
		if trimmed := strings.TrimSpace(text); ok != e164.MatchString(trimmed) || ok && string(number) != trimmed {
			t.Errorf("ParseNumber(%q) = %q, %v", text, number, ok)
		}
		if suggestion := calling.SuggestNumber(text); suggestion != "" && !e164.MatchString(suggestion) {
			t.Errorf("SuggestNumber(%q) = %q", text, suggestion)
		}
		if reason := calling.ExplainNumber(text); (reason == "") != ok {
			t.Errorf("ExplainNumber(%q) = %q", text, reason)
		}
	})
}

func BenchmarkParseNumber(b *testing.B) {
	for b.Loop() {
		if _, ok := calling.ParseNumber("+12025550101"); !ok {
			b.Fatal("refused")
		}
	}
}
