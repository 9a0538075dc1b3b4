//go:build tensorflow

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
)

// fed runs a command with a standard input.
func fed(ctx context.Context, stdin io.Reader, args ...string) result {
	var stdout, stderr bytes.Buffer
	f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout, Stderr: &stderr, Stdin: stdin}
	status := runCommand(ctx, f, args)
	return result{status, stdout.String(), stderr.String()}
}

// circlesRun trains a run named it on x1 and x2, and writes its data to circles.csv.
func circlesRun(t *testing.T, flags ...string) *record.Summary {
	t.Helper()
	t.Chdir(t.TempDir())
	succeed(t, "data", "--samples", "10000")
	args := []string{"train", "--quiet", "--epochs", "3", "--plots=false", "--run", "it", "--samples", "10000", "--batch-norm"}
	succeed(t, append(args, flags...)...)
	summary, err := record.ReadSummary("logs/it/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// predictions reads what predict wrote.
func predictions(t *testing.T, text string) (probabilities []float64, classes []string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "probability,class" {
		t.Fatalf("got header %q, want probability,class", got)
	}
	for _, row := range rows[1:] {
		p, err := strconv.ParseFloat(row[0], 32)
		if err != nil {
			t.Fatal(err)
		}
		probabilities, classes = append(probabilities, p), append(classes, row[1])
	}
	return probabilities, classes
}

// TestPredict predicts the rows that a run was trained and tested on: loss and
// accuracy are those that the run recorded. The rows fill several frames.
func TestPredict(t *testing.T) {
	summary := circlesRun(t)
	r := succeed(t, "predict", "logs/it", "circles.csv")
	if r.stderr != "" {
		t.Errorf("got %q on stderr, want nothing", r.stderr)
	}
	probabilities, classes := predictions(t, r.stdout)
	rows := readCSV(t, "circles.csv")[1:]
	if len(probabilities) != len(rows) {
		t.Fatalf("got %d rows, want %d", len(probabilities), len(rows))
	}
	for _, part := range []struct {
		name           string
		first, end     int
		loss, accuracy record.Number
	}{
		{"train", 0, summary.TrainRows, summary.Result[0].Loss, summary.Result[0].Accuracy},
		{"test", summary.TrainRows, len(rows), summary.Result[0].ValLoss, summary.Result[0].ValAccuracy},
	} {
		loss, right := 0.0, 0
		for i := part.first; i < part.end; i++ {
			p := probabilities[i]
			if rows[i][2] == "0" {
				p = 1 - p
			}
			loss -= math.Log(p)
			if classes[i] == rows[i][2] {
				right++
			}
		}
		n := float64(part.end - part.first)
		if got := loss / n; math.Abs(got-float64(part.loss)) > 1e-6 {
			t.Errorf("%s: got loss %v, want %v", part.name, got, part.loss)
		}
		if got := float64(right) / n; math.Abs(got-float64(part.accuracy)) > 1e-6 {
			t.Errorf("%s: got accuracy %v, want %v", part.name, got, part.accuracy)
		}
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestPredictTasks predicts the rows that tested a model of three classes, which are
// words, and a regression: accuracy and mean absolute error are those recorded.
func TestPredictTasks(t *testing.T) {
	tables, err := filepath.Abs("../../train/testdata/tables")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, tc := range []struct{ name, header string }{
		{"iris", "probability_setosa,probability_versicolor,probability_virginica,class"}, {"diabetes", "prediction"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows := readCSV(t, filepath.Join(tables, tc.name+".csv"))
			cut := len(rows) * 2 / 3
			writeRows(t, "first.csv", rows[:cut])
			writeRows(t, "rest.csv", append(rows[:1:1], rows[cut:]...))
			succeed(t, "train", "--quiet", "--plots=false", "--epochs", "30", "--optimizer", "adam", "--run", tc.name,
				"--dataset", "first.csv", "--test", "rest.csv")
			summary, err := record.ReadSummary(filepath.Join("logs", tc.name, "summary.json"))
			if err != nil {
				t.Fatal(err)
			}
			succeed(t, "predict", "--out", tc.name+".csv", filepath.Join("logs", tc.name), "rest.csv")
			got := readCSV(t, tc.name+".csv")
			if header := strings.Join(got[0], ","); header != tc.header {
				t.Errorf("got header %s, want %s", header, tc.header)
			}
			if len(got) != len(rows)-cut+1 {
				t.Fatalf("got %d lines, want %d", len(got), len(rows)-cut+1)
			}
			metric := 0.0
			for i, row := range got[1:] {
				said, want := row[len(row)-1], rows[cut+i][len(rows[0])-1]
				if tc.name == "diabetes" {
					metric += math.Abs(number(t, said) - number(t, want))
				} else if said == want {
					metric++
				}
			}
			metric /= float64(len(got) - 1)
			if want := float64(summary.Result[0].ValAccuracy); math.Abs(metric-want) > 1e-5 {
				t.Errorf("got accuracy or error %v, want %v", metric, want)
			}
		})
	}
}

func writeRows(t *testing.T, path string, rows [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}

// TestPredictWords predicts rows with missing values and words, of which one is new.
func TestPredictWords(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "pets.csv", "kind,age,\"good, or bad\"\ncat,1,\"a, bad one\"\ndog,2,good\ncat,,good\ndog,4,\"a, bad one\"\n")
	succeed(t, "train", "--quiet", "--plots=false", "--epochs", "2", "--dataset", "pets.csv", "--run", "it", "--missing", "mean", "--one-hot", "all",
		"--learning-rate", "0.5", "--layers", "2")
	r := fed(t.Context(), strings.NewReader("age,kind\nNA,cat\n3,cow\n"), "predict", "logs/it", "-")
	want := regexp.MustCompile(`^probability,class\n(0\.\d+,(good|"a, bad one")\n){2}$`)
	if r.status != cli.ExitDone || !want.MatchString(r.stdout) {
		t.Errorf("got status %d and %q, want %s", r.status, r.stdout, want)
	}
	if want := "gradwatch: column \"kind\": 1 row with a category that no training row had, taken as none of them\n"; r.stderr != want {
		t.Errorf("got %q, want %q", r.stderr, want)
	}
	if r := gradwatch(t.Context(), "export", "logs/it"); r.status != cli.ExitDone {
		t.Errorf("got status %d and %q", r.status, r.stderr)
	}
}

// TestPredictForms gives the same rows in other forms.
func TestPredictForms(t *testing.T) {
	circlesRun(t, "--repeats", "2", "--seed", "4")
	rows := readCSV(t, "circles.csv")[:200]
	form := func(header bool, order ...int) string {
		var b strings.Builder
		for i, row := range rows {
			if i == 0 && !header {
				continue
			}
			var fields []string
			for _, at := range order {
				if at < 0 {
					fields = append(fields, fmt.Sprintf("note %d", i))
				} else {
					fields = append(fields, row[at])
				}
			}
			b.WriteString(strings.Join(fields, ",") + "\n")
		}
		return b.String()
	}
	want := fed(t.Context(), strings.NewReader(form(true, 0, 1, 2)), "predict", "logs/it", "-")
	if want.status != cli.ExitDone || strings.Count(want.stdout, "\n") != len(rows) || want.stderr != "gradwatch: predicted with replica 0 of 2, seed 4\n" {
		t.Fatalf("got status %d, %d lines and %q", want.status, strings.Count(want.stdout, "\n"), want.stderr)
	}
	for name, text := range map[string]string{
		"without a header": form(false, 0, 1, 2), "without a label": form(true, 0, 1), "without both": form(false, 0, 1),
		"in another order": form(true, 2, 1, 0), "with another column": form(true, 1, -1, 0),
	} {
		t.Run(name, func(t *testing.T) {
			got := fed(t.Context(), strings.NewReader(text), "predict", "logs/it", "-")
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	write(t, "rows.csv", form(true, 0, 1))
	succeed(t, "predict", "--out", "p.csv", "logs/it", "rows.csv")
	if got, err := os.ReadFile("p.csv"); err != nil || string(got) != want.stdout {
		t.Errorf("got %d bytes (%v) in the file, want the %d of standard output", len(got), err, len(want.stdout))
	}
	if other := succeed(t, "predict", "--replica", "1", "logs/it", "rows.csv"); other.stdout == want.stdout {
		t.Error("got the same of another replica")
	}
	succeed(t, "predict", "--out", "p.csv", "--overwrite", "--replica", "1", "logs/it", "rows.csv")
	if got, err := os.ReadFile("p.csv"); err != nil || string(got) == want.stdout {
		t.Errorf("got the old file (%v), want it overwritten", err)
	}
}

// TestPredictWrong gives what can't be predicted: one line says what and where, and
// no file is left.
func TestPredictWrong(t *testing.T) {
	circlesRun(t)
	many := strings.Repeat("0.5,0.5\n", 9000)
	before := files(t)
	for name, tc := range map[string]struct {
		args, stdin string
		want        string // of the line
		lines       int    // on standard output
		status      int
	}{
		"a missing column": {"logs/it -", "x2,y\n1,2\n", `standard input:1: no column "x1": want one of that name`, 0, cli.ExitRequest},
		"two of a name":    {"logs/it -", "x2,x1,x1\n1,2,3\n", `standard input:1: two columns "x1": want one of that name`, 0, cli.ExitRequest},
		"too few columns":  {"logs/it -", "1\n", `standard input:1: 1 column: want 2 \(x1, x2\), or 3 with the target, "label"`, 0, cli.ExitRequest},
		"nothing":          {"logs/it -", "", `standard input: empty.*`, 0, cli.ExitRequest},
		"a word":           {"logs/it -", "x1,x2\n1,2\n1,two\n", `standard input:3: column "x2": "two": want a finite number`, 2, cli.ExitRequest},
		"a word far down":  {"logs/it -", many + "x,0.5\n" + many, `standard input:9001: column "x1": "x": want a finite number`, 9001, cli.ExitRequest},
		"a short row":      {"logs/it -", "1,2\n3\n", `standard input:2: 1 field: want 2, as in the first line`, 2, cli.ExitRequest},
		"a missing value":  {"logs/it -", "1,2\n,3\n", `standard input:2: column "x1": "": want a value: the model was trained without --missing, which says what stands for one`, 2, cli.ExitRequest},
		"no file":          {"logs/it none.csv", "", `file "none.csv": want a CSV file, or - for standard input: there is none of that name`, 0, cli.ExitRequest},
		"a folder":         {"logs/it logs", "", `.*is a directory`, 0, cli.ExitFailed},
		"no run":           {"logs -", "", `run "logs": want the folder of a run, which holds a summary.json`, 0, cli.ExitRequest},
		"one argument":     {"logs/it", "", `1 arguments: want two, a run's folder and a CSV file, such as logs/relu-5 new.csv`, 0, cli.ExitRequest},
		"a replica":        {"--replica 3 logs/it -", "", `--replica "3": want 0: the run has one model`, 0, cli.ExitRequest},
		"a file there":     {"--out circles.csv logs/it -", "1,2\n", `--out "circles.csv": circles.csv is there already: want another name, or --overwrite for a file`, 0, cli.ExitRequest},
		"a folder there":   {"--overwrite --out logs logs/it -", "1,2\n", `--out "logs": logs is there already: .*`, 0, cli.ExitRequest},
		"no folder":        {"--out none/p.csv logs/it -", "1,2\n", `--out "none/p.csv": folder "none": no such file or directory`, 0, cli.ExitFailed},
		"a word, to a file": {
			"--out p.csv logs/it -", many + "x,0.5\n", `standard input:9001: column "x1": "x": want a finite number`, 0, cli.ExitRequest,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := fed(t.Context(), strings.NewReader(tc.stdin), append([]string{"predict"}, strings.Fields(tc.args)...)...)
			want := regexp.MustCompile("^gradwatch: " + tc.want + "\n$")
			if r.status != tc.status || !want.MatchString(r.stderr) {
				t.Errorf("got status %d, %q\nwant %d and %s", r.status, r.stderr, tc.status, want)
			}
			if got := strings.Count(r.stdout, "\n"); got != tc.lines {
				t.Errorf("got %d lines, want %d", got, tc.lines)
			}
		})
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
}

// TestPredictStops stops it while it waits for rows.
func TestPredictStops(t *testing.T) {
	circlesRun(t)
	before := files(t)
	stdin, rows := io.Pipe()
	defer rows.Close()
	ctx, stop := context.WithCancelCause(t.Context())
	go func() {
		for range 5000 {
			_, _ = rows.Write([]byte("0.5,0.5\n"))
		}
		time.Sleep(50 * time.Millisecond)
		stop(cli.Stopped{Signal: syscall.SIGINT})
	}()
	r := fed(ctx, stdin, "predict", "--out", "p.csv", "logs/it", "-")
	if want := "gradwatch: stopped by signal: interrupt\n"; r.status != cli.ExitSignal+int(syscall.SIGINT) || r.stderr != want {
		t.Errorf("got status %d and %q, want 130 and %q", r.status, r.stderr, want)
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
}

// fullDisk takes some bytes.
type fullDisk struct{ free int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.free -= len(p); d.free < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

// TestPredictFullDisk writes more than there is room for: it ends at once.
func TestPredictFullDisk(t *testing.T) {
	circlesRun(t)
	var stderr bytes.Buffer
	f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &fullDisk{100_000}, Stderr: &stderr, Stdin: endless{}}
	status := runCommand(t.Context(), f, []string{"predict", "logs/it", "-"})
	if want := "gradwatch: write predictions: no space left on device\n"; status != cli.ExitFailed || stderr.String() != want {
		t.Errorf("got status %d and %q, want 1 and %q", status, stderr.String(), want)
	}
}

// endless is rows without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	const row = "0.5,0.5\n"
	n := len(p) / len(row) * len(row)
	copy(p, strings.Repeat(row, n/len(row)))
	return n, nil
}
