//go:build tensorflow

package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/config"
)

// TestNoteDevice checks who is told that a GPU is there and not used.
func TestNoteDevice(t *testing.T) {
	node := filepath.Join(t.TempDir(), "nvidia0")
	if err := os.WriteFile(node, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		asked, device, node string
		told                bool
	}{
		"a GPU that TensorFlow doesn't see": {"auto", "cpu", node, true},
		"the CPU was asked for":             {"cpu", "cpu", node, false},
		"a GPU in use":                      {"auto", "gpu:0", node, false},
		"no GPU":                            {"auto", "cpu", node + "x", false},
	} {
		told := ""
		run := config.Default()
		run.Device = c.asked
		tr := &trainer{run: run, device: c.device, options: Options{Notice: func(line string) { told = line }}}
		tr.notifyOfGPU(c.node)
		if got := strings.HasPrefix(told, "trains on the CPU: "); got != c.told {
			t.Errorf("%s: got %q, want a notice: %t", name, told, c.told)
		}
	}
}
