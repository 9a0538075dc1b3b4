package diagnose

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// recorded is the content of a run's files, by name.
type recorded map[string]string

// recordedOf returns the files of a run, as train writes them.
func recordedOf(tb testing.TB, r *Run) recorded {
	tb.Helper()
	summary := record.Summary{State: record.Done, Configuration: config.Default()}
	if !r.Ended {
		summary.State = record.Running
	}
	c := &summary.Configuration
	c.Activations, c.Epochs = r.Activations, r.Epochs
	c.Layers = nil
	for k := range r.Activations {
		c.Layers = append(c.Layers, len(r.Replicas[0].Checks[0].Layers[k].Units))
	}
	summary.Data = record.Data{Class1: r.Class1, InputRMS: record.Number(r.InputRMS), InputMax: record.Number(r.InputMax)}
	var history, flow, units bytes.Buffer
	layers, replicas := len(c.Layers)+1, len(r.Replicas)
	rows, err := record.NewHistoryWriter(&history, layers, replicas, record.Extras{})
	if err != nil {
		tb.Fatal(err)
	}
	checks, err := record.NewCheckWriter(&flow, &units, replicas)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range r.Replicas {
		summary.Seeds = append(summary.Seeds, r.Replicas[i].Seed)
		if d := r.Replicas[i].Divergence; d != nil {
			summary.Divergence = d
		}
		for _, row := range r.Replicas[i].History {
			row.Replica = i
			if err := rows.Write(row); err != nil {
				tb.Fatal(err)
			}
		}
		if err := checks.Write(r.Replicas[i].Checks); err != nil {
			tb.Fatal(err)
		}
	}
	text, err := json.MarshalIndent(&summary, "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return recorded{"summary.json": string(text) + "\n", "history.csv": history.String(), "flow.csv": flow.String(), "units.csv": units.String()}
}

// lay writes the files into a folder; those without content are left out.
func (f recorded) lay(tb testing.TB, folder string) {
	tb.Helper()
	for name, content := range f {
		if content == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o666); err != nil {
			tb.Fatal(err)
		}
	}
}

// TestRead reads runs back as they were.
func TestRead(t *testing.T) {
	for name, run := range map[string]*Run{
		"one replica": base("tanh", 2),
		"under way":   of("relu", 3, func(r *Run) { r.Ended = false })(),
		"three replicas, one diverged": func() *Run {
			last := base("elu", 1)
			losses(last, func(int) float64 { return math.Inf(1) })
			unitsAt(last, 0, every, func(u *record.UnitFlow) { u.Delta = math.NaN() })
			last.Replicas[0].Divergence = &record.Divergence{Replica: 2, Epoch: 0, Step: 0, Tensor: "dense_1 output"}
			return sideBySide(base("elu", 1), base("elu", 1), last)
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			recordedOf(t, run).lay(t, folder)
			got, summary, err := Read(folder)
			if err != nil {
				t.Fatal(err)
			}
			for i := range run.Replicas {
				for e := range run.Replicas[i].History {
					run.Replicas[i].History[e].Replica = i
				}
			}
			run.Shortcuts = make([]bool, len(run.Activations))
			if diff := cmp.Diff(run, got, near()); diff != "" {
				t.Errorf("run (-want +got):\n%s", diff)
			}
			if len(summary.Seeds) != len(run.Replicas) {
				t.Errorf("got seeds %d of %d replicas", summary.Seeds, len(run.Replicas))
			}
		})
	}
}

