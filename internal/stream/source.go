package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
)

// Source is a file that a cache was made from.
type Source struct {
	Path   string `json:"path"`  // absolute
	Size   int64  `json:"size"`  // bytes
	Time   int64  `json:"mtime"` // of its last change, in nanoseconds since 1970
	SHA256 string `json:"sha256"`
}

// Holds reports whether a file has the content that the source had.
func (s *Source) Holds(path string) bool {
	sum, _, err := hashFile(context.Background(), path, func(int64) {})
	return err == nil && sum == s.SHA256
}

// IsPattern reports whether a data set's name is a pattern of files: it has one of a
// pattern's characters (see [filepath.Match]) and is no file's name.
func IsPattern(name string) bool {
	if !strings.ContainsAny(name, `*?[`) {
		return false
	}
	_, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// Files returns the files that a name or pattern stands for, sorted by their names. A
// pattern that is none, or that no file matches, is an [*invalid.Error].
func Files(name string) ([]string, error) {
	if !IsPattern(name) {
		return []string{name}, nil
	}
	files, err := filepath.Glob(name)
	if err != nil {
		return nil, invalid.New("dataset", name, fmt.Sprintf("a pattern such as data/part-*.csv: %v", err))
	}
	files = slices.DeleteFunc(files, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	})
	if len(files) == 0 {
		return nil, invalid.New("dataset", name, "a pattern that a file matches")
	}
	slices.Sort(files)
	return files, nil
}

// describe returns the files as sources, without their SHA-256.
func describe(files []string) ([]Source, error) {
	sources := make([]Source, len(files))
	for i, path := range files {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("data set %s: %w", path, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read data set: %w", err)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("read data set: %w", &fs.PathError{Op: "open", Path: path, Err: errors.New("no regular file")})
		}
		sources[i] = Source{Path: absolute, Size: info.Size(), Time: info.ModTime().UnixNano()}
	}
	return sources, nil
}

// same reports whether the sources have the same paths, sizes and, where asked for,
// times.
func same(a, b []Source, times bool) bool {
	return slices.EqualFunc(a, b, func(a, b Source) bool {
		return a.Path == b.Path && a.Size == b.Size && (!times || a.Time == b.Time)
	})
}

func totalSize(sources []Source) int64 {
	sum := int64(0)
	for _, s := range sources {
		sum += s.Size
	}
	return sum
}
