package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gradwatch/internal/printable"
)

// Log is where TensorFlow's own messages go: nowhere, unless asked for.
func (env *Env) Log(verbose bool) io.Writer {
	if verbose {
		return env.Stderr
	}
	return nil
}

// Env is the command with what it stands on.
type Env struct {
	Program        string // the path of the program itself, beside which the engine lies
	Stdout, Stderr io.Writer
	Stdin          io.Reader // nil for the process's own
}

// Command returns how to start this program: by its name where the shell finds it by that, by its
// path from the current folder where it lies below, else by its whole path.
func (env *Env) Command() string {
	name := filepath.Base(env.Program)
	if found, err := exec.LookPath(name); err == nil && sameFile(found, env.Program) {
		return Quote(name)
	}
	return Quote(startable(RelativePath(env.Program)))
}

// startable returns a path that a shell doesn't look for among its commands.
func startable(path string) string {
	if !strings.ContainsRune(path, filepath.Separator) {
		return "." + string(filepath.Separator) + path
	}
	return path
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// ResumeCommand returns the command that goes on with a run. Program is how to start this program.
func ResumeCommand(program, folder string) string {
	return program + " train --resume " + Quote(RelativePath(folder))
}

// TensorBoard returns the command that shows a log folder: the TensorBoard that scripts/setup
// installed, where there is one. Its own program names the Python of the folder that it was installed in; so
// where the repository was moved since, it is started by the Python beside it.
func (env *Env) TensorBoard(logdir string) string {
	command := "tensorboard"
	if own, ok := env.OwnTensorBoard(); ok {
		command = Quote(startable(RelativePath(own)))
		if !startsWithOwnPython(own) {
			command = Quote(startable(RelativePath(filepath.Join(filepath.Dir(own), "python")))) + " -m tensorboard.main"
		}
	}
	return command + " --logdir " + Quote(logdir)
}

// startsWithOwnPython reports whether the first line of a script in a virtual environment leads to
// that environment's Python.
func startsWithOwnPython(script string) bool {
	text, err := os.ReadFile(script)
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(text), "\n")
	python, found := strings.CutPrefix(first, "#!")
	if !found || strings.HasPrefix(python, "/bin/sh") {
		// A path too long for a first line stands in the second, as sh takes it.
		return strings.Contains(string(text), filepath.Dir(script)+string(filepath.Separator))
	}
	return sameFile(filepath.Dir(strings.TrimSpace(python)), filepath.Dir(script))
}

// OwnTensorBoard returns the TensorBoard that scripts/setup fetched; false where the
// programs were unpacked from a package, which has none.
func (env *Env) OwnTensorBoard() (path string, ok bool) {
	program, err := filepath.EvalSymlinks(env.Program)
	if err != nil {
		return "", false
	}
	own := filepath.Join(filepath.Dir(program), "..", ".runtime", "tensorboard", "bin", "tensorboard")
	_, err = os.Stat(own)
	return own, err == nil
}

// Quote returns text as a shell takes it for one word: see printable.ShellWord.
func Quote(text string) string { return printable.ShellWord(text) }

// DisplayPath returns a path as the user would write it: see printable.Path.
func DisplayPath(path string) string { return printable.Path(path) }

// RelativePath returns a path from the current folder: see printable.RelativePath.
func RelativePath(path string) string { return printable.RelativePath(path) }
