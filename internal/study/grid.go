package study

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"gradwatch/internal/invalid"
)

// Setting is a flag and its value.
type Setting struct {
	Flag  string `json:"flag"`  // without dashes
	Value string `json:"value"` // as it would stand on the command line
}

// Configuration is one point of a grid.
type Configuration struct {
	Index    int       // its place in the grid, from 0
	Settings []Setting // one for each axis, in their order
}

// MaxConfigurations bounds a grid.
const MaxConfigurations = 100_000

// Grid returns every combination of the axes' values; the first axis changes
// slowest. Without axes that is one configuration without settings. Errors are a
// [*invalid.Error] of the field vary: a flag with two axes, an axis without
// values or with one twice, more than MaxConfigurations combinations.
func Grid(axes []Axis) ([]Configuration, error) {
	size, err := gridSize(axes)
	if err != nil {
		return nil, err
	}
	grid := make([]Configuration, size)
	for index := range grid {
		settings := make([]Setting, len(axes))
		rest := index
		for i := len(axes) - 1; i >= 0; i-- {
			values := axes[i].Values
			settings[i] = Setting{axes[i].Flag, values[rest%len(values)]}
			rest /= len(values)
		}
		grid[index] = Configuration{index, settings}
	}
	return grid, nil
}

// gridSize checks the axes and returns the number of configurations.
func gridSize(axes []Axis) (int, error) {
	flags := make(map[string]bool, len(axes))
	size := big.NewInt(1) // 30 axes of 10 values would overflow an int
	for _, axis := range axes {
		if flags[axis.Flag] {
			return 0, invalid.New("vary", axis.String(), "all values of "+axis.Flag+" in one list")
		}
		if len(axis.Values) == 0 {
			return 0, invalid.New("vary", axis.String(), accepted)
		}
		if value, twice := duplicate(axis.Values); twice {
			return 0, invalid.New("vary", axis.String(), onceOnly(value))
		}
		flags[axis.Flag] = true
		size.Mul(size, big.NewInt(int64(len(axis.Values))))
	}
	if size.Cmp(big.NewInt(MaxConfigurations)) > 0 {
		return 0, &invalid.Error{
			Field: "vary", Value: strings.Join(flagsOf(axes), ","),
			Want: fmt.Sprintf("at most %d configurations, not %s", MaxConfigurations, size),
		}
	}
	return int(size.Int64()), nil
}

func flagsOf(axes []Axis) []string {
	flags := make([]string, len(axes))
	for i, axis := range axes {
		flags[i] = axis.Flag
	}
	return flags
}

const (
	// maxName keeps a folder's name readable and, with what is put before and
	// after it, far below the file system's 255 bytes.
	maxName = 120
	// digestDigits make two equal digests among MaxConfigurations a matter of
	// one in 50,000.
	digestDigits = 12
)

// Name returns a name for the configuration's folder, which no other
// configuration of the grid has: hidden-layers=3,activation=tanh. Colons are
// written @, other characters that a file system may not like as dashes; a name
// that is cut or could be mistaken for another's ends with ~ and a digest.
func (c Configuration) Name() string {
	if len(c.Settings) == 0 {
		return "base"
	}
	parts := make([]string, len(c.Settings))
	whole := make([]string, len(c.Settings))
	exact := true
	for i, s := range c.Settings {
		flag, flagExact := fileName(s.Flag)
		value, valueExact := fileName(s.Value)
		parts[i] = flag + "=" + value
		whole[i] = s.Flag + "=" + s.Value
		exact = exact && flagExact && valueExact
	}
	name := strings.Join(parts, ",")
	if exact && len(name) <= maxName {
		return name
	}
	digest := sha256.Sum256([]byte(strings.Join(whole, "\x00")))
	end := "~" + hex.EncodeToString(digest[:])[:digestDigits]
	return name[:min(len(name), maxName-len(end))] + end
}

// fileName puts a dash for each character that is unsafe in a file's name.
// Exact says that no other text becomes this name, even where a file system
// takes capitals for small letters. An equals sign is replaced too: so the
// commas between settings can be told from those in values.
func fileName(text string) (name string, exact bool) {
	exact = true
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.ContainsRune("._-+,", c):
			return c
		case c == ':':
			return '@'
		case c >= 'A' && c <= 'Z':
			exact = false
			return c
		}
		exact = false
		return '-'
	}, text)
	return name, exact
}

// maxDefaultName is that of a run's folder (config.Run.FolderName).
const maxDefaultName = 80

// DefaultName returns a name for the study's folder, from what it varies:
// study-hidden-layers-activation.
func DefaultName(axes []Axis) string {
	name, _ := fileName(strings.Join(append([]string{"study"}, flagsOf(axes)...), "-"))
	return name[:min(len(name), maxDefaultName)]
}
