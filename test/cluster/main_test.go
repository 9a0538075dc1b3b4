//go:build tensorflow

package cluster

import (
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/testenv"
)

// gradwatch is the built program, beside its engine.
var gradwatch string

func TestMain(m *testing.M) {
	os.Exit(testenv.WithPrograms(func(folder string) int {
		gradwatch = filepath.Join(folder, "gradwatch")
		return m.Run()
	}))
}
