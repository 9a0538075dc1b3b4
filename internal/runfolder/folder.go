package runfolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"gradwatch/internal/atomicfile"
)

// The files of a run.
const (
	HistoryFile = "history.csv"
	SummaryFile = "summary.json"
	WeightsFile = "weights.json"
	FlowFile    = "flow.csv"  // what was measured of each layer
	UnitsFile   = "units.csv" // and of each unit
	EventPrefix = "events.out.tfevents."

	ConfusionFile = "confusion.csv" // test rows by class and predicted class
	ROCFile       = "roc.csv"       // of two classes
	PredictedFile = "predicted.csv" // of a regression
)

// Folder is a run's folder. Close it after use.
type Folder struct {
	root *os.Root
	lock *os.File // nil where it is not locked
	// Path is absolute, Name relative to the log folder.
	Path, Name string
	replaces   *replaced  // nil where nothing, or no longer
	folders    []*os.File // see Reach
}

// Open opens the folder of a run that is there.
func Open(folder string) (*Folder, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", folder, reason(err))
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", folder, reason(err))
	}
	return &Folder{root: root, Path: absolute, Name: filepath.Base(absolute)}, nil
}

// OpenInside opens the folder of a run that lies in this one, such as that of a
// study's configuration. A link of that name is not followed.
func (f *Folder) OpenInside(name string) (*Folder, error) {
	path := filepath.Join(f.Path, name)
	if err := f.isFolder(name); err != nil {
		return nil, fmt.Errorf("run %q: %w", path, reason(err))
	}
	root, err := f.root.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", path, reason(err))
	}
	return &Folder{root: root, Path: path, Name: name}, nil
}

// isFolder returns an error unless a folder lies here under that name: what TensorFlow
// writes, by its path, would leave the folder through a link.
func (f *Folder) isFolder(name string) error {
	info, err := f.root.Lstat(name)
	if err == nil && !info.IsDir() {
		err = errors.New("is no folder, or a link to one: want a folder")
	}
	return err
}

// Close releases the folder. One that has not taken the place of the run that it was
// made to replace is removed.
func (f *Folder) Close() error {
	if f.replaces != nil {
		_ = f.Discard() // what stays is swept later
	}
	for _, folder := range f.folders {
		_ = folder.Close()
	}
	atomicfile.Unlock(f.root, f.lock)
	return f.root.Close()
}

// Reach returns a path of the folder of that name inside this one, or of this one for "",
// for code that opens files by their paths, as TensorFlow does. The path leads to the folder
// that this process has open, even where another folder has taken its name. It is valid
// until Close.
func (f *Folder) Reach(inside string) (string, error) {
	folder, err := f.root.Open(path.Join(".", inside))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", filepath.Join(f.Path, inside), reason(err))
	}
	f.folders = append(f.folders, folder)
	return DescriptorPath(folder), nil
}

