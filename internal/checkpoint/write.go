package checkpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/atomicfile"
	"gradwatch/internal/runfolder"
)

// Folder is the name of the folder with the checkpoints, in a run's.
const Folder = "checkpoints"

const (
	namePrefix = "epoch-"
	// A folder in the making, or one that is being removed, has a dot before and a
	// suffix behind its name.
	partial = ".partial"
	removed = ".removed"
)

// Name returns the name of the folder of a checkpoint after so many epochs.
func Name(epoch int) string { return fmt.Sprintf("%s%06d", namePrefix, epoch) }

// stepMark is in the name of a checkpoint within an epoch.
const stepMark = "-step-"

// place is where in a run a checkpoint was made.
type place struct{ epoch, step int }

func (p place) name() string {
	if p.step == 0 {
		return Name(p.epoch)
	}
	return fmt.Sprintf("%s%s%09d", Name(p.epoch), stepMark, p.step)
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.step, b.step))
}

// parseName returns the place in a name, and whether it is a checkpoint's.
func parseName(name string) (place, bool) {
	digits, found := strings.CutPrefix(name, namePrefix)
	epochs, steps, within := strings.Cut(digits, stepMark)
	var p place
	var err error
	if p.epoch, err = strconv.Atoi(epochs); err != nil || p.epoch < 0 {
		return place{}, false
	}
	if within {
		p.step, err = strconv.Atoi(steps)
	}
	return p, found && err == nil && p.step >= 0 && p.name() == name
}

// Write adds a checkpoint to a run, whose folder the caller has locked. save writes the
// variables' files into the folder of a path, which is valid only during the call. Write sets
// the manifest's format and files. When it returns nil, the checkpoint is on the disk, and
// checkpoints of later epochs than this one are removed, as are all but the newest keep; the
// last one before a replica diverged stays. Whatever ends Write, a checkpoint of this name is
// either as it was before or complete.
func Write(run *runfolder.Folder, m *Manifest, keep int, save func(folder string) error) error {
	w, err := openWriter(run)
	if err != nil {
		return err
	}
	defer w.root.Close()
	name := m.Name()
	if err := w.fill("."+name+partial, m, save); err != nil {
		_ = w.root.RemoveAll("." + name + partial) // the first error is the one reported
		return fmt.Errorf("write checkpoint %s: %w", filepath.Join(w.path, name), err)
	}
	if err := w.replace("."+name+partial, name); err != nil {
		return fmt.Errorf("write checkpoint %s: %w", filepath.Join(w.path, name), err)
	}
	return w.prune(m, keep)
}

// writer writes below a run's folder of checkpoints.
type writer struct {
	root *os.Root
	path string // absolute
}

// openWriter opens the folder with the checkpoints, and makes it where it is
// missing.
func openWriter(run *runfolder.Folder) (*writer, error) {
	w := &writer{path: filepath.Join(run.Path, Folder)}
	err := run.Root().Mkdir(Folder, 0o777)
	switch {
	case err == nil:
		err = atomicfile.SyncFolder(run.Root())
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err == nil {
		w.root, err = run.Root().OpenRoot(Folder)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", w.path, err)
	}
	return w, nil
}

// fill makes the folder of that name with all that a checkpoint holds, and returns
// when it is on the disk.
func (w *writer) fill(name string, m *Manifest, save func(folder string) error) error {
	if err := w.root.RemoveAll(name); err != nil {
		return err
	}
	if err := w.root.Mkdir(name, 0o777); err != nil {
		return err
	}
	made, err := w.root.Open(name)
	if err != nil {
		return err
	}
	err = save(runfolder.DescriptorPath(made))
	if err := errors.Join(err, made.Close()); err != nil {
		return err
	}
	inside, err := w.root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer inside.Close()
	m.Format = Format
	if m.Files, err = describeAll(inside); err != nil {
		return err
	}
	if err := m.validate(); err != nil {
		return err
	}
	if err := writeManifest(inside, m); err != nil {
		return err
	}
	return atomicfile.SyncTree(inside)
}

// describeAll describes the files in a folder.
func describeAll(folder *os.Root) ([]File, error) {
	entries, err := fs.ReadDir(folder.FS(), ".")
	if err != nil {
		return nil, err
	}
	var files []File
	for _, entry := range entries {
		f, err := openRegular(folder, entry.Name())
		if err != nil {
			return nil, err
		}
		described, err := describe(f, entry.Name())
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		files = append(files, described)
	}
	return files, nil
}

// describe reads a file to its end.
func describe(r io.Reader, name string) (File, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	return File{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

func writeManifest(folder *os.Root, m *Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return folder.WriteFile(ManifestFile, append(text, '\n'), 0o666)
}

// replace gives a folder its name, in the place of one that has it.
func (w *writer) replace(from, name string) error {
	if err := w.remove(name); err != nil {
		return err
	}
	if err := w.root.Rename(from, name); err != nil {
		return err
	}
	return atomicfile.SyncFolder(w.root)
}

// remove removes a checkpoint. It renames it first, so that what is left of it when the
// process ends meanwhile is not taken for a checkpoint.
func (w *writer) remove(name string) error {
	away := "." + name + removed
	if err := w.root.RemoveAll(away); err != nil {
		return err
	}
	if err := w.root.Rename(name, away); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return w.root.RemoveAll(away)
}

// prune removes the checkpoints of later epochs than the newest one, and all but the last
// keep. Where a replica had diverged at the newest one, the last one before that stays too.
func (w *writer) prune(newest *Manifest, keep int) error {
	places, err := list(w.root)
	if err != nil {
		return err
	}
	left, finite := 0, newest.Divergence == nil // finite: one of what is left is
	for _, p := range slices.Backward(places) {
		if comparePlaces(p, place{newest.Epoch, newest.Step}) <= 0 {
			left++
			last := !finite && w.isFinite(p)
			finite = finite || last
			if left <= keep || last {
				continue
			}
		}
		if err := w.remove(p.name()); err != nil {
			return fmt.Errorf("remove checkpoint %s: %w", filepath.Join(w.path, p.name()), err)
		}
	}
	return nil
}

// isFinite reports whether no replica had diverged at a checkpoint.
func (w *writer) isFinite(p place) bool {
	file, err := openRegular(w.root, p.name()+"/"+ManifestFile)
	if err != nil {
		return false
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return false
	}
	m, err := Parse(text)
	return err == nil && m.Divergence == nil
}

// list returns the places of the checkpoints that a folder has, in ascending order.
func list(folder *os.Root) ([]place, error) {
	entries, err := fs.ReadDir(folder.FS(), ".")
	if err != nil {
		return nil, err
	}
	var places []place
	for _, entry := range entries {
		if p, ok := parseName(entry.Name()); ok {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, comparePlaces)
	return places, nil
}
