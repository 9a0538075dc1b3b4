//go:build tensorflow

package eventfiles

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/testenv/tensorboard"
)

// flowFiles are the rows of flow.csv and units.csv, by replica, epoch and layer.
type flowFiles struct {
	layers map[flowKey]flowRow
	units  map[flowKey][]flowRow
}

type flowKey struct {
	replica, epoch int
	layer          string
}

// flowRow is a row's numbers, by the column's name.
type flowRow map[string]float64

// readFlowFiles reads a run's files, as any program that reads CSV would.
func readFlowFiles(t *testing.T, folder string, replicas int) *flowFiles {
	t.Helper()
	f := &flowFiles{make(map[flowKey]flowRow), make(map[flowKey][]flowRow)}
	readFlowRows(t, filepath.Join(folder, runfolder.FlowFile), replicas, func(key flowKey, row flowRow) {
		if f.layers[key] != nil {
			t.Errorf("flow.csv: got two rows of %v", key)
		}
		f.layers[key] = row
	})
	readFlowRows(t, filepath.Join(folder, runfolder.UnitsFile), replicas, func(key flowKey, row flowRow) {
		f.units[key] = append(f.units[key], row)
	})
	return f
}

func readFlowRows(t *testing.T, path string, replicas int, add func(flowKey, flowRow)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := lines[0]
	if hasReplicas := columns[0] == "replica"; hasReplicas != (replicas > 1) {
		t.Fatalf("%s: got columns %v for %d replicas", path, columns, replicas)
	}
	for _, line := range lines[1:] {
		var key flowKey
		row := make(flowRow)
		for i, field := range line {
			if columns[i] == "layer" {
				key.layer = field
				continue
			}
			if row[columns[i]], err = strconv.ParseFloat(field, 64); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		key.replica, key.epoch = int(row["replica"]), int(row["epoch"])
		add(key, row)
	}
}

// flowTags are the tags of the scalars of each check.
func (r *trained) flowTags() []string {
	var tags []string
	for k := 1; k <= r.layers(); k++ {
		names := []string{
			"gradient_rms", "gradient_mean", "gradient_max", "gradient_zeros", "non_finite", "update_ratio", "delta",
		}
		if k < r.layers() {
			names = append(names, "std", "inactive_units", "saturated_units")
		}
		for _, name := range names {
			tags = append(tags, fmt.Sprintf("flow/dense_%d/%s", k, name))
		}
	}
	return tags
}

// wantFlow returns what the files of checks give for a scalar tag: the mean over the
// replicas, of those that have not diverged, but for the count of values that are
// not finite.
func (r *trained) wantFlow(tag string, step int64) float64 {
	parts := strings.Split(tag, "/") // flow, layer, name
	sum, count := 0.0, 0.0
	for i := range r.run.Repeats {
		finiteRow := r.history.Replica(i)[step].Finite()
		if !finiteRow && parts[2] != "non_finite" && r.goesOn(step) {
			continue
		}
		if value := r.flow.value(flowKey{i, int(step), parts[1]}, parts[2]); finite(value) {
			sum += value
			count++
		}
	}
	return sum / count
}

// goesOn reports whether any replica has not diverged.
func (r *trained) goesOn(step int64) bool {
	for i := range r.run.Repeats {
		if r.history.Replica(i)[step].Finite() {
			return true
		}
	}
	return false
}

// value returns a layer's value: what flow.csv has of it, or the share of the units
// in units.csv.
func (f *flowFiles) value(key flowKey, name string) float64 {
	share := func(is func(flowRow) bool) float64 {
		units := f.units[key]
		if slices.ContainsFunc(units, func(u flowRow) bool { return math.IsNaN(u["active"]) }) {
			return math.NaN() // of what is not finite there is no share
		}
		return float64(len(units)-len(slices.DeleteFunc(slices.Clone(units), is))) / float64(len(units))
	}
	switch name {
	case "inactive_units":
		return share(func(u flowRow) bool { return u["active"] < 0.01 })
	case "saturated_units":
		return share(func(u flowRow) bool { return u["saturated"] >= 0.99 })
	}
	value, found := f.layers[key][name]
	if !found {
		return math.NaN()
	}
	return value
}

// checkVerdict checks that the event file holds the verdict of summary.json, at the
// last epoch; none for a run without checks.
func (r *trained) checkVerdict(t *testing.T) {
	summary, err := record.ReadSummary(filepath.Join(r.folder, runfolder.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	texts := slices.DeleteFunc(slices.Clone(r.events), func(e tensorboard.Event) bool { return e.Plugin != "text" })
	if r.flow == nil {
		if len(texts) != 0 || summary.Verdict != nil {
			t.Errorf("got %d texts and verdict %+v in summary.json, want none", len(texts), summary.Verdict)
		}
		return
	}
	if len(texts) != 1 || summary.Verdict == nil {
		t.Fatalf("got %d texts and verdict %+v in summary.json, want one of both", len(texts), summary.Verdict)
	}
	text, last := texts[0], int64(r.history.Epochs()-1)
	if text.Step != last || text.Tag != "verdict" {
		t.Errorf("got text %s at step %d, want verdict at %d", text.Tag, text.Step, last)
	}
	content := string(text.Strings[0])
	for _, layer := range summary.Verdict.Layers {
		if !strings.Contains(content, layer.Layer) {
			t.Errorf("got a verdict that doesn't name %s:\n%s", layer.Layer, content)
		}
	}
	for _, finding := range summary.Verdict.Findings {
		if finding.Severity == record.Error && !strings.Contains(content, string(finding.Kind)) {
			t.Errorf("got a verdict without the finding %q:\n%s", finding.Kind, content)
		}
	}
}
