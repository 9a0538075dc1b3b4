//go:build tensorflow

package resume

import (
	"path/filepath"
	"testing"

	"gradwatch/internal/testenv"
)

// start starts the program in a folder.
func start(t *testing.T, folder string, environment []string, args ...string) *testenv.Process {
	t.Helper()
	return testenv.Start(t, folder, environment, append([]string{gradwatch}, args...)...)
}

// saving reports whether a checkpoint is being written.
func saving(folder string) bool {
	partial, err := filepath.Glob(filepath.Join(folder, "checkpoints", ".*.partial"))
	return err == nil && len(partial) > 0
}
