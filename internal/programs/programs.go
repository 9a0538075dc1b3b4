// Package programs builds gradwatch and its engine, for tests that run them.
package programs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"gradwatch/internal/tensorboard"
)

// Build builds the programs into root/bin as scripts/setup lays them, beside a
// .runtime, which is the repository's own, and returns that folder.
func Build(root string) (string, error) {
	repository, err := tensorboard.Repository()
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

// With builds the programs in a new folder below the system's temporary one, which goes
// on PATH, runs tests with the folder that they are in, and returns their exit status.
func With(tests func(folder string) int) int {
	root, err := os.MkdirTemp("", "gradwatch-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(root) }() // it is below the system's temporary folder
	folder, err := Build(root)
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

// Child returns the first process that a process has started, such as gradwatch's
// engine; 0 where it has none.
func Child(pid int) int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // any thread may have started it
	if err != nil {
		return 0
	}
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if err != nil {
			continue // a thread that ended
		}
		if fields := strings.Fields(string(children)); len(fields) > 0 {
			child, _ := strconv.Atoi(fields[0])
			return child
		}
	}
	return 0
}
