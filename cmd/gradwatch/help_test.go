package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/terminal"
)

// TestHelp compares the help texts with testdata/help; -update writes them anew.
func TestHelp(t *testing.T) {
	for _, name := range []string{"gradwatch", "train", "study", "tutorial", "diagnose", "export", "predict", "data", "worker", "devices", "version"} {
		t.Run(name, func(t *testing.T) {
			args := []string{name, "--help"}
			if name == "gradwatch" {
				args = args[1:]
			}
			got := succeed(t, args...)
			if got.stderr != "" {
				t.Errorf("got %q on stderr, want nothing", got.stderr)
			}
			for _, line := range strings.Split(got.stdout, "\n") {
				if utf8.RuneCountInString(line) > terminal.Width {
					t.Errorf("got a line of %d columns, want at most %d: %s", utf8.RuneCountInString(line), terminal.Width, line)
				}
			}
			golden := filepath.Join("testdata", "help", name+".txt")
			if *update {
				write(t, golden, got.stdout)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.stdout); diff != "" {
				t.Errorf("help (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHelpForms checks that a command's help is the same however it is asked for.
func TestHelpForms(t *testing.T) {
	want := succeed(t, "train", "--help")
	for _, args := range [][]string{{"help", "train"}, {"train", "-h"}, {"train", "--epochs", "3", "--help"}} {
		if diff := cmp.Diff(want.stdout, succeed(t, args...).stdout); diff != "" {
			t.Errorf("%v (-want +got):\n%s", args, diff)
		}
	}
	if diff := cmp.Diff(succeed(t, "--help").stdout, succeed(t).stdout); diff != "" {
		t.Errorf("no arguments (-want +got):\n%s", diff)
	}
}

// TestCompletion asks as a shell does.
func TestCompletion(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"__complete tr", "train\tTrain one model"},
		{"__complete train --pre", "--preset\ta model of the tutorial"},
		{"__completeNoDesc train --hist", "--histogram-freq\n"},
		{"completion bash", "bash completion V2 for gradwatch"},
	} {
		if got := succeed(t, strings.Fields(tc.args)...).stdout; !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %.200q, want it to hold %q", tc.args, got, tc.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two", 7, []string{"one two"}},
		{"one two", 6, []string{"one", "two"}},
		{"a ─── b", 5, []string{"a ───", "b"}},
		{"unbreakable word", 4, []string{"unbreakable", "word"}},
	} {
		if diff := cmp.Diff(tc.want, terminal.Wrap(tc.text, tc.width)); diff != "" {
			t.Errorf("%q in %d columns (-want +got):\n%s", tc.text, tc.width, diff)
		}
	}
}
