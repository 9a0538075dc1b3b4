// Command audit reads the lines "module version folder" that go list gives of a
// program's modules, and prints a table of them with the licence of each, as its files
// have it. It fails where a module has none, or one that isn't among those that allow
// what we do with it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, by their SPDX names, of code that may be linked into a
// program under Apache-2.0 and passed on with it, where it is named.
var allowed = []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense", "OFL-1.1", "FTL", "CC-BY-4.0"}

// names are those of files that hold a module's licence.
var names = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)

// least is the share of a licence's file, in percent, that must be a known text; other
// files, such as a link to one, say nothing.
const least = 75

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func run() error {
	fmt.Print("| module | version | licence |\n|---|---|---|\n")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 3)
		if len(fields) != 3 {
			return fmt.Errorf("%q: want a module, its version and its folder", lines.Text())
		}
		found, err := licences(fields[0], fields[2])
		if err != nil {
			return fmt.Errorf("%s: %w", fields[0], err)
		}
		fmt.Printf("| %s | %s | %s |\n", fields[0], fields[1], strings.Join(found, ", "))
	}
	return lines.Err()
}

// choices are modules whose LICENSE is a choice between others, in words of its own:
// the file of the one that is taken.
var choices = map[string]string{"github.com/golang/freetype": "licenses/ftl.txt"}

// licences returns the licences in a module's folder, sorted.
func licences(module, folder string) ([]string, error) {
	if chosen, ok := choices[module]; ok {
		return scan(folder, []string{chosen})
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && names.MatchString(entry.Name()) {
			files = append(files, entry.Name())
		}
	}
	return scan(folder, files)
}

// scan returns the licences in files, all of which must be allowed.
func scan(folder string, files []string) ([]string, error) {
	var found []string
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		covered := licensecheck.Scan(text)
		if covered.Percent < least {
			continue
		}
		for _, match := range covered.Match {
			if !match.IsURL {
				found = append(found, match.ID)
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) == 0 {
		return nil, fmt.Errorf("no known licence in %s's files %q", folder, files)
	}
	for _, id := range found {
		if !slices.Contains(allowed, id) {
			return nil, fmt.Errorf("licence %s: want one of %s", id, strings.Join(allowed, ", "))
		}
	}
	return found, nil
}
