package runfolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gradwatch/internal/sysmem"
)

// OpenFile opens a file of a run, or of a study, for reading, given its path. Links in the
// folder's path are followed, since the user has chosen them; a link in the folder that
// leads out of it is not. Errors are [*fs.PathError].
func OpenFile(path string) (*os.File, error) {
	folder, name := filepath.Split(path)
	if folder == "" {
		folder = "."
	}
	root, err := openRoot(folder)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: reason(err)}
	}
	defer root.Close()
	file, err := open(root, name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return file, nil
}

// ReadFile returns the content of a file that [OpenFile] opens.
func ReadFile(path string) ([]byte, error) { return readAll(OpenFile(path)) }

// OpenInput opens a file that the user has named, for reading row by row. It may be a link
// and of any size, but must have an end: a pipe or a device is an error, an
// [*fs.PathError].
func OpenInput(path string) (*os.File, error) {
	file, err := os.OpenFile(path, readOnly, 0)
	return asInput(path, file, err, false)
}

// OpenWhole opens such a file of which all will be kept in memory: one that is too large
// for that is an error.
func OpenWhole(path string) (*os.File, error) {
	file, err := os.OpenFile(path, readOnly, 0)
	return asInput(path, file, err, true)
}

func asInput(path string, file *os.File, err error, whole bool) (*os.File, error) {
	if file, err = regular(file, err, whole); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: reason(err)}
	}
	return file, nil
}

// ReadInput returns the content of a file that [OpenWhole] opens.
func ReadInput(path string) ([]byte, error) { return readAll(OpenWhole(path)) }

func readAll(file *os.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// readOnly opens without waiting: a pipe that nobody writes to would keep us.
const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

// open opens a file below root for reading.
func open(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, readOnly, 0)
	if err != nil {
		return nil, reason(err)
	}
	return regular(file, nil, true)
}

// openRoot opens a folder; what isn't one is syscall.ENOTDIR, as for a file in it.
func openRoot(folder string) (*os.Root, error) {
	root, err := os.OpenRoot(folder)
	if err == nil {
		return root, nil
	}
	if info, e := os.Stat(folder); e == nil && !info.IsDir() {
		return nil, syscall.ENOTDIR
	}
	return nil, err
}

// regular returns the file unless it has no end, as a pipe or a device, or, where the
// whole of it is to be read, is larger than what memory holds of it.
func regular(file *os.File, err error, whole bool) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = syscall.EISDIR
	case !info.Mode().IsRegular():
		err = errors.New("no regular file, so it may have no end")
	case whole && info.Size() > small:
		err = fits(float64(info.Size()), sysmem.Read())
	}
	if err != nil {
		_ = file.Close() // the first error is the one reported
		return nil, err
	}
	return file, nil
}

// A file is read in one piece or kept row by row: either takes about readFactor times
// its size at the peak. Of a small file it isn't looked at.
const (
	small      = 64 << 20
	readFactor = 4
)

// fits returns an error unless a file of so many bytes can be read.
func fits(size float64, have sysmem.Sizes) error {
	if need := readFactor * size; need > have.Free {
		return fmt.Errorf("reading its %s takes about %s of memory: %s are free", sysmem.Text(size), sysmem.Text(need), sysmem.Text(have.Free))
	}
	return nil
}
