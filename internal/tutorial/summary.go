package tutorial

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/figures"
	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// summary is what the tutorial's end tells, in at most helpWidth columns.
type summary struct {
	terminal.Style
	w           io.Writer
	results     []result
	took        time.Duration
	pictures    string // the folder
	tensorBoard string // the command
	seedsBoard  string // the command for the many seeds
	without     string // what to say of it on a machine that has none
	program     string // this one
	seedsDir    string // the log folder of the many seeds
	chosen      bool   // the seed that is shown is the user's
}

func (s *summary) print() {
	s.models()
	s.accuracies()
	s.gradients()
	s.verdicts()
	s.files()
}

func (s *summary) say(format string, args ...any) {
	for _, line := range terminal.Wrap(fmt.Sprintf(format, args...), terminal.Width) {
		fmt.Fprintln(s.w, line)
	}
}

func (s *summary) models() {
	first := s.results[0].one
	summary := &first.Summary
	run := &summary.Configuration
	seeds := s.results[0].seeds.Summary.Seeds
	fmt.Fprintln(s.w, s.Title("Three networks learn to tell two circles apart"))
	s.say("%d points, %d to train on and %d to test. Layers of 5 units, SGD with learning rate %g and momentum %g, "+
		"batches of %d, %s. Each network was trained with %d seeds, %d to %d, in %.2f s with all pictures.",
		summary.TrainRows+summary.TestRows, summary.TrainRows, summary.TestRows, run.Rate(), run.Momentum,
		run.BatchSize, printable.Count(first.History.Epochs(), "epoch"), len(seeds), seeds[0], seeds[len(seeds)-1], s.took.Seconds())
	if s.chosen {
		s.say("The run shown of each is that of seed %d, as asked for.", seeds[0])
		return
	}
	s.say("The run shown of each is the typical one: nearest to the median of the %d in how much gradient reaches dense_1, when it learns, and how it ends.", len(seeds))
}

// accuracies prints the accuracies beside those of many seeds and the tutorial's,
// and what they say.
func (s *summary) accuracies() {
	fmt.Fprintf(s.w, "\n%s\n", s.Title("Accuracy on the test rows"))
	name := s.nameWidth()
	const row = "%-*s  %-11s  %4s  %5s  %-13s  %-11s  %7s  %5s\n"
	fmt.Fprintf(s.w, "%-*s  %-11s  %-11s  %-32s  %8s\n", name, "", "hidden", "run shown", fmt.Sprintf("%d seeds", modelSeeds), "tutorial")
	fmt.Fprintf(s.w, row, name, "model", "layers", "seed", "test", "mean ± std", "worst–best", "learned", "1 run")
	all := make([]seedResults, len(s.results))
	for i, l := range s.results {
		all[i] = newSeedResults(l)
		result := l.one.Summary.Result[0]
		run := &l.one.Summary.Configuration
		fmt.Fprintf(s.w, row, name, l.one.Name, format.Layers(run.Layers)+", "+run.Activations[0],
			fmt.Sprint(result.Seed), fmt.Sprintf("%.3f", result.ValAccuracy),
			all[i].center(), all[i].extremes(), learnedText(l.seeds.Summary.Verdict), l.referenceText())
	}
	fmt.Fprintln(s.w)
	asReference := s.results[0].one.History.Epochs() == referenceEpochs
	if !asReference {
		s.say("The tutorial's figures are for %d epochs.", referenceEpochs)
	}
	for _, sentence := range variance(all, asReference) {
		s.say("%s", sentence)
	}
}

// learnedText says how many of the seeds have learned.
func learnedText(verdict *record.Report) string {
	if verdict == nil {
		return ""
	}
	return strconv.Itoa(verdict.Learned)
}

// referenceEpochs is what the tutorial trained for.
const referenceEpochs = 500

func (s *summary) nameWidth() int {
	width := len("model")
	for _, l := range s.results {
		width = max(width, len(l.one.Name))
	}
	return width
}

// windowEpochs is how many epochs the gradients of a beginning or an end are the
// median of: the gradient of a single epoch jumps by a factor of two and more.
const windowEpochs = 10

func window(history *record.History) int { return min(windowEpochs, history.Epochs()) }

// windowText says what the first and the last number of a table are.
func windowText(n int) string {
	if n == 1 {
		return "of the first epoch and of the last"
	}
	return fmt.Sprintf("median of the first %d epochs and of the last %d", n, n)
}

