//go:build tensorflow

package cluster

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gradwatch/internal/testenv"
)

// gradwatch is the built program, beside its engine.
var gradwatch string

// starts are run on one thread, which lives as long as the tests do: the system kills
// what was started there when it ends, however that comes.
var starts = make(chan func())

func TestMain(m *testing.M) {
	go func() {
		runtime.LockOSThread()
		for start := range starts {
			start()
		}
	}()
	os.Exit(testenv.WithPrograms(func(folder string) int {
		gradwatch = filepath.Join(folder, "gradwatch")
		return m.Run()
	}))
}
