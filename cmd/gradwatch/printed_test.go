//go:build tensorflow

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// goOn is the command that an error's line ends with.
var goOn = regexp.MustCompile(`go on with: (.*)\n`)

// TestPrintedCommandsRun stops a run whose names want quotes, and goes on with it by the command that is printed.
func TestPrintedCommandsRun(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", strings.TrimPrefix(os.Getenv("PATH"), programs+":"))
	p := startIn(t, "my logs/it's one", 2, "train", "--epochs", "600", "--histogram-freq", "0", "--plots=false", "--logdir", "my logs", "--run", "it's one")
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.Wait(t)
	printed := goOn.FindStringSubmatch(p.Stderr.String())
	if printed == nil {
		t.Fatalf("got no command in %q", p.Stderr.String())
	}
	out, err := exec.Command("sh", "-c", printed[1]+" --plots=false").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "epoch 600/600") {
		t.Errorf("%s: %v\n%s", printed[1], err, out)
	}
}
