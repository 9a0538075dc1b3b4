//go:build tensorflow

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
)

// unstartable returns the path of a program whose engine can't be started, so that whatever is
// asked for ends before training.
func unstartable(f *testing.F) string {
	f.Helper()
	folder := f.TempDir()
	library := filepath.Join(folder, "lib")
	if err := os.Mkdir(library, 0o777); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"gradwatch", "gradwatch-engine", "lib/libtensorflow_framework.so.2"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
			f.Fatal(err)
		}
	}
	return filepath.Join(folder, "gradwatch")
}

// env returns the environment of a command of that program, and what the command prints.
func env(program string) (e *cli.Env, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &cli.Env{Program: program, Stdout: stdout, Stderr: stderr}, stdout, stderr
}

// checkEnd checks what holds of whatever was asked for: an exit status that is
// documented, one line on stderr where it failed, nothing written where the request
// was wrong, and no temporary file.
func checkEnd(t *testing.T, status int, stderr string, before, after map[string]string) {
	t.Helper()
	if status < cli.ExitDone || status > cli.ExitDiverged {
		t.Errorf("got status %d", status)
	}
	errors := strings.Count(stderr, "gradwatch: ")
	ends := strings.HasPrefix(stderr, "gradwatch: ") && strings.HasSuffix(stderr, "\n")
	if failed := status == cli.ExitFailed || status == cli.ExitRequest; failed && (!ends || strings.Count(stderr, "\n") != 1 || errors < 1) {
		t.Errorf("got status %d and %q, want one line", status, stderr)
	}
	if strings.ContainsFunc(stderr, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' }) {
		t.Errorf("got control characters in %q", stderr)
	}
	if strings.Contains(stderr, "%!") {
		t.Errorf("got %q, want no verb without a value", stderr)
	}
	if status == cli.ExitRequest {
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("a wrong request wrote (-before +after):\n%s", diff)
		}
	}
	for name := range after {
		if base := filepath.Base(name); strings.HasPrefix(base, ".") && base != "." && before[name] == "" {
			t.Errorf("left behind: %s", name)
		}
	}
}

// separator stands between the arguments in the fuzz targets' input.
const separator = "\n"

// allFlags adds every flag of every command with values of each kind, right and wrong.
func allFlags(f *testing.F) {
	f.Helper()
	values := []string{
		"", "0", "1", "-1", "2", "1e300", "NaN", "Inf", "0x10", "auto", "all", "a,b", "5,0", "uniform:1,0", "gpu:0", "../x", "\x00", "\xff", "true", "maybe",
	}
	var walk func(c *cobra.Command, path []string)
	walk = func(c *cobra.Command, path []string) {
		f.Add(strings.Join(path, separator))
		c.Flags().VisitAll(func(flag *pflag.Flag) {
			for _, value := range append(slices.Clone(values), flag.DefValue) {
				f.Add(strings.Join(append(slices.Clone(path), "--"+flag.Name+"="+value), separator))
			}
		})
		for _, child := range c.Commands() {
			walk(child, append(slices.Clone(path), child.Name()))
		}
	}
	walk(rootCommand(&cli.Env{}), nil)
}

