package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gradwatch/internal/chart"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/study"
)

const studyPicture = "study.png"

// mostSeries is how many series a picture holds that can still be read.
const mostSeries = 12

// chance returns what is reached without looking at the inputs: the accuracy of a guess
// between classes of the same size, or the R² of the target's mean, 0.
func (s *Study) chance() float64 {
	most := 2 // classes
	for _, t := range s.Trials {
		most = max(most, t.Data.Classes)
	}
	if MeasureOf(s.Trials) == record.R2 {
		return 0
	}
	return 1 / float64(most)
}

// measured returns what of the measure's name: test accuracy.
func (s *Study) measured(what string) string { return what + " " + MeasureOf(s.Trials).Short() }

// figure shows the test accuracy against the varied flags: two flags with numbers
// as a heat map, else one on the x axis and a series for each value of the others.
func (s *Study) figure(results []study.Result) chart.Figure {
	axes := s.Definition.Axes
	values := make([][]float64, len(s.Trials)) // [configuration][replica]
	for i := range results {
		values[results[i].Configuration.Index] = testAccuracies(&results[i])
	}
	if len(axes) == 2 {
		_, first := axes[0].Numbers()
		_, second := axes[1].Numbers()
		if first && second {
			return s.grid(values)
		}
	}
	return s.lines(values)
}

// testAccuracies returns the replicas' test accuracies, NaN where they have none.
func testAccuracies(r *study.Result) []float64 {
	values := make([]float64, len(r.Replicas))
	for i, p := range r.Replicas {
		values[i] = float64(p.ValAccuracy)
		if p.State == study.Failed || p.State == record.Diverged {
			values[i] = math.NaN()
		}
	}
	return values
}

// grid puts the flag with more values on the x axis.
func (s *Study) grid(values [][]float64) chart.Figure {
	axes := s.Definition.Axes
	x, y := 0, 1
	if len(axes[1].Values) > len(axes[0].Values) {
		x, y = 1, 0
	}
	cells := make([][][]float64, len(axes[y].Values))
	for row := range cells {
		cells[row] = make([][]float64, len(axes[x].Values))
	}
	for i, t := range s.Trials {
		cells[place(axes[y], t, y)][place(axes[x], t, x)] = values[i]
	}
	return chart.Grid{
		Title: s.measured("Test") + " by " + axes[0].Flag + " and " + axes[1].Flag, Metric: s.measured("mean test"), X: setting(axes[x]), Y: setting(axes[y]), Cells: cells,
	}
}

// place returns the place of a trial's value on an axis, which is the trial's
// index-th.
func place(axis study.Axis, t *Trial, index int) int {
	return slices.Index(axis.Values, t.Settings[index].Value)
}

func setting(axis study.Axis) chart.Setting {
	if numbers, ok := axis.Numbers(); ok {
		return chart.Setting{Name: axis.Flag, Numbers: numbers}
	}
	return chart.Setting{Name: axis.Flag, Names: axis.Values}
}

// lines puts one flag on the x axis: one with numbers, of these the one with most
// values.
func (s *Study) lines(values [][]float64) chart.Figure {
	axes := s.Definition.Axes
	x := 0
	for i := range axes {
		_, best := axes[x].Numbers()
		_, numbers := axes[i].Numbers()
		if numbers && !best || numbers == best && len(axes[i].Values) > len(axes[x].Values) {
			x = i
		}
	}
	var series []chart.StudySeries
	places := make(map[string]int)
	all := 0
	for i, t := range s.Trials {
		name := seriesName(t, x)
		at, found := places[name]
		if !found {
			at = all
			places[name] = at
			all++
			if at < mostSeries {
				series = append(series, chart.StudySeries{Name: name, Values: make([][]float64, len(axes[x].Values))})
			}
		}
		if at < mostSeries {
			series[at].Values[place(axes[x], t, x)] = values[i]
		}
	}
	note := ""
	if all > mostSeries {
		note = fmt.Sprintf(" (the first %d of %d series)", mostSeries, all)
	}
	return chart.Study{
		Title: s.pictureTitle(note), YLabel: s.measured("test"), X: setting(axes[x]), Series: series,
		Include: chart.Range{Min: 0.8 * s.chance(), Max: 1}, Chance: s.chance(),
	}
}

// seriesName names a trial by the values of all flags but the x-th; a number with
// its flag.
func seriesName(t *Trial, x int) string {
	var parts []string
	for i, s := range t.Settings {
		_, err := strconv.ParseFloat(s.Value, 64)
		switch {
		case i == x:
		case err == nil, s.Value == "true", s.Value == "false":
			parts = append(parts, s.Flag+" "+s.Value)
		default:
			parts = append(parts, s.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// pictureTitle names what is shown, and the base configuration where there is room
// for it.
func (s *Study) pictureTitle(note string) string {
	const room = 80 // what a picture of natural size has
	var flags []string
	for _, axis := range s.Definition.Axes {
		flags = append(flags, axis.Flag)
	}
	title := s.measured("Test") + " by " + strings.Join(flags, " and ") + note
	whole := title + ": " + strings.Join(runflags.SettingsText(s.Definition.Flags), " ")
	if len(s.Definition.Flags) == 0 || utf8.RuneCountInString(whole) > room {
		return title
	}
	return whole
}
