//go:build tensorflow

package library

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gradwatch/internal/testenv"
)

// module is the program's go.mod, as README.md shows it, but for the folder of the repository.
const module = `module moons

go 1.26

require gradwatch v0.0.0

replace gradwatch => ../gradwatch
`

// TestProgram builds and runs the program in a folder of its own, as a module of its own, without
// a network, and checks what it prints: lines of its own alone.
func TestProgram(t *testing.T) {
	repository, err := testenv.Repository()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  strings.ReplaceAll(module, "../gradwatch", repository),
		"go.sum":  read(t, filepath.Join(repository, "go.sum")),
		"main.go": read(t, filepath.Join("testdata", "moons", "main.go")),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command(filepath.Join(repository, "scripts", "go"), "build", "-mod=mod")
	build.Dir, build.Env = folder, append(os.Environ(), "GOPROXY=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var complaints strings.Builder
	program := exec.Command(filepath.Join(folder, "moons"))
	program.Dir, program.Stderr = folder, &complaints
	program.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=2") // TensorFlow's own lines
	out, err := program.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("got error %v and on stderr %q, want neither", err, complaints.String())
	}
	want := regexp.MustCompile(`^accuracy on the test rows: (0\.\d+|1\.000)\nclasses of two points: \[0 1\]\n$`)
	match := want.FindSubmatch(out)
	if match == nil {
		t.Fatalf("got %q, want it to match %s", out, want)
	}
	if accuracy, _ := strconv.ParseFloat(string(match[1]), 64); accuracy < 0.95 {
		t.Errorf("got accuracy %v, want at least 0.95", accuracy)
	}
	if _, err := os.Stat(filepath.Join(folder, "logs", "relu-2x8-memory", "history.csv")); err != nil {
		t.Error(err)
	}
}

// TestREADME checks that README.md shows the program and its go.mod as they are tested.
func TestREADME(t *testing.T) {
	repository, err := testenv.Repository()
	if err != nil {
		t.Fatal(err)
	}
	readme := read(t, filepath.Join(repository, "README.md"))
	_, program, _ := strings.Cut(read(t, filepath.Join("testdata", "moons", "main.go")), "\n")
	program, _, _ = strings.Cut(program, "\n\n// moons returns")
	for name, text := range map[string]string{"go.mod": module, "main.go": program + "\n"} {
		if !strings.Contains(readme, fmt.Sprintf("\n%s```\n", text)) {
			t.Errorf("README.md doesn't show the program's %s:\n%s", name, text)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
