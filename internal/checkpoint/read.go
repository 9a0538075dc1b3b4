package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// maxManifest bounds what is read of a manifest: many times what one of ten
// thousand seeds takes.
const maxManifest = 16 << 20

// Newest returns the manifest of the newest checkpoint of a run that is undamaged and for
// which fits returns nil; nil where there is none. passed has the reason why each newer one
// can't be used.
func Newest(run *runfolder.Folder, fits func(*Manifest) error) (found *Manifest, passed []error, err error) {
	root, err := run.Root().OpenRoot(Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	path := filepath.Join(run.Path, Folder)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer root.Close()
	places, err := list(root)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, p := range slices.Backward(places) {
		m, err := verify(root, p)
		if err == nil {
			err = verifyTables(run, m)
		}
		if err == nil {
			err = fits(m)
		}
		if err == nil {
			return m, passed, nil
		}
		passed = append(passed, fmt.Errorf("checkpoint %s can't be used: %w", p.name(), err))
	}
	return nil, passed, nil
}

// In reports whether the folder of a run has a checkpoint, damaged or not.
func In(run string) bool {
	root, err := os.OpenRoot(filepath.Join(run, Folder))
	if err != nil {
		return false
	}
	defer root.Close()
	places, err := list(root)
	return err == nil && len(places) > 0
}

// verify reads all files of a checkpoint and returns its manifest, or an error where a file
// is not as the manifest says.
func verify(checkpoints *os.Root, p place) (*Manifest, error) {
	folder, err := checkpoints.OpenRoot(p.name())
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	text, err := readFile(folder, ManifestFile)
	if err != nil {
		return nil, err
	}
	m, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", ManifestFile, record.LineOf(text, err), err)
	}
	if (place{m.Epoch, m.Step}) != p {
		return nil, fmt.Errorf("%s is of epoch %d", ManifestFile, m.Epoch)
	}
	for _, want := range m.Files {
		if err := verifyFile(folder, want); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func verifyFile(folder *os.Root, want File) error {
	f, err := openRegular(folder, want.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := describe(f, want.Name)
	switch {
	case err != nil:
		return err
	case got.Size != want.Size:
		return fmt.Errorf("%s has %d bytes, %s says %d", want.Name, got.Size, ManifestFile, want.Size)
	case !strings.EqualFold(got.SHA256, want.SHA256):
		return fmt.Errorf("%s is damaged: its SHA-256 is not what %s says", want.Name, ManifestFile)
	}
	return nil
}

// verifyTables returns an error unless the run's tables still begin with what they held
// when the checkpoint was made.
func verifyTables(run *runfolder.Folder, m *Manifest) error {
	for _, want := range m.Records {
		f, err := run.OpenRegular(want.Name, os.O_RDONLY)
		if err != nil {
			return err
		}
		got, err := describe(io.LimitReader(f, want.Bytes), want.Name)
		switch err := errors.Join(err, f.Close()); {
		case err != nil:
			return fmt.Errorf("read %s: %w", want.Name, err)
		case got.Size < want.Bytes:
			return fmt.Errorf("%s has %d bytes, and had %d when it was made", want.Name, got.Size, want.Bytes)
		case want.SHA256 != "" && !strings.EqualFold(got.SHA256, want.SHA256):
			return fmt.Errorf("%s is not what it was: the SHA-256 of its first %d bytes is not what %s says", want.Name, want.Bytes, ManifestFile)
		}
	}
	return nil
}

func readFile(folder *os.Root, name string) ([]byte, error) {
	f, err := openRegular(folder, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("%s has more than %d bytes", name, maxManifest)
	}
	return text, err
}

// openRegular opens a file that is no link, pipe or the like: TensorFlow, which
// reads it next, knows no bounds.
func openRegular(folder *os.Root, name string) (*os.File, error) {
	info, err := folder.Lstat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing", name)
		}
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	return folder.Open(name)
}

// RemoveIncomplete removes what a killed process has left: in a run's folder, if that exists,
// its lock, temporary files and incomplete checkpoints; beside it, incomplete folders of
// runs. Where another process works on the run, it does nothing.
func RemoveIncomplete(path string) error {
	runfolder.Sweep(path)
	run, err := runfolder.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer run.Close()
	if err := run.Lock(); err != nil {
		return nil
	}
	return errors.Join(run.RemoveTemporary(), Clean(run))
}

// Clean removes the incomplete checkpoints of processes that have ended.
func Clean(run *runfolder.Folder) error {
	root, err := run.Root().OpenRoot(Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", filepath.Join(run.Path, Folder), err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(run.Path, Folder), err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, "."+namePrefix) {
			continue
		}
		if err := root.RemoveAll(name); err != nil {
			return fmt.Errorf("remove %s: %w", filepath.Join(run.Path, Folder, name), err)
		}
	}
	return nil
}
