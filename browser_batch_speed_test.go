package main_test

import (
	"slices"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

// changes has the page's own session pause and resume its batch job over and over,
// and notes in window.shown how many milliseconds after each answer, which comes
// after the commit, the page showed the new status by itself.
const changes = `(id => {
	window.shown = [];
	const status = () => document.querySelector('[data-status]')?.dataset.status;
	const become = wanted => new Promise(done => {
		const look = () => { if (status() === wanted) { observer.disconnect(); done(performance.now()); } };
		const observer = new MutationObserver(look);
		observer.observe(document, {subtree: true, childList: true, attributes: true});
		look();
	});
	(async () => {
		for (let i = 0; i < 20; i++) {
			const [name, wanted] = i % 2 ? ['resumeBatchJob', 'RUNNING'] : ['pauseBatchJob', 'PAUSED'];
			const answer = await fetch('/graphql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({
				query: 'mutation ($id: ID!) { change: ' + name + '(input: {batchJobId: $id}) { userErrors { message } } }', variables: {id}})});
			const began = performance.now();
			if (!answer.ok) return;
			window.shown.push(Math.max(0, await become(wanted) - began));
			await new Promise(done => setTimeout(done, 600));
		}
	})();
})`

func TestChangesReachTheScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=1") // nobody hangs up meanwhile
	id := n.create(t, "Long calls", `concurrentCallLimit: 2`, "200", "200", "200", "200")
	p := openBatch(t, n, id, "RUNNING")
	browser.Read[any](p.Page, changes+`(`+browser.Quote(id)+`)`)
	p.Wait(`window.shown.length === 20`)
	shown := browser.Read[[]float64](p.Page, `window.shown`)
	slices.Sort(shown)
	t.Logf("from the answer to the screen: median %.0f ms, most %.0f ms", shown[10], shown[19])
	if problems := p.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}
