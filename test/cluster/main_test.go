//go:build tensorflow

package cluster

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/testenv"
)

// gradwatch is the built program, beside its engine.
var gradwatch string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("all skipped with -short: each test starts several processes and trains for seconds")
		return
	}
	os.Exit(testenv.WithPrograms(func(folder string) int {
		gradwatch = filepath.Join(folder, "gradwatch")
		return m.Run()
	}))
}
