package studio_test

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// meeting are colours that meet, by their names in tokens.css, and the contrast
// that WCAG 2.2 asks of them: 4.5 for text, 3 for what has a shape.
func meeting() map[[2]string]float64 {
	pairs := map[[2]string]float64{
		{"control", "page"}: 3, {"control", "raised"}: 3,
		{"on-accent", "accent"}: 4.5, {"on-accent", "accent-strong"}: 4.5, {"on-bad", "bad"}: 4.5,
	}
	for _, text := range []string{"text", "muted", "accent", "bad"} {
		for _, page := range []string{"page", "sunken", "raised", "hover"} {
			pairs[[2]string{text, page}] = 4.5
		}
	}
	for _, tone := range []string{"accent", "good", "warn", "bad", "plan", "calm"} {
		pairs[[2]string{tone, tone + "-fill"}] = 4.5
		pairs[[2]string{tone, "page"}] = 4.5
		pairs[[2]string{"text", tone + "-fill"}] = 4.5
		pairs[[2]string{"muted", "accent-fill"}] = 4.5
	}
	for _, series := range []string{"completed", "voicemail", "no-answer", "busy", "failed", "other"} {
		pairs[[2]string{"chart-" + series, "page"}] = 3
	}
	return pairs
}

func TestContrast(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`--([\w-]+): light-dark\(#(\w{6}), #(\w{6})\)`).FindAllStringSubmatch(string(read(t, "ui/src/styles/tokens.css")), -1)
	colours := map[string][2]string{}
	for _, match := range found {
		colours[match[1]] = [2]string{match[2], match[3]}
	}
	for pair, least := range meeting() {
		front, ok := colours[pair[0]]
		back, ok2 := colours[pair[1]]
		if !ok || !ok2 {
			t.Errorf("tokens.css lacks %s or %s", pair[0], pair[1])
			continue
		}
		for i, theme := range []string{"light", "dark"} {
			if got := contrast(t, front[i], back[i]); got < least {
				t.Errorf("%s on %s has the contrast %.2f in %s, want %.1f", pair[0], pair[1], got, theme, least)
			}
		}
	}
}

// contrast is that of WCAG 2.2, between 1 and 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		value := float64(channel) / 255
		if value <= 0.04045 {
			value /= 12.92
		} else {
			value = math.Pow((value+0.055)/1.055, 2.4)
		}
		sum += weight * value
	}
	return sum
}
