package config

import "testing"

// TestFolderNamesDiffer has runs that differ in a value that the name tells: so do their names.
func TestFolderNamesDiffer(t *testing.T) {
	with := func(change func(*Run)) string {
		run := Default()
		change(&run)
		return run.FolderName()
	}
	names := make(map[string]int)
	for i, change := range []func(*Run){
		func(r *Run) { r.L2 = 1e9 },
		func(r *Run) { r.L2 = 1e-9 },
		func(r *Run) { r.L1 = 1e9 },
		func(r *Run) { r.ClipNorm = 1e21 },
		func(r *Run) { r.ClipNorm = 1e-21 },
		func(r *Run) { r.BiasInitializer = "constant:-5" },
		func(r *Run) { r.BiasInitializer = "constant:5" },
		func(r *Run) { r.BiasInitializer = "constant:1e+5" },
		func(r *Run) { r.BiasInitializer = "constant:1e-5" },
		func(r *Run) { r.KernelInitializer = "uniform:-1,1" },
		func(r *Run) { r.KernelInitializer = "uniform:0,1" },
		func(r *Run) { r.KernelInitializer = "uniform:0.1,1" },
		func(r *Run) { r.Layers = append(Repeat(60, 2), 3) }, // too long for a name
		func(r *Run) { r.Layers = append(Repeat(60, 2), 4) },
	} {
		name := with(change)
		if before, taken := names[name]; taken {
			t.Errorf("runs %d and %d: got %s for both", before, i, name)
		}
		if len(name) > maxFolderName {
			t.Errorf("got a name of %d bytes, want at most %d: %s", len(name), maxFolderName, name)
		}
		names[name] = i
	}
}
