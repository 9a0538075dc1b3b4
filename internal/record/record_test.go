package record

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func sampleRows() []Row {
	return []Row{
		{Replica: 0, Epoch: 0, Loss: 0.5, Accuracy: 0.25, ValLoss: 1.5, ValAccuracy: 1, GradientL2: []float64{1e-9, 2}, KernelL1: []float64{3, 4}},
		{Replica: 1, Epoch: 0, Loss: math.NaN(), Accuracy: 0, ValLoss: math.Inf(1), ValAccuracy: 0, GradientL2: []float64{math.Inf(-1), 0}, KernelL1: []float64{1, 1}},
		{Replica: 0, Epoch: 1, Loss: 0.123456789, Accuracy: 0.5, ValLoss: 2, ValAccuracy: 0.5, GradientL2: []float64{1, 2}, KernelL1: []float64{3, 4}},
		{Replica: 1, Epoch: 1, Loss: 1, Accuracy: 0.5, ValLoss: 2, ValAccuracy: 0.5, GradientL2: []float64{1, 2}, KernelL1: []float64{3, 4}},
	}
}

// TestHistory writes rows as training does, epoch by epoch, and reads them back
// ordered by replica.
func TestHistory(t *testing.T) {
	var file bytes.Buffer
	w, err := NewHistoryWriter(&file, 2, 2, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	rows := sampleRows()
	if err := w.Write(rows...); err != nil {
		t.Fatal(err)
	}
	complete := file.String()
	for name, content := range map[string]string{
		"complete":           complete,
		"with half a line":   complete + "0,2,0.1",
		"with half an epoch": complete + "0,2,0.1,1,1,1,1,1,1,1\n",
	} {
		got, err := ParseHistory(strings.NewReader(content), "history.csv")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := &History{Layers: 2, Replicas: 2, Rows: []Row{rows[0], rows[2], rows[1], rows[3]}}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.Epochs() != 2 || got.Replica(1)[1].Loss != 1 {
			t.Errorf("%s: got %d epochs, %+v", name, got.Epochs(), got.Replica(1))
		}
	}
}

func TestParseHistoryErrors(t *testing.T) {
	const header = "epoch,loss,accuracy,val_loss,val_accuracy,dense_1/gradient_l2,dense_1/kernel_l1\n"
	for content, want := range map[string]string{
		"":                          "history.csv: empty, want a header",
		"epoch,loss\n":              `history.csv, line 1: header "epoch,loss": want that of a history.csv`,
		"a,b\n":                     `history.csv, line 1: header "a,b": want that of a history.csv`,
		header + "0,1,1,1,1,1\n":    "history.csv: record on line 2: wrong number of fields",
		header + "x,1,1,1,1,1,1\n":  `history.csv, line 2: field 1: "x": want an integer of at least 0`,
		header + "-1,1,1,1,1,1,1\n": `history.csv, line 2: field 1: "-1": want an integer of at least 0`,
		header + "0,1,1,1,1,1,1\n1,1,b,1,1,1,1\n": `history.csv, line 3: field 3: "b": want a number`,
	} {
		_, err := ParseHistory(strings.NewReader(content), "history.csv")
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
}

func FuzzParseHistory(f *testing.F) {
	f.Add("epoch,loss,accuracy,val_loss,val_accuracy\n0,1,2,3,NaN\n")
	f.Add("replica,epoch,loss,accuracy,val_loss,val_accuracy,dense_1/gradient_l2,dense_1/kernel_l1\n0,0,1,2,3,4,5,6\n")
	f.Fuzz(func(t *testing.T, content string) {
		h, err := ParseHistory(strings.NewReader(content), "fuzz")
		if err != nil {
			return
		}
		for r := range h.Replicas {
			_ = h.Replica(r)
		}
	})
}

// TestWeights writes and reads one replica and two.
func TestWeights(t *testing.T) {
	model := []Layer{
		{Kernel: [][]float32{{0.1, -2, 3e-30}, {1, 2, 3}}, Bias: []float32{0, 1, 2}},
		{Kernel: [][]float32{{1}, {2}, {3}}, Bias: []float32{-1}},
	}
	normalized := []Layer{model[0], model[1]}
	normalized[0].Norm = &Norm{
		Gamma: []float32{1, 2, 3}, Beta: []float32{4, 5, 6}, MovingMean: []float32{7, 8, 9}, MovingVariance: []float32{10, 11, 12},
	}
	layerNorm := []Layer{model[0], model[1]}
	layerNorm[0].Norm = &Norm{Gamma: []float32{1, 2, 3}, Beta: []float32{4, 5, 6}}
	for _, replicas := range [][][]Layer{{model}, {model, model}, {normalized}, {normalized, normalized}, {layerNorm}, {layerNorm, layerNorm}} {
		var file bytes.Buffer
		if err := WriteWeights(&file, replicas); err != nil {
			t.Fatal(err)
		}
		got, err := ParseWeights(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(replicas, got); diff != "" {
			t.Errorf("%d replicas: %s", len(replicas), diff)
		}
	}
	var inOrder bytes.Buffer
	if err := WriteWeights(&inOrder, [][]Layer{normalized}); err != nil {
		t.Fatal(err)
	}
	want := "[[[0.1,-2,3e-30],[1,2,3]],[0,1,2],[1,2,3],[4,5,6],[7,8,9],[10,11,12],[[1],[2],[3]],[-1]]\n"
	if got := inOrder.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var file bytes.Buffer
	if err := WriteWeights(&file, [][]Layer{{{Kernel: [][]float32{{1.5}}, Bias: []float32{float32(math.NaN())}}}}); err != nil {
		t.Fatal(err)
	}
	if got, want := file.String(), "[[[1.5]],[null]]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseWeightsErrors(t *testing.T) {
	for content, want := range map[string]string{
		"":                               "want a list of kernel, bias",
		"{}":                             "want a list of kernel, bias",
		"[]":                             "got an empty one",
		"[[[1]]]":                        "dense_1 has 0 vectors after its kernel: want its bias or",
		"[[[1]],[1],[1],[1],[1]]":        "dense_1 has 4 vectors after its kernel: want its bias or",
		"[[[1]],[1],[1],[1],[1],[null]]": "moving variance of dense_1: number 0 is null",
		"[[[1]],[null]]":                 "bias of dense_1: number 0 is null",
		`[[["a"]],[1]]`:                  "kernel of dense_1: want rows of numbers",
		"[[[1e39]],[1]]":                 "kernel of dense_1: want rows of numbers",
		"[[[[1]],[1]],[[[1]],[]]]":       "",
		"[[[[1]],[1]],[1]]":              "replica 1: kernel of dense_1: want rows of numbers",
		"[1,2]":                          "kernel of dense_1: want rows of numbers",
	} {
		_, err := ParseWeights([]byte(content))
		if want == "" {
			if err != nil {
				t.Errorf("%s: got %v", content, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", content, err, want)
		}
	}
}

func FuzzParseWeights(f *testing.F) {
	f.Add([]byte("[[[1,2]],[3,4]]"))
	f.Add([]byte("[[[[1]],[1]],[[[1]],[2]]]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		replicas, err := ParseWeights(content)
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := WriteWeights(&file, replicas); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNumber(t *testing.T) {
	for _, value := range []float64{0, 1.5, -3e-20, math.NaN(), math.Inf(1), math.Inf(-1)} {
		text, err := json.Marshal(Number(value))
		if err != nil {
			t.Fatal(err)
		}
		var back Number
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if got := float64(back); got != value && !(math.IsNaN(got) && math.IsNaN(value)) {
			t.Errorf("%v: got %v back from %s", value, got, text)
		}
	}
}

// TestOldSummary reads a summary that says what was asked for alone, as gradwatch
// 0.1.0 wrote it.
func TestOldSummary(t *testing.T) {
	s, err := ReadSummary("testdata/summary-0.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.Effective != nil || s.State != Done || s.Configuration.LearningRate != 0 || s.Configuration.Rate() != 0.01 || s.Epochs != 2 || s.Verdict == nil {
		t.Errorf("got %+v, want what the file says, and nothing in force", s)
	}
}
