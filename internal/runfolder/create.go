package runfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gradwatch/internal/atomicfile"
)

// maxTaken bounds the search for a free name.
const maxTaken = 100_000

// Make makes a folder of that name inside logdir, which it makes too where it is missing.
// Where the name is taken, the folder is called name-2, name-3, ...
func Make(logdir, name string) (*Folder, error) {
	return inLogs(logdir, name, func(logs *os.Root) (*Folder, error) {
		return firstFree(name, func(free string) (*Folder, error) {
			if err := logs.Mkdir(free, 0o777); err != nil {
				return nil, err
			}
			root, err := openFolder(logs, free)
			return &Folder{root: root, Name: free}, err
		})
	})
}

// Create makes and locks the folder of a run inside logdir, as [Make] does. It reuses the
// folder of a process that was killed before it wrote any file of a run.
//
// With overwrite, and where a run has the name, the folder is made beside it, and
// [Folder.Replace] gives it the name. Until then the existing run stays unchanged and
// locked. A folder that is not a run's is never replaced.
func Create(logdir, name string, overwrite bool) (*Folder, error) {
	return inLogs(logdir, name, func(logs *os.Root) (*Folder, error) {
		if _, err := logs.Lstat(name); err == nil && overwrite {
			return createBeside(logs, name)
		}
		return firstFree(name, func(free string) (*Folder, error) { return createLocked(logs, free) })
	})
}

// inLogs opens the log folder, sweeps where the folder of that name is to be, and has it
// made.
func inLogs(logdir, name string, create func(logs *os.Root) (*Folder, error)) (*Folder, error) {
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
	parent := path.Dir(name)
	if parent != "." {
		err = logs.MkdirAll(parent, 0o777)
	}
	var f *Folder
	if err == nil {
		sweep(logs, parent)
		f, err = create(logs)
	}
	if err != nil {
		_ = logs.Close()
		return nil, fmt.Errorf("run %q in log folder %q: %w", name, logdir, reason(err))
	}
	if f.replaces == nil {
		f.Path = filepath.Join(absolute, f.Name)
		return f, logs.Close()
	}
	f.replaces.logs, f.replaces.path = logs, filepath.Join(absolute, name)
	f.Path = filepath.Join(absolute, f.replaces.temporary)
	return f, nil
}

// firstFree makes a folder under the first name that is not taken.
func firstFree(name string, create func(free string) (*Folder, error)) (*Folder, error) {
	free := name
	for i := 2; i <= maxTaken; i++ {
		f, err := create(free)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		free = fmt.Sprintf("%s-%d", name, i)
	}
	return nil, fmt.Errorf("%d runs have this name: choose another", maxTaken)
}

// openFolder opens a folder, not what a link of its name leads to.
func openFolder(logs *os.Root, name string) (*os.Root, error) {
	root, err := logs.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if !isAt(logs, name, root) {
		_ = root.Close()
		return nil, errors.New("its folder was replaced when it was made")
	}
	return root, nil
}

// isAt reports whether the open folder is what has the name.
func isAt(logs *os.Root, name string, folder *os.Root) bool {
	file, err := folder.Open(".")
	if err != nil {
		return false
	}
	defer file.Close()
	return atomicfile.IsThere(logs, name, file)
}

// createLocked makes and locks a run's folder, or takes one that was left; fs.ErrExist
// where the name is taken.
func createLocked(logs *os.Root, name string) (*Folder, error) {
	err := logs.Mkdir(name, 0o777)
	if err != nil && (!errors.Is(err, fs.ErrExist) || content(logs, name) != leftOver) {
		return nil, err
	}
	root, err := openFolder(logs, name)
	if err != nil {
		return nil, err
	}
	lock, err := atomicfile.Lock(root, LockFile)
	if err == nil && content(logs, name) != leftOver {
		atomicfile.Unlock(root, lock)
		err = fs.ErrExist // another process was first, and has ended
	}
	if err != nil {
		_ = root.Close()
		if errors.Is(err, atomicfile.ErrLocked) {
			err = fs.ErrExist
		}
		return nil, err
	}
	return &Folder{root: root, lock: lock, Name: name}, nil
}

// What a folder holds.
const (
	nothing  = iota // or it is none
	leftOver        // no more than a lock and temporary files, of a process that was killed
	aRun            // a run's files
	others
)

