package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the files and folders that a set-up makes.
const (
	programName = "gradwatch-engine"
	// libraryFile is in each folder of the TensorFlow library.
	libraryFile = "libtensorflow_framework.so.2"
	nvidiaNode  = "/dev/nvidia0"
)

// Installation is an engine and the TensorFlow library to start it with.
type Installation struct {
	Program string // the path of gradwatch-engine
	Library string // the folder of the library, for the CPU or for the GPU
}

// Find returns the engine beside program, the front's path, and the library in lib beside
// both or in .runtime beside their folder, where scripts/setup puts it. device is a
// config.Run's: a GPU needs the library with CUDA; auto uses that where there is one and an
// NVIDIA device. It returns an error too where an engine would not get the address space
// that it needs.
func Find(program, device string) (Installation, error) {
	resolved, err := filepath.EvalSymlinks(program)
	if err != nil {
		return Installation{}, fmt.Errorf("find the engine: %w", err)
	}
	folder := filepath.Dir(resolved)
	found := Installation{Program: filepath.Join(folder, programName)}
	if !isFile(found.Program) {
		return Installation{}, fmt.Errorf("no %s in %s: run scripts/setup", programName, folder)
	}
	if found.Library, err = findLibrary(folder, device); err != nil {
		return Installation{}, err
	}
	return found, checkAddressSpace()
}

func findLibrary(folder, device string) (string, error) {
	wantsGPU := strings.HasPrefix(device, "gpu")
	if wantsGPU || device == "auto" && exists(nvidiaNode) {
		if library, ok := gpuLibrary(folder); ok {
			return library, nil
		}
	}
	if wantsGPU {
		return "", fmt.Errorf("--device %q: no TensorFlow library with CUDA: run scripts/setup --gpu", device)
	}
	if library, ok := cpuLibrary(folder); ok {
		return library, nil
	}
	return "", errors.New("no TensorFlow library: run scripts/setup")
}

// Version returns the version of the TensorFlow library beside program, as its
// folder's name has it (tensorflow-cpu-2.21.0 gives 2.21.0), without starting
// the engine; false where none is set up, "" where the folder doesn't say.
func Version(program string) (version string, ok bool) {
	resolved, err := filepath.EvalSymlinks(program)
	if err != nil {
		return "", false
	}
	library, ok := cpuLibrary(filepath.Dir(resolved))
	if !ok {
		return "", false
	}
	if library, err = filepath.EvalSymlinks(library); err != nil {
		return "", true
	}
	name := filepath.Base(filepath.Dir(library))
	if i := strings.LastIndexByte(name, '-'); i >= 0 && strings.HasPrefix(name, "tensorflow-") {
		return name[i+1:], true
	}
	return "", true
}

// cpuLibrary returns the library's folder for the programs in folder.
func cpuLibrary(folder string) (string, bool) {
	return firstLibrary([]string{
		filepath.Join(folder, "lib"),
		filepath.Join(folder, "..", ".runtime", "tensorflow", "lib"),
	})
}

// gpuLibrary returns that of the library with CUDA, the newest of several.
func gpuLibrary(folder string) (string, bool) {
	runtime := filepath.Join(folder, "..", ".runtime")
	entries, err := os.ReadDir(runtime)
	if err != nil {
		return "", false
	}
	var candidates []string
	for _, entry := range slices.Backward(entries) {
		if strings.HasPrefix(entry.Name(), "tensorflow-gpu-") {
			candidates = append(candidates, filepath.Join(runtime, entry.Name(), "lib"))
		}
	}
	return firstLibrary(candidates)
}

func firstLibrary(folders []string) (string, bool) {
	for _, folder := range folders {
		if isFile(filepath.Join(folder, libraryFile)) {
			return folder, true
		}
	}
	return "", false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
