package tensorboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gradwatch/internal/testenv"
)

// Folder is where scripts/setup installs TensorBoard, inside the repository.
const Folder = ".runtime/tensorboard"

// program returns the path of a program of TensorBoard's virtual environment.
func program(name string) (string, error) {
	root, err := testenv.Repository()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, Folder, "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no TensorBoard in this repository (run scripts/setup): %w", err)
	}
	return path, nil
}

// runScript runs a script with TensorBoard's Python on the folders, and returns what
// it printed, as JSON; doing names that for errors.
func runScript(ctx context.Context, script, doing string, folders []string) (*json.Decoder, error) {
	python, err := program("python")
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, python, append([]string{"-c", script}, folders...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	lines, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", doing, err, strings.TrimSpace(stderr.String()))
	}
	return json.NewDecoder(bytes.NewReader(lines)), nil
}
