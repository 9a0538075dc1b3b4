package record

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOldReport reads a verdict as summaries had it without a schema: keys with dashes, and a finding a replica, of which
// the clearest counts.
func TestOldReport(t *testing.T) {
	const old = `{"verdict": {"verdict": "error", "learned": 1, "replicas": 3, "findings": [
		{"kind": "dead-units", "severity": "error", "seed": 1, "layer": "dense_2", "units": [0], "epoch": 3, "last-epoch": 9,
			"quantity": "share", "value": 1, "threshold": 0.5, "tag": "loss", "message": "It is dead."},
		{"kind": "dead-units", "severity": "error", "seed": 3, "layer": "dense_2", "units": [0, 1], "epoch": 4, "last-epoch": 9,
			"quantity": "share", "value": 1, "threshold": 0.5, "tag": "loss", "message": "It is, too."}],
		"layers-epoch": 3, "layers": [{"layer": "dense_1", "gradient-rms": 0.5, "update-ratio": "Infinity", "signal": 0.1,
			"keeps": 0.2, "keeps-activation": 0.3, "keeps-weights": 0.4, "units": 5, "idle": 1, "saturated": 2}]}}`
	path := filepath.Join(t.TempDir(), "summary.json")
	if err := os.WriteFile(path, []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	summary, err := ReadSummary(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &Report{
		Schema: Schema, Verdict: "error", Learned: 1, Replicas: 3, Epoch: 3,
		Findings: []Finding{{
			Kind: "dead-units", Severity: Error, Layer: "dense_2", Units: []int{0, 1}, Epoch: 4, Last: 9, Quantity: "share", Value: 1, Threshold: 0.5,
			Tag: "loss", Seeds: 2, InSeeds: []uint32{1, 3}, Seed: 3, Message: "It is, too.",
		}},
		Layers: []LayerState{{
			Layer: "dense_1", Gradient: 0.5, Update: Number(math.Inf(1)), Signal: 0.1, Keeps: 0.2, Activation: 0.3, Weights: 0.4, Units: 5, Idle: 1, Saturated: 2,
		}},
	}
	if diff := cmp.Diff(want, summary.Verdict); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