// FuzzArguments asks the command for anything: it ends with a documented status, says
// what is wrong in one line, and writes nothing where the request was wrong.
// scripts/go test -fuzz FuzzArguments ./cmd/gradwatch
func FuzzArguments(f *testing.F) {
	allFlags(f)
	for _, line := range []string{
		"train --units 1000000 --hidden-layers 2 --repeats 10000", "train --layers 5,5,5,5 --activation tanh,relu,elu,selu", "train --resume logs/run --epochs 3",
		"train --dataset own.csv --scale standard --test-fraction 0.3", "train --initial-weights own.json", "train --preset tanh-5 --clip-norm 1 --clip-value 1",
		"study --vary hidden-layers=1:10 --vary activation=tanh,relu", "study --vary learning-rate=0.0001:1:x10 --repeats 3", "study --resume logs/run",
		"study --vary layers=8,8,4;16,16 --name x/y", "study --vary units=1:9999999999", "study --vary units=1,2;3 --vary units=4", "study --vary noise=0.1:0.5:0.1",
		"diagnose logs/run --format json --exit-code", "diagnose logs/run --learned 0.2 --running 3", "diagnose --try-fixes --budget 1s --repeats 2 logs/run",
		"data --dataset moons --samples 20 --out points", "data --samples 20 --out own --overwrite", "completion bash", "help train", "__complete train --opt", "version", "devices",
		"tutorial --epochs 3", "train --run a/b --logdir own.csv", "train -h", "--help", "help help", "completion", "train -- x", "train --no-shuffle", "train --seed=4294967295 --repeats=2",
	} {
		f.Add(strings.Join(strings.Fields(line), separator))
	}
	program := unstartable(f)
	f.Fuzz(func(t *testing.T, joined string) {
		args := strings.Split(joined, separator)
		if outsideOrSlow(args) {
			t.Skip()
		}
		t.Chdir(t.TempDir())
		write(t, "own.csv", "x1,x2,label\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
		write(t, "own.json", "[[[1],[2]],[0]]")
		before := files(t)
		c, stdout, stderr := env(program)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		status := runCommand(ctx, c, args)
		checkEnd(t, status, stderr.String(), before, files(t))
		if status == cli.ExitRequest && stdout.Len() > 0 {
			t.Errorf("got status 2 and %q on stdout", stdout.String())
		}
	})
}

// outsideOrSlow tells arguments that would write beyond the test's folder, or take
// long without telling anything: large data sets.
func outsideOrSlow(args []string) bool {
	for i, arg := range args {
		_, value, _ := strings.Cut(arg, "=")
		for _, text := range []string{arg, value} {
			if strings.HasPrefix(text, "/") || strings.Contains(text, "..") && args[0] == "data" {
				return true
			}
		}
		if digits := strings.Trim(value, "0123456789"); (strings.HasPrefix(arg, "--samples") || i > 0 && args[i-1] == "--samples") &&
			(len(value) > 5 && digits == "" || len(arg) > 5 && value == "") {
			return true
		}
		if strings.HasPrefix(arg, "--vary") && strings.Count(joinedFrom(args, i), ":") > 0 && len(joinedFrom(args, i)) > 60 {
			return true // tens of thousands of configurations
		}
	}
	return false
}

func joinedFrom(args []string, i int) string { return strings.Join(args[i:min(i+2, len(args))], " ") }

// recordedRun returns the files of a small run that was really trained.
func recordedRun(f *testing.F, flags ...string) map[string]string {
	f.Helper()
	if fuzzWorker() {
		return nil // it gets its inputs from the process that trained the run
	}
	folder := f.TempDir()
	args := append([]string{"train", "--quiet", "--plots=false", "--epochs", "4", "--samples", "40", "--logdir", folder, "--run", "run"}, flags...)
	if got := gradwatch(f.Context(), args...); got.status != cli.ExitDone && got.status != cli.ExitDiverged {
		f.Fatalf("got status %d, %s", got.status, got.stderr)
	}
	contents := make(map[string]string)
	for _, name := range []string{"summary.json", "history.csv", "flow.csv", "units.csv"} {
		content, err := os.ReadFile(filepath.Join(folder, "run", name))
		if err != nil {
			f.Fatal(err)
		}
		contents[name] = string(content)
	}
	return contents
}

// FuzzRunFolder gives any files as a run's to all that reads one back.
func FuzzRunFolder(f *testing.F) {
	for _, flags := range [][]string{
		{"--hidden-layers", "1", "--units", "2"},
		{"--hidden-layers", "2", "--units", "2", "--repeats", "2"},
		{"--preset", "tanh-5"},
		{"--units", "2", "--hidden-layers", "1", "--learning-rate", "1e30"},
	} {
		run := recordedRun(f, flags...)
		f.Add(run["summary.json"], run["history.csv"], run["flow.csv"], run["units.csv"])
		f.Add(strings.Replace(run["summary.json"], `"done"`, `"stopped"`, 1), run["history.csv"], run["flow.csv"], run["units.csv"])
	}
	program := unstartable(f)
	f.Fuzz(func(t *testing.T, summary, history, flow, units string) {
		var s record.Summary
		if json.Unmarshal([]byte(summary), &s) == nil && (s.Configuration.Samples > 1000 || len(s.Seeds) > 100) {
			t.Skip() // it would take long
		}
		t.Chdir(t.TempDir())
		if err := os.MkdirAll("logs/run", 0o777); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"summary.json": summary, "history.csv": history, "flow.csv": flow, "units.csv": units} {
			write(t, filepath.Join("logs/run", name), content)
		}
		for _, args := range []string{
			"diagnose logs/run", "diagnose --format json --exit-code logs/run", "diagnose --try-fixes --budget 1ms --repeats 1 logs/run", "train --resume logs/run",
		} {
			before := files(t)
			c, _, stderr := env(program)
			status := runCommand(t.Context(), c, strings.Fields(args))
			checkEnd(t, status, stderr.String(), before, files(t))
			if t.Failed() {
				t.Logf("of: %s", args)
			}
		}
	})
}

