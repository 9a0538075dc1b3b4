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
}

// maxTaken bounds the search for a free name.
const maxTaken = 100_000

// Create makes the folder name inside logdir, and logdir where it is missing.
// Where the name is taken it makes name-2, name-3, ..., or, with overwrite,
// replaces the run that has it; a folder that is not a run's is never replaced.
func Create(logdir, name string, overwrite bool) (*Folder, error) {
	if info, err := os.Stat(logdir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("log folder %q: is a file, want a folder", logdir)
	}
	if err := os.MkdirAll(logdir, 0o777); err != nil {
		return nil, fmt.Errorf("log folder %q: %w", logdir, reason(err))
	}
	absolute, err := filepath.Abs(logdir)
	if err != nil {
		return nil, fmt.Errorf("log folder %q: %w", logdir, reason(err))
	}
	logs, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, fmt.Errorf("log folder %q: %w", logdir, reason(err))
	}
	defer logs.Close()
	free, err := makeFolder(logs, name, overwrite)
	if err != nil {
		return nil, fmt.Errorf("run %q in log folder %q: %w", name, logdir, reason(err))
	}
	root, err := logs.OpenRoot(free)
	if err != nil {
		return nil, fmt.Errorf("run %q in log folder %q: %w", free, logdir, reason(err))
	}
	return &Folder{root: root, Path: filepath.Join(absolute, free), Name: free}, nil
}

// makeFolder makes the folder under the first free name, which it returns.
func makeFolder(logs *os.Root, name string, overwrite bool) (string, error) {
	if parent := path.Dir(name); parent != "." {
		if err := logs.MkdirAll(parent, 0o777); err != nil {
			return "", err
		}
	}
	err := logs.Mkdir(name, 0o777)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return name, err
	}
	if overwrite {
		return name, replace(logs, name)
	}
	for i := 2; i <= maxTaken; i++ {
		free := fmt.Sprintf("%s-%d", name, i)
		if err := logs.Mkdir(free, 0o777); !errors.Is(err, fs.ErrExist) {
			return free, err
		}
	}
	return "", fmt.Errorf("%d runs have this name: choose another", maxTaken)
}

// replace puts an empty folder in the place of a run's.
func replace(logs *os.Root, name string) error {
	info, err := logs.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() || !isRun(logs, name) {
		return errors.New("is there and is not a run: not overwritten")
	}
	if err := notBusy(logs, name); err != nil {
		return err
	}
	old := path.Join(path.Dir(name), fmt.Sprintf(".%s.replaced-%d", path.Base(name), os.Getpid()))
	if err := logs.Rename(name, old); err != nil {
		return err
	}
	if err := logs.Mkdir(name, 0o777); err != nil {
		return err
	}
	return logs.RemoveAll(old)
}

// notBusy returns an error if a process works on the run.
func notBusy(logs *os.Root, name string) error {
	run, err := logs.OpenRoot(name)
	if err != nil {
		return err
	}
	defer run.Close()
	held, err := lock(run)
	unlock(run, held)
	return err
}

// isRun reports whether the folder holds a run's files, or nothing.
func isRun(logs *os.Root, name string) bool {
	folder, err := logs.Open(name)
	if err != nil {
		return false
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return false
	}
	for _, file := range names {
		if file == HistoryFile || file == SummaryFile || file == LockFile || strings.HasPrefix(file, EventPrefix) {
			return true
		}
	}
	return len(names) == 0
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

// Close releases the folder.
func (f *Folder) Close() error {
	unlock(f.root, f.lock)
	return f.root.Close()
}

// Root is the folder for reading and writing in folders inside.
func (f *Folder) Root() *os.Root { return f.root }

// Discard removes the folder and what is in it.
func (f *Folder) Discard() error {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, reason(err))
	}
	for _, entry := range entries {
		if err := f.root.RemoveAll(entry.Name()); err != nil {
			return fmt.Errorf("remove %s: %w", filepath.Join(f.Path, entry.Name()), reason(err))
		}
	}
	if err := os.Remove(f.Path); err != nil {
		return fmt.Errorf("remove %s: %w", f.Path, reason(err))
	}
	return nil
}

