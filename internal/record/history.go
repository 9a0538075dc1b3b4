package record

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/numeric"
	"gradwatch/internal/runfolder"
)

// Row is one replica's record of one epoch. Losses and accuracies are those of
// the model as it stands at the epoch's end (see config.Run.TrainMetrics).
type Row struct {
	Replica int // from 0
	Epoch   int // from 0
	// Loss is the mean loss on the training rows: by the run's loss.
	// Accuracy is the share of them that is classified right or, where the history's
	// Metric says so, the mean absolute error; Val… on the test rows.
	Loss, Accuracy, ValLoss, ValAccuracy float64
	// GradientL2 is, for each layer, the L2 norm of the kernel's gradient of the
	// mean loss over the measured rows of the gradient data, see config.Run.GradientRows.
	GradientL2 []float64
	// KernelL1 is, for each layer, the L1 norm of the kernel.
	KernelL1 []float64
	// Penalty and LearningRate are there where the history has them, see [Extras].
	Penalty, LearningRate float64
}

// Finite reports whether all numbers of the row are finite: if not, the replica has
// diverged.
func (r *Row) Finite() bool {
	sum := r.Loss + r.ValLoss
	for k := range r.GradientL2 {
		sum += r.GradientL2[k] + r.KernelL1[k]
	}
	return numeric.Finite(sum)
}

// digits are the significant digits of history.csv: a float32's.
const digits = 9

// HistoryWriter writes history.csv.
type HistoryWriter struct {
	w        io.Writer
	line     []byte
	replicas int
	extras   Extras
}

// NewHistoryWriter writes the header for that many layers; with more than one
// replica there is a leading column of that name.
func NewHistoryWriter(w io.Writer, layers, replicas int, extras Extras) (*HistoryWriter, error) {
	return NewMetricHistoryWriter(w, Accuracy, layers, replicas, extras)
}

// NewMetricHistoryWriter does so for rows whose Accuracy is that metric.
func NewMetricHistoryWriter(w io.Writer, metric Metric, layers, replicas int, extras Extras) (*HistoryWriter, error) {
	h := &HistoryWriter{w: w, replicas: replicas, extras: extras}
	columns := append(header(metric, layers), extras.columns()...)
	if replicas > 1 {
		columns = append([]string{"replica"}, columns...)
	}
	_, err := io.WriteString(w, strings.Join(columns, ",")+"\n")
	return h, err
}

// ContinueHistory returns a writer for a file that already has its header.
func ContinueHistory(w io.Writer, replicas int, extras Extras) *HistoryWriter {
	return &HistoryWriter{w: w, replicas: replicas, extras: extras}
}

func header(metric Metric, layers int) []string {
	columns := []string{"epoch", "loss", string(metric.Name()), "val_loss", "val_" + string(metric.Name())}
	for _, measure := range []string{"gradient_l2", "kernel_l1"} {
		for k := range layers {
			columns = append(columns, fmt.Sprintf("dense_%d/%s", k+1, measure))
		}
	}
	return columns
}

// Write writes the rows, in one call of the underlying writer.
func (h *HistoryWriter) Write(rows ...Row) error {
	h.line = h.line[:0]
	for _, row := range rows {
		if h.replicas > 1 {
			h.line = strconv.AppendInt(h.line, int64(row.Replica), 10)
			h.line = append(h.line, ',')
		}
		h.line = strconv.AppendInt(h.line, int64(row.Epoch), 10)
		for _, value := range []float64{row.Loss, row.Accuracy, row.ValLoss, row.ValAccuracy} {
			h.number(value)
		}
		for _, value := range row.GradientL2 {
			h.number(value)
		}
		for _, value := range row.KernelL1 {
			h.number(value)
		}
		h.line = append(h.extras.appendExtras(h.line, &row), '\n')
	}
	_, err := h.w.Write(h.line)
	return err
}

func (h *HistoryWriter) number(value float64) {
	h.line = append(h.line, ',')
	h.line = strconv.AppendFloat(h.line, value, 'g', digits, 64)
}

