//go:build tensorflow

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"
)

// vanishing are the flags of a run whose gradient vanishes, with any seed.
const vanishing = "--layers 5,5,5,5,5,5,5,5 --activation sigmoid --plots=false"

// trainTestRun trains a run of that name and returns its folder.
func trainTestRun(t *testing.T, name, flags string) string {
	t.Helper()
	succeed(t, append([]string{"train", "--run", name}, strings.Fields(flags)...)...)
	return filepath.Join("logs", name)
}

// copyRun copies a run's files, without folders in it.
func copyRun(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text in a file, which must be there.
func edit(t *testing.T, path, old, by string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s holds no %q", path, old)
	}
	write(t, path, strings.Replace(string(content), old, by, 1))
}

func TestDiagnose(t *testing.T) {
	t.Chdir(t.TempDir())
	trained := succeed(t, append([]string{"train", "--run", "fades", "--epochs", "30"}, strings.Fields(vanishing)...)...)
	r := succeed(t, "diagnose", "logs/fades")
	want := regexp.MustCompile(`^fades: done, 30 epochs

Verdict: error, the model has not learned
  error: vanishing\. The gradient vanishes: of the error signal of dense_9 only
    1/\d+ comes back to dense_1 \(epoch 0\)\. .+
(    .+\n)+(  (warning|note|error): .+\n(    .+\n)*)*
Layers at epoch 0, on the training rows: (.+\n)+
 +gradient  signal +decay +idle +saturated  update
(dense_[1-8] .+ \d/5 .+\n){8}dense_9 +\S+ +1\.0000  █+  +-  +-  +-  .+\n$`)
	if !want.MatchString(r.stdout) || r.stderr != "" {
		t.Errorf("got %s%s\nwant it to match %s", r.stdout, r.stderr, want)
	}
	testenv.CheckColumns(t, r.stdout, terminal.Width)
	if strings.Contains(r.stdout, "\x1b") {
		t.Error("got colours where there is no terminal")
	}
	_, report, _ := strings.Cut(r.stdout, "\n\n")
	if !strings.Contains(trained.stdout, report) {
		t.Errorf("got from train\n%s\nwant it to hold what diagnose says:\n%s", trained.stdout, report)
	}
	for _, finding := range readSummary(t, "logs/fades").Verdict.Findings {
		if !holdsText(t, "logs/fades", finding.Tag) {
			t.Errorf("%s: got tag %q, which TensorBoard doesn't have", finding.Kind, finding.Tag)
		}
	}
}

// TestDiagnoseJSON compares JSON with the run's own summary.json.
func TestDiagnoseJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	trainTestRun(t, "deep/three", vanishing+" --epochs 6 --repeats 3 --seed 7")
	var got diagnosis
	if err := json.Unmarshal([]byte(succeed(t, "diagnose", "--format", "json", "logs/deep/three").stdout), &got); err != nil {
		t.Fatal(err)
	}
	want := diagnosis{
		Run: "three", Folder: "logs/deep/three", State: record.Done, Epochs: 6, Seeds: []uint32{7, 8, 9},
		Report: readSummary(t, "logs/deep/three").Verdict,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnosis (-want +got):\n%s", diff)
	}
	if want.Replicas != 3 || len(want.Findings) == 0 || want.Findings[0].Seeds != 3 || len(want.Layers) != 9 {
		t.Errorf("got %d replicas, %d findings, %d layers", want.Replicas, len(want.Findings), len(want.Layers))
	}
}

// TestDiagnoseExitCode asks whether an error was found.
func TestDiagnoseExitCode(t *testing.T) {
	t.Chdir(t.TempDir())
	fades := trainTestRun(t, "fades", vanishing+" --epochs 10")
	milder := trainTestRun(t, "milder", vanishing+" --layers 5,5,5,5,5 --epochs 10")
	learns := trainTestRun(t, "learns", "--layers 8 --activation tanh --optimizer adam --learning-rate 0.05 --epochs 200 --plots=false --quiet")
	for _, tc := range []struct {
		args    string
		status  int
		verdict string
	}{
		{fades, cli.ExitDone, "error"},
		{"--exit-code " + fades, cli.ExitFound, "error"},
		{"--exit-code --format json " + fades, cli.ExitFound, "error"},
		{"--exit-code --watch " + fades, cli.ExitFound, "error"},
		{"--watch " + fades, cli.ExitDone, "error"},
		{"--exit-code " + learns, cli.ExitDone, "ok"},
		{"--exit-code --watch " + learns, cli.ExitDone, "ok"},
		// Other thresholds, other verdicts.
		{"--exit-code --learned 0.9999 --learned-rows 1 --stalled 1 " + learns, cli.ExitFound, "error"},
		{"--exit-code " + milder, cli.ExitFound, "error"},
	} {
		r := gradwatch(t.Context(), append([]string{"diagnose"}, strings.Fields(tc.args)...)...)
		said := strings.Contains(r.stdout, "Verdict: "+tc.verdict+", ") || strings.Contains(r.stdout, `"verdict": "`+tc.verdict+`"`)
		if r.status != tc.status || !said || r.stderr != "" {
			t.Errorf("%s: got status %d, want %d and verdict %s\n%s%s", tc.args, r.status, tc.status, tc.verdict, r.stdout, r.stderr)
		}
	}
}