// DescriptorPath returns a path of an open folder, in this process.
func DescriptorPath(folder *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", folder.Fd()) }

// Root returns the open folder, for reading and writing in folders inside.
func (f *Folder) Root() *os.Root { return f.root }

// Discard removes the folder and all its content. The run that it was made to replace, if
// any, stays unchanged.
func (f *Folder) Discard() error {
	if r := f.replaces; r != nil {
		f.replaces = nil
		defer r.release()
	}
	if err := removeContents(f.root); err != nil {
		return fmt.Errorf("remove %s: %w", f.Path, reason(err))
	}
	if err := os.Remove(f.Path); err != nil {
		return fmt.Errorf("remove %s: %w", f.Path, reason(err))
	}
	return nil
}

// removeContents removes what is in a folder, the event files first: a run that is removed in part
// is none for TensorBoard.
func removeContents(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, events := range []bool{true, false} {
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), EventPrefix) == events {
				if err := root.RemoveAll(entry.Name()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// CreateFile makes an empty file for writing row by row. It replaces a file of that name:
// where that has other names (hard links) or is a link, the file behind stays unchanged.
func (f *Folder) CreateFile(name string) (*os.File, error) {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("replace %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// Reopen opens an existing file for appending after its first size bytes and cuts off the
// rest. Where the file has other names (hard links), a copy takes this name and the file
// stays unchanged under the others. A link is not followed.
func (f *Folder) Reopen(name string, size int64) (*os.File, error) {
	file, err := f.OpenRegular(name, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	if linked(file) {
		err := f.Write(name, func(w io.Writer) error {
			_, err := io.Copy(w, io.NewSectionReader(file, 0, size))
			return err
		})
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		return f.Reopen(name, size)
	}
	if err := file.Truncate(size); err != nil {
		_ = file.Close() // the first error is the one reported
		return nil, fmt.Errorf("cut %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return file, nil
}

// linked reports whether a file has several names.
func linked(file *os.File) bool {
	info, err := file.Stat()
	if err != nil {
		return false
	}
	system, ok := info.Sys().(*syscall.Stat_t)
	return ok && system.Nlink > 1
}

// OpenRegular opens an existing file with the flags of [os.OpenFile]. A link, a pipe or the
// like is an error.
func (f *Folder) OpenRegular(name string, flag int) (*os.File, error) {
	info, err := f.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no regular file, or a link to one: want a file")
	}
	var file *os.File
	if err == nil {
		file, err = f.root.OpenFile(name, flag, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return file, nil
}

// Write writes a whole file: under a temporary name, and when it is complete it takes its
// name.
func (f *Folder) Write(name string, write func(w io.Writer) error) error {
	return f.write(false, Content{Name: name, Write: write})
}

// WriteNew writes a whole file as [Folder.Write] does. Where the name is taken, even since
// the call began, it returns an error that is [fs.ErrExist] and changes nothing.
func (f *Folder) WriteNew(name string, write func(w io.Writer) error) error {
	return f.writeError(atomicfile.WriteNew(f.root, Content{Name: name, Write: write}))
}

// Content is a file to be written whole.
type Content = atomicfile.Content

// WriteSynced writes files as Write does, and returns when they are on the disk: each
// is there before it takes its name.
func (f *Folder) WriteSynced(files ...Content) error { return f.write(true, files...) }

func (f *Folder) write(synced bool, files ...Content) error {
	return f.writeError(atomicfile.Write(f.root, synced, files...))
}

func (f *Folder) writeError(err *atomicfile.WriteError) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %s: %w", filepath.Join(f.Path, err.Name), reason(err.Err))
}

// temporaryForm is of the names that earlier versions gave.
var temporaryForm = regexp.MustCompile(`^\..+\.[0-9]+$`)

// RemoveTemporary removes the temporary files of processes that were killed while they
// wrote. The folder must be locked.
func (f *Folder) RemoveTemporary() error {
	atomicfile.Sweep(f.root, ".", nil)
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, reason(err))
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !temporaryForm.MatchString(entry.Name()) {
			continue
		}
		if err := f.root.Remove(entry.Name()); err != nil {
			return fmt.Errorf("remove %s: %w", filepath.Join(f.Path, entry.Name()), reason(err))
		}
	}
	return nil
}

// Mkdir makes a folder inside, unless it is there.
func (f *Folder) Mkdir(name string) error {
	err := f.root.Mkdir(name, 0o777)
	if errors.Is(err, fs.ErrExist) {
		err = f.isFolder(name)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return nil
}

// EventFiles returns the names of the event files in the folder inside of that
// name, or in the run's own for "".
func (f *Folder) EventFiles(inside string) ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), path.Join(".", inside))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(f.Path, inside), reason(err))
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), EventPrefix) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Read returns the content of a file.
func (f *Folder) Read(name string) ([]byte, error) {
	content, err := readAll(open(f.root, name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return content, nil
}

// Size returns the size of a file in bytes.
func (f *Folder) Size(name string) (int64, error) {
	info, err := f.root.Stat(name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return info.Size(), nil
}

// reason returns the cause of a file system's error, without the operation and the path,
// which the message names already.
func reason(err error) error {
	err = bare(err)
	if err != nil && errors.Is(err, escapes()) {
		return errLeaves
	}
	return err
}

var errLeaves = errors.New("a link that leads out of the folder, which isn't followed")

// escapes returns the error of an os.Root for a path that leaves it, nil where none can be
// had. Package os has a value for it, but doesn't export it: so it is provoked once.
var escapes = sync.OnceValue(func() error {
	root, err := os.OpenRoot("/")
	if err != nil {
		return nil
	}
	defer root.Close()
	_, err = root.Lstat("..")
	return bare(err)
})

func bare(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	var linkError *os.LinkError
	if errors.As(err, &linkError) {
		return linkError.Err
	}
	return err
}
