//go:build tensorflow

package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/terminal"
)

// tables returns the folder of scikit-learn's data sets, before the test changes folders.
func tables(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "train", "testdata", "tables"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTrainOnTables trains on tables of each task and looks at what is printed and kept.
func TestTrainOnTables(t *testing.T) {
	files := tables(t)
	t.Chdir(t.TempDir())
	write(t, "words.csv", "size,color,kind\n1,red,cat\n2,,dog\n3,blue,cat\nNA,red,dog\n5,blue,cat\n6,red,dog\n7,green,cat\n8,red,dog\n")
	write(t, "cats.csv", "size,color,kind\n1,red,cat\n5,blue,cat\n")
	write(t, "even.csv", "size,color,kind\n3,red,cat\n3,blue,dog\n")
	write(t, "plane.csv", "a,b,kind\n"+strings.Repeat("1,2,x\n2,3,y\n3,1,z\n", 4))
	for _, tc := range []struct {
		name, args string
		want       []string // in the result
		files      []string // among the run's
		without    []string
	}{
		{
			"classes", "--dataset " + files + "/iris.csv --test-fraction 0.3 --stratify --scale standard",
			[]string{"target target: 3 classes, setosa 33%, versicolor 33%, virginica 33%; 4 inputs\nrows: 105 train, 45 test (shuffled, stratified)\n\n", "test rows by class (down) and predicted class (across)\nclass       setosa  versicolor  virginica\n", "\nclass       precision  recall     F1  support\nsetosa    ", "       15\n"},
			[]string{"confusion.csv", "accuracy.png"},
			[]string{"roc.csv"},
		},
		{
			"two classes, several seeds", "--repeats 3 --dataset " + files + "/breast_cancer.csv.gz",
			[]string{"3 seeds together\nclass      benign  malignant\n", "area under the ROC curve  0."},
			[]string{"roc.csv", "roc.png", "confusion.csv"},
			nil,
		},
		{
			"a number", "--dataset " + files + "/diabetes.csv --test-fraction 0.5 --shuffle-rows=false",
			[]string{"target target: a number, mean 153.7, standard deviation 74; 10 inputs\nrows: 221 train, 221 test (the last ones)\n\n", "                         train       test\nmean absolute error  ", "R² on the test rows "},
			[]string{"predicted.csv", "predicted.png", "mae.png"},
			[]string{"accuracy.png", "confusion.csv"},
		},
		{
			"words and gaps", "--dataset words.csv --test-fraction 0.5 --shuffle-rows=false",
			[]string{"target kind: 2 classes, cat 50%, dog 50%; 3 inputs, color one-hot, size and\ncolor filled\nrows: 4 train, 4 test (the last ones)\n", "4 rows to train on and 4 to test", "1 test row has a category"},
			[]string{"confusion.csv"},
			nil,
		},
		{"a test part of one class", "--dataset words.csv --one-hot all --missing drop --test cats.csv", []string{"error: single-class. All test rows (2) are of class \"cat\""}, nil, nil},
		{"a constant number", "--dataset words.csv --one-hot color,kind --missing drop --task regression --target size --test even.csv", []string{"R² on the test rows is not defined: the target has the same value in all of them\n"}, []string{"predicted.png"}, nil},
		{"three classes of two inputs", "--dataset plane.csv --stratify", []string{"class  x  y  z\n"}, []string{"decision.png"}, nil},
		{"a second file", "--dataset words.csv --one-hot all --missing drop --test words.csv --target kind", []string{"rows: 6 train, 6 test (words.csv)\n", "6 rows to train on and 6 to test"}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := append([]string{"train", "--epochs", "3", "--run", "it", "--overwrite"}, strings.Fields(tc.args)...)
			r := succeed(t, args...)
			for _, want := range tc.want {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("got %s\nwant it to hold %q", r.stdout, want)
				}
			}
			for line := range strings.Lines(r.stdout) {
				if strings.HasPrefix(line, "class") && len(line) > terminal.Width+1 {
					t.Errorf("line of %d columns: %s", len(line)-1, line)
				}
			}
			kept := names(t, filepath.Join("logs", "it"))
			for _, name := range tc.files {
				if !slices.Contains(kept, name) {
					t.Errorf("files: got %v, want %s among them", kept, name)
				}
			}
			for _, name := range tc.without {
				if slices.Contains(kept, name) {
					t.Errorf("files: got %v, want no %s", kept, name)
				}
			}
			summary, err := record.ReadSummary(filepath.Join("logs", "it", "summary.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := summary.Schema.Check(); err != nil {
				t.Error(err)
			}
			if again := succeed(t, "diagnose", filepath.Join("logs", "it")); !strings.Contains(again.stdout, "Verdict") {
				t.Errorf("diagnose: got %q", again.stdout)
			}
		})
	}
}

