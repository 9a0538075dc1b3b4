package eventlog

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Run is a run below a folder.
type Run struct {
	// Name is its folder below the one that was searched, "." for that one itself.
	Name string
	// Parts are the folders that hold its event files: Keras writes what it measures on the training and
	// the validation rows into folders of their own.
	Parts []Part
}

// Part is one of the folders of a run.
type Part struct {
	Name       string // "" for the run's own folder
	Validation bool   // it is what was measured on rows that do not train
	Files      []string
}

// partNames are the folders that are parts of the run in the folder above, and whether they are of validation rows.
var partNames = map[string]bool{
	"train": false, "training": false, "gradients": false, "grads": false, "weights": false, "histograms": false, "metrics": false,
	"validation": true, "val": true, "valid": true,
}

// maxDepth is how many folders deep runs are looked for.
const maxDepth = 32

// Find returns the runs below a folder, by name. Folders that leave is true of, and what is below them, are left out.
// Links are not followed, except for the folder itself.
func Find(folder string, leave func(folder string) bool) ([]Run, error) {
	root, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]string) // by folder, relative to the root
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == root {
				return err
			}
			return fs.SkipDir // a folder that may not be read
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if relative != "." && (leave(path) || strings.Count(relative, string(filepath.Separator)) >= maxDepth) {
				return fs.SkipDir
			}
			return nil
		}
		if IsEventFile(entry.Name()) && entry.Type().IsRegular() { // a pipe would block
			dir := filepath.Dir(relative)
			files[dir] = append(files[dir], path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return runsOf(files), nil
}

// IsEventFile reports whether a file's name is one of those that TensorBoard reads.
func IsEventFile(name string) bool {
	return strings.Contains(name, "tfevents") && !strings.HasSuffix(name, ".profile-empty")
}

// runsOf puts the folders with event files together to runs: a folder train, with what lies beside it under the names of
// partNames and in the folder above, is one run.
func runsOf(files map[string][]string) []Run {
	above := func(dir string) (run string, part bool) {
		_, known := partNames[filepath.Base(dir)]
		parent := filepath.Dir(dir)
		if !known || dir == "." {
			return dir, false
		}
		return parent, len(files[filepath.Join(parent, "train")]) > 0
	}
	byName := make(map[string]*Run)
	for dir, paths := range files {
		name, part := above(dir)
		p := Part{Files: paths}
		if part {
			p.Name = filepath.Base(dir)
			p.Validation = partNames[p.Name]
		} else {
			name = dir
		}
		if byName[name] == nil {
			byName[name] = &Run{Name: name}
		}
		byName[name].Parts = append(byName[name].Parts, p)
	}
	var runs []Run
	for _, run := range byName {
		slices.SortFunc(run.Parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
		runs = append(runs, *run)
	}
	slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	return runs
}
