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

var (
	gradwatch string // the built program, beside its engine
	shared    string // the folder of what several tests read
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("all skipped with -short: each test starts several processes and trains for seconds")
		return
	}
	os.Exit(testenv.WithPrograms(func(folder string) int {
		gradwatch, shared = filepath.Join(folder, "gradwatch"), filepath.Join(filepath.Dir(folder), "shared")
		if err := os.Mkdir(shared, 0o777); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}))
}
