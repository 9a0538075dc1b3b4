package main

import (
	"bytes"
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/testenv"
)

var update = flag.Bool("update", false, "write the golden files anew")

// programs is the folder into which TestMain builds gradwatch and its engine.
var programs string

func TestMain(m *testing.M) {
	flag.Parse()
	if fuzzWorker() {
		os.Exit(m.Run()) // it is started many times, and its targets need no programs
	}
	os.Exit(testenv.WithPrograms(func(folder string) int {
		programs = folder
		return m.Run()
	}))
}

// fuzzWorker reports whether this process does the work of another that fuzzes.
func fuzzWorker() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}

// result is what a command left behind.
type result struct {
	status         int
	stdout, stderr string
}

// gradwatch runs a command in process, in the current folder.
func gradwatch(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout, Stderr: &stderr}
	status := runCommand(ctx, f, args)
	return result{status, stdout.String(), stderr.String()}
}

// succeed runs a command that must.
func succeed(t *testing.T, args ...string) result {
	t.Helper()
	r := gradwatch(t.Context(), args...)
	if r.status != cli.ExitDone {
		t.Fatalf("gradwatch %s: got status %d, want 0\n%s", strings.Join(args, " "), r.status, r.stderr)
	}
	return r
}

// files returns all files and folders below the current one, with their content.
func files(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Type().IsRegular() {
			content, err := os.ReadFile(path)
			found[path] = string(content)
			return err
		}
		found[path] = entry.Type().String()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// names returns the names in a folder, which must be there.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, "events.out.tfevents.") {
			name = "events" // the rest is time and machine
		}
		all = append(all, name)
	}
	return all
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
