package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"regexp"
)

// A temporary name is the name that it stands for between a dot and a mark with a
// number. One that was put aside to be replaced has another mark, where the file system
// can't exchange two names at one stroke.
var (
	temporaryForm = regexp.MustCompile(`^\.(.+)\.gradwatch-[0-9]+$`)
	asideForm     = regexp.MustCompile(`^\.(.+)\.replaced-[0-9]+$`)
)

func temporaryName(name, mark string) string {
	return path.Join(path.Dir(name), fmt.Sprintf(".%s.%s-%d", path.Base(name), mark, rand.Uint32()))
}

// IsTemporary reports whether a name is that of a temporary file or folder.
func IsTemporary(name string) bool { return temporaryForm.MatchString(name) }

// Create makes an empty file, for reading and writing, that is to take the name. It is
// locked until it is closed.
func Create(root *os.Root, name string) (file *os.File, temporary string, err error) {
	return createLocked(root, name, func(temporary string) (*os.File, error) {
		return root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	})
}

// Mkdir makes an empty folder that is to take the name. It is locked until lock is
// closed.
func Mkdir(root *os.Root, name string) (lock *os.File, temporary string, err error) {
	return createLocked(root, name, func(temporary string) (*os.File, error) {
		if err := root.Mkdir(temporary, 0o777); err != nil {
			return nil, err
		}
		return root.Open(temporary)
	})
}

// attempts bounds the number of names that are tried: another process's Sweep may remove
// what is not locked yet.
const attempts = 100

func createLocked(root *os.Root, name string, create func(temporary string) (*os.File, error)) (*os.File, string, error) {
	for i := 0; ; i++ {
		temporary := temporaryName(name, "gradwatch")
		file, err := create(temporary)
		if err == nil {
			err = Flock(file, false)
			if !errors.Is(err, ErrLocked) && IsThere(root, temporary, file) {
				return file, temporary, nil // also where the file system knows no locks
			}
			_ = file.Close() // it was swept
			err = fs.ErrExist
		}
		if i == attempts || !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
		if _, missing := root.Stat(path.Dir(name)); missing != nil {
			return nil, "", missing
		}
	}
}

// Sweep removes from a folder below root the temporary files and folders of ended processes.
// What was put aside to be replaced, if ours accepts it, gets its name back or, where the
// name is taken, is removed. Errors are ignored: what can't be removed only takes space.
func Sweep(root *os.Root, folder string, ours func(aside string) bool) {
	entries, err := fs.ReadDir(root.FS(), folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		aside := asideForm.FindStringSubmatch(entry.Name())
		if !temporaryForm.MatchString(entry.Name()) && (aside == nil || ours == nil || !ours(name)) {
			continue
		}
		lock, err := LockExisting(root, name, false)
		if err != nil {
			continue
		}
		if aside == nil || rename(root, name, path.Join(folder, aside[1]), noReplace) != nil {
			_ = root.RemoveAll(name)
		}
		_ = lock.Close()
	}
}