// ends returns each layer's gradient: the median over the first epochs, and over
// the last.
func ends(history *record.History) (first, last []float64) {
	n := window(history)
	for _, norms := range figures.Gradients(history) {
		first = append(first, study.NewSpread(norms[:n]).Median)
		last = append(last, study.NewSpread(norms[len(norms)-n:]).Median)
	}
	return first, last
}

// gradients prints the deep models' gradients by layer, and what they say.
func (s *summary) gradients() {
	deep := deepOnes(s.results)
	first := make([][]float64, len(deep))
	last := make([][]float64, len(deep))
	for i, e := range deep {
		first[i], last[i] = ends(e.History)
	}
	n := window(deep[0].History)
	bars := report.NewScale(slices.Concat(first...), maxBar)
	fmt.Fprintf(s.w, "\n%s\n", s.Title("Gradient of each layer"))
	s.say("The layers from the input, dense_1, to the output. Numbers: L2 norm of the kernel's gradient, %s. Bars: the first of them; each block more is a factor of %g.",
		windowText(n), bars.Factor)
	fmt.Fprintf(s.w, "\n%-8s", "")
	for i, e := range deep {
		head := terminal.Shorten(e.Name+", first", len("0.0000 ")+maxBar)
		fmt.Fprintf(s.w, "  %s%s  %7s", s.Model(i, head), terminal.Pad(head, len("0.0000  ")+maxBar), "last")
	}
	for k := range first[0] {
		fmt.Fprintf(s.w, "\n%-8s", "dense_"+strconv.Itoa(k+1))
		for i := range deep {
			bar := bars.Bar(first[i][k])
			fmt.Fprintf(s.w, "  %-7s %s%s  %7s", format.Size(first[i][k]), s.Model(i, bar), terminal.Pad(bar, maxBar), format.Size(last[i][k]))
		}
	}
	fmt.Fprint(s.w, "\n\n")
	for _, sentence := range reading(deep, first) {
		s.say("%s", sentence)
	}
}

// reading says in words what the gradients show, from their numbers alone.
func reading(deep []*runner.Outcome, first [][]float64) []string {
	top := len(first[0]) - 1
	fades := make([]float64, len(deep))
	var sentences []string
	for i, e := range deep {
		fades[i] = first[i][0] / first[i][top]
		text := fmt.Sprintf("%s: dense_1 gets %s the gradient of dense_%d", e.Name, times(fades[i]), top+1)
		if least := slices.Index(first[i], slices.Min(first[i])); first[i][least]*clearFade <= min(first[i][0], first[i][top]) {
			text += fmt.Sprintf(", dense_%d %s", least+1, times(first[i][least]/first[i][top]))
		}
		sentences = append(sentences, text+".")
	}
	return append(sentences, conclusion(deep, fades))
}

// clearFade is the factor between two layers, or two models, that is beyond the
// jumps from one epoch to the next.
const clearFade = 3

// conclusion compares the models by their fades, which are dense_1's gradients as
// a part of the output's.
func conclusion(deep []*runner.Outcome, fades []float64) string {
	tanh, relu := deep[0].Name, deep[1].Name
	switch ratio := fades[1] / fades[0]; {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return "A gradient of 0 or NaN leaves nothing to compare."
	case fades[0] <= 1.0/clearFade && ratio >= clearFade:
		return fmt.Sprintf("So the gradient of %s vanishes on its way back to the input. That of %s arrives.", tanh, relu)
	case fades[1] <= 1.0/clearFade && ratio <= 1.0/clearFade:
		return fmt.Sprintf("With these seeds the gradient of %s vanishes more than that of %s, against the rule: try another --seed.", relu, tanh)
	default:
		return fmt.Sprintf("With these seeds the gradients of %s and %s fade alike: try another --seed.", tanh, relu)
	}
}

// times writes a ratio as a person says it: 1/17, 0.8 times, 1.2 times.
func times(ratio float64) string {
	switch {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return "incomparably"
	case ratio == 0:
		return "0 times"
	case ratio <= 0.5:
		return "1/" + format.Plain(1/ratio)
	default:
		return format.Plain(ratio) + " times"
	}
}

// maxBar is the longest bar, in columns.
const maxBar = 15

