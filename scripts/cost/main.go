// Command cost measures how fast gradwatch's training steps are by width, depth and
// batch size, on one thread, on all and in bfloat16, and draws and writes it down.
// scripts/bench-cost runs it.
package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/chart"
	"gradwatch/internal/record"
)

func main() {
	rounds := pflag.Int("rounds", 3, "times that everything is measured, in turn")
	out := pflag.String("out", "docs", "folder of cost.png and cost.csv")
	pflag.Parse()
	if *rounds < 1 || pflag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "scripts/bench-cost: want --rounds of at least 1, --out FOLDER and nothing else")
		os.Exit(2)
	}
	if err := measureAll(*rounds, *out); err != nil {
		fmt.Fprintln(os.Stderr, "scripts/bench-cost:", err)
		os.Exit(1)
	}
}

// model is what is measured: inputs are the two of circles.
type model struct{ width, depth, batch int }

// base is varied in one of its numbers at a time.
var base = model{width: 256, depth: 4, batch: 256}

// axes are what is varied.
var axes = []struct {
	name   string
	values []float64
	set    func(*model, int)
}{
	{"units", powers(4, 2048), func(m *model, n int) { m.width = n }},
	{"hidden layers", powers(1, 64), func(m *model, n int) { m.depth = n }},
	{"batch size", powers(8, 4096), func(m *model, n int) { m.batch = n }},
}

// ways are how each is trained.
func ways() []way {
	all := []way{{"1 thread", []string{"--threads=1"}}}
	if n := runtime.NumCPU(); n > 1 {
		all = append(all, way{fmt.Sprintf("%d threads", n), []string{"--threads=" + strconv.Itoa(n)}})
	}
	return append(all, way{"auto, bfloat16", []string{"--precision=bfloat16"}}, way{"auto", nil})
}

type way struct {
	name  string
	flags []string
}

// powers returns the powers of 2 from low to high.
func powers(low, high int) (values []float64) {
	for n := low; n <= high; n *= 2 {
		values = append(values, float64(n))
	}
	return values
}

// measureAll measures everything, round by round, so that a machine that slows down
// for a while slows all of it.
func measureAll(rounds int, out string) error {
	measured := make([][][][]float64, len(axes)) // [axis][way][value][round], seconds a step
	for range rounds {
		for a, axis := range axes {
			if measured[a] == nil {
				measured[a] = make([][][]float64, len(ways()))
			}
			for w, way := range ways() {
				if measured[a][w] == nil {
					measured[a][w] = make([][]float64, len(axis.values))
				}
				for v, value := range axis.values {
					m := base
					axis.set(&m, int(value))
					seconds, err := m.step(way.flags)
					if err != nil {
						return fmt.Errorf("%+v, %s: %w", m, way.name, err)
					}
					fmt.Fprintf(os.Stderr, "%s %g, %s: %.3g ms a step, %.3g GFLOP/s\n",
						axis.name, value, way.name, seconds*1e3, m.flops()/seconds/1e9)
					measured[a][w][v] = append(measured[a][w][v], seconds)
				}
			}
		}
	}
	if err := draw(filepath.Join(out, "cost.png"), measured); err != nil {
		return err
	}
	return write(filepath.Join(out, "cost.csv"), measured)
}

// flops returns the operations of a step's matrix products, two a multiplication:
// three products a layer, but two for the first, whose inputs have no gradient.
func (m model) flops() float64 {
	const inputs = 2
	hidden := 3 * m.width * m.width * (m.depth - 1)
	return 2 * float64(m.batch) * float64(2*inputs*m.width+hidden+3*m.width)
}

// step trains for about half a second and returns the seconds of a training step,
// as the run's summary tells them.
func (m model) step(flags []string) (float64, error) {
	const guessed, fixed = 100e9, 50e-6 // operations a second; seconds of a step
	steps := max(20, int(0.5/(fixed*float64(m.depth+1)/5+m.flops()/guessed)))
	rows := min(steps*m.batch, 1<<16/m.batch*m.batch)
	epochs := (steps*m.batch + rows - 1) / rows
	folder, err := os.MkdirTemp("", "gradwatch-cost-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what it held is measured
	samples := rows + 16                        // 16 test
	arguments := append([]string{
		"train", "--logdir", folder, "--run=cost", "--quiet", "--plots=false", "--histogram-freq=0", "--diagnose-freq=0",
		"--train-metrics=running", "--hidden-layers", strconv.Itoa(m.depth), "--units", strconv.Itoa(m.width),
		"--batch-size", strconv.Itoa(m.batch), "--epochs", strconv.Itoa(epochs), "--samples", strconv.Itoa(samples),
		"--test-fraction", strconv.FormatFloat(15.5/float64(samples), 'g', -1, 64), "--learning-rate=1e-6",
	}, flags...)
	if output, err := exec.Command("bin/gradwatch", arguments...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("gradwatch %s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	summary, err := record.ReadSummary(filepath.Join(folder, "cost", "summary.json"))
	if err != nil {
		return 0, err
	}
	return summary.Timings.Steps / float64(epochs*(rows/m.batch)), nil
}

// draw draws the speed of the matrix products.
func draw(path string, measured [][][][]float64) error {
	panels := chart.Panels{
		Title:   fmt.Sprintf("Speed of a training step: %d layers of %d units, batches of %d, one of them varied", base.depth, base.width, base.batch),
		Columns: len(axes),
	}
	for a, axis := range axes {
		figure := chart.Study{Title: axis.name, YLabel: "GFLOP/s", X: chart.Setting{Name: axis.name, Numbers: axis.values}, Include: chart.Range{Min: 0, Max: 0}}
		for w, way := range ways() {
			series := chart.StudySeries{Name: way.name}
			for v, value := range axis.values {
				m := base
				axis.set(&m, int(value))
				var speeds []float64
				for _, seconds := range measured[a][w][v] {
					speeds = append(speeds, m.flops()/seconds/1e9)
				}
				series.Values = append(series.Values, speeds)
			}
			figure.Series = append(figure.Series, series)
		}
		panels.Figures = append(panels.Figures, figure)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := chart.WritePNG(f, panels, chart.Size{Scale: 2}); err != nil {
		_ = f.Close() // the error of drawing is the one to tell
		return err
	}
	return f.Close()
}

// write writes a row for each measured model and way: the median and the extremes of
// the microseconds of a step.
func write(path string, measured [][][][]float64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	table := csv.NewWriter(f)
	rows := [][]string{{"varied", "units", "hidden_layers", "batch_size", "way", "us_a_step", "least", "greatest", "gflop_s"}}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
	for a, axis := range axes {
		for w, way := range ways() {
			for v, value := range axis.values {
				m := base
				axis.set(&m, int(value))
				seconds := slices.Sorted(slices.Values(measured[a][w][v]))
				median := stat.Quantile(0.5, stat.Empirical, seconds, nil)
				rows = append(rows, []string{
					axis.name, strconv.Itoa(m.width), strconv.Itoa(m.depth), strconv.Itoa(m.batch), way.name,
					number(median * 1e6), number(seconds[0] * 1e6), number(seconds[len(seconds)-1] * 1e6), number(m.flops() / median / 1e9),
				})
			}
		}
	}
	return table.WriteAll(rows)
}
