//go:build tensorflow

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/version"
)

// TestBindingsVersion compares the constants with go.mod.
func TestBindingsVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"github.com/galeone/tensorflow/tensorflow/go " + version.Bindings,
		"github.com/galeone/tfgo " + version.Tfgo,
	} {
		if !strings.Contains(string(mod), want) {
			t.Errorf("go.mod doesn't require %s", want)
		}
	}
}

func TestVersion(t *testing.T) {
	got := succeed(t, "version").stdout
	want := `^gradwatch   0\.\d+\.\d+.*
go          go1\.\d+.* \w+/\w+
bindings    github\.com/galeone/tensorflow/tensorflow/go v0\.0\.0-\S+
            github\.com/galeone/tfgo v0\.0\.0-\S+
tensorflow  2\.\d+\.\d+
$`
	if !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got %s, want it to match %s", got, want)
	}
}

// TestVersionBeforeSetup has no library beside the program.
func TestVersionBeforeSetup(t *testing.T) {
	f := &cli.Env{Program: os.Args[0]}
	if got, want := libraryVersion(f), "not set up yet: run scripts/setup"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDevices asks the real engine.
func TestDevices(t *testing.T) {
	got := succeed(t, "devices").stdout
	if !regexp.MustCompile(`^TensorFlow 2\.\d+\.\d+, \S+\n\ndevice +memory\ncpu:0 `).MatchString(got) {
		t.Errorf("got %q, want TensorFlow's version and the device cpu:0", got)
	}
}
