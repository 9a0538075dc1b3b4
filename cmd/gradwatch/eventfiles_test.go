package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"gradwatch/internal/cli"
	"gradwatch/internal/conventions"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/events"
	"gradwatch/internal/events/tbproto"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"
)

// eventFile returns an event file of one event for each of 20 steps from 0 on. values returns the scalars of a step.
func eventFile(t *testing.T, values func(step int) map[string]float32) string {
	t.Helper()
	var content strings.Builder
	for step := range 20 {
		summary := new(tbproto.Summary)
		all := values(step)
		for _, tag := range slices.Sorted(maps.Keys(all)) {
			value := all[tag]
			summary.Value = append(summary.Value, &tbproto.Summary_Value{Tag: tag, Value: &tbproto.Summary_Value_SimpleValue{SimpleValue: value}})
		}
		event, err := proto.Marshal(&tbproto.Event{Step: int64(step), What: &tbproto.Event_Summary{Summary: summary}})
		if err != nil {
			t.Fatal(err)
		}
		content.Write(events.AppendRecord(nil, event))
	}
	return content.String()
}

// fading is a run whose gradients vanish and whose loss stands still.
func fading(int) map[string]float32 {
	return map[string]float32{"grad_norm/layer_1": 1e-6, "grad_norm/layer_2": 1e-3, "grad_norm/layer_3": 1, "loss": 0.7}
}

// layRun writes the event file of a run.
func layRun(t *testing.T, folder, content string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "events.out.tfevents.1"), content)
}

// TestDiagnoseEventFiles diagnoses one run and several, as text and as JSON.
func TestDiagnoseEventFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	layRun(t, "runs/fades", eventFile(t, fading))
	r := gradwatch(t.Context(), "diagnose", "--exit-code", "runs/fades")
	if r.status != cli.ExitFound || r.stderr != "" || !strings.Contains(r.stdout, "error: vanishing. The gradient vanishes: that of layer_1 is only") {
		t.Errorf("got status %d, %s%s", r.status, r.stdout, r.stderr)
	}
	r = succeed(t, "diagnose", "--format", "json", "runs")
	var one conventions.Diagnosis
	if err := json.Unmarshal([]byte(r.stdout), &one); err != nil || one.Run != "fades" || one.Findings[0].Kind != diagnose.Vanishing {
		t.Errorf("got %v, %s", err, r.stdout)
	}
	layRun(t, "runs/other", eventFile(t, func(step int) map[string]float32 { return map[string]float32{"loss": 1 / float32(step+1)} }))
	var several diagnosesOfFolder
	r = succeed(t, "diagnose", "--format", "json", "runs")
	if err := json.Unmarshal([]byte(r.stdout), &several); err != nil || several.Schema != 1 || len(several.Runs) != 2 || several.Runs[1].Run != "other" {
		t.Errorf("got %v, %s", err, r.stdout)
	}
	if text := succeed(t, "diagnose", "runs/other").stdout; !strings.Contains(text, "Gradients: none were found") {
		t.Errorf("got %s\nwant it to say that there are no gradients", text)
	}
	if _, err := os.Stat("runs/fades/summary.json"); err == nil {
		t.Error("diagnose wrote a summary.json")
	}
}

// TestDiagnoseEventFilesRefused gives one line for what can't be diagnosed.
func TestDiagnoseEventFilesRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	layRun(t, "fades", eventFile(t, fading))
	if err := os.MkdirAll("empty/below", 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, "layers.txt", "layer_3\nlayer_9\n")
	for args, want := range map[string]string{
		"empty":                    `run "empty": want the folder of a run, which holds a summary.json, or a folder with event files (*tfevents*)`,
		"--watch fades":            `"fades" has no summary.json: want a run of gradwatch train for --watch, --each-seed and --try-fixes`,
		"--gradient-tags ( fades":  `--gradient-tags "(": want a regular expression (https://golang.org/s/re2syntax)`,
		"--order sideways fades":   `--order "sideways": want first-seen, natural, or a file with the layers' names, one a line, the input's first`,
		"--order layers.txt fades": `--order "layer_9": want the name of a layer of the run, which layers.txt does not have here: layer_1, layer_2, layer_3`,
	} {
		r := gradwatch(t.Context(), append([]string{"diagnose"}, strings.Fields(args)...)...)
		if r.status != cli.ExitRequest || r.stdout != "" || !strings.HasPrefix(r.stderr, "gradwatch: ") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%s: got %+v\nwant %s", args, r, want)
		}
		if got := strings.TrimSuffix(strings.TrimPrefix(r.stderr, "gradwatch: "), "\n"); got != want {
			t.Errorf("%s: got  %s\nwant %s", args, got, want)
		}
	}
}

// TestHostileEventFiles has names that would move a terminal's cursor, at every place that shows a name.
func TestHostileEventFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	const evil = "\x1b[2J\u202e"
	layRun(t, "run"+evil, eventFile(t, func(step int) map[string]float32 {
		return map[string]float32{"grad_norm/" + evil + "1": 1e-9, "grad_norm/" + evil + "2": 1e-9, "grad_norm/z": 1, "loss": 0.7, "update_ratio/" + evil + "1": 0.5}
	}))
	r := succeed(t, "diagnose", "run"+evil)
	if strings.ContainsAny(r.stdout+r.stderr, "\x1b\u202e") {
		t.Errorf("got %q", r.stdout)
	}
	if !strings.Contains(r.stdout, `\x1b[2J\u202e1`) {
		t.Errorf("got %q\nwant the names escaped", r.stdout)
	}
}

// TestEventFilesFit shows a run within a terminal's width; only lines of code are longer.
func TestEventFilesFit(t *testing.T) {
	t.Chdir(t.TempDir())
	layRun(t, "fades", eventFile(t, func(int) map[string]float32 {
		return map[string]float32{"grad_norm/encoder.layers.10.self_attention.output": 1e-6, "grad_norm/encoder.layers.11.self_attention.output": 1, "loss": 0.7}
	}))
	var text []string
	for line := range strings.Lines(succeed(t, "diagnose", "fades").stdout) {
		if !strings.HasPrefix(line, "    Keras: ") && !strings.HasPrefix(line, "    PyTorch: ") {
			text = append(text, line)
		}
	}
	testenv.CheckColumns(t, strings.Join(text, ""), terminal.Width)
}