// TestReadUnderWay reads what is there of a run that writes its files.
func TestReadUnderWay(t *testing.T) {
	files := recordedOf(t, of("tanh", 2, func(r *Run) { r.Ended = false })())
	lines := strings.SplitAfter(files["flow.csv"], "\n")
	for _, tc := range []struct {
		name   string
		change func(f recorded)
		checks int
	}{
		{"headers alone", func(f recorded) {
			f["flow.csv"], f["units.csv"] = lines[0], strings.SplitAfter(f["units.csv"], "\n")[0]
		}, 0},
		{"half a header", func(f recorded) { f["flow.csv"] = lines[0][:5] }, 0},
		{"half the first check", func(f recorded) { f["flow.csv"] = strings.Join(lines[:3], "") }, 0},
		{"half a line", func(f recorded) { f["flow.csv"] = strings.Join(lines[:4], "") + lines[4][:9] }, 1},
		{"half a check", func(f recorded) { f["flow.csv"] = strings.Join(lines[:6], "") }, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder, changed := t.TempDir(), recorded{}
			for name, content := range files {
				changed[name] = content
			}
			tc.change(changed)
			changed.lay(t, folder)
			run, _, err := Read(folder)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(run.Replicas[0].Checks); got != tc.checks {
				t.Errorf("got %d checks, want %d", got, tc.checks)
			}
		})
	}
}

