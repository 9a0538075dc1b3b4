//go:build tensorflow && keras

package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
)

// The tests of this file read what train writes with TensorFlow for Python. scripts/test-keras
// installs it and runs them.

// runPython gives a program its arguments and, as JSON, its standard input, and decodes what it
// prints into answer.
func runPython(t *testing.T, answer, input any, program string, arguments ...string) {
	t.Helper()
	root, err := testenv.Repository()
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(root, ".runtime", "keras", "bin", "python")
	command := exec.CommandContext(t.Context(), python, append([]string{"-c", program}, arguments...)...)
	command.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=3", "CUDA_VISIBLE_DEVICES=")
	command.Stdin = bytes.NewReader([]byte(asJSON(t, input)))
	var words bytes.Buffer
	command.Stderr = &words
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, words.String())
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

const loadCheckpoint = `
import json, sys
import tensorflow as tf
reader = tf.train.load_checkpoint(sys.argv[1])
shapes = reader.get_variable_to_shape_map()
print(json.dumps({name: [shapes[name], float(reader.get_tensor(name).astype("float64").sum())] for name in shapes}))
`

// TestPythonReadsCheckpoint reads one with TensorFlow for Python.
func TestPythonReadsCheckpoint(t *testing.T) {
	result := adamRun(t)
	var variables map[string][2]any
	runPython(t, &variables, nil, loadCheckpoint, prefix(result, 4))
	shapes := make(map[string]string)
	for name, v := range variables {
		shapes[name] = fmt.Sprint(v[0])
	}
	want := map[string]string{"beta_1_power": "[]", "beta_2_power": "[]"}
	for _, name := range []string{"weights", "m", "v"} {
		want["dense_1/"+name], want["dense_2/"+name] = "[2 4 3]", "[2 1 4]"
	}
	if diff := cmp.Diff(want, shapes); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
	sum := 0.0
	for _, replica := range result.Weights {
		for i := range replica[1].Kernel {
			sum += float64(replica[1].Kernel[i][0])
		}
		sum += float64(replica[1].Bias[0])
	}
	near(t, "sum of dense_2/weights", variables["dense_2/weights"][1].(float64), sum, 1e-6)
}

const loadSavedModel = `
import json, sys
import tensorflow as tf
answers = []
for folder, rows in json.load(sys.stdin):
    f = tf.saved_model.load(folder).signatures["serving_default"]
    y = f(inputs=tf.constant(rows, tf.float32))
    answers.append({
        "outputs": {k: v.numpy().ravel().tolist() for k, v in y.items()},
        "forms": {k: v.dtype.name + str(v.shape) for k, v in f.structured_outputs.items()},
        "input": str(f.structured_input_signature[1]["inputs"].shape),
    })
print(json.dumps(answers))
`

// TestPythonLoadsExport loads exported models with TensorFlow for Python and compares their predictions
// with the Predictor's.
func TestPythonLoadsExport(t *testing.T) {
	names := []string{"norm and shortcuts", "classes", "regression"}
	var asked [][2]any // a folder and rows
	var want []*Predictions
	for _, name := range names {
		run := exportedRuns(t)[name]
		result := mustRun(t, run)
		out := filepath.Join(t.TempDir(), "model")
		if err := Export(result.Folder, 0, out, false); err != nil {
			t.Fatal(err)
		}
		rows := testRows(mustLoad(t, &run))
		asked, want = append(asked, [2]any{out, rows}), append(want, predictAll(t, result.Folder, rows))
	}
	var got []struct {
		Outputs map[string][]float64
		Forms   map[string]string
		Input   string
	}
	runPython(t, &got, asked, loadSavedModel)
	values := []string{"probability", "probabilities", "prediction"}
	for i, form := range []string{
		"input (None, 2), map[class:int64(None,) probability:float32(None,)]",
		"input (None, 4), map[class:int64(None,) probabilities:float32(None, 3)]",
		"input (None, 10), map[prediction:float32(None,)]",
	} {
		if found := fmt.Sprintf("input %s, %v", got[i].Input, got[i].Forms); found != form {
			t.Errorf("%s: got %s, want %s", names[i], found, form)
		}
		for j, p := range want[i].Values {
			near(t, names[i], got[i].Outputs[values[i]][j], float64(p), 1e-6*max(1, math.Abs(float64(p))))
		}
		for j, class := range want[i].Classes {
			near(t, "class", got[i].Outputs["class"][j], float64(class), 0)
		}
	}
}
