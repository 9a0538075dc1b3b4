package printable

import (
	"os"
	"path/filepath"
)

// Path returns a path as the user would write it: from the current folder where
// it lies below, else absolute.
func Path(path string) string { return Text(RelativePath(path)) }

// RelativePath returns a path from the current folder, where it lies below, for a command; the
// current folder itself by its whole path.
func RelativePath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(relative) && relative != "." {
		return relative
	}
	return path
}
