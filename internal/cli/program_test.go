package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gradwatch/internal/cli"
)

// TestCommand checks that a shell finds the program by what is printed.
func TestCommand(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "my bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "my bin", "gradwatch")
	write(t, program, "#!/bin/sh\necho found \"$@\"\n")
	other := filepath.Join(t.TempDir(), "gradwatch")
	write(t, other, "#!/bin/sh\necho another\n")
	for _, path := range []string{program, other} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ name, current, path, want string }{
		{"below the current folder", folder, "", "'my bin/gradwatch'"},
		{"in the current folder", filepath.Dir(program), "", "./gradwatch"},
		{"elsewhere", t.TempDir(), "", "'" + program + "'"},
		{"on PATH", folder, filepath.Dir(program), "gradwatch"},
		{"another on PATH", folder, filepath.Dir(other), "'my bin/gradwatch'"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(tc.current)
			t.Setenv("PATH", tc.path+":"+os.Getenv("PATH"))
			command := (&cli.Env{Program: program}).Command()
			if command != tc.want {
				t.Errorf("got %s, want %s", command, tc.want)
			}
			out, err := exec.Command("sh", "-c", command+" version").CombinedOutput()
			if got := string(out); err != nil || got != "found version\n" {
				t.Errorf("%s: got %q, %v", command, got, err)
			}
		})
	}
}

// TestTensorBoardOfAMovedRepository checks that the command starts TensorBoard where the
// repository lies now, though the environment's programs name where it was.
func TestTensorBoardOfAMovedRepository(t *testing.T) {
	t.Chdir(t.TempDir())
	bin := filepath.Join(".runtime", "tensorboard", "bin")
	for _, folder := range []string{"bin", bin} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	write(t, "bin/gradwatch", "")
	f := &cli.Env{Program: filepath.Join(here, "bin", "gradwatch")}
	for _, tc := range []struct{ name, script, want string }{
		{"here", "#!" + filepath.Join(here, bin, "python") + "\n", ".runtime/tensorboard/bin/tensorboard --logdir logs"},
		{"moved", "#!/elsewhere/.runtime/tensorboard/bin/python\n", ".runtime/tensorboard/bin/python -m tensorboard.main --logdir logs"},
		{"here, a long path", "#!/bin/sh\n'''exec' \"" + filepath.Join(here, bin, "python") + "\" \"$0\" \"$@\"\n", ".runtime/tensorboard/bin/tensorboard --logdir logs"},
		{"moved, a long path", "#!/bin/sh\n'''exec' \"/elsewhere/bin/python\" \"$0\" \"$@\"\n", ".runtime/tensorboard/bin/python -m tensorboard.main --logdir logs"},
	} {
		write(t, filepath.Join(bin, "tensorboard"), tc.script)
		if got := f.TensorBoard("logs"); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