// TestOneClassOfTestRows warns once: in the verdict of a table, or beside the scores if there is none.
func TestOneClassOfTestRows(t *testing.T) {
	summary := &record.Summary{Evaluation: &record.Evaluation{Replicas: 1, Classes: []record.ClassScore{{Class: "cat", Support: 7}, {Class: "dog"}}}}
	const warning = "warning: all test rows are of class \"cat\""
	for _, tc := range []struct {
		verdict *record.Report
		profile *profile.Table
		want    bool
	}{{nil, nil, true}, {&record.Report{}, nil, true}, {&record.Report{}, &profile.Table{}, false}} {
		summary.Verdict, summary.Data.Profile = tc.verdict, tc.profile
		var out strings.Builder
		report.Evaluation(&out, summary)
		if got := strings.Contains(out.String(), warning); got != tc.want {
			t.Errorf("got %q, want the warning: %t", out.String(), tc.want)
		}
	}
}

// TestConfusionOfManyClasses prints ten classes of long names within the width, and of
// more only how they are told on average.
func TestConfusionOfManyClasses(t *testing.T) {
	of := func(classes int) string {
		e := &record.Evaluation{Replicas: 1, MacroF1: 0.5}
		for k := range classes {
			e.Classes = append(e.Classes, record.ClassScore{Class: strings.Repeat("long ", 4) + string(rune('a'+k)), Support: 1234})
			e.Confusion = append(e.Confusion, make([]int, classes))
			e.Confusion[k][k] = 1234
		}
		var out strings.Builder
		report.Evaluation(&out, &record.Summary{Evaluation: e})
		return out.String()
	}
	ten := of(10)
	for line := range strings.Lines(ten) {
		if n := len([]rune(line)) - 1; n > terminal.Width {
			t.Errorf("line of %d columns: %q", n, line)
		}
	}
	if strings.Count(ten, "1234") != 20 {
		t.Errorf("got %s\nwant each count twice", ten)
	}
	if got, want := of(11), "F1, mean of the classes  0.500; 11 classes: see confusion.csv\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestStudyOfRegressions compares configurations by R², goes on with them, and refuses
// those of another task beside.
func TestStudyOfRegressions(t *testing.T) {
	files := tables(t)
	t.Chdir(t.TempDir())
	data := []string{"--dataset", files + "/diabetes.csv", "--scale", "standard", "--epochs", "5", "--repeats", "2"}
	r := succeed(t, append([]string{"study", "--vary", "hidden-layers=1:2", "--name", "depth"}, data...)...)
	if !strings.Contains(r.stdout, "hidden-layers        test R²  median") {
		t.Errorf("got %s\nwant a column test R²", r.stdout)
	}
	file, err := os.Open(filepath.Join("studies", "depth", "study.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(rows[0], "val_r2") || slices.Contains(rows[0], "val_accuracy") || len(rows) != 5 {
		t.Errorf("study.csv: got %d rows, columns %v, want 5 with val_r2", len(rows), rows[0])
	}
	summary, err := record.ReadSummary(filepath.Join("studies", "depth", rows[1][0], "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows[1][slices.Index(rows[0], "val_r2")], summary.Evaluation.R2[0]; got != jsonNumber(t, want) {
		t.Errorf("R² of the first replica: got %s, want %v", got, want)
	}
	if again := succeed(t, "study", "--resume", "studies/depth", "--quiet"); !strings.Contains(again.stdout, "test R²") {
		t.Errorf("resumed: got %s", again.stdout)
	}
	write(t, "few.csv", "1,0\n2,1\n3,0\n4,1\n")
	mixed := gradwatch(t.Context(), "study", "--vary", "task=classification,regression", "--dataset", "few.csv", "--quiet")
	want := "gradwatch: --vary: --task classification and --task regression: want configurations that all classify or all regress\n"
	if mixed.status != cli.ExitRequest || mixed.stderr != want {
		t.Errorf("two tasks: got status %d, %q, want %d, %q", mixed.status, mixed.stderr, cli.ExitRequest, want)
	}
}

func jsonNumber(t *testing.T, n record.Number) string {
	t.Helper()
	text, err := n.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
