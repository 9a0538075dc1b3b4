//go:build tensorflow

package train

import (
	"testing"

	"gradwatch/internal/config"
)

// TestOpsOfPresets pins the number of ops in the graphs of the tutorial's runs: a setting that they
// don't use adds none. Change a number only together with what the tutorial's runs compute.
func TestOpsOfPresets(t *testing.T) {
	want := map[string]int{"tanh-1": 441, "tanh-5": 1171, "relu-5": 1141, "relu-15": 2891, "relu-20": 3766}
	for _, preset := range config.Presets() {
		run := preset.Apply(config.Default())
		run.LogDir = t.TempDir()
		tr := openTrainer(t, run, nil)
		if got := len(tr.groups[0].program.Graph.Operations()); got != want[preset.Name] {
			t.Errorf("%s: got %d ops, want %d", preset.Name, got, want[preset.Name])
		}
	}
}
