package record

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Checks are kept in two files: flow.csv has a row for each replica, epoch and
// layer, units.csv one for each of its units. Numbers have 9 significant digits.

// CheckWriter writes flow.csv and units.csv.
type CheckWriter struct {
	layers, units io.Writer
	replicas      int
	line          []byte
}

// layerColumns and unitColumns are the files' columns, after replica, where there
// are several.
func layerColumns() []string {
	return []string{
		"epoch", "layer", "update_ratio", "gradient_rms", "gradient_mean", "gradient_max", "gradient_zeros", "non_finite",
		"delta", "output_delta", "std",
	}
}

func unitColumns() []string {
	return []string{
		"epoch", "layer", "unit", "active", "saturated", "extreme", "mean", "std", "delta", "output_delta", "twin",
	}
}

// NewCheckWriter writes the headers; with more than one replica there is a leading
// column of that name.
func NewCheckWriter(layers, units io.Writer, replicas int) (*CheckWriter, error) {
	w := &CheckWriter{layers: layers, units: units, replicas: replicas}
	for _, file := range []struct {
		w       io.Writer
		columns []string
	}{{layers, layerColumns()}, {units, unitColumns()}} {
		columns := file.columns
		if replicas > 1 {
			columns = append([]string{"replica"}, columns...)
		}
		if _, err := io.WriteString(file.w, strings.Join(columns, ",")+"\n"); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// ContinueChecks goes on with files that have their headers.
func ContinueChecks(layers, units io.Writer, replicas int) *CheckWriter {
	return &CheckWriter{layers: layers, units: units, replicas: replicas}
}

// Write writes the checks of an epoch: the units before the layers, so that a
// check whose layers are there is whole.
func (w *CheckWriter) Write(checks []Check) error {
	w.line = w.line[:0]
	for i := range checks {
		for k := range checks[i].Layers {
			for u := range checks[i].Layers[k].Units {
				w.unit(&checks[i], k, u)
			}
		}
	}
	if _, err := w.units.Write(w.line); err != nil {
		return err
	}
	w.line = w.line[:0]
	for i := range checks {
		for k := range checks[i].Layers {
			w.layer(&checks[i], k)
		}
	}
	_, err := w.layers.Write(w.line)
	return err
}

func (w *CheckWriter) begin(c *Check, layer int) {
	if w.replicas > 1 {
		w.line = append(strconv.AppendInt(w.line, int64(c.Replica), 10), ',')
	}
	w.line = append(strconv.AppendInt(w.line, int64(c.Epoch), 10), ",dense_"...)
	w.line = strconv.AppendInt(w.line, int64(layer+1), 10)
}

func (w *CheckWriter) numbers(values ...float64) {
	for _, value := range values {
		w.line = strconv.AppendFloat(append(w.line, ','), value, 'g', digits, 64)
	}
}

func (w *CheckWriter) layer(c *Check, k int) {
	l := &c.Layers[k]
	w.begin(c, k)
	w.numbers(l.UpdateRatio, l.GradientRMS, l.GradientMean, l.GradientMax, l.GradientZeros, float64(l.NonFinite),
		l.Delta(), l.OutputDelta(), l.Std())
	w.line = append(w.line, '\n')
}

func (w *CheckWriter) unit(c *Check, k, unit int) {
	u := &c.Layers[k].Units[unit]
	w.begin(c, k)
	w.line = strconv.AppendInt(append(w.line, ','), int64(unit), 10)
	w.numbers(u.Active, u.Saturated, u.Extreme, u.Mean, u.Std, u.Delta, u.OutputDelta)
	w.line = append(strconv.AppendInt(append(w.line, ','), int64(u.Twin), 10), '\n')
}

// ReadChecks reads flow.csv and units.csv, of a run that may still be under way:
// what is not whole at their ends is left out. The checks come by replica, then
// epoch. Errors name file, line and field.
func ReadChecks(layersPath, unitsPath string) ([]Check, error) {
	layers, err := os.Open(layersPath)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	units, err := os.Open(unitsPath)
	if err != nil {
		return nil, err
	}
	defer units.Close()
	return ParseChecks(layers, layersPath, units, unitsPath)
}

// ParseChecks reads the content of flow.csv and units.csv; the names are for its
// errors.
func ParseChecks(layers io.Reader, layersName string, units io.Reader, unitsName string) ([]Check, error) {
	p := checkParser{checks: make(map[checkKey]*Check)}
	if err := p.read(layers, layersName, layerColumns(), p.layer); err != nil {
		return nil, err
	}
	if err := p.read(units, unitsName, unitColumns(), p.unit); err != nil {
		return nil, err
	}
	var all []Check
	for _, c := range p.checks {
		if len(c.Layers) == p.layers && !slices.ContainsFunc(c.Layers, func(l LayerFlow) bool { return len(l.Units) == 0 }) {
			all = append(all, *c)
		}
	}
	slices.SortFunc(all, func(a, b Check) int {
		if a.Replica != b.Replica {
			return a.Replica - b.Replica
		}
		return a.Epoch - b.Epoch
	})
	return all, nil
}

type checkKey struct{ replica, epoch int }

// checkParser collects the rows of both files.
type checkParser struct {
	checks map[checkKey]*Check
	layers int // of a check
}

// checkRow is one row of either file.
type checkRow struct {
	checkKey
	layer   int // from 0
	numbers []float64
}

// read parses each complete line of a file and hands it on.
func (p *checkParser) read(r io.Reader, name string, columns []string, add func(checkRow) error) error {
	lines := csv.NewReader(completeLines(r))
	lines.ReuseRecord = true
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil // killed before the header was written
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	repeated := len(header) > 0 && header[0] == "replica"
	if repeated {
		header = header[1:]
	}
	if !slices.Equal(header, columns) {
		return fmt.Errorf("%s, line 1: header %q: want %q", name, strings.Join(header, ","), strings.Join(columns, ","))
	}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		row, err := parseCheckRow(fields, repeated)
		if err == nil {
			err = add(row)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", name, line, err)
		}
	}
}

func parseCheckRow(fields []string, repeated bool) (checkRow, error) {
	var row checkRow
	whole := []*int{&row.epoch}
	if repeated {
		whole = []*int{&row.replica, &row.epoch}
	}
	for i, target := range whole {
		value, err := strconv.Atoi(fields[i])
		if err != nil || value < 0 {
			return row, fmt.Errorf("field %d: %q: want an integer of at least 0", i+1, fields[i])
		}
		*target = value
	}
	at := len(whole)
	number, found := strings.CutPrefix(fields[at], "dense_")
	layer, err := strconv.Atoi(number)
	if !found || err != nil || layer < 1 {
		return row, fmt.Errorf("field %d: %q: want a layer, such as dense_1", at+1, fields[at])
	}
	row.layer = layer - 1
	for i, field := range fields[at+1:] {
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return row, fmt.Errorf("field %d: %q: want a number", at+i+2, field)
		}
		row.numbers = append(row.numbers, value)
	}
	return row, nil
}

