//go:build browser

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gradwatch/internal/testenv"
)

// How long a page may take to show what is expected of it. Here it takes a
// second or two.
const pageTimeout = time.Minute

// deep looks for elements through shadow roots, of which TensorBoard's pages
// consist.
const deep = `(selector => {
	const found = [];
	const visit = root => {
		found.push(...root.querySelectorAll(selector));
		root.querySelectorAll('*').forEach(e => { if (e.shadowRoot) visit(e.shadowRoot); });
	};
	visit(document);
	return found.filter(e => e.getClientRects().length > 0);
})`

// findBrowser returns the path of a Chromium.
func findBrowser(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome", "chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no browser on PATH, want one of %q; on Debian: apt-get install chromium", names)
	return ""
}

// tab is a page of the browser.
type tab struct {
	t     *testing.T
	ctx   context.Context
	url   string // TensorBoard's
	shots string // where screenshots go
}

// open starts a browser with a fresh profile and an empty page.
func open(t *testing.T, url string) *tab {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(findBrowser(t)),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), // which is small in containers
		chromedp.Flag("hide-scrollbars", true),
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, url: url, shots: shotsFolder(t)}
	p.do("start the browser", chromedp.Navigate("about:blank"))
	return p
}

// shotsFolder returns where screenshots go.
func shotsFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("BROWSER_SHOTS")
	if folder == "" {
		root, err := testenv.Repository()
		if err != nil {
			t.Fatal(err)
		}
		folder = filepath.Join(root, ".runtime", "screenshots")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(folder, "failed.png")) // an earlier run's, if there is one
	return folder
}

// do runs actions, at most for a page's time.
func (p *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// A deadline on the first context would end the browser with it.
	ctx := p.ctx
	if chromedp.FromContext(ctx).Browser != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, pageTimeout)
		defer cancel()
	}
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// visit opens one of TensorBoard's dashboards anew, in a window of that size.
func (p *tab) visit(dashboard string, width, height int64) {
	p.t.Helper()
	p.do("open "+dashboard, chromedp.EmulateViewport(width, height),
		chromedp.Navigate("about:blank"), chromedp.Navigate(p.url+"/#"+dashboard))
}

// eval returns what a JavaScript expression gives.
func eval[T any](p *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script))
}

// until waits for a page to be as wanted: check returns nil then, and is called
// again and again until it does.
func (p *tab) until(what string, check func() error) {
	p.t.Helper()
	deadline := time.Now().Add(pageTimeout)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || p.ctx.Err() != nil {
			p.save("failed")
			p.t.Fatalf("%s: %v (see failed.png in %s)", what, err, p.shots)
		}
		time.Sleep(100 * time.Millisecond) // between polls
	}
}

// filter types text into the field that filters tags, as the tutorial's reader
// does.
func (p *tab) filter(text string) {
	p.t.Helper()
	at := p.centre("the tag filter", deep+"('paper-input.search-input')[0]?.shadowRoot.querySelector('input')")
	p.do("type", chromedp.MouseClickXY(at[0], at[1]), chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Enter))
}

// centre waits for the element that a JavaScript expression gives, and returns
// its centre in the window.
func (p *tab) centre(what, element string) []float64 {
	p.t.Helper()
	var at []float64
	p.until("find "+what, func() (err error) {
		at, err = eval[[]float64](p, fmt.Sprintf(`(() => {
			const r = (%s)?.getBoundingClientRect();
			return r ? [r.x + r.width / 2, r.y + r.height / 2] : [];
		})()`, element))
		if err == nil && len(at) == 0 {
			err = errors.New("no such element")
		}
		return err
	})
	return at
}

// clickUntil clicks on the element that a JavaScript expression gives, once or
// twice in a row, and again as long as check returns an error: a click misses while
// the page still moves into its place.
func (p *tab) clickUntil(what, element string, times int, check func() error) {
	p.t.Helper()
	const patience = 3 * time.Second // for a click to show
	var clicked time.Time
	p.until(what, func() error {
		err := check()
		if err != nil && time.Since(clicked) > patience {
			at := p.centre(what, element)
			p.do("click on "+what, chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(times)))
			clicked = time.Now()
		}
		return err
	})
}

// A page is at rest when a screenshot is the same as the one before. A caret that
// blinks never is, so that after some tries any will do.
const (
	betweenShots = 300 * time.Millisecond
	shotTries    = 12
)

// save keeps a screenshot of the page at rest: the graph comes in bit by bit.
func (p *tab) save(name string) []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageTimeout)
	defer cancel()
	var png []byte
	for range shotTries {
		before := png
		if err := chromedp.Do(ctx, chromedp.Sleep(betweenShots)); err != nil {
			p.t.Fatalf("wait for the page to rest: %v", err)
		}
		var err error
		if png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot()); err != nil {
			p.t.Fatalf("take a screenshot: %v", err)
		}
		if bytes.Equal(png, before) {
			break
		}
	}
	if err := os.WriteFile(filepath.Join(p.shots, name+".png"), png, 0o644); err != nil {
		p.t.Error(err)
	}
	return png
}

// quote returns text as a JavaScript string.
func quote(text string) string {
	data, _ := json.Marshal(text) // a string always can be
	return string(data)
}

// quoteAll returns texts as a JavaScript array of strings.
func quoteAll(texts []string) string {
	data, _ := json.Marshal(texts) // strings always can be
	return string(data)
}
