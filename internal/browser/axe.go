package browser

import (
	_ "embed"
	"fmt"

	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1, under the Mozilla Public License 2.0: it is part of no
// program, only of tests.
//
//go:embed testdata/axe.min.js
var axe string

// Axe returns what axe-core finds against accessibility in the page as it is now,
// each with the elements at fault: the rules of WCAG 2.2, levels A and AA, and its
// own best practices.
func (p *Page) Axe() []string {
	p.tb.Helper()
	loaded := run(p, "look for axe", chromedp.Evaluate[bool](`typeof axe === 'object'`))
	if !loaded {
		p.do("load axe", chromedp.Evaluate[chromedp.Void](axe+`;0`))
	}
	return run(p, "run axe", chromedp.Evaluate[[]string](fmt.Sprintf(`axe.run(document, {
		resultTypes: ['violations'],
		rules: { 'target-size': { enabled: true } },
	}).then(({ violations }) => violations.map(({ id, help, nodes }) =>
		id + ': ' + help + nodes.map(({ target, failureSummary }) => '\n    ' + target.join(' ') + ' ' + failureSummary).slice(0, %d).join('')))`, 5),
		chromedp.EvalAwaitPromise))
}