// layer adds a row of flow.csv. Rows of a check follow one another.
func (p *checkParser) layer(row checkRow) error {
	c := p.checks[row.checkKey]
	if c == nil {
		c = &Check{Replica: row.replica, Epoch: row.epoch}
		p.checks[row.checkKey] = c
	}
	if row.layer != len(c.Layers) {
		return fmt.Errorf("dense_%d: want dense_%d, the layers in their order", row.layer+1, len(c.Layers)+1)
	}
	n := row.numbers
	c.Layers = append(c.Layers, LayerFlow{
		UpdateRatio: n[0], GradientRMS: n[1], GradientMean: n[2], GradientMax: n[3], GradientZeros: n[4], NonFinite: int(n[5]),
	})
	p.layers = max(p.layers, len(c.Layers))
	return nil
}

// unit adds a row of units.csv, if the check's layers are there.
func (p *checkParser) unit(row checkRow) error {
	c := p.checks[row.checkKey]
	if c == nil {
		return nil // units are written first: the layers may not be there yet
	}
	if row.layer >= len(c.Layers) {
		return fmt.Errorf("dense_%d: want one of the %d layers of flow.csv", row.layer+1, len(c.Layers))
	}
	n, l := row.numbers, &c.Layers[row.layer]
	if int(n[0]) != len(l.Units) {
		return fmt.Errorf("unit %g of dense_%d: want %d, the units in their order", n[0], row.layer+1, len(l.Units))
	}
	l.Units = append(l.Units, UnitFlow{
		Active: n[1], Saturated: n[2], Extreme: n[3], Mean: n[4], Std: n[5], Delta: n[6], OutputDelta: n[7], Twin: int(n[8]),
	})
	return nil
}
