package runner

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/printable"
	"gradwatch/internal/profile"
	"gradwatch/internal/stream"
	"gradwatch/internal/terminal"
)

// Outline says what a run on a table is about to do.
type Outline struct {
	target                  *dataset.Target
	counts                  []int // training and test rows of each class; of a stream training rows
	inputs                  int
	oneHot                  []string // columns
	filled                  []string
	constant                []string
	ignored                 []string
	train, validation, test int // rows
	split                   string
}

// OutlineOf returns that of a run and its data set; nil for generated data.
func OutlineOf(run *config.Run, data *dataset.Dataset) *Outline {
	if run.Generated() {
		return nil
	}
	o := newOutline(run, data.Schema)
	o.filled, o.constant = data.Filled, profile.Constant(data)
	o.train, o.validation, o.test = data.Train, data.Validation, data.Examples.Len()-data.TestFirst()
	if o.target.Task == dataset.Classification {
		o.counts = config.ClassCounts(data.Examples.Y, len(o.target.Classes))
	}
	return o
}

func outlineOfStream(run *config.Run, set *stream.Dataset) *Outline {
	o := newOutline(run, set.Schema)
	o.counts, o.train, o.test = set.Classes, set.TrainRows, set.TestRows
	for i := range set.Schema.Columns {
		if of := &set.Statistics[i]; of.Low == of.High {
			o.constant = append(o.constant, set.Schema.Columns[i].Name)
		}
	}
	return o
}

func newOutline(run *config.Run, schema *dataset.Schema) *Outline {
	o := &Outline{target: &schema.Target, inputs: schema.Inputs(), split: splitText(run, &schema.Target)}
	for i := range schema.Columns {
		if c := &schema.Columns[i]; c.Categories != nil {
			o.oneHot = append(o.oneHot, c.Name)
		}
	}
	if run.Ignore != "" {
		for name := range strings.SplitSeq(run.Ignore, ",") {
			o.ignored = append(o.ignored, strings.TrimSpace(name))
		}
	}
	return o
}

// splitText says which rows test.
func splitText(run *config.Run, target *dataset.Target) string {
	switch {
	case run.TestFile != "":
		return filepath.Base(run.TestFile)
	case run.CrossValidate > 0:
		return fmt.Sprintf("fold %d of %d", run.Fold, run.CrossValidate)
	case run.Stratify && target.Task == dataset.Classification:
		return "shuffled, stratified"
	case run.ShuffleRows, run.Stratify:
		return "shuffled"
	default:
		return "the last ones"
	}
}

// Lines returns the outline as text: the target and the inputs, then the rows.
func (o *Outline) Lines() []string {
	data := fmt.Sprintf("target %s: %s; %s", terminal.Shorten(o.target.Name, 40), o.targetText(), o.inputsText())
	validation := ""
	if o.validation > 0 {
		validation = fmt.Sprintf(" %d validate,", o.validation)
	}
	rows := fmt.Sprintf("rows: %d train,%s %d test (%s)", o.train, validation, o.test, printable.Text(o.split))
	return slices.Concat(terminal.Wrap(data, terminal.Width), terminal.Wrap(rows, terminal.Width))
}

// targetText describes the target.
func (o *Outline) targetText() string {
	t := o.target
	if t.Task == dataset.Regression {
		return fmt.Sprintf("a number, mean %.4g, standard deviation %.3g", t.Mean, math.Sqrt(t.Variance))
	}
	rows := 0
	for _, n := range o.counts {
		rows += n
	}
	share := func(k int) string {
		return fmt.Sprintf("%s %s", terminal.Shorten(t.Classes[k], 24), shareText(float64(o.counts[k])/float64(max(1, rows))))
	}
	const most = 5
	if len(t.Classes) > most {
		largest, smallest := 0, 0
		for k, n := range o.counts {
			if n > o.counts[largest] {
				largest = k
			}
			if n < o.counts[smallest] {
				smallest = k
			}
		}
		if o.counts[largest] == o.counts[smallest] {
			return fmt.Sprintf("%d classes of %s each", len(t.Classes), shareText(1/float64(len(t.Classes))))
		}
		return fmt.Sprintf("%d classes, the largest %s, the smallest %s", len(t.Classes), share(largest), share(smallest))
	}
	var shares []string
	for k := range t.Classes {
		shares = append(shares, share(k))
	}
	return fmt.Sprintf("%d classes, %s", len(t.Classes), strings.Join(shares, ", "))
}

// shareText writes a share with two digits: 33%, 0.41%.
func shareText(share float64) string {
	if share > 0 && share < 0.095 {
		return strconv.FormatFloat(100*share, 'g', 2, 64) + "%"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + "%"
}

// inputsText describes the inputs.
func (o *Outline) inputsText() string {
	text := printable.Count(o.inputs, "input")
	for _, of := range []struct {
		columns []string
		are     string
	}{{o.oneHot, "one-hot"}, {o.filled, "filled"}, {o.constant, "constant"}, {o.ignored, "left out"}} {
		if len(of.columns) > 0 {
			text += ", " + namesText(of.columns) + " " + of.are
		}
	}
	return text
}

// namesText names columns, or how many there are of more than a few.
func namesText(names []string) string {
	const most = 3
	if len(names) > most {
		return printable.Count(len(names), "column")
	}
	var texts []string
	for _, name := range names {
		texts = append(texts, terminal.Shorten(name, 24))
	}
	return printable.List(texts)
}
