package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/printable"
)

// Rows go to the engine in frames of so many at most, and of so many numbers.
const (
	frameRows   = 4096
	frameValues = 1 << 17
)

// rowSource is the rows of a file as a model takes them.
type rowSource struct {
	*dataset.Records
	schema  *dataset.Schema
	encoder *dataset.Encoder
	values  []float32
	err     error // that ends the rows
}

// newRowSource returns the rows of records. Columns of a run whose data had no header
// are x1, x2, ...: where the file names one of them so, its names count too.
func newRowSource(records *dataset.Records, of *dataset.Schema) (*rowSource, error) {
	if err := of.Check(); err != nil {
		return nil, err
	}
	schema := *of
	for i := range schema.Columns {
		schema.Named = schema.Named || slices.Contains(records.Header(), schema.Columns[i].Name)
	}
	encoder, err := schema.Encoder(records)
	if err != nil {
		return nil, err
	}
	inputs := schema.Inputs()
	rows := max(1, min(frameRows, frameValues/inputs))
	return &rowSource{Records: records, schema: &schema, encoder: encoder, values: make([]float32, rows*inputs)}, nil
}

// next returns rows, [count, inputs], until there are none. Those before a wrong
// line come before its error.
func (r *rowSource) next() ([]float32, error) {
	inputs := r.schema.Inputs()
	filled := 0
	for filled < len(r.values) && r.err == nil {
		var fields []string
		if fields, r.err = r.Next(); r.err != nil {
			break
		}
		if err := r.encoder.Row(fields, r.values[filled:filled+inputs]); err != nil {
			r.err = r.Wrap(err)
			break
		}
		filled += inputs
	}
	if filled > 0 || errors.Is(r.err, io.EOF) {
		return r.values[:filled], nil
	}
	return nil, r.err
}

// unknown says of which columns the model didn't know categories.
func (r *rowSource) unknown() []string {
	var lines []string
	for i, n := range r.encoder.Unknown {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("column %q: %s with a category that no training row had, taken as none of them",
				r.schema.Columns[i].Name, printable.Count(n, "row")))
		}
	}
	return lines
}

// predictionLines writes predictions as CSV.
type predictionLines struct {
	target  *dataset.Target
	output  config.Output
	names   []string // of the classes, and of outputs that stand for none
	classes []string // the same, quoted where they must be
	buffer  []byte
}

// newPredictionLines returns one for an output. On a terminal classes are written as they
// can be shown, elsewhere as they are.
func newPredictionLines(target *dataset.Target, output config.Output, terminal bool) *predictionLines {
	lines := &predictionLines{target: target, output: output}
	for _, class := range output.OutputNames(target.Classes) {
		if terminal {
			class = printable.Text(class)
		}
		lines.names = append(lines.names, class)
		lines.classes = append(lines.classes, csvField(class))
	}
	return lines
}

// header returns the first line.
func (l *predictionLines) header() string {
	value := "output"
	if l.output.Probabilities() {
		value = "probability"
	}
	var names []string
	switch {
	case l.target.Task == dataset.Regression:
		names = []string{"prediction"}
	case l.output.Units == 1:
		names = []string{value, "class"}
	default:
		for _, class := range l.names {
			names = append(names, csvField(value+"_"+class))
		}
		names = append(names, "class")
	}
	return strings.Join(names, ",") + "\n"
}

// of returns a line for each row, valid until the next call.
func (l *predictionLines) of(p *engine.Predicted) []byte {
	b := l.buffer[:0]
	for row := range p.Rows {
		for i, v := range p.Values[row*p.Width : (row+1)*p.Width] {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendPrediction(b, v)
		}
		if l.classes != nil {
			b = append(b, ',')
			b = append(b, l.classes[p.Classes[row]]...)
		}
		b = append(b, '\n')
	}
	l.buffer = b
	return b
}

// appendPrediction appends the shortest number that reads back as the same float32.
func appendPrediction(b []byte, v float32) []byte {
	if math.IsNaN(float64(v)) {
		return append(b, "NaN"...)
	}
	return strconv.AppendFloat(b, float64(v), 'g', -1, 32)
}

// csvField returns text as a field of a CSV file.
func csvField(text string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{text}) // into memory
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
