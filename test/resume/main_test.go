//go:build tensorflow

package resume

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/testenv"
)

var (
	minutes    = flag.Int("minutes", 0, "how long to go on killing runs; 0 for each case once")
	leastKills = flag.Int("kills", 0, "how often to kill runs at least, in all")
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
