package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// Content is a file to be written whole.
type Content struct {
	Name  string
	Write func(w io.Writer) error
}

// A WriteError is the error of a file that was not written.
type WriteError struct {
	Name string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("write %s: %v", e.Name, e.Err) }

func (e *WriteError) Unwrap() error { return e.Err }

// Write writes files under temporary names, and renames them when all are complete. With
// synced it returns when they are on the disk, which each is before it is renamed. It also
// removes the temporary files of ended processes from the folder.
func Write(root *os.Root, synced bool, contents ...Content) *WriteError {
	return write(root, synced, (*os.Root).Rename, contents...)
}

// WriteNew writes a file as [Write] does. Where the name is taken, even since the call
// began, it returns an error that is [fs.ErrExist] and changes nothing.
func WriteNew(root *os.Root, content Content) *WriteError {
	return write(root, false, Put, content)
}

func write(root *os.Root, synced bool, place func(root *os.Root, temporary, name string) error, contents ...Content) (err *WriteError) {
	Sweep(root, ".", nil)
	files, names := []*os.File{}, []string{}
	defer func() {
		for i, file := range files {
			if err != nil {
				_ = root.Remove(names[i]) // the first error is the one reported
			}
			_ = file.Close() // which unlocks it, when it has its name
		}
	}()
	for _, c := range contents {
		file, temporary, err := Create(root, c.Name)
		if err != nil {
			return &WriteError{c.Name, err}
		}
		files, names = append(files, file), append(names, temporary)
		if err := c.Write(file); err != nil {
			return &WriteError{c.Name, err}
		}
	}
	if synced {
		if err := Sync(files...); err != nil {
			return &WriteError{contents[0].Name, err}
		}
	} else {
		for i, file := range files {
			if err := file.Close(); err != nil { // some file systems fail here
				return &WriteError{contents[i].Name, err}
			}
		}
	}
	for i, c := range contents {
		if err := place(root, names[i], c.Name); err != nil {
			return &WriteError{c.Name, err}
		}
	}
	if synced {
		if err := SyncFolder(root); err != nil {
			return &WriteError{".", err}
		}
	}
	return nil
}

// Sync returns when the files are on the disk. They are synced at the same time, so that the
// file system can do its own work, which takes longest, for all of them together.
func Sync(files ...*os.File) error {
	failures := make([]error, len(files))
	var group sync.WaitGroup
	for i, f := range files {
		group.Go(func() { failures[i] = f.Sync() })
	}
	group.Wait()
	return errors.Join(failures...)
}

// SyncTree returns when all files and folders below root, and what they list, are on the
// disk.
func SyncTree(root *os.Root) error {
	var files []*os.File
	defer func() {
		for _, file := range files {
			_ = file.Close() // it was only synced
		}
	}()
	err := fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, err := root.Open(name)
		if err == nil {
			files = append(files, file)
		}
		return err
	})
	return errors.Join(err, Sync(files...))
}

// SyncFolder returns when what the folder lists is on the disk.
func SyncFolder(root *os.Root) error {
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