func content(logs *os.Root, name string) int {
	if info, err := logs.Lstat(name); err != nil || !info.IsDir() {
		return others
	}
	entries, err := fs.ReadDir(logs.FS(), name)
	if err != nil {
		return others
	}
	found := nothing
	for _, entry := range entries {
		file := entry.Name()
		switch {
		case file == HistoryFile, file == SummaryFile, strings.HasPrefix(file, EventPrefix):
			return aRun
		case entry.Type().IsRegular() && (file == LockFile || atomicfile.IsTemporary(file)):
			found = max(found, leftOver)
		default:
			found = others
		}
	}
	return found
}

// IsLeftOver reports whether the folder was left by a process that was killed before it
// wrote any file of a run. The next run of its name reuses it.
func IsLeftOver(folder string) bool {
	logs, err := os.OpenRoot(filepath.Dir(folder))
	if err != nil {
		return false
	}
	defer logs.Close()
	return content(logs, filepath.Base(folder)) == leftOver
}

// replaced is the run that a folder is to replace.
type replaced struct {
	logs      *os.Root
	temporary string   // the name of the new folder, below logs
	mark      *os.File // locked while that is in use
	old       *os.Root
	oldLock   *os.File
	path      string // of the old one, absolute
}

// createBeside makes and locks a folder that is to replace a run's.
func createBeside(logs *os.Root, name string) (f *Folder, err error) {
	if what := content(logs, name); what == others {
		return nil, errors.New("is there and is not a run: not overwritten")
	}
	r := &replaced{}
	if r.old, err = openFolder(logs, name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.release()
		}
	}()
	if r.oldLock, err = lock(r.old); err != nil {
		return nil, err
	}
	if !isAt(logs, name, r.old) { // it was replaced between our opening and locking it
		return nil, errLocked
	}
	if r.mark, r.temporary, err = atomicfile.Mkdir(logs, name); err != nil {
		return nil, err
	}
	f = &Folder{Name: name, replaces: r}
	if f.root, err = openFolder(logs, r.temporary); err == nil {
		f.lock, err = lock(f.root)
	}
	if err != nil {
		_ = logs.RemoveAll(r.temporary) // the first error is the one reported
	}
	return f, err
}

// release lets go of the old run.
func (r *replaced) release() {
	if r.old != nil {
		atomicfile.Unlock(r.old, r.oldLock)
		_ = r.old.Close()
	}
	if r.mark != nil {
		_ = r.mark.Close()
	}
	if r.logs != nil {
		_ = r.logs.Close()
	}
}

// Replaces returns the path of the run that the folder will replace; "" for none, and after
// [Folder.Replace].
func (f *Folder) Replaces() string {
	if f.replaces == nil {
		return ""
	}
	return f.replaces.path
}

// Replace gives the folder the name of the run that it was made to replace, atomically, and
// removes that run. After an error the old run is unchanged.
func (f *Folder) Replace() error {
	r := f.replaces
	if r == nil {
		return nil
	}
	if err := f.put(); err != nil {
		return fmt.Errorf("replace run %s: %w", r.path, reason(err))
	}
	f.Path, f.replaces = r.path, nil
	if !isAt(r.logs, f.Name, r.old) && isAt(r.logs, r.temporary, r.old) {
		_ = removeContents(r.old) // what stays is swept later
		_ = r.logs.Remove(r.temporary)
	}
	r.release()
	return nil
}

func (f *Folder) put() error {
	r := f.replaces
	if !isAt(r.logs, r.temporary, f.root) {
		return ErrMoved
	}
	err := atomicfile.Put(r.logs, r.temporary, f.Name)
	if !errors.Is(err, fs.ErrExist) {
		return err // the old one was moved
	}
	if !isAt(r.logs, f.Name, r.old) {
		return ErrReplaced
	}
	return atomicfile.Replace(r.logs, r.temporary, f.Name)
}

// Sweep removes the temporary files and folders of ended processes from the folder that
// contains the run of that path.
func Sweep(run string) {
	logs, err := os.OpenRoot(filepath.Dir(run))
	if err != nil {
		return
	}
	defer logs.Close()
	sweep(logs, ".")
}

func sweep(logs *os.Root, folder string) {
	atomicfile.Sweep(logs, folder, func(aside string) bool { return content(logs, aside) == aRun })
}
