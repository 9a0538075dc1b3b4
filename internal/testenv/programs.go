package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// BuildPrograms builds the programs into root/bin as scripts/setup lays them, beside a
// .runtime, which is the repository's own, and returns that folder.
func BuildPrograms(root string) (string, error) {
	repository, err := Repository()
	if err != nil {
		return "", err
	}
	if err := os.Symlink(filepath.Join(repository, ".runtime"), filepath.Join(root, ".runtime")); err != nil {
		return "", err
	}
	folder := filepath.Join(root, "bin")
	build := exec.Command("go", "build", "-o", folder+"/", "./cmd/...")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the programs (scripts/go knows how): %w\n%s", err, out)
	}
	return folder, nil
}

// WithPrograms builds the programs in a new folder below the system's temporary one, which goes
// on PATH, runs tests with the folder that they are in, and returns their exit status.
func WithPrograms(tests func(folder string) int) int {
	root, err := os.MkdirTemp("", "gradwatch-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(root) }() // it is below the system's temporary folder
	folder, err := BuildPrograms(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests(folder)
}
