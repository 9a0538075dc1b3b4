//go:build browser

package browser

import (
	"errors"
	"fmt"
	"slices"
)

// card is a chart of a dashboard as it is on the screen.
type card struct {
	Tag string
	Run string // empty where a chart shows all runs
	// Lines is the number of SVG paths that were drawn as more than a stroke or
	// two, Colors that of different colours among them.
	Lines, Colors int
	// Axis are the numbers below the chart.
	Axis []string
}

// cards returns the charts that the selector finds among the tags that match the
// filter, those of the page that is shown. Below them TensorBoard goes on showing all tags, group by group.
func (p *tab) cards(selector string) ([]card, error) {
	return eval[[]card](p, fmt.Sprintf(`(() => {
		const within = (root, selector) => {
			const found = [...root.querySelectorAll(selector)];
			root.querySelectorAll('*').forEach(e => { if (e.shadowRoot) found.push(...within(e.shadowRoot, selector)); });
			return found;
		};
		const text = (card, selector) => within(card, selector)[0]?.textContent.trim() ?? '';
		const matching = e => e.closest('tf-category-paginated-view')
			?.shadowRoot.querySelector('.heading')?.textContent.includes('Tags matching');
		return %s(%s).filter(matching).map(e => {
			const card = e.shadowRoot ?? e;
			const drawn = within(card, 'path').filter(path => {
				const box = path.getBoundingClientRect();
				return (path.getAttribute('d') ?? '').length > 100 && box.width > 50 && box.height > 0;
			});
			const colors = new Set(drawn.map(path => getComputedStyle(path).stroke));
			return {Tag: text(card, '.heading-label.name'), Run: text(card, '#heading-run'),
				Lines: drawn.length, Colors: colors.size,
				Axis: within(card, '.x-axis text, .axis.x text').map(e => e.textContent)};
		});
	})()`, deep, quote(selector)))
}

// series is a card's run and tag.
type series struct{ run, tag string }

// drawn returns an error unless the cards on the screen are those of the wanted
// series, each once, with at least that many lines.
func drawn(cards []card, want []series, lines int) error {
	var got []series
	var problems []error
	for _, c := range cards {
		got = append(got, series{c.Run, c.Tag})
		if c.Lines < lines {
			problems = append(problems, fmt.Errorf("%s of %q: got %d lines drawn, want at least %d", c.Tag, c.Run, c.Lines, lines))
		}
	}
	if !slices.Equal(got, want) {
		problems = append(problems, fmt.Errorf("got charts %q, want %q", got, want))
	}
	return errors.Join(problems...)
}
