package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

const (
	noReplace = unix.RENAME_NOREPLACE
	exchange  = unix.RENAME_EXCHANGE
)

// rename renames what lies in one folder below root, as renameat2(2) does with a flag.
func rename(root *os.Root, from, to string, flag uint) error {
	folder, err := root.Open(path.Dir(from))
	if err != nil {
		return err
	}
	defer folder.Close()
	for {
		err := unix.Renameat2(int(folder.Fd()), path.Base(from), int(folder.Fd()), path.Base(to), flag)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Put gives a temporary file or folder its name. It returns [fs.ErrExist] where the name is
// taken.
func Put(root *os.Root, temporary, name string) error {
	err := rename(root, temporary, name, noReplace)
	if !lacks(err) {
		return err
	}
	if _, err := root.Lstat(name); err == nil {
		return fs.ErrExist
	}
	return root.Rename(temporary, name)
}

// Replace exchanges the names of a temporary file or folder and of the one that it replaces:
// atomically or, where the file system can't, in steps, after each of which [Sweep] can
// restore the old one if the process is killed. After an error nothing has changed.
func Replace(root *os.Root, temporary, name string) error {
	if err := rename(root, temporary, name, exchange); !lacks(err) {
		return err
	}
	return replaceInSteps(root, temporary, name)
}

func replaceInSteps(root *os.Root, temporary, name string) error {
	if lock, err := LockExisting(root, name, false); err == nil { // so that no other process brings it back meanwhile
		defer lock.Close()
	}
	aside := temporaryName(name, "replaced")
	if err := root.Rename(name, aside); err != nil {
		return err
	}
	if err := root.Rename(temporary, name); err != nil {
		return errors.Join(err, root.Rename(aside, name))
	}
	return root.Rename(aside, temporary)
}

// lacks reports whether the file system lacks a way of renaming.
func lacks(err error) bool { return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) }
