package runfolder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gradwatch/internal/atomicfile"
)

// LockFile exists while a process writes into the run's folder, and is locked by it. A
// process that is killed leaves the file, but the system unlocks it.
const LockFile = ".lock"

var errLocked = errors.New("another process is working on it: wait for its end, or stop it")

var errNoLock = errors.New("its " + LockFile + " is a link: want it removed")

// Lock keeps other processes from working on the run until Close, or the end of this
// process. It returns an error where another process has locked it.
func (f *Folder) Lock() error {
	file, err := lock(f.root)
	if err != nil {
		return fmt.Errorf("run %s: %w", f.Path, reason(err))
	}
	f.lock = file
	return nil
}

func lock(root *os.Root) (*os.File, error) {
	file, err := atomicfile.Lock(root, LockFile)
	switch {
	case errors.Is(err, atomicfile.ErrLocked):
		return nil, errLocked
	case errors.Is(err, atomicfile.ErrNoFile):
		return nil, errNoLock
	}
	return file, err
}

// Locked reports whether a process has locked the run in a folder.
func Locked(folder string) bool {
	file, err := OpenFile(filepath.Join(folder, LockFile))
	if err != nil {
		return false
	}
	err = atomicfile.Flock(file, true)
	_ = file.Close() // which gives back what may be locked now
	return errors.Is(err, atomicfile.ErrLocked)
}