// CreateFile makes an empty file for writing bit by bit, in the place of one that is
// there: that may have other names, under which it stays as it is, or be a link.
func (f *Folder) CreateFile(name string) (*os.File, error) {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("replace %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// Reopen opens a file that is there for writing on, after its first size bytes;
// what it has beyond is cut off. Where it has other names (hard links), it is copied,
// and under those it stays as it is. A link is not followed.
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
		_ = file.Close() // the first error is the one to tell
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

// OpenRegular opens a file that is there, with the flags of os.OpenFile, unless it is
// a link, a pipe or the like.
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

// Write writes a whole file: under a temporary name first, which takes the
// file's place when it is complete.
func (f *Folder) Write(name string, write func(w io.Writer) error) error {
	return f.write(name, write, f.root.Rename)
}

// WriteNew writes a whole file as Write does, but where the name is taken, also by what
// came there meanwhile, it returns an error that is fs.ErrExist, and changes nothing.
func (f *Folder) WriteNew(name string, write func(w io.Writer) error) error {
	return f.write(name, write, func(temporary, name string) error {
		err := f.root.Link(temporary, name)
		if err == nil {
			return f.root.Remove(temporary)
		}
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links: an empty file takes the name first.
		mark, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		return errors.Join(mark.Close(), f.root.Rename(temporary, name))
	})
}

func (f *Folder) write(name string, write func(w io.Writer) error, place func(temporary, name string) error) (err error) {
	temporary := temporaryName(name)
	file, err := f.createTemporary(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	defer func() {
		if err != nil {
			_ = f.root.Remove(temporary) // the first error is the one to tell
		}
	}()
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	if err := place(temporary, name); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return nil
}

// createTemporary makes the file that will take the name.
func (f *Folder) createTemporary(name string) (*os.File, error) {
	temporary := temporaryName(name)
	_ = f.root.Remove(temporary) // of a process that had our number; what can't be removed can't be made either
	return f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Content is a file to be written whole.
type Content struct {
	Name  string
	Write func(w io.Writer) error
}

// WriteSynced writes files as Write does, and returns when they are on the disk: each
// is there before it takes its name.
func (f *Folder) WriteSynced(files ...Content) error {
	for _, c := range files {
		defer func() { _ = f.root.Remove(temporaryName(c.Name)) }() // where it has not got its name
	}
	written := make([]*os.File, len(files))
	defer func() {
		for _, file := range written {
			if file != nil {
				_ = file.Close() // it is synced, or the first error is the one to tell
			}
		}
	}()
	for i, c := range files {
		var err error
		if written[i], err = f.createTemporary(c.Name); err == nil {
			err = c.Write(written[i])
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(f.Path, c.Name), reason(err))
		}
	}
	if err := Sync(written...); err != nil {
		return fmt.Errorf("sync what %s ends with: %w", f.Path, err)
	}
	for _, c := range files {
		if err := f.root.Rename(temporaryName(c.Name), c.Name); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(f.Path, c.Name), reason(err))
		}
	}
	folder, err := f.root.Open(".")
	if err == nil {
		err = errors.Join(folder.Sync(), folder.Close())
	}
	if err != nil {
		return fmt.Errorf("sync %s: %w", f.Path, reason(err))
	}
	return nil
}

// Sync returns when the files are on the disk. They are synced at the same time:
// the file system puts its own work for them together, which takes longest.
func Sync(files ...*os.File) error {
	failures := make([]error, len(files))
	var group sync.WaitGroup
	for i, f := range files {
		group.Go(func() { failures[i] = f.Sync() })
	}
	group.Wait()
	return errors.Join(failures...)
}

func temporaryName(name string) string { return fmt.Sprintf(".%s.%d", name, os.Getpid()) }

var temporaryForm = regexp.MustCompile(`^\..+\.[0-9]+$`)

// RemoveTemporary removes what processes that were killed while they wrote a file
// have left.
func (f *Folder) RemoveTemporary() error {
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

// reason takes the operation and path, which the message names already, off a
// file system's error.
func reason(err error) error {
	err = bare(err)
	if err != nil && err.Error() == "path escapes from parent" { // os.Root's, which has no value of its own
		return errLeaves
	}
	return err
}

var errLeaves = errors.New("a link that leads out of the folder, which isn't followed")

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
