package record

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/runfolder"
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

// ContinueChecks returns a writer for files that already have their headers.
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
	w.numbers(l.UpdateRatio, l.GradientRMS, l.GradientMean, l.GradientMax, l.GradientZeros)
	w.line = strconv.AppendInt(append(w.line, ','), int64(l.NonFinite), 10)
	w.numbers(l.Delta(), l.OutputDelta(), l.Std())
	w.line = append(w.line, '\n')
}

func (w *CheckWriter) unit(c *Check, k, unit int) {
	u := &c.Layers[k].Units[unit]
	w.begin(c, k)
	w.line = strconv.AppendInt(append(w.line, ','), int64(unit), 10)
	w.numbers(u.Active, u.Saturated, u.Extreme, u.Mean, u.Std, u.Delta, u.OutputDelta)
	w.line = append(strconv.AppendInt(append(w.line, ','), int64(u.Duplicate), 10), '\n')
}

// ReadChecks reads flow.csv and units.csv, also of a run that is still running: a check
// that is incomplete in one of them is left out. The checks are ordered by replica, then
// epoch. Errors name file, line and field.
func ReadChecks(layersPath, unitsPath string) ([]Check, error) {
	layers, err := runfolder.OpenFile(layersPath)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	units, err := runfolder.OpenFile(unitsPath)
	if err != nil {
		return nil, err
	}
	defer units.Close()
	return ParseChecks(layers, layersPath, units, unitsPath)
}

// ParseChecks reads the content of flow.csv and units.csv; the names are for its
// errors.
func ParseChecks(layers io.Reader, layersName string, units io.Reader, unitsName string) ([]Check, error) {
	p := checkParser{parts: make(map[checkKey]*checkParts)}
	if err := p.read(layers, layersName, layerColumns(), p.layer); err != nil {
		return nil, err
	}
	if err := p.read(units, unitsName, unitColumns(), p.unit); err != nil {
		return nil, err
	}
	checks, err := p.whole()
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", layersName, unitsName, err)
	}
	return checks, nil
}

type checkKey struct{ replica, epoch int }

// checkParts is what the files hold of a check: not all, where they end in it.
type checkParts struct {
	layers []LayerFlow  // without units
	units  [][]UnitFlow // a layer each
}

// checkParser collects the rows of both files.
type checkParser struct {
	parts map[checkKey]*checkParts
}

// checkRow is one row of either file.
type checkRow struct {
	checkKey
	layer, unit          int // from 0
	nonFinite, duplicate int
	numbers              []float64 // the other columns
}

// read parses each complete line of a file and hands it on.
func (p *checkParser) read(r io.Reader, name string, columns []string, add func(checkRow) error) error {
	lines := csv.NewReader(completeLines(r))
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil // killed before the header was written
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !slices.Equal(header, columns) && !slices.Equal(header, append([]string{"replica"}, columns...)) {
		return fmt.Errorf("%s, line 1: header %q: want %q", name, strings.Join(header, ","), strings.Join(columns, ","))
	}
	lines.ReuseRecord = true
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		row, err := parseCheckRow(header, fields)
		if err == nil {
			err = add(row)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", name, line, err)
		}
	}
}

// parseCheckRow parses the fields of the columns.
func parseCheckRow(columns, fields []string) (checkRow, error) {
	var row checkRow
	for i, field := range fields {
		var err error
		switch columns[i] {
		case "replica":
			row.replica, err = parseInt(field, 0)
		case "epoch":
			row.epoch, err = parseInt(field, 0)
		case "layer":
			row.layer, err = parseLayerName(field)
		case "unit":
			row.unit, err = parseInt(field, 0)
		case "non_finite":
			row.nonFinite, err = parseInt(field, 0)
		case "twin":
			row.duplicate, err = parseInt(field, -1)
		default:
			var value float64
			if value, err = strconv.ParseFloat(field, 64); err != nil {
				err = fmt.Errorf("%q: want a number", field)
			}
			row.numbers = append(row.numbers, value)
		}
		if err != nil {
			return row, fmt.Errorf("field %d: %w", i+1, err)
		}
	}
	return row, nil
}