// verdicts prints what is wrong with the runs that are looked at closely, and in how
// many of the seeds.
func (s *summary) verdicts() {
	fmt.Fprintf(s.w, "\n%s\n", s.Title("Verdict"))
	for _, l := range s.results {
		verdict := l.one.Summary.Verdict
		if verdict == nil {
			continue
		}
		headline, rest, _ := strings.Cut(diagnose.Headline(verdict), ",")
		fmt.Fprintf(s.w, "%s: %s,%s%s\n", l.one.Name, s.Mark(report.SeverityColor(verdict.Verdict), headline), rest, ofSeeds(l.seeds.Summary.Verdict))
		lines := diagnose.Lines(verdict)
		lines = slices.DeleteFunc(lines, func(line diagnose.Line) bool { return line.Severity == diagnose.Note })
		for i := range lines {
			if n := seedsWith(l.seeds.Summary.Verdict, lines[i].Kind); n > 0 {
				lines[i].Text += fmt.Sprintf(" So in %d of %d seeds.", n, modelSeeds)
			}
		}
		report.Findings(s.w, s.Style, lines)
		if verdict.Verdict == record.OK {
			continue
		}
		s.say("To see what would help %s, tried and ranked:", l.one.Name)
		fmt.Fprintf(s.w, "  %s diagnose --try-fixes %s\n", s.program, cli.Quote(cli.RelativePath(l.one.Folder)))
	}
}

// ofSeeds adds how many of the seeds have learned.
func ofSeeds(verdict *record.Report) string {
	if verdict == nil {
		return ""
	}
	return fmt.Sprintf("; of %d seeds %d have", verdict.Replicas, verdict.Learned)
}

// seedsWith counts the seeds with a finding of that kind that is more than a note.
func seedsWith(verdict *record.Report, kind diagnose.Kind) int {
	if verdict == nil {
		return 0
	}
	var found []diagnose.Finding
	for _, f := range verdict.Findings {
		if f.Kind == kind && f.Severity != diagnose.Note {
			found = append(found, f)
		}
	}
	return len(diagnose.SeedsOf(found))
}

// files says where to look, and what is to be seen there.
func (s *summary) files() {
	deep := deepOnes(s.results)
	tanh, relu := deep[0].Name, deep[1].Name
	fmt.Fprintf(s.w, "\n%s in %s\n", s.Title("Pictures"), s.pictures)
	for _, p := range [][2]string{
		{"gradients.png", "gradient by layer and epoch, tanh beside ReLU"},
		{"gradient-by-layer.png", "the table above as a chart"},
		{"accuracy.png", "accuracy by epoch"},
		{"seeds.png", "test accuracy of every seed"},
		{"decision.png", "what each model makes of the plane"},
		{"weights.png", "L1 norm of each layer's weights by epoch"},
		{figures.DataPicture, "the two circles"},
	} {
		fmt.Fprintf(s.w, "  %-21s  %s\n", p[0], p[1])
	}
	fmt.Fprintf(s.w, "\n%s\n  %s\n", s.Title("TensorBoard"), s.tensorBoard)
	if s.without != "" {
		fmt.Fprintln(s.w, s.without)
	}
	for _, p := range [][2]string{
		{"Histograms", fmt.Sprintf("The first group, all_layers, has the size of every layer's gradient, log10, on one axis. Compare the first epochs, at the back: "+
			"the further left of dense_6 a layer lies, the smaller is its gradient. Compare %s with %s.", tanh, relu)},
		{"Histograms", "With the filter kernel_0_grad, as in the tutorial: the gradients themselves. TensorBoard gives each chart an axis of its own: read the numbers below it."},
		{"Images", fmt.Sprintf("The first is gradients.png: %s beside %s.", tanh, relu)},
		{"Text", "The verdicts above."},
	} {
		for i, line := range terminal.Wrap(p[1], terminal.Width-tabWidth) {
			if i > 0 {
				p[0] = ""
			}
			fmt.Fprintf(s.w, "  %-*s%s\n", tabWidth-2, p[0], line)
		}
	}
	s.say("The other runs are in %s: %s, and %d seeds of each model. Their mean and spread are in the tab Custom Scalars of",
		s.seedsDir, s.results[0].one.Name, modelSeeds)
	fmt.Fprintf(s.w, "  %s\n", s.seedsBoard)
}

// tabWidth is the width of the column with TensorBoard's tabs.
const tabWidth = 14
