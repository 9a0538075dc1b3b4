package savedmodel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
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

// A TakenError says that there is something in the place of a new folder.
type TakenError struct {
	Path  string
	Model bool // a SavedModel, which may be replaced
}

func (e *TakenError) Error() string {
	if e.Model {
		return fmt.Sprintf("%q: is there already: want a new folder, or --overwrite", e.Path)
	}
	return fmt.Sprintf("%q: is there and is no SavedModel: want a new folder", e.Path)
}

// Check returns a [*TakenError] if the folder may not be written: it is there and
// not to be overwritten, or it is no SavedModel.
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
	return &TakenError{Path: path, Model: model}
}

// isModel reports whether the folder has a SavedModel, or nothing.
func isModel(folder string) bool {
	if _, err := os.Stat(filepath.Join(folder, ModelFile)); err == nil {
		return true
	}
	entries, err := os.ReadDir(folder)
	return err == nil && len(entries) == 0
}

// Write writes the folder with the files, under a temporary name beside it first,
// which takes its place when all of it is on the disk. Folders above it are made.
// One that it replaces is there until then, and removed afterwards.
func Write(path string, overwrite bool, files []File) (err error) {
	if err := Check(path, overwrite); err != nil {
		return err
	}
	above := filepath.Dir(path)
	if err := os.MkdirAll(above, 0o777); err != nil {
		return fmt.Errorf("make the folder for %s: %w", path, err)
	}
	temporary := filepath.Join(above, fmt.Sprintf(".%s.%d", filepath.Base(path), os.Getpid()))
	if err := os.Mkdir(temporary, 0o777); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	// After the exchange of names this is what was there before.
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	for _, file := range files {
		if err := writeFile(filepath.Join(temporary, file.Name), file.Content); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	if err := syncFolder(temporary); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := put(temporary, path, overwrite); err != nil {
		return err
	}
	if err := syncFolder(above); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// put gives the temporary folder its name. Where another has it, they exchange
// names at one stroke.
func put(temporary, path string, overwrite bool) error {
	err := unix.Renameat2(unix.AT_FDCWD, temporary, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EEXIST) && overwrite {
		err = unix.Renameat2(unix.AT_FDCWD, temporary, unix.AT_FDCWD, path, unix.RENAME_EXCHANGE)
	}
	switch {
	case errors.Is(err, unix.EEXIST): // since the check
		return Check(path, false)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS): // a file system without
		return move(temporary, path)
	case err != nil:
		return fmt.Errorf("put %s in its place: %w", path, err)
	}
	return nil
}

// move does the same in three strokes.
func move(temporary, path string) error {
	old := temporary + ".replaced"
	if err := os.Rename(path, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return os.RemoveAll(old)
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