// TestReadErrors reads what is no run: one line that names file, line and field.
func TestReadErrors(t *testing.T) {
	replace := func(name, old, by string) func(f recorded) {
		return func(f recorded) {
			if !strings.Contains(f[name], old) {
				t.Fatalf("%s holds no %q", name, old)
			}
			f[name] = strings.Replace(f[name], old, by, 1)
		}
	}
	without := func(name string) func(f recorded) { return func(f recorded) { f[name] = "" } }
	for _, tc := range []struct {
		name   string
		change func(f recorded)
		want   string // FOLDER stands for the run's
	}{
		{"no summary", without("summary.json"), "open FOLDER/summary.json: no such file or directory"},
		{"no history", without("history.csv"), "open FOLDER/history.csv: no such file or directory"},
		{"no layers", without("flow.csv"), "FOLDER: it has no flow.csv: want a run that was trained without --diagnose-freq 0"},
		{"no units", without("units.csv"), "FOLDER: it has no flow.csv: want a run that was trained without --diagnose-freq 0"},

		{"no JSON", func(f recorded) { f["summary.json"] = "run\n" }, "FOLDER/summary.json, line 1: invalid character 'r' looking for beginning of value"},
		{"half a summary", func(f recorded) { f["summary.json"] = f["summary.json"][:40] }, "FOLDER/summary.json, line 3: unexpected end of JSON input"},
		{
			"a number that is none", replace("summary.json", `"class-1-share": 0.5`, `"class-1-share": "half"`),
			"FOLDER/summary.json, line LINE: json: cannot unmarshal string into Go struct field Data.data.class-1-share of type float64",
		},
		{"activations of other layers", func(f recorded) {
			s := f["summary.json"]
			from := strings.Index(s, `"layers": [`)
			to := from + strings.Index(s[from:], "]")
			f["summary.json"] = s[:from] + `"layers": [` + s[to:]
		}, "FOLDER/summary.json: 2 activations: want one, or one for each of 0 hidden layers"},
		{
			"too many activations", replace("summary.json", `"tanh"`, `"tanh", "relu"`),
			"FOLDER/summary.json: 3 activations: want one, or one for each of 2 hidden layers",
		},

		{"an empty history", func(f recorded) { f["history.csv"] = "\n" }, "FOLDER/history.csv: empty, want a header"},
		{
			"another header", replace("history.csv", "epoch,loss", "loss,epoch"),
			`FOLDER/history.csv, line 1: header "loss,epoch,accuracy,val_loss,val_accuracy,dense_1/gradient_l2,dense_2/gradient_l2,dense_3/gradient_l2,` +
				`dense_1/kernel_l1,dense_2/kernel_l1,dense_3/kernel_l1": want that of a history.csv`,
		},
		{"a loss that is no number", replace("history.csv", "\n1,0.66", "\n1,low"), `FOLDER/history.csv, line 3: field 2: "low7379109": want a number`},
		{
			"another header of layers", replace("flow.csv", "update_ratio", "ratio"),
			`FOLDER/flow.csv, line 1: header "epoch,layer,ratio,gradient_rms,gradient_mean,gradient_max,gradient_zeros,non_finite,delta,output_delta,std": ` +
				`want "epoch,layer,update_ratio,gradient_rms,gradient_mean,gradient_max,gradient_zeros,non_finite,delta,output_delta,std"`,
		},
		{"an epoch that is none", replace("flow.csv", "\n10,", "\nten,"), `FOLDER/flow.csv, line 5: field 1: "ten": want an integer of at least 0`},
		{"a layer that is none", replace("flow.csv", "\n10,dense_1", "\n10,conv_1"), `FOLDER/flow.csv, line 5: field 2: "conv_1": want a layer, such as dense_1`},
		{"layers in no order", replace("flow.csv", "\n10,dense_1", "\n10,dense_2"), "FOLDER/flow.csv, line 5: layer dense_2: want dense_1, the layers in their order"},
		{"a ratio that is none", replace("flow.csv", "\n10,dense_1,0.001", "\n10,dense_1,x"), `FOLDER/flow.csv, line 5: field 3: "x": want a number`},
		{"half a value", replace("flow.csv", "0.02,0,0,", "0.02,0,0.5,"), `FOLDER/flow.csv, line 2: field 8: "0.5": want an integer of at least 0`},
		{"a line too short", replace("flow.csv", "\n10,dense_1,0.001", "\n10,dense_1"), "FOLDER/flow.csv: record on line 5: wrong number of fields"},
		{"a unit out of order", replace("units.csv", "\n10,dense_1,1,", "\n10,dense_1,2,"), "FOLDER/units.csv, line 12: unit 2 of dense_1: want the layers and their units in their order, from unit 0 of dense_1"},
		{"a unit of no layer", replace("units.csv", "\n10,dense_3,0,", "\n10,dense_4,0,"), "FOLDER/units.csv, line 19: unit 0 of dense_4: want the layers and their units in their order, from unit 0 of dense_1"},
		{"a twin that is none", replace("units.csv", ",-1\n", ",-2\n"), `FOLDER/units.csv, line 2: field 11: "-2": want an integer of at least -1`},
		{"a unit too few", func(f recorded) {
			at := strings.Index(f["units.csv"], "10,dense_1,3,")
			f["units.csv"] = f["units.csv"][:at] + f["units.csv"][at+strings.Index(f["units.csv"][at:], "\n")+1:]
		}, "FOLDER/flow.csv, FOLDER/units.csv: the check of epoch 10 is not whole: want 3 layers and their units"},
		{"another model", func(f recorded) {
			other := recordedOf(t, base("tanh", 3))
			f["flow.csv"], f["units.csv"] = other["flow.csv"], other["units.csv"]
		}, "FOLDER/flow.csv is of another model than summary.json: 4 layers in epoch 0: want 3"},
		{"another number of replicas", func(f recorded) {
			other := recordedOf(t, sideBySide(base("tanh", 2), base("tanh", 2)))
			f["flow.csv"], f["units.csv"] = other["flow.csv"], other["units.csv"]
		}, "FOLDER/flow.csv is of another model than summary.json: replica 1: want one of 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder, files := t.TempDir(), recordedOf(t, base("tanh", 2))
			tc.change(files)
			files.lay(t, folder)
			before, _, _ := strings.Cut(files["summary.json"], `"half"`)
			tc.want = strings.Replace(tc.want, "LINE", strconv.Itoa(1+strings.Count(before, "\n")), 1)
			_, _, err := Read(folder)
			if err == nil {
				t.Fatal("got no error")
			}
			if got := strings.ReplaceAll(err.Error(), folder, "FOLDER"); got != tc.want {
				t.Errorf("got %s\nwant %s", got, tc.want)
			}
		})
	}
}
