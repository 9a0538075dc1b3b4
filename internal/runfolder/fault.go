package runfolder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gradwatch/internal/atomicfile"
)

// Reasons for which a file that is written row by row is no longer under its name.
var (
	ErrRemoved  = errors.New("was removed while it was written")
	ErrReplaced = errors.New("was replaced by another while it was written")
	ErrMoved    = errors.New("the run's folder was removed or moved while it was written")
)

// WriteError says that a file of a run does not hold what was written to it.
type WriteError struct {
	File string // its path, after what kind of file it is where the name doesn't say so
	Err  error  // why, such as [ErrRemoved]
}

// Error returns one line: the file, then why.
func (e *WriteError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }

// Unwrap returns why.
func (e *WriteError) Unwrap() error { return e.Err }

// Stat returns the FileInfo of the file of that name, and an error unless it is the same
// file as info: what is written to a removed file is lost. The error is [ErrRemoved],
// [ErrReplaced], [ErrMoved] or one of the file system.
func (f *Folder) Stat(name string, info fs.FileInfo) (fs.FileInfo, error) {
	there, err := f.root.Stat(name)
	switch {
	case err == nil && os.SameFile(there, info):
		return there, nil
	case !f.Exists():
		err = ErrMoved
	case err == nil:
		err = ErrReplaced
	case errors.Is(err, fs.ErrNotExist):
		err = ErrRemoved
	}
	return nil, reason(err)
}

// Exists reports whether the folder still has its path: it was not removed, moved or
// replaced.
func (f *Folder) Exists() bool {
	ours, err := f.root.Stat(".")
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Path)
	return err == nil && os.SameFile(ours, there)
}

// probeBytes is more than any record is expected to have.
const probeBytes = 1 << 20

// ExplainNoSpace returns the reason why a file of that many bytes in the folder does not
// grow, for writers that report no error: it tries to write such a piece itself.
func (f *Folder) ExplainNoSpace(size int64) error {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit) == nil && uint64(size)+probeBytes > limit.Cur {
		return fmt.Errorf("file too large: the limit set for a file is %d bytes (ulimit -f)", limit.Cur)
	}
	file, name, err := atomicfile.Create(f.root, "probe")
	if err != nil {
		return reason(err)
	}
	_, err = file.Write(make([]byte, probeBytes))
	if err == nil {
		err = file.Sync()
	}
	_ = file.Close() // the first error is the one reported
	_ = f.root.Remove(name)
	if err != nil {
		return reason(err)
	}
	return errors.New("what was written did not arrive")
}

// Restore writes a removed file again under its name: the first size bytes of from, which
// was opened before the removal. A file that has taken the name meanwhile stays.
func (f *Folder) Restore(name string, from io.ReaderAt, size int64) error {
	file, temporary, err := atomicfile.Create(f.root, name)
	if err != nil {
		return fmt.Errorf("restore %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	defer func() { _ = f.root.Remove(temporary) }() // of its two names, where it has got the other
	_, err = io.Copy(file, io.NewSectionReader(from, 0, size))
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	if err := f.root.Link(temporary, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("restore %s: %w", filepath.Join(f.Path, name), reason(err))
	}
	return nil
}