func parseInt(field string, least int) (int, error) {
	value, err := strconv.Atoi(field)
	if err != nil || value < least {
		return 0, fmt.Errorf("%q: want an integer of at least %d", field, least)
	}
	return value, nil
}

// parseLayerName returns the layer's place, from 0: that of dense_1.
func parseLayerName(field string) (int, error) {
	number, found := strings.CutPrefix(field, "dense_")
	value, err := strconv.Atoi(number)
	if !found || err != nil || value < 1 {
		return 0, fmt.Errorf("%q: want a layer, such as dense_1", field)
	}
	return value - 1, nil
}

// of returns what there is of the row's check.
func (p *checkParser) of(row checkRow) *checkParts {
	c := p.parts[row.checkKey]
	if c == nil {
		c = &checkParts{}
		p.parts[row.checkKey] = c
	}
	return c
}

// layer adds a row of flow.csv.
func (p *checkParser) layer(row checkRow) error {
	c, n := p.of(row), row.numbers
	if row.layer != len(c.layers) {
		return fmt.Errorf("layer dense_%d: want dense_%d, the layers in their order", row.layer+1, len(c.layers)+1)
	}
	c.layers = append(c.layers, LayerFlow{
		UpdateRatio: n[0], GradientRMS: n[1], GradientMean: n[2], GradientMax: n[3], GradientZeros: n[4], NonFinite: row.nonFinite,
	})
	return nil
}

// unit adds a row of units.csv.
func (p *checkParser) unit(row checkRow) error {
	c, n := p.of(row), row.numbers
	if row.layer == len(c.units) && row.unit == 0 {
		c.units = append(c.units, nil)
	}
	last := len(c.units) - 1
	if last < 0 || row.layer != last || row.unit != len(c.units[last]) {
		return fmt.Errorf("unit %d of dense_%d: want the layers and their units in their order, from unit 0 of dense_1",
			row.unit, row.layer+1)
	}
	c.units[last] = append(c.units[last], UnitFlow{
		Active: n[0], Saturated: n[1], Extreme: n[2], Mean: n[3], Std: n[4], Delta: n[5], OutputDelta: n[6], Duplicate: row.duplicate,
	})
	return nil
}

// whole returns the complete checks: those with all layers and all units of each layer. The
// last checks may be incomplete where one file ends before the other; they are left out.
func (p *checkParser) whole() ([]Check, error) {
	var widths []int // of the layers
	for _, c := range p.parts {
		widths = append(widths, make([]int, max(0, max(len(c.layers), len(c.units))-len(widths)))...)
		for k := range c.units {
			widths[k] = max(widths[k], len(c.units[k]))
		}
	}
	lastLayers, lastUnits := -1, -1 // epochs
	for key, c := range p.parts {
		if len(c.layers) > 0 {
			lastLayers = max(lastLayers, key.epoch)
		}
		if len(c.units) > 0 {
			lastUnits = max(lastUnits, key.epoch)
		}
	}
	var all []Check
	for key, c := range p.parts {
		complete := len(c.layers) == len(widths) && len(c.units) == len(widths)
		for k, units := range c.units {
			complete = complete && len(units) == widths[k]
		}
		if !complete && key.epoch < min(lastLayers, lastUnits) {
			return nil, fmt.Errorf("the check of epoch %d is not whole: want %d layers and their units", key.epoch, len(widths))
		}
		if !complete {
			continue
		}
		check := Check{Replica: key.replica, Epoch: key.epoch, Layers: c.layers}
		for k, units := range c.units {
			check.Layers[k].Units = units
		}
		all = append(all, check)
	}
	slices.SortFunc(all, func(a, b Check) int {
		return cmp.Or(cmp.Compare(a.Replica, b.Replica), cmp.Compare(a.Epoch, b.Epoch))
	})
	return all, nil
}
