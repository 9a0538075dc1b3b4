//go:build browser

package browser

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradwatch/internal/config"
	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

const layers = 6 // of the deep models, the output layer counted

// epochs is how long the models train, if no picture is asked for: TensorBoard shows 51 of their histograms.
const epochs = 60

// The window's size in CSS pixels: wide enough for two cards a row, high enough
// for one row a layer, because TensorBoard draws only what is in sight.
const width, height = 1400, 1800

// runNames are the tutorial's deep models.
func runNames() []string { return []string{"relu-5", "tanh-5"} }

// TestTutorialPages looks at the pages of the tutorial's TensorBoard part, after a short tutorial; for
// the README's picture, after a whole one.
func TestTutorialPages(t *testing.T) {
	findBrowser(t) // before the work
	server := serve(t)
	p := open(t, server.URL)
	for _, page := range []struct {
		name  string
		check func(*tab)
	}{
		{"runs", (*tab).checkRuns},
		{"sizes", (*tab).checkSizes},
		{"images", (*tab).checkImages},
		{"histograms", (*tab).checkHistograms},
		{"distributions", (*tab).checkDistributions},
		{"graphs", (*tab).checkGraph},
		{"scalars", (*tab).checkScalars},
	} {
		t.Run(page.name, func(t *testing.T) {
			q := *p
			q.t = t
			page.check(&q)
		})
	}
	if *picture != "" {
		p.takePicture(*picture)
	}
}

