//go:build tensorflow

package train

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
)

// TestVerdictIsOfTheFiles compares the verdict that a run ends with, which is made of what is in
// memory, with the verdict on its files.
func TestVerdictIsOfTheFiles(t *testing.T) {
	for name, set := range map[string]func(*config.Run){
		"one replica": func(r *config.Run) { r.Activations, r.KernelInitializer = []string{"tanh"}, "uniform:0,1" },
		"replicas that stop early, with a penalty": func(r *config.Run) {
			r.Repeats, r.EarlyStopping, r.LearningRate, r.L2 = 4, 2, 0.5, 0.01
		},
		"restored": func(r *config.Run) { r.Repeats, r.RestoreBestWeights, r.LearningRate = 3, true, 0.5 },
		"diverged": func(r *config.Run) { r.LearningRate = 1e30 },
	} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Epochs = 12
			set(&run)
			result := mustRun(t, run)
			read, summary, err := diagnose.Read(result.Folder)
			if err != nil {
				t.Fatal(err)
			}
			if summary.Verdict == nil {
				t.Fatal("got no verdict")
			}
			if diff := cmp.Diff(encode(t, diagnose.Default().Report(read)), encode(t, summary.Verdict)); diff != "" {
				t.Errorf("the verdict differs (-of the files +of the run): %s", diff)
			}
		})
	}
}
