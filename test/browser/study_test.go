//go:build browser

package browser

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

// TestStudyPages makes a small study, opens TensorBoard on its folder as the study
// says at its end, and looks at the pages that compare its configurations.
func TestStudyPages(t *testing.T) {
	findBrowser(t) // before the work
	s := newStudy(t)
	p := open(t, s.server.URL)
	for _, page := range []struct {
		name  string
		check func(*study, *tab)
	}{
		{"table", (*study).checkTable},
		{"parallel coordinates", (*study).checkCoordinates},
		{"mean and spread", (*study).checkSpread},
	} {
		t.Run(page.name, func(t *testing.T) {
			q := *p
			q.t = t
			page.check(s, &q)
		})
	}
}

// study is a study's folder in TensorBoard.
type study struct {
	configurations []configuration
	server         *tensorboard.Server
}

// configuration is a row of the study's summary.csv.
type configuration struct {
	layers, activation string
	accuracy           float64 // on the test rows, the mean
}

// buildPrograms builds gradwatch and its engine, and returns gradwatch's path.
func buildPrograms(t *testing.T) string {
	t.Helper()
	folder, err := testenv.BuildPrograms(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "gradwatch")
}

// newStudy builds the programs, has them make the study and starts TensorBoard.
func newStudy(t *testing.T) *study {
	t.Helper()
	logDir := t.TempDir()
	command(t, buildPrograms(t), "study", "--vary", "hidden-layers=1:3", "--vary", "activation=tanh,relu",
		"--repeats", "2", "--epochs", "5", "--logdir", logDir, "--name", "depth", "--quiet")
	folder := filepath.Join(logDir, "depth")
	s := &study{configurations: readSummary(t, filepath.Join(folder, "summary.csv"))}
	if len(s.configurations) != 6 {
		t.Fatalf("got configurations %v, want 6", s.configurations)
	}
	var err error
	if s.server, err = tensorboard.Start(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = s.server.Wait(ctx, func(ctx context.Context) error {
		runs, err := s.server.Tags(ctx, tensorboard.ScalarPlugin)
		if err == nil && len(runs) != len(s.configurations) {
			err = fmt.Errorf("got runs %v, want %d", runs, len(s.configurations))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// command runs a program to its end.
func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, output)
	}
}

// readSummary reads a study's summary.csv.
func readSummary(t *testing.T, path string) []configuration {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("%s: got %d lines and error %v, want a table", path, len(lines), err)
	}
	field := func(line []string, name string) string {
		at := slices.Index(lines[0], name)
		if at < 0 {
			t.Fatalf("%s: got columns %q, want %s among them", path, lines[0], name)
		}
		return line[at]
	}
	var configurations []configuration
	for _, line := range lines[1:] {
		accuracy, err := strconv.ParseFloat(field(line, "val_accuracy_mean"), 64)
		if err != nil {
			t.Fatal(err)
		}
		configurations = append(configurations, configuration{field(line, "hidden-layers"), field(line, "activation"), accuracy})
	}
	return configurations
}

// The window's size in CSS pixels: wide enough for all columns of the table.
const studyWidth, studyHeight = 1900, 1000

// checkTable looks for each configuration's row: what was varied, and how well it
// did.
func (s *study) checkTable(p *tab) {
	var want [][]string
	for _, c := range s.configurations {
		// TensorBoard shows five digits.
		want = append(want, []string{c.activation, c.layers + ".0000", fmt.Sprintf("%.5f", c.accuracy)})
	}
	slices.SortFunc(want, slices.Compare)
	p.visit("hparams", studyWidth, studyHeight)
	p.until("the table of hyperparameters", func() error {
		rows, err := p.columns("activation", "hidden-layers", "test accuracy")
		if err != nil {
			return err
		}
		slices.SortFunc(rows, slices.Compare)
		if !slices.EqualFunc(rows, want, slices.Equal) {
			return fmt.Errorf("got activation, hidden layers and test accuracy %q, want %q", rows, want)
		}
		return nil
	})
	p.save("study-table")
}

// columns returns the cells of the HParams tab's table below each of these names,
// row by row.
func (p *tab) columns(names ...string) ([][]string, error) {
	return eval[[][]string](p, fmt.Sprintf(`(() => {
		const left = e => e.getBoundingClientRect().left, top = e => e.getBoundingClientRect().top;
		const cells = %[1]s('.table-cell'), isHead = e => e.classList.contains('table-header');
		const heads = %[2]s.map(name => cells.find(e => isHead(e) && e.textContent.trim() === name));
		if (heads.includes(undefined)) return [];
		const rows = new Map();
		for (const cell of cells.filter(e => !isHead(e))) {
			const column = heads.findIndex(head => Math.abs(left(head) - left(cell)) < 3);
			const at = Math.round(top(cell));
			if (column < 0) continue;
			if (!rows.has(at)) rows.set(at, heads.map(() => 'no cell'));
			rows.get(at)[column] = cell.textContent.trim();
		}
		return [...rows.values()];
	})()`, deep, quoteAll(names)))
}

// checkCoordinates looks for an axis for each of what was varied and for the
// accuracy, and for a line for each configuration.
func (s *study) checkCoordinates(p *tab) {
	p.visit("hparams", studyWidth, studyHeight)
	at := p.centre("the tab of parallel coordinates",
		deep+`('paper-tab').find(e => e.textContent.includes('PARALLEL COORDINATES'))`)
	p.do("click on parallel coordinates", chromedp.MouseClickXY(at[0], at[1]))
	p.until("parallel coordinates", func() error {
		axes, err := eval[[]string](p, deep+`('svg .axis-title').map(e => e.textContent.trim())`)
		if err != nil {
			return err
		}
		for _, axis := range []string{"activation", "hidden-layers", "test accuracy"} {
			if !slices.Contains(axes, axis) {
				return fmt.Errorf("got axes %q, want %q among them", axes, axis)
			}
		}
		lines, err := eval[int](p, deep+`('svg .foreground path')
			.filter(e => e.getBoundingClientRect().width > 500).length`)
		if err == nil && lines != len(s.configurations) {
			err = fmt.Errorf("got %d lines, want %d", lines, len(s.configurations))
		}
		return err
	})
	p.save("study-coordinates")
}

// checkSpread looks for a line and a band for each configuration in each chart.
func (s *study) checkSpread(p *tab) {
	p.visit("custom_scalars", studyWidth, studyHeight)
	p.until("the charts of mean and spread", func() error {
		charts, err := p.charts()
		if err != nil {
			return err
		}
		return shown(charts, len(s.configurations))
	})
	p.save("study-spread")
}
