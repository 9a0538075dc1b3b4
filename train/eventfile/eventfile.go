//go:build tensorflow

package eventfile

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradwatch/train/session"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/events"
	"gradwatch/internal/runfolder"
)

// Writer opens event files and holds the session that writes them.
type Writer struct {
	session *session.Session
	free    []fileCalls // of files that are not open yet
}

// NewWriter returns a writer of one event file in each of the folders. Open opens them in this order.
func NewWriter(folders []string, plan config.Plan, device string) (*Writer, error) {
	g, files, err := buildCalls(folders)
	if err != nil {
		return nil, err
	}
	plan.Branches = false // each call is one op
	session, err := session.New(g, plan, device)
	if err != nil {
		return nil, err
	}
	return &Writer{session, files}, nil
}

// Close closes the session, after the files. It does nothing for nil.
func (e *Writer) Close() {
	if e != nil {
		e.session.Close()
	}
}

// Open opens the next file. inside is its folder inside the run's folder, "" for that folder itself.
// Whatever the clock shows, the file's name comes after those of the event files that are there, and
// its events are not earlier than theirs.
func (e *Writer) Open(folder *runfolder.Folder, inside string) (*File, error) {
	f := &File{session: e.session, calls: e.free[0], folder: folder}
	e.free = e.free[1:]
	before, err := folder.EventFiles(inside) // sorted
	if err == nil {
		err = checkRegular(folder, inside, before)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.session.Run(f.calls.open); err != nil {
		return nil, fmt.Errorf("open the event file: %w", err)
	}
	after, err := folder.EventFiles(inside)
	if err != nil {
		return nil, err
	}
	own := slices.IndexFunc(after, func(name string) bool { return !slices.Contains(before, name) })
	if own < 0 {
		return nil, fmt.Errorf("no event file appeared in %s", filepath.Join(folder.Path, inside))
	}
	name := after[own]
	if len(before) > 0 {
		if name, err = f.orderAfter(inside, name, before[len(before)-1]); err != nil {
			return nil, err
		}
	}
	f.name = path.Join(inside, name)
	if f.file, err = folder.Root().Open(f.name); err != nil {
		return nil, fmt.Errorf("event file: %w", err)
	}
	if f.info, err = f.file.Stat(); err != nil {
		return nil, fmt.Errorf("event file: %w", err)
	}
	return f, nil
}

// checkRegular returns an error if one of the event files is a link. TensorFlow opens files by their
// path, so a link of the name that it chooses would lead it elsewhere.
func checkRegular(folder *runfolder.Folder, inside string, names []string) error {
	for _, name := range names {
		info, err := folder.Root().Lstat(filepath.Join(inside, name))
		if err != nil {
			return fmt.Errorf("event file: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("event file %s: is no file: want it removed", filepath.Join(folder.Path, inside, name))
		}
	}
	return nil
}

// orderAfter renames a new file, if necessary, so that it comes after the last of the files before it,
// and returns the name. It also sets the time that the file's events are not to be before. TensorFlow
// names a file by the clock's second, which may be the same as before or, if the clock was set back,
// an earlier one; TensorBoard reads files in the order of their names. TensorFlow keeps writing to the
// open file when its name changes.
func (f *File) orderAfter(inside, name, before string) (string, error) {
	file, err := f.folder.Root().Open(path.Join(inside, before))
	if err != nil {
		return "", fmt.Errorf("event file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("event file: %w", err)
	}
	if f.last, err = events.LastTime(file, info.Size()); err != nil {
		return "", fmt.Errorf("event file: %w", err)
	}
	if name > before {
		return name, nil
	}
	later := laterName(name, before)
	if later == "" {
		return name, nil // before has a name that TensorFlow doesn't give
	}
	if err := f.folder.Root().Rename(path.Join(inside, name), path.Join(inside, later)); err != nil {
		return "", fmt.Errorf("event file: %w", err)
	}
	return later, nil
}

// laterName returns the name with the second after that of the event file before; "" if that name has
// none.
func laterName(name, before string) string {
	second := func(name string) (digits, rest string) {
		digits, rest, _ = strings.Cut(strings.TrimPrefix(name, runfolder.EventPrefix), ".")
		return digits, rest
	}
	digits, _ := second(before)
	last, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || last < 0 || last >= 9_999_999_999 { // a number of more digits would sort before
		return ""
	}
	_, rest := second(name)
	return fmt.Sprintf("%s%010d.%s", runfolder.EventPrefix, last+1, rest)
}

// Append writes a serialized Summary at a step to a new event file in the folder of a run that has
// ended.
func Append(folder string, step int, summary []byte) error {
	run, err := runfolder.Open(folder)
	if err != nil {
		return err
	}
	defer run.Close()
	path, err := run.Reach("")
	if err != nil {
		return err
	}
	session, err := NewWriter([]string{path}, config.Plan{Threads: 1}, "cpu")
	if err != nil {
		return err
	}
	var file *File
	defer func() {
		session.Close()
		if file != nil {
			file.Release()
		}
	}()
	if file, err = session.Open(run, ""); err != nil {
		return err
	}
	if err := file.Write(step, summary); err != nil {
		return err
	}
	return file.Close()
}

// File is an event file that TensorFlow's ops write. The ops fail silently on a full disk, at a limit
// on a file's size, or after the file was removed, so each write is checked.
type File struct {
	session *session.Session
	calls   fileCalls
	folder  *runfolder.Folder
	name    string      // in the folder
	file    *os.File    // open for reading, also after it was removed
	info    os.FileInfo // identifies it
	size    int64       // up to which its records are complete
	last    time.Time   // the latest of the events so far
	buffer  []byte      // for what was added
	faulty  bool        // a write failed
}

// eventTime returns the time of the next event: the clock's, but not before that of the last event.
func (f *File) eventTime() time.Time {
	if now := time.Now(); now.After(f.last) {
		return now
	}
	return f.last
}

// WriteGraph writes the graph that TensorBoard draws.
func (f *File) WriteGraph(serialized string) error {
	def, err := graph.NewScalar(serialized)
	if err != nil {
		return err
	}
	if _, err := f.session.Run(f.calls.showGraph, def); err != nil {
		return f.fail(err)
	}
	return f.check()
}

// Write writes a serialized Summary at a step and flushes the file. It returns a
// [*runfolder.WriteError] unless the file then holds it.
func (f *File) Write(step int, summary []byte) error {
	if now := f.eventTime(); now.Equal(f.last) { // TensorFlow would take the time from the clock
		return f.add(events.At(step, now, summary))
	}
	at, err := graph.NewScalar(int64(step))
	if err != nil {
		return err
	}
	text, err := graph.NewScalar(string(summary))
	if err != nil {
		return err
	}
	if _, err := f.session.Run(f.calls.write, at, text); err != nil {
		return f.fail(fmt.Errorf("step %d: %w", step, err))
	}
	return f.check()
}

// StartSession writes that training starts at a step. If a run has written one before, TensorBoard
// drops what it has of this and later steps, because they come again.
func (f *File) StartSession(step int) error { return f.add(events.SessionStart(step, f.eventTime())) }

// add writes a serialized Event and flushes the file.
func (f *File) add(serialized []byte) error {
	event, err := graph.NewScalar(string(serialized))
	if err != nil {
		return err
	}
	if _, err := f.session.Run(f.calls.importEvent, event); err != nil {
		return f.fail(err)
	}
	return f.check()
}

// check returns an error unless the file has its name and what was added since the last check are
// complete records.
func (f *File) check() error {
	there, err := f.folder.Stat(f.name, f.info)
	if errors.Is(err, runfolder.ErrRemoved) { // what was written can still be read from the open file
		there, _ = f.file.Stat()
	} else if err != nil {
		return f.fail(err)
	}
	if there == nil || there.Size() <= f.size {
		return f.fail(f.folder.ExplainNoSpace(f.size))
	}
	added := int(there.Size() - f.size)
	f.buffer = slices.Grow(f.buffer[:0], added)[:added]
	if _, err := f.file.ReadAt(f.buffer, f.size); err != nil {
		return f.fail(err)
	}
	records, damage := events.Records(f.buffer)
	if damage != nil {
		return f.fail(fmt.Errorf("%w: %w", f.folder.ExplainNoSpace(f.size), damage))
	}
	for _, event := range records {
		if at := events.WallTime(event); at.After(f.last) {
			f.last = at
		}
	}
	f.size = there.Size()
	if err != nil {
		return f.fail(err)
	}
	return nil
}

// fail returns the error of a write. Nothing more may be written to the file.
func (f *File) fail(err error) error {
	f.faulty = true
	return &runfolder.WriteError{File: "event file " + filepath.Join(f.folder.Path, f.name), Err: err}
}

// Close closes the file for writing.
func (f *File) Close() error {
	if _, err := f.session.Run(f.calls.close); err != nil {
		return fmt.Errorf("close the event file: %w", err)
	}
	return nil
}

// Release closes the file for reading, and cuts off an incomplete record. Call it after the writer's
// Close.
func (f *File) Release() {
	if f.faulty {
		f.truncate()
	}
	if f.file != nil {
		_ = f.file.Close() // it was only read
	}
}

// Restore puts the file back, with its complete records, if it was removed.
func (f *File) Restore() error {
	if _, err := f.folder.Stat(f.name, f.info); !errors.Is(err, runfolder.ErrRemoved) {
		return nil
	}
	return f.folder.Restore(f.name, f.file, f.size)
}

// Handle returns the open file, to be synced.
func (f *File) Handle() *os.File { return f.file }

// truncate cuts off what follows the last complete record. Nothing writes to the file any more.
func (f *File) truncate() {
	file, err := f.folder.Root().OpenFile(f.name, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && os.SameFile(info, f.info) && info.Size() > f.size {
		_ = file.Truncate(f.size) // readers stop at the damage as well
	}
}