// History is a run's rows, ordered by replica, then epoch. Where replicas stop
// early, some have fewer rows than others.
type History struct {
	Metric   Metric // what the rows' Accuracy is
	Layers   int
	Replicas int
	Extras   Extras
	Rows     []Row
}

// ReadHistory reads a history.csv, also of a run that is still running: an incomplete last
// line and an incomplete last epoch are left out. Errors name file, line and column.
func ReadHistory(path string) (*History, error) {
	f, err := runfolder.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ParseHistory(f, path)
}

// ParseHistory reads a history.csv from r; name is for its errors. It leaves out a
// last line that is not complete, and a last epoch that is not.
func ParseHistory(r io.Reader, name string) (*History, error) {
	h, err := parseHistory(r, name)
	if err == nil && !h.sort() {
		h.cut()
	}
	return h, err
}

// ParseWholeHistory reads one that is known to end with the last row of an epoch.
func ParseWholeHistory(r io.Reader, name string) (*History, error) {
	h, err := parseHistory(r, name)
	if err == nil {
		h.sort()
	}
	return h, err
}

// parseHistory reads the complete lines, in their order.
func parseHistory(r io.Reader, name string) (*History, error) {
	lines := csv.NewReader(completeLines(r))
	lines.ReuseRecord = true
	columns, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: empty, want a header", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	h, repeated, err := parseHeader(columns)
	if err != nil {
		return nil, fmt.Errorf("%s, line 1: %w", name, err)
	}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := lines.FieldPos(0)
		row, err := parseRow(fields, h, repeated)
		if err == nil && row.Replica > len(h.Rows) { // who reads it goes through all replicas up to the last
			err = fmt.Errorf("field 1: replica %d after %d rows: want the replicas from 0 on", row.Replica, len(h.Rows))
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, line, err)
		}
		h.Replicas = max(h.Replicas, row.Replica+1)
		h.Rows = append(h.Rows, row)
	}
	return h, nil
}

func parseHeader(columns []string) (h *History, repeated bool, err error) {
	repeated = len(columns) > 0 && columns[0] == "replica"
	if repeated {
		columns = columns[1:]
	}
	columns, extras := cutExtras(columns)
	h = &History{Layers: (len(columns) - len(header(Accuracy, 0))) / 2, Extras: extras}
	if slices.Contains(columns, string(MAE)) {
		h.Metric = MAE
	}
	if h.Layers < 0 || !slices.Equal(columns, header(h.Metric, max(h.Layers, 0))) {
		return nil, false, fmt.Errorf("header %q: want that of a history.csv", strings.Join(columns, ","))
	}
	return h, repeated, nil
}

func parseRow(fields []string, h *History, repeated bool) (Row, error) {
	var row Row
	layers := h.Layers
	whole := []*int{&row.Epoch}
	if repeated {
		whole = []*int{&row.Replica, &row.Epoch}
	}
	for i, target := range whole {
		value, err := strconv.Atoi(fields[i])
		if err != nil || value < 0 {
			return Row{}, fmt.Errorf("field %d: %q: want an integer of at least 0", i+1, fields[i])
		}
		*target = value
	}
	numbers := make([]float64, len(fields)-len(whole))
	for i := range numbers {
		field := fields[len(whole)+i]
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return Row{}, fmt.Errorf("field %d: %q: want a number", len(whole)+i+1, field)
		}
		numbers[i] = value
	}
	row.Loss, row.Accuracy, row.ValLoss, row.ValAccuracy = numbers[0], numbers[1], numbers[2], numbers[3]
	row.GradientL2, row.KernelL1 = numbers[4:4+layers:4+layers], numbers[4+layers:4+2*layers]
	for i, field := range h.Extras.fields(&row) {
		*field = numbers[4+2*layers+i]
	}
	return row, nil
}

// completeLines reads r up to its last line feed.
func completeLines(r io.Reader) io.Reader {
	return &lineReader{r: bufio.NewReader(r)}
}

type lineReader struct {
	r    *bufio.Reader
	rest []byte
}

func (l *lineReader) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		line, err := l.r.ReadBytes('\n')
		if err != nil {
			return 0, err // an incomplete last line is dropped
		}
		l.rest = line
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}
