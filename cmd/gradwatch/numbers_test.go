package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
)

// TestNumbersInFlags refuses in every flag that takes numbers what strconv takes and no
// one means: underscores, hexadecimal digits, infinities and NaN.
func TestNumbersInFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	f := &cli.Env{}
	checked := 0
	for _, command := range rootCommand(f).Commands() {
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			kind := flag.Value.Type()
			if kind != "X" && kind != "N" && kind != "X,..." && kind != "N,N,..." {
				return
			}
			checked++
			for _, text := range []string{"1_0", "0x1p-2", "0x10", "Inf", "+inf", "nan", "0b1", "1e999"} {
				if err := flag.Value.Set(text); err == nil {
					t.Errorf("%s --%s %s: got no error, want one", command.Name(), flag.Name, text)
				}
			}
		})
	}
	if checked < 50 {
		t.Errorf("got %d flags of numbers, want them all", checked)
	}
	for _, args := range [][]string{
		{"train", "--initializer", "normal:0,1_0"},
		{"train", "--initializer", "constant:0x1p-2"},
		{"train", "--class-weight", "0=1_0"},
		{"train", "--learning-rate-schedule", "cosine:1_0,0"},
		{"train", "--learning-rate-schedule", "step:10,0x1p-2"},
		{"study", "--vary", "learning-rate=1_0,2"},
		{"study", "--vary", "l2=0x1p-2,0"},
		{"study", "--vary", "l2=1_0:2_0:1_0"},
	} {
		if r := gradwatch(t.Context(), args...); r.status != cli.ExitRequest || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("%q: got status %d, %q, want %d and one line", args, r.status, r.stderr, cli.ExitRequest)
		}
	}
}
