package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gradwatch/internal/chart"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// StudyPicture is the name of a study's picture.
const StudyPicture = "study.png"

// mostSeries is how many series a picture holds that can still be read.
const mostSeries = 12

// studyFigures makes the figure of a study.
type studyFigures struct {
	axes    []study.Axis
	results []study.Result // in the order of their configurations
	metric  record.Metric
	classes int
	base    string
	rows    string
}

// Study returns the picture of a study's results: the metric on the rows of that name, such as
// test, against the varied flags. Two flags with numbers make a heat map, else one is on the x axis and each
// combination of the others is a series. classes is the largest number of classes of the
// data; base is the flags of the base configuration, "" for none.
func Study(axes []study.Axis, results []study.Result, metric record.Metric, rows string, classes int, base string) Picture {
	s := &studyFigures{axes: axes, results: slices.Clone(results), metric: metric, rows: rows, classes: classes, base: base}
	slices.SortFunc(s.results, func(a, b study.Result) int { return cmp.Compare(a.Configuration.Index, b.Configuration.Index) })
	if len(axes) == 2 {
		_, first := axes[0].Numbers()
		_, second := axes[1].Numbers()
		if first && second {
			return Picture{StudyPicture, s.grid()}
		}
	}
	return Picture{StudyPicture, s.lines()}
}

// chance returns what is reached without looking at the inputs: the accuracy of a guess
// between classes of the same size, or the R² of the target's mean, 0.
func (s *studyFigures) chance() float64 {
	if s.metric == record.R2 {
		return 0
	}
	return 1 / float64(max(2, s.classes))
}

// measured names what is shown: test accuracy.
func (s *studyFigures) measured() string { return s.rows + " " + s.metric.Short() }

// title returns the beginning of the title: Test accuracy.
func (s *studyFigures) title() string { return strings.ToUpper(s.rows[:1]) + s.measured()[1:] }

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
func (s *studyFigures) grid() chart.Figure {
	axes := s.axes
	x, y := 0, 1
	if len(axes[1].Values) > len(axes[0].Values) {
		x, y = 1, 0
	}
	cells := make([][][]float64, len(axes[y].Values))
	for row := range cells {
		cells[row] = make([][]float64, len(axes[x].Values))
	}
	for i := range s.results {
		r := &s.results[i]
		t := &r.Configuration
		cells[place(axes[y], t, y)][place(axes[x], t, x)] = testAccuracies(r)
	}
	return chart.Grid{
		Title: s.title() + " by " + axes[0].Flag + " and " + axes[1].Flag, Metric: "mean " + s.measured(), X: setting(axes[x]), Y: setting(axes[y]), Cells: cells,
	}
}

// place returns the place of a configuration's value on an axis, which is the configuration's
// index-th.
func place(axis study.Axis, t *study.Configuration, index int) int {
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
func (s *studyFigures) lines() chart.Figure {
	axes := s.axes
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
	for i := range s.results {
		r := &s.results[i]
		t := &r.Configuration
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
			series[at].Values[place(axes[x], t, x)] = testAccuracies(r)
		}
	}
	note := ""
	if all > mostSeries {
		note = fmt.Sprintf(" (the first %d of %d series)", mostSeries, all)
	}
	return chart.Study{
		Title: s.pictureTitle(note), YLabel: s.measured(), X: setting(axes[x]), Series: series,
		Include: chart.Range{Min: 0.8 * s.chance(), Max: 1}, Chance: s.chance(),
	}
}

// seriesName names a configuration by the values of all flags but the x-th; a number with
// its flag.
func seriesName(t *study.Configuration, x int) string {
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
func (s *studyFigures) pictureTitle(note string) string {
	const room = 80 // what a picture of natural size has
	var flags []string
	for _, axis := range s.axes {
		flags = append(flags, axis.Flag)
	}
	title := s.title() + " by " + strings.Join(flags, " and ") + note
	whole := title + ": " + s.base
	if s.base == "" || utf8.RuneCountInString(whole) > room {
		return title
	}
	return whole
}