// TestDiagnoseRefused reads runs that can't be diagnosed: one line.
func TestDiagnoseRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	trainTestRun(t, "good", "--epochs 1 --plots=false --quiet")
	trainTestRun(t, "unchecked", "--epochs 1 --plots=false --quiet --diagnose-freq 0")
	for _, tc := range []struct {
		name   string
		spoil  func(folder string)
		status int
		want   string
	}{
		{
			"summary", func(folder string) { write(t, folder+"/summary.json", "{\n\"epochs\": \"many\"}") }, cli.ExitRequest,
			"logs/summary/summary.json, line 2: json: cannot unmarshal string into Go struct field Summary.epochs of type int",
		},
		{
			"history", func(folder string) { edit(t, folder+"/history.csv", "\n0,", "\nnone,") }, cli.ExitRequest,
			`logs/history/history.csv, line 2: field 1: "none": want an integer of at least 0`,
		},
		{
			"flow", func(folder string) { edit(t, folder+"/flow.csv", "dense_3", "dense_4") }, cli.ExitRequest,
			"logs/flow/flow.csv, line 4: layer dense_4: want dense_3, the layers in their order",
		},
		{
			"units", func(folder string) { edit(t, folder+"/units.csv", "dense_1,1,", "dense_1,one,") }, cli.ExitRequest,
			`logs/units/units.csv, line 3: field 3: "one": want an integer of at least 0`,
		},
		{
			"other", func(folder string) { edit(t, folder+"/summary.json", `"layers": [`, `"layers": [7, `) }, cli.ExitRequest,
			"logs/other/flow.csv is of another model than summary.json: 6 layers in epoch 0: want 7",
		},
		{
			"gone", func(folder string) { _ = os.Remove(folder + "/history.csv") }, cli.ExitFailed,
			"open logs/gone/history.csv: no such file or directory",
		},
	} {
		folder := filepath.Join("logs", tc.name)
		copyRun(t, "logs/good", folder)
		tc.spoil(folder)
		for _, flags := range [][]string{{"--exit-code"}, {"--watch"}} {
			got := gradwatch(t.Context(), append(append([]string{"diagnose"}, flags...), folder)...)
			want := result{tc.status, "", "gradwatch: " + tc.want + "\n"}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", flags, tc.name, diff)
			}
		}
	}
	got := gradwatch(t.Context(), "diagnose", "logs/unchecked")
	want := result{cli.ExitRequest, "", "gradwatch: logs/unchecked: it has no flow.csv: want a run that was trained without --diagnose-freq 0\n"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("a run without checks (-want +got):\n%s", diff)
	}
}

// TestDiagnoseNothing looks at a run under way of which nothing is recorded yet.
func TestDiagnoseNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := trainTestRun(t, "young", "--epochs 1 --plots=false --quiet")
	edit(t, folder+"/summary.json", `"state": "done"`, `"state": "running"`)
	for _, name := range []string{"history.csv", "flow.csv", "units.csv"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(content), "\n")
		write(t, filepath.Join(folder, name), header+"\n")
	}
	if got, want := succeed(t, "diagnose", folder).stdout, "young: running, 0 epochs\n\nVerdict: ok, nothing was checked yet\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestThresholdFlags checks that each flag sets a threshold of its own.
func TestThresholdFlags(t *testing.T) {
	c := diagnoseCommand(&cli.Env{})
	limits := diagnose.Default()
	flags := runflags.AddThresholds(cli.NewGroup(""), &limits)
	c.ResetFlags()
	flags.AddTo(c)
	seen := map[diagnose.Thresholds]string{limits: "no flag"}
	for _, title := range strings.Fields("learned held-back delta-ratio gradient-ratio exploding-ratio exploding-update small-update dead-layer " +
		"nearly-dead saturated-unit saturated-layer saturated-error large-input large-target learned-rows unstable stalled rough overfit running") {
		before := limits
		if err := c.ParseFlags([]string{"--" + title, "77"}); err != nil {
			t.Fatal(err)
		}
		if other, known := seen[limits]; known {
			t.Errorf("--%s changes what %s changes", title, other)
		}
		seen[limits] = "--" + title
		limits = before
	}
}
