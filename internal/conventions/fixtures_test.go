package conventions

import (
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/diagnose"
)

// unpack lays the event files of a folder of testdata, and returns the folder that they are in.
func unpack(tb testing.TB, folder string) string {
	tb.Helper()
	to := tb.TempDir()
	from := filepath.Join("testdata", folder)
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		plain, err := gzip.NewReader(file)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(plain)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, strings.TrimSuffix(path, ".gz"))
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return to
}

// diagnosed returns what is said of the only run in a folder.
func diagnosed(tb testing.TB, folder string) *Diagnosis {
	tb.Helper()
	found, err := Find(folder)
	if err != nil || len(found.Runs) != 1 {
		tb.Fatalf("got runs %+v, %v, want one", found, err)
	}
	d, err := new(Table).Diagnose(folder, &found.Runs[0], new(Order), diagnose.Default())
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestPrograms diagnoses event files of Keras 3 and tensorboardX: of the healthy runs nothing is an error, of each broken one the cause is,
// in the layer where it is.
func TestPrograms(t *testing.T) {
	for folder, want := range map[string]struct {
		verdict string
		kind    diagnose.Kind
		layer   string
		layers  []string
	}{
		"keras/dense":                       {"ok", "", "", []string{"dense_1", "dense_2", "dense_3", "out"}},
		"keras/dense-vanishing":             {"error", diagnose.Vanishing, "dense_1", nil},
		"keras/dense-saturated":             {"error", diagnose.DeadUnits, "dense_1", nil},
		"keras/dense-dead":                  {"error", diagnose.DeadUnits, "first", nil},
		"keras/dense-nan":                   {"error", diagnose.Divergence, "", nil},
		"keras/conv":                        {"ok", "", "", []string{"conv2d_0", "conv2d_1", "head"}},
		"keras/conv-vanishing":              {"error", diagnose.Vanishing, "conv2d_0", nil},
		"keras/callback":                    {"ok", "", "", []string{"dense_1", "dense_2", "out"}},
		"keras/lstm":                        {"ok", "", "", []string{"lstm_0", "out"}},
		"tensorboardx/histograms":           {"ok", "", "", []string{"layers.0", "layers.1", "head"}},
		"tensorboardx/histograms-vanishing": {"error", diagnose.Vanishing, "layers.0", nil},
		"tensorboardx/norms":                {"ok", "", "", []string{"layers.0", "layers.1", "head"}},
		"tensorboardx/norms-vanishing":      {"error", diagnose.Vanishing, "layers.0", nil},
		"tensorboardx/backwards-vanishing":  {"error", diagnose.Vanishing, "fc1", []string{"fc1", "fc2", "fc3", "fc4", "fc5", "fc6", "fc7"}},
	} {
		t.Run(folder, func(t *testing.T) {
			d := diagnosed(t, unpack(t, folder))
			if d.Verdict != want.verdict {
				t.Errorf("got verdict %s, want %s: %+v", d.Verdict, want.verdict, d.Findings)
			}
			if want.kind != "" && (len(d.Findings) == 0 || d.Findings[0].Kind != want.kind || d.Findings[0].Layer != want.layer) {
				t.Errorf("got findings %+v, want %s in %q first", d.Findings, want.kind, want.layer)
			}
			var layers []string
			for i := range d.Layers {
				layers = append(layers, d.Layers[i].Layer)
			}
			if want.layers != nil && !slices.Equal(layers, want.layers) {
				t.Errorf("got layers %v, want %v", layers, want.layers)
			}
		})
	}
}

// TestKerasFolders has what Keras's callback lays into the folders train and validation as one run.
func TestKerasFolders(t *testing.T) {
	d := diagnosed(t, unpack(t, "keras/callback"))
	if d.Recorded.Loss.Tag != "epoch_loss" || d.Recorded.ValLoss.Tag != "epoch_loss" || d.Recorded.ValAccuracy.Tag != "epoch_accuracy" {
		t.Errorf("got %q, %q, %q as tags", d.Recorded.Loss.Tag, d.Recorded.ValLoss.Tag, d.Recorded.ValAccuracy.Tag)
	}
	if n := len(d.Recorded.Loss.Points); n != 30 || d.Recorded.Loss.Points[29] == d.Recorded.ValLoss.Points[29] {
		t.Errorf("got %d epochs, %+v, validation %+v", n, d.Recorded.Loss, d.Recorded.ValLoss)
	}
}
