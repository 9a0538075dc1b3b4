package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes empty files below a new folder, which it returns without links.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "bin/gradwatch") {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	engineFile = "bin/gradwatch-engine"
	cpuFile    = ".runtime/tensorflow/lib/" + libraryFile
	oldGPUFile = ".runtime/tensorflow-gpu-2.20.0/lib/" + libraryFile
	gpuFile    = ".runtime/tensorflow-gpu-2.21.0/lib/" + libraryFile
	besideFile = "bin/lib/" + libraryFile
)

func TestFind(t *testing.T) {
	for _, tc := range []struct {
		name    string
		files   []string
		device  string
		library string // below the root
		err     string // its end
	}{
		{"cpu", []string{engineFile, cpuFile}, "cpu", ".runtime/tensorflow/lib", ""},
		{"auto", []string{engineFile, cpuFile}, "auto", ".runtime/tensorflow/lib", ""},
		{"beside", []string{engineFile, cpuFile, besideFile}, "cpu", "bin/lib", ""},
		{"gpu", []string{engineFile, cpuFile, oldGPUFile, gpuFile}, "gpu:1", ".runtime/tensorflow-gpu-2.21.0/lib", ""},
		{"cpu beside gpu", []string{engineFile, cpuFile, gpuFile}, "cpu", ".runtime/tensorflow/lib", ""},
		{"no gpu", []string{engineFile, cpuFile}, "gpu", "", `--device "gpu": no TensorFlow library with CUDA: run scripts/setup --gpu`},
		{"no library", []string{engineFile}, "cpu", "", "no TensorFlow library: run scripts/setup"},
		{"no engine", []string{cpuFile}, "cpu", "", "bin: run scripts/setup"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := tree(t, tc.files...)
			// The front may be called by a link from elsewhere.
			link := filepath.Join(t.TempDir(), "gradwatch")
			if err := os.Symlink(filepath.Join(root, "bin/gradwatch"), link); err != nil {
				t.Fatal(err)
			}
			got, err := Find(link, tc.device)
			if tc.err != "" {
				if err == nil || !strings.HasSuffix(err.Error(), tc.err) {
					t.Fatalf("got error %v, want one that ends with %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := Installation{Program: filepath.Join(root, engineFile), Library: filepath.Join(root, tc.library)}
			if got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	for _, tc := range []struct {
		name   string
		files  []string
		link   string // .runtime/tensorflow points at it
		want   string
		wantOK bool
	}{
		{"none", nil, "", "", false},
		{"cpu", []string{".runtime/tensorflow-cpu-2.21.0/lib/" + libraryFile}, "tensorflow-cpu-2.21.0", "2.21.0", true},
		{"beside", []string{besideFile}, "", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := tree(t, tc.files...)
			if tc.link != "" {
				if err := os.Symlink(tc.link, filepath.Join(root, ".runtime/tensorflow")); err != nil {
					t.Fatal(err)
				}
			}
			got, ok := Version(filepath.Join(root, "bin/gradwatch"))
			if got != tc.want || ok != tc.wantOK {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tc.want, tc.wantOK)
			}
		})
	}
}
