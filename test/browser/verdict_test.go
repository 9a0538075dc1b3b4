//go:build browser

package browser

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradwatch/internal/testenv/tensorboard"
)

// What a run's event file holds of its verdict.
const (
	verdictTag = "verdict"       // a text: Markdown that begins with a heading
	flowTag    = "pictures/flow" // an image: flow.png

	verdictHeading = "Verdict" // how the heading begins
	flowWidth      = 800       // pixels
)

// The run whose verdict is looked at: the gradient vanishes there.
const (
	verdictRun    = "tanh-5"
	verdictEpochs = 41
)

// TestVerdictPages trains a model with gradwatch train and looks for its verdict in
// the Text tab and for the maps behind it in the Images tab.
func TestVerdictPages(t *testing.T) {
	findBrowser(t) // before the work
	p := open(t, serveVerdict(t).URL)
	for _, page := range []struct {
		name  string
		check func(*tab)
	}{
		{"text", (*tab).checkVerdict},
		{"images", (*tab).checkFlow},
	} {
		t.Run(page.name, func(t *testing.T) {
			q := *p
			q.t = t
			page.check(&q)
		})
	}
}

// serveVerdict trains the run and starts TensorBoard, which then has read its
// verdict.
func serveVerdict(t *testing.T) *tensorboard.Server {
	t.Helper()
	logDir := filepath.Join(t.TempDir(), "logs")
	command(t, buildPrograms(t), "train", "--preset", verdictRun, "--epochs", strconv.Itoa(verdictEpochs),
		"--logdir", logDir, "--run", verdictRun, "--quiet")
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = server.Wait(ctx, func(ctx context.Context) error {
		texts, err := server.Texts(ctx, verdictRun, verdictTag)
		if err != nil {
			return err
		}
		images, err := server.Images(ctx, verdictRun, flowTag)
		if err != nil {
			return err
		}
		if len(texts) == 0 || len(images) == 0 {
			return fmt.Errorf("got %d verdicts and %d images, want one of both", len(texts), len(images))
		}
		const last = verdictEpochs - 1
		if text, image := texts[len(texts)-1].Step, images[len(images)-1].Step; text != last || image != last {
			return fmt.Errorf("got a verdict at step %d and an image at step %d, want both at %d", text, image, last)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// checkVerdict looks for the verdict: its heading, and no Markdown that is shown
// as it was written.
func (p *tab) checkVerdict() {
	p.visit("text", width, 1000)
	p.filter(verdictTag)
	p.until("the verdict", func() error {
		verdicts, err := eval[[]struct{ Heading, Text string }](p, deep+`('tf-markdown-view').map(e => ({
			Heading: e.shadowRoot.querySelector('h1, h2')?.textContent.trim() ?? '', Text: e.shadowRoot.textContent}))`)
		if err != nil {
			return err
		}
		if len(verdicts) == 0 {
			return errors.New("got no text")
		}
		for _, v := range verdicts {
			if !strings.HasPrefix(v.Heading, verdictHeading) {
				return fmt.Errorf("got heading %q, want one that begins with %q", v.Heading, verdictHeading)
			}
			for _, raw := range []string{"|--", "| --", "|:--", "```", "**", "# "} {
				if strings.Contains(v.Text, raw) {
					return fmt.Errorf("got %q shown as text, want it rendered:\n%s", raw, v.Text)
				}
			}
		}
		return nil
	})
	p.save("verdict")
}

// checkFlow looks for the picture, which a click shows in its own size.
func (p *tab) checkFlow() {
	const picture = deep + `('tf-image-loader')[0]?.shadowRoot.querySelector('img')`
	p.visit("images", width, 1100)
	p.filter(flowTag)
	p.clickUntil("the picture of the flow", picture, 1, func() error {
		sizes, err := eval[[]float64](p, fmt.Sprintf(`(e => [e?.naturalWidth ?? 0, e?.getBoundingClientRect().width ?? 0])(%s)`, picture))
		if err == nil && (sizes[0] != flowWidth || sizes[1] != flowWidth) {
			err = fmt.Errorf("got a picture of width %v shown at %v, want both %d", sizes[0], sizes[1], flowWidth)
		}
		return err
	})
	p.save("flow")
}
