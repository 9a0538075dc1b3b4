package runfolder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// LockFile is there while a process writes into the run's folder, and locked by
// it. One that was killed leaves the file behind, but the system has unlocked it.
const LockFile = ".lock"

var errBusy = errors.New("another process is working on it: wait for its end, or stop it")

var errNoLock = errors.New("its " + LockFile + " is a link: want it removed")

// Lock keeps other processes from working on the run until Close, or the end of
// this process. It fails where one does.
func (f *Folder) Lock() error {
	file, err := lock(f.root)
	if err != nil {
		return fmt.Errorf("run %s: %w", f.Path, reason(err))
	}
	f.lock = file
	return nil
}

func lock(root *os.Root) (*os.File, error) {
	for {
		file, err := root.OpenFile(LockFile, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errBusy
		}
		if err != nil {
			_ = file.Close() // the first error is the one to tell
			return nil, err
		}
		if isThere(root, file) {
			return file, nil
		}
		_ = file.Close() // the process before removed it between our opening and locking it
		if info, err := root.Lstat(LockFile); err == nil && !info.Mode().IsRegular() {
			return nil, errNoLock // it would never be there
		}
	}
}

func isThere(root *os.Root, file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := root.Lstat(LockFile)
	return err == nil && os.SameFile(ours, there)
}

// Busy reports whether a process works on the run in a folder.
func Busy(folder string) bool {
	file, err := OpenFile(filepath.Join(folder, LockFile))
	if err != nil {
		return false
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	_ = file.Close() // which gives back what may be locked now
	return errors.Is(err, syscall.EWOULDBLOCK)
}

// unlock removes the file while it is locked, so that no other process has locked
// what is no longer there.
func unlock(root *os.Root, file *os.File) {
	if file == nil {
		return
	}
	_ = root.Remove(LockFile) // it may be gone with the folder
	_ = file.Close()
}
