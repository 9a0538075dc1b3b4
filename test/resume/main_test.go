package resume

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var minutes = flag.Int("minutes", 0, "how long to go on killing runs; 0 for each case once")

// gradwatch is the built program, beside its engine.
var gradwatch string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(withPrograms(m.Run))
}

// withPrograms builds the programs as scripts/setup lays them, beside a .runtime:
// the repository's own.
func withPrograms(tests func() int) int {
	root, err := os.MkdirTemp("", "gradwatch-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(root) }() // it is below the system's temporary folder
	gradwatch = filepath.Join(root, "bin", "gradwatch")
	repository, err := filepath.Abs("../..")
	if err == nil {
		err = os.Symlink(filepath.Join(repository, ".runtime"), filepath.Join(root, ".runtime"))
	}
	if err == nil {
		build := exec.Command("go", "build", "-o", filepath.Dir(gradwatch)+"/", "./cmd/...")
		build.Dir = repository
		var out []byte
		if out, err = build.CombinedOutput(); err != nil {
			err = fmt.Errorf("build the programs (scripts/go knows how): %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests()
}
