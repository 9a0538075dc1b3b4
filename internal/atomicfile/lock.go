package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// ErrLocked is the error of a lock that another process holds.
var ErrLocked = errors.New("another process has locked it")

// ErrNoFile is the error of a lock's name that a link, a pipe or the like has.
var ErrNoFile = errors.New("is no regular file")

// Flock locks an open file or folder with flock(2) until it is closed or the process ends.
// A shared lock may have several holders. It does not wait: it returns [ErrLocked] where
// another process holds the lock.
func Flock(file *os.File, shared bool) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		}
		return err
	}
}

// Lock makes the file of that name where it is missing, and locks it. It returns
// [ErrLocked] where another process has locked it and [ErrNoFile] where it is a link or the
// like.
func Lock(root *os.Root, name string) (*os.File, error) {
	for {
		file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := Flock(file, false); err != nil {
			_ = file.Close() // the first error is the one reported
			return nil, err
		}
		if IsThere(root, name, file) {
			return file, nil
		}
		_ = file.Close() // the process before removed it between our opening and locking it
		if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, ErrNoFile // it would never be there
		}
	}
}

// Unlock removes the file that [Lock] has locked, then unlocks it: in this order no other
// process can lock a removed file. A nil file is ignored.
func Unlock(root *os.Root, file *os.File) {
	if file != nil {
		_ = root.Remove(path.Base(file.Name())) // it may be gone with the folder
		_ = file.Close()
	}
}

// IsThere reports whether the open file or folder still has the name.
func IsThere(root *os.Root, name string, file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := root.Lstat(name)
	return err == nil && os.SameFile(ours, there)
}

// LockExisting opens and locks the file or folder of that name, until it is closed. It
// returns ErrLocked where another process has locked it, ErrNoFile for a link or the like,
// and fs.ErrNotExist for what has lost its name meanwhile.
func LockExisting(root *os.Root, name string, shared bool) (*os.File, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeType&^fs.ModeDir != 0 {
		return nil, ErrNoFile
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	err = Flock(file, shared)
	if err == nil && !IsThere(root, name, file) {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = file.Close() // the first error is the one to report
		return nil, err
	}
	return file, nil
}
