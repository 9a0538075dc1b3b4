package savedmodel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gradwatch/internal/atomicfile"
	"gradwatch/internal/invalid"
)

// The files of a SavedModel.
const (
	ModelFile = "saved_model.pb"
	// ExtraFolder is where a SavedModel keeps what is not TensorFlow's.
	ExtraFolder = "assets.extra"
	// RunFile, in ExtraFolder, says which run it comes from and what its columns are.
	RunFile = "gradwatch.json"
)

// File is one file, by its path inside the folder.
type File struct {
	Name    string
	Content []byte
}

// Check returns an [*invalid.Error] of the field out if the folder may not be written: it
// is there and not to be overwritten, or it is no SavedModel.
func Check(path string, overwrite bool) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	model := info.IsDir() && isModel(path)
	if model && overwrite {
		return nil
	}
	taken := &invalid.Error{Field: "out", Value: path, Problem: "is there and is no SavedModel", Want: "a new folder"}
	if model {
		taken.Problem, taken.Want = "is there already", "a new folder, or --overwrite"
	}
	return taken
}

// isModel reports whether the folder has a SavedModel, or nothing.
func isModel(folder string) bool {
	if _, err := os.Stat(filepath.Join(folder, ModelFile)); err == nil {
		return true
	}
	entries, err := os.ReadDir(folder)
	return err == nil && len(entries) == 0
}

// Write writes the folder with the files under a temporary name beside it, and renames it
// when all of it is on the disk. It makes the folders above. A folder that it replaces
// exists until then, and is removed afterwards. Errors are as [Check]'s, or those of the
// file system.
func Write(path string, overwrite bool, files []File) error {
	if err := Check(path, overwrite); err != nil {
		return err
	}
	above, name := filepath.Dir(path), filepath.Base(path)
	if err := os.MkdirAll(above, 0o777); err != nil {
		return fmt.Errorf("make the folder for %s: %w", path, err)
	}
	root, err := os.OpenRoot(above)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer root.Close()
	atomicfile.Sweep(root, ".", func(aside string) bool { return isModel(filepath.Join(above, aside)) })
	lock, temporary, err := atomicfile.Mkdir(root, name)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer lock.Close()
	err = write(root, temporary, files)
	if err == nil {
		err = atomicfile.Put(root, temporary, name)
		if errors.Is(err, fs.ErrExist) {
			if taken := Check(path, overwrite); taken != nil { // since the first check
				err = taken
			} else {
				err = atomicfile.Replace(root, temporary, name)
			}
		}
	}
	err = errors.Join(err, root.RemoveAll(temporary)) // after the exchange of names what was there before
	if err == nil {
		err = atomicfile.SyncFolder(root)
	}
	var taken *invalid.Error
	if err == nil || errors.As(err, &taken) {
		return err
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// write writes the files into a folder below root, and returns when they are on the disk.
func write(root *os.Root, folder string, files []File) error {
	inside, err := root.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer inside.Close()
	for _, file := range files {
		if err := inside.MkdirAll(filepath.Dir(file.Name), 0o777); err != nil {
			return err
		}
		if err := inside.WriteFile(file.Name, file.Content, 0o666); err != nil {
			return err
		}
	}
	return atomicfile.SyncTree(inside)
}
