package calling

import (
	"strconv"
	"strings"
	"unicode"
)

// SuggestNumber guesses which number was meant by text that ParseNumber
// refuses. It returns a valid number, or "" when any guess would be invented:
// digits that a spreadsheet rounded away, national numbers of an unknown
// country, extensions, two numbers in one field. A suggestion is shown to a
// person and never dialed by itself.
func SuggestNumber(s string) string {
	s = strings.TrimPrefix(bare(s), "tel:")
	if digits, scientific := expandScientific(s); scientific {
		s = digits
	} else if whole, fraction, _ := strings.Cut(s, "."); strings.Trim(fraction, "0") == "" && len(whole) >= minNumberDigits {
		s = whole // 12025550101.0, as programs write a column they took for numbers
	}
	digits, plus, ok := dialedDigits(s)
	if !ok {
		return ""
	}
	if !plus {
		digits = internationalize(digits)
	}
	n, ok := ParseNumber("+" + digits)
	if !ok || digits[0] == '1' && !northAmerican(digits[1:]) {
		return ""
	}
	return string(n)
}

// ExplainNumber says in one sentence why s is not a number in E.164 format and
// what to do. It returns "" when s is one.
func ExplainNumber(s string) string {
	if _, ok := ParseNumber(s); ok {
		return ""
	}
	text := bare(s)
	if text == "" {
		return "The phone number is missing."
	}
	if digits, scientific := expandScientific(text); scientific && digits == "" {
		return "A spreadsheet rounded the number and its last digits are lost; format the column as text, enter the number again and export the file."
	}
	digits, plus, ok := dialedDigits(text)
	switch {
	case !ok:
		return "The phone number holds characters that are neither digits nor formatting; write one number as +12025550101."
	case !plus:
		return "The phone number has no + and country code; write it as +12025550101."
	case digits == "" || digits[0] == '0':
		return "No country code begins with 0; write the number as +12025550101."
	case len(digits) < minNumberDigits:
		return "The phone number is too short: " + strconv.Itoa(minNumberDigits) + " to " + strconv.Itoa(maxNumberDigits) + " digits follow the +."
	case len(digits) > maxNumberDigits:
		return "The phone number is too long: " + strconv.Itoa(minNumberDigits) + " to " + strconv.Itoa(maxNumberDigits) + " digits follow the +."
	}
	return "The phone number holds formatting characters; write it as +12025550101."
}

// bare removes what spreadsheets and programs put around a number: spaces,
// invisible characters and the apostrophe that marks a cell as text.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("'\"`’‘“”", r)
	})
}

// dialedDigits returns the digits of s as ASCII, whether a plus sign leads
// them, and whether there is nothing in s but one formatted number.
func dialedDigits(s string) (digits string, plus, ok bool) {
	b := make([]byte, 0, maxNumberDigits+1)
	for i, r := range strings.Replace(s, "(0)", "", 1) {
		if d, isDigit := digitValue(r); isDigit {
			if len(b) <= 2*maxNumberDigits {
				b = append(b, d)
			}
			continue
		}
		switch {
		case r == '+' || r == '＋':
			if plus || len(b) > 0 || i > 1 {
				return "", false, false
			}
			plus = true
		case !formatting(r):
			return "", false, false
		}
	}
	// Italian numbers keep the zero that others write as (0).
	if strings.Contains(s, "(0)") && (!plus && !strings.HasPrefix(string(b), "00") || strings.HasPrefix(strings.TrimLeft(string(b), "0"), "39")) {
		return "", false, false
	}
	return string(b), plus, true
}

func formatting(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune(".()[]/−·", r)
}

// digitValue returns the ASCII digit of a decimal digit in any script. Unicode
// keeps every script's ten digits together and in order, so the place in a
// range tells the value.
func digitValue(r rune) (digit byte, ok bool) {
	const ascii = "0123456789"
	if r <= unicode.MaxASCII {
		at := strings.IndexByte(ascii, byte(r&unicode.MaxASCII))
		return ascii[max(at, 0)], at >= 0
	}
	for _, digits := range unicode.Nd.R16 {
		if lo := rune(digits.Lo); lo <= r && r <= rune(digits.Hi) {
			return ascii[(r-lo)%10], true
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if lo := rune(digits.Lo); lo <= r && r <= rune(digits.Hi) { //nolint:gosec // code points fit in a rune
			return ascii[(r-lo)%10], true
		}
	}
	return 0, false
}

// expandScientific writes out a number such as 1.2025550101E+10. The digits are
// "" when they cannot all be known: 1.20255E+10 was ten digits longer before it
// was rounded for display. Spreadsheets in much of the world write a comma for the
// point.
func expandScientific(s string) (digits string, scientific bool) {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	places, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	if !found || err != nil {
		return "", false
	}
	whole, fraction, _ := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	if len(whole) != 1 || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false
	}
	if len(fraction) < places || strings.Trim(fraction[max(places, 0):], "0") != "" {
		return "", true
	}
	return whole + fraction[:max(places, 0)], true
}

// internationalize adds or replaces what stands before a country code; "" when
// the country cannot be known.
func internationalize(digits string) string {
	switch {
	case strings.HasPrefix(digits, "00"):
		return digits[2:]
	case strings.HasPrefix(digits, "011"): // dialed from North America
		return digits[3:]
	case strings.HasPrefix(digits, "0"):
		return ""
	case northAmerican(digits):
		return "1" + digits
	case len(digits) > 10: // too long for a national number without its zero
		return digits
	}
	return ""
}

// northAmerican reports whether the digits are an area code and a number of the
// North American Numbering Plan: NXX-NXX-XXXX with N from 2 to 9.
func northAmerican(digits string) bool {
	return len(digits) == 10 && digits[0] >= '2' && digits[3] >= '2'
}