// serve does the tutorial and starts TensorBoard on its log folder.
func serve(t *testing.T) *tensorboard.Server {
	t.Helper()
	logDir := filepath.Join(t.TempDir(), "logs")
	root, err := testenv.Repository()
	if err != nil {
		t.Fatal(err)
	}
	count := epochs
	if *picture != "" {
		count = config.Default().Epochs
	}
	command := exec.CommandContext(t.Context(), filepath.Join(root, "bin", "gradwatch"),
		"tutorial", "--quiet", "--logdir", logDir, "--epochs", strconv.Itoa(count))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, output)
	}
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	last := int64(count - 1)
	err = server.Wait(ctx, func(ctx context.Context) error {
		for _, name := range runNames() {
			steps, err := server.Scalars(ctx, name, "val_accuracy")
			if err != nil {
				return err
			}
			if got := steps[len(steps)-1].Step; got != last {
				return fmt.Errorf("%s: got step %d, want %d", name, got, last)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// gradients are the series that the filter kernel_0_grad finds, in the order of
// their charts.
func gradients() []series { return seriesOf("dense_%d/kernel_0_grad") }

// seriesOf are those of a tag of each layer, of each run.
func seriesOf(tag string) []series {
	var want []series
	for k := 1; k <= layers; k++ {
		for _, run := range runNames() {
			want = append(want, series{run, fmt.Sprintf(tag, k)})
		}
	}
	return want
}

func (p *tab) checkHistograms() {
	p.visit("histograms", width, height)
	p.filter("kernel_0_grad")
	p.until("histograms of kernel_0_grad", func() error {
		cards, err := p.cards("tf-histogram-loader")
		if err != nil {
			return err
		}
		return drawn(cards, gradients(), 40) // one outline a step: TensorBoard samples 51 steps
	})
	p.save("histograms")
}

// sizesTag is that of the sizes of a layer's gradient.
const sizesTag = "all_layers/gradient_log10_dense_%d"

// checkSizes looks for the sizes of the gradients of all layers, which
// have the same axis.
func (p *tab) checkSizes() {
	p.visit("histograms", width, height)
	p.filter("all_layers")
	p.until("the sizes of all layers' gradients", func() error {
		cards, err := p.cards("tf-histogram-loader")
		if err != nil {
			return err
		}
		if err := drawn(cards, seriesOf(sizesTag), 40); err != nil {
			return err
		}
		for _, c := range cards {
			if len(c.Axis) < 3 || !slices.Equal(c.Axis, cards[0].Axis) {
				return fmt.Errorf("%s of %s: got axis %q, want that of all, %q", c.Tag, c.Run, c.Axis, cards[0].Axis)
			}
		}
		return nil
	})
	p.save("sizes")
}

// checkRuns looks at the list of runs, which are all selected, and all have
// histograms.
func (p *tab) checkRuns() {
	p.visit("histograms", width, height)
	p.until("the list of runs", func() error {
		runs, err := eval[[]string](p, deep+`('.name-row')
			.map(e => e.textContent.trim().replace(/\s+/g, ' ') + (e.querySelector('paper-checkbox')?.checked ? '' : ', not selected'))`)
		slices.Sort(runs) // TensorBoard lists first the run that began first
		if err == nil && !slices.Equal(runs, runNames()) {
			err = fmt.Errorf("got runs %q, want %q", runs, runNames())
		}
		return err
	})
	p.save("opened")
}

// checkImages looks for the picture of both runs' gradients, the first.
func (p *tab) checkImages() {
	p.visit("images", width, 1000)
	p.until("the first picture", func() error {
		cards, err := eval[[]string](p, deep+`('tf-image-loader').map(e =>
			[...e.shadowRoot.querySelectorAll('.heading-label.name, tf-card-heading')].map(h => (h.shadowRoot ?? h).textContent.trim().replace(/\s+/g, ' ')).join(' '))`)
		if err == nil && (len(cards) == 0 || !strings.Contains(cards[0], "all_layers/gradients")) {
			err = fmt.Errorf("got pictures %q, want all_layers/gradients first", cards)
		}
		return err
	})
	p.save("images")
}

func (p *tab) checkDistributions() {
	p.visit("distributions", width, height)
	p.filter("kernel_0_grad")
	p.until("distributions of kernel_0_grad", func() error {
		cards, err := p.cards("tf-distribution-loader")
		if err != nil {
			return err
		}
		return drawn(cards, gradients(), 8) // between 9 quantiles lie 8 areas
	})
	p.save("distributions")
}

// checkScalars looks for both runs in the charts of both accuracies.
func (p *tab) checkScalars() {
	p.visit("scalars", width, 1000)
	p.filter("accuracy")
	want := []series{{"", "accuracy"}, {"", "val_accuracy"}}
	p.until("scalars of accuracy", func() error {
		cards, err := p.cards("tf-scalar-card")
		if err != nil {
			return err
		}
		if err := drawn(cards, want, len(runNames())); err != nil {
			return err
		}
		for _, s := range want {
			several := func(c card) bool { return c.Tag == s.tag && c.Colors >= len(runNames()) }
			if !slices.ContainsFunc(cards, several) {
				return fmt.Errorf("%s: got charts %v, want one with a line for each of %q", s.tag, cards, runNames())
			}
		}
		return nil
	})
	p.save("scalars")
}

// checkGraph looks for the layers among the nodes that are drawn first, then
// for what is in one of them.
func (p *tab) checkGraph() {
	p.visit("graphs", width, 1000)
	p.until("the graph", func() error {
		names, err := p.nodes()
		if err != nil {
			return err
		}
		// The layers and the few scopes around them: more would hide the model.
		if len(names) > layers+6 {
			return fmt.Errorf("got %d nodes %q, want at most %d", len(names), names, layers+6)
		}
		for k := 1; k <= layers; k++ {
			if name := fmt.Sprintf("dense_%d", k); !slices.Contains(names, name) {
				return fmt.Errorf("got nodes %q, want %s among them", names, name)
			}
		}
		return nil
	})
	p.save("graphs")
	p.openLayer("dense_2", "BatchMatMul", "weights") // see train.Options.Paired
	p.save("graphs-dense_2")
}

// openLayer double-clicks on a node until those inside it are drawn.
func (p *tab) openLayer(layer string, inside ...string) {
	p.t.Helper()
	node := fmt.Sprintf("%s('g.node text').find(e => e.querySelector('title')?.textContent === %s)", deep, quote(layer))
	p.clickUntil("the nodes of "+layer, node, 2, func() error {
		names, err := p.nodes()
		if err != nil {
			return err
		}
		missing := slices.IndexFunc(inside, func(name string) bool { return !slices.Contains(names, name) })
		if missing < 0 {
			return nil
		}
		return fmt.Errorf("got nodes %q, want %s among them", names, inside[missing])
	})
}

// nodes returns the labels of the graph's nodes that are drawn.
func (p *tab) nodes() ([]string, error) {
	names, err := eval[[]string](p, deep+`('g.node text').filter(e => e.getBoundingClientRect().width > 5)
		.map(e => (e.querySelector('title') ?? e).textContent.trim())`) // a title child holds the name in full
	if err == nil && len(names) == 0 {
		err = errors.New("no graph is drawn")
	}
	return names, err
}
