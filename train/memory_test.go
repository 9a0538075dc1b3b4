//go:build tensorflow

package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// memoryOf returns points of two moons as rows in memory, and as the text of a CSV file.
func memoryOf(t *testing.T, samples int) (Rows, string) {
	t.Helper()
	points, err := dataset.Generate("moons", samples, 0.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	var rows Rows
	var text strings.Builder
	for i := range points.Len() {
		row := points.Row(i)
		rows.Inputs, rows.Targets = append(rows.Inputs, row), append(rows.Targets, points.Y[i])
		fmt.Fprintf(&text, "%v,%v,%v\n", row[0], row[1], points.Y[i])
	}
	return rows, text.String()
}

// TestDataInMemory trains on rows in memory as on the file that holds them, bit by bit.
func TestDataInMemory(t *testing.T) {
	rows, text := memoryOf(t, 200)
	labeled := Rows{Inputs: rows.Inputs}
	var words strings.Builder
	for i, y := range rows.Targets {
		label := []string{"no", "yes"}[int(y)]
		labeled.Labels = append(labeled.Labels, label)
		fmt.Fprintf(&words, "%v,%v,%s\n", rows.Inputs[i][0], rows.Inputs[i][1], label)
	}
	file := writeFile(t, text)
	for name, c := range map[string]struct {
		data Data
		file string
		set  func(*config.Run)
	}{
		"a share tests":      {Data{Train: rows}, file, func(*config.Run) {}},
		"shuffled, standard": {Data{Train: rows}, file, func(r *config.Run) { r.ShuffleRows, r.Scale = true, "standard" }},
		"stratified":         {Data{Train: rows}, file, func(r *config.Run) { r.Stratify = true }},
		"labels":             {Data{Train: labeled}, writeFile(t, words.String()), func(*config.Run) {}},
		"regression":         {Data{Train: rows}, file, func(r *config.Run) { r.Task = "regression" }},
		"test rows":          {Data{Train: rows, Test: rows}, file, func(r *config.Run) { r.TestFile = file }},
	} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Dataset = c.file
			c.set(&run)
			want := mustRun(t, run)
			run.Dataset, run.TestFile = "circles", ""
			got, err := Run(t.Context(), run, Options{Data: &c.data})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(flatWeights(want.Weights), flatWeights(got.Weights)); diff != "" {
				t.Errorf("the weights differ: %s", diff)
			}
			if diff := cmp.Diff(encode(t, want.Summary.Result), encode(t, got.Summary.Result)); diff != "" {
				t.Errorf("the results differ: %s", diff)
			}
			if got.Summary.Configuration.Dataset != "memory" || got.Summary.Evaluation == nil {
				t.Errorf("got data set %q, evaluation %v", got.Summary.Configuration.Dataset, got.Summary.Evaluation)
			}
		})
	}
}

// TestMissingInMemory fills missing values, or leaves their rows out.
func TestMissingInMemory(t *testing.T) {
	rows, _ := memoryOf(t, 200)
	rows.Inputs[3] = []float64{math.NaN(), 1}
	for missing, want := range map[string]int{"mean": 200, "drop": 199} {
		run := small(t)
		run.Missing = missing
		result, err := Run(t.Context(), run, Options{Data: &Data{Train: rows, Test: rows}})
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Summary.TrainRows; got != want || result.Summary.TestRows != want {
			t.Errorf("%s: got %d training rows and %d test rows, want %d each", missing, got, result.Summary.TestRows, want)
		}
	}
}

// TestWrongDataInMemory refuses rows with an error of its type, before anything is written.
func TestWrongDataInMemory(t *testing.T) {
	good, _ := memoryOf(t, 20)
	with := func(change func(*Data)) Data {
		rows, _ := memoryOf(t, 20)
		data := Data{Train: rows}
		change(&data)
		return data
	}
	same := func(*config.Run) {}
	for name, c := range map[string]struct {
		data  Data
		set   func(*config.Run)
		field string
		part  string // of the message
	}{
		"no rows":        {Data{}, same, "data", "no inputs"},
		"rows of two":    {with(func(d *Data) { d.Train.Inputs[4] = []float64{1} }), same, "data", "training row 5 of 1 inputs"},
		"infinite":       {with(func(d *Data) { d.Train.Inputs[4][1] = math.Inf(1) }), same, "data", "training row 5, column 2: +Inf"},
		"missing":        {with(func(d *Data) { d.Train.Inputs[4][1] = math.NaN() }), same, "data", "training row 5, column 2: NaN"},
		"no target":      {with(func(d *Data) { d.Train.Targets = d.Train.Targets[1:] }), same, "data", "20 training rows with 19"},
		"a NaN target":   {with(func(d *Data) { d.Train.Targets[0] = math.NaN() }), same, "data", "training row 1, target: NaN"},
		"both":           {with(func(d *Data) { d.Train.Labels = make([]string, 20) }), same, "data", "labels and targets"},
		"an empty label": {with(func(d *Data) { d.Train.Targets, d.Train.Labels = nil, make([]string, 20) }), same, "data", "training row 1 without a label"},
		"test rows apart": {
			Data{Train: good, Test: Rows{Inputs: good.Inputs, Labels: make([]string, 20)}}, same, "data", "labels in both or in neither",
		},
		"names":         {with(func(d *Data) { d.Columns = []string{"a"} }), same, "data", "1 names"},
		"one name":      {with(func(d *Data) { d.Columns = []string{"a", "a"} }), same, "data", "a name of its own"},
		"a test file":   {Data{Train: good}, func(r *config.Run) { r.TestFile = "test.csv" }, "test", "unset"},
		"a target":      {Data{Train: good}, func(r *config.Run) { r.Target = "1" }, "target", "unset"},
		"drawn apart":   {Data{Train: good, Test: good}, func(r *config.Run) { r.ShuffleRows = true }, "data", "shuffle-rows"},
		"configuration": {Data{Train: good}, func(r *config.Run) { r.Epochs = 0 }, "epochs", "want"},
	} {
		run := small(t)
		run.LogDir = filepath.Join(run.LogDir, "logs")
		c.set(&run)
		_, err := Run(t.Context(), run, Options{Data: &c.data})
		var wrong *invalid.Error
		if !errors.As(err, &wrong) || wrong.Field != c.field || !strings.Contains(err.Error(), c.part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line of %s with %q", name, err, c.field, c.part)
		}
		if _, err := os.Stat(run.LogDir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the log folder was made: %v", name, err)
		}
	}
}
