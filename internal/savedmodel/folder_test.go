package savedmodel

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gradwatch/internal/invalid"

	"github.com/google/go-cmp/cmp"
)

func model(content string) []File {
	return []File{{ModelFile, []byte(content)}, {filepath.Join(ExtraFolder, RunFile), []byte("{}\n")}}
}

// below returns all files below a folder, with their content.
func below(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		found[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "deep", "model")
	if err := Write(out, false, model("first")); err != nil {
		t.Fatal(err)
	}
	var taken *invalid.Error
	if err := Write(out, false, model("second")); !errors.As(err, &taken) || taken.Problem != "is there already" {
		t.Errorf("got error %v, want an invalid.Error of a model that is there", err)
	}
	want := map[string]string{"deep/model/saved_model.pb": "first", "deep/model/assets.extra/gradwatch.json": "{}\n"}
	if diff := cmp.Diff(want, below(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := Write(out, true, model("third")[:1]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"deep/model/saved_model.pb": "third"}, below(t, folder)); diff != "" {
		t.Errorf("files after overwriting (-want +got):\n%s", diff)
	}
	umask := syscall.Umask(0)
	syscall.Umask(umask)
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), fs.FileMode(0o777&^umask); got != want {
		t.Errorf("got rights %v, want %v", got, want)
	}
}

// TestWriteKeeps writes where something is that is no SavedModel: it stays.
func TestWriteKeeps(t *testing.T) {
	for name, there := range map[string]string{"a file": "", "a folder of something else": "thesis.tex"} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "model")
			file := filepath.Join(out, there)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
			for _, overwrite := range []bool{false, true} {
				var taken *invalid.Error
				if err := Write(out, overwrite, model("new")); !errors.As(err, &taken) || taken.Problem != "is there and is no SavedModel" {
					t.Errorf("overwrite %v: got error %v, want an invalid.Error of what is no model", overwrite, err)
				}
			}
			if got, err := os.ReadFile(file); string(got) != "mine" {
				t.Errorf("got %q (%v), want what was there", got, err)
			}
		})
	}
}

// TestWriteFails has a write fail half-way: nothing is left, and what was there
// stays.
func TestWriteFails(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "model")
	bad := append(model("new"), File{filepath.Join(ModelFile, "inside a file"), nil})
	if err := Write(out, false, bad); err == nil || !strings.Contains(err.Error(), "write "+out) {
		t.Errorf("got error %v, want one of writing", err)
	}
	if got := below(t, folder); len(got) > 0 {
		t.Errorf("got files %v, want none", got)
	}
	if err := Write(out, false, model("old")[:1]); err != nil {
		t.Fatal(err)
	}
	if err := Write(out, true, bad); err == nil {
		t.Error("got no error, want one of writing")
	}
	if diff := cmp.Diff(map[string]string{"model/saved_model.pb": "old"}, below(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestWriteSweeps removes what a process has left that was killed when it wrote a model.
func TestWriteSweeps(t *testing.T) {
	folder := t.TempDir()
	for _, left := range []string{".model.gradwatch-12", ".other.gradwatch-7"} {
		if err := os.MkdirAll(filepath.Join(folder, left, ExtraFolder), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, left, ModelFile), []byte("half"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(filepath.Join(folder, "model"), false, model("new")[:1]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"model/saved_model.pb": "new"}, below(t, folder)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
