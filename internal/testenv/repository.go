package testenv

import (
	"fmt"
	"os"
	"path/filepath"
)

// Repository returns the repository's root: the nearest folder with a go.mod
// from the working folder upwards, which in a test is its package's.
func Repository() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("folder %q: want one inside the repository", folder)
		}
	}
}
