package study

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/record"
)

// Failed is the state of a configuration, or replica, without a result.
const Failed record.State = "failed"

// Result is the result of a configuration.
type Result struct {
	Configuration Configuration
	// Folder is the name of its folder in the study's; empty stands for
	// Configuration.Name().
	Folder string
	// Replicas in order; none if the configuration failed as a whole.
	Replicas []Replica
	Seconds  float64 // that it took
	Message  string  // what went wrong, if something did; written as one line
}

// Replica is a replica's record of its last epoch.
type Replica struct {
	record.Result              // numbers without meaning if the state is Failed
	State         record.State // Done, Stopped, Diverged or Failed
	Epochs        int          // done
}

// severity orders states: a configuration has the worst of its replicas'.
func severity(state record.State) int {
	return slices.Index([]record.State{record.Done, record.Diverged, record.Stopped, Failed}, state)
}

// State is the worst of the replicas': failed (also without replicas), stopped,
// diverged, done.
func (r *Result) State() record.State {
	if len(r.Replicas) == 0 {
		return Failed
	}
	worst := slices.MaxFunc(r.Replicas, func(a, b Replica) int { return severity(a.State) - severity(b.State) })
	return worst.State
}

func (r *Result) folder() string { return cmp.Or(r.Folder, r.Configuration.Name()) }

// message returns the message as one line, so that each line of the file is a record, and
// an incomplete one at the end can be recognized.
func (r *Result) message() string { return strings.Join(strings.Fields(r.Message), " ") }

// replicaColumns follow those of the varied flags in study.csv.
func replicaColumns() []string {
	return []string{
		"replica", "seed", "state", "epochs", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "message",
	}
}

// columns returns a table's header: the configuration, its varied flags, the
// rest. A flag that has the name of another column in one of the tables (seed,
// epochs, repeats) keeps its dashes in both.
func columns(axes []Axis, rest []string) []string {
	header := []string{"configuration"}
	taken := append(replicaColumns(), summaryColumns()...)
	for _, flag := range flagsOf(axes) {
		if slices.Contains(taken, flag) {
			flag = "--" + flag
		}
		header = append(header, flag)
	}
	return append(header, rest...)
}

// leading returns the fields of a row that name the configuration.
func (r *Result) leading() []string {
	fields := []string{r.folder()}
	for _, s := range r.Configuration.Settings {
		fields = append(fields, s.Value)
	}
	return fields
}

// AppendResult writes a configuration's rows as they stand in study.csv after
// the header, in one call of w: a process that is killed leaves all or a part
// that ParseResults leaves out.
func AppendResult(w io.Writer, result *Result) error {
	return writeTable(w, result.rows())
}

func ordered(results []Result) []Result {
	return slices.SortedStableFunc(slices.Values(results), func(a, b Result) int {
		return a.Configuration.Index - b.Configuration.Index
	})
}

func writeTable(w io.Writer, rows [][]string) error {
	var text bytes.Buffer
	out := csv.NewWriter(&text)
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	_, err := w.Write(text.Bytes())
	return err
}

// rows returns a row a replica, or the one of a configuration that failed.
func (r *Result) rows() [][]string {
	seconds, message := formatSeconds(r.Seconds), r.message()
	if len(r.Replicas) == 0 {
		return [][]string{append(r.leading(), "", "", string(Failed), "", "", "", "", "", seconds, message)}
	}
	rows := make([][]string, len(r.Replicas))
	for i := range r.Replicas {
		replica := &r.Replicas[i]
		row := append(r.leading(), strconv.Itoa(i), strconv.FormatUint(uint64(replica.Seed), 10), string(replica.State))
		if replica.State == Failed {
			row = append(row, "", "", "", "", "")
		} else {
			row = append(row, strconv.Itoa(replica.Epochs))
			for _, number := range replica.numbers() {
				row = append(row, formatNumber(float64(*number)))
			}
		}
		rows[i] = append(row, seconds, message)
	}
	return rows
}

// numbers returns the replica's measures in the order of their columns.
func (p *Replica) numbers() []*record.Number {
	return []*record.Number{&p.Loss, &p.Accuracy, &p.ValLoss, &p.ValAccuracy}
}

// formatNumber writes a float32's 9 significant digits, as history.csv has them.
func formatNumber(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }

func formatSeconds(x float64) string {
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// Best returns the result that is first by [Standing.Compare], the first in the grid among
// equals; nil if all replicas of all configurations diverged or failed.
func Best(results []Result) *Result {
	var best *Result
	for _, r := range ordered(results) {
		if r.Statistics().ValAccuracy.N > 0 && (best == nil || r.Standing().Compare(best.Standing()) < 0) {
			best = &r
		}
	}
	return best
}

// Round rounds the replicas' numbers to the digits that study.csv has, so that statistics
// have the same bits whether results were read from the file or not.
func (r *Result) Round() {
	for i := range r.Replicas {
		for _, number := range r.Replicas[i].numbers() {
			rounded, err := strconv.ParseFloat(formatNumber(float64(*number)), 64)
			if err == nil {
				*number = record.Number(rounded)
			}
		}
	}
}

// String names the configuration as on a command line.
func (c Configuration) String() string {
	texts := make([]string, len(c.Settings))
	for i, s := range c.Settings {
		texts[i] = fmt.Sprintf("--%s %s", s.Flag, s.Value)
	}
	return strings.Join(texts, " ")
}