// FuzzStudyFolder gives any study.json and study.csv to study --resume.
func FuzzStudyFolder(f *testing.F) {
	const definition = `{"format": 1, "name": "s", "flags": [{"flag": "samples", "value": "40"}, {"flag": "epochs", "value": "2"}],
"axes": [{"flag": "units", "values": ["2", "3"]}, {"flag": "activation", "values": ["tanh", "relu"]}], "cores": 2, "versions": {}}`
	const header = "configuration,units,activation,replica,seed,state,epochs,loss,accuracy,val_loss,val_accuracy,seconds,message\n"
	done := header
	for _, c := range []string{"2,tanh", "2,relu", "3,tanh", "3,relu"} {
		units, activation, _ := strings.Cut(c, ",")
		done += "\"units=" + units + ",activation=" + activation + "\"," + c + ",0,1,done,2,0.5,0.5,0.6,0.4,0.1,\n"
	}
	f.Add(definition, header)
	f.Add(definition, done)
	f.Add(definition, strings.ReplaceAll(done, "0.4", "NaN"))
	f.Add(strings.Replace(definition, `"40"`, `"x"`, 1), "")
	f.Add(`{"format": 1, "name": "../x"}`, "\n")
	program := unstartable(f)
	f.Fuzz(func(t *testing.T, definition, results string) {
		if len(definition) > 2000 || strings.Contains(definition, "0000") {
			t.Skip() // large data sets take long
		}
		t.Chdir(t.TempDir())
		if err := os.MkdirAll("logs/s", 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, "logs/s/study.json", definition)
		write(t, "logs/s/study.csv", results)
		before := files(t)
		c, stdout, stderr := env(program)
		status := runCommand(t.Context(), c, []string{"study", "--quiet", "--resume", "logs/s"})
		checkEnd(t, status, stderr.String(), before, files(t))
		if strings.Contains(stdout.String(), "NaN") {
			t.Errorf("got NaN in %s", stdout.String())
		}
	})
}

// FuzzData reads any CSV file as training does: it is refused, or scaled to finite
// numbers in every way there is.
func FuzzData(f *testing.F) {
	for _, text := range []string{
		"1,0\n2,1\n3,0\n4,1\n", "x,label\n1e308,0\n-1e308,1\n", "5,0\n5,1\n5,0\n", "1e-320,0\n0,1\n3e-320,0\n", "1,1e308,0\n2,-1e308,1\n3,0,1\n", "0,0\n1e154,1\n1e155,0\n",
	} {
		f.Add(text, 0.5)
	}
	f.Fuzz(func(t *testing.T, text string, testFraction float64) {
		t.Chdir(t.TempDir())
		write(t, "own.csv", text)
		for _, scale := range dataset.ScaleNames() {
			run := config.Default()
			run.Dataset, run.Scale, run.TestFraction = "own.csv", scale, testFraction
			if run.Validate() != nil {
				continue
			}
			data, err := runner.Check(&run)
			if err != nil {
				if line := cli.Message(err); strings.Contains(line, "\n") || !strings.Contains(line, "own.csv") && !strings.Contains(line, "--") {
					t.Errorf("got %q, want one line with the file or the flag", line)
				}
				continue
			}
			points := data.Examples
			rows, err := dataset.TrainRows(points.Len(), testFraction)
			if err != nil {
				t.Fatal(err)
			}
			scaler, err := dataset.FitScaler(scale, points, rows)
			if err != nil {
				t.Fatal(err)
			}
			if err := scaler.Check(points.Features()); err != nil {
				t.Error(err)
			}
			for i, x := range scaler.Apply(points).X {
				if x != x {
					t.Errorf("%s: value %d of %q is NaN", scale, i, text)
				}
			}
		}
	})
}
