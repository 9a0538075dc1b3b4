package layout

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	module = "gradwatch/"
	page   = "../../docs/architecture.md"
)

// TestArrows compares the table of packages in docs/architecture.md with what they import: each imports only packages in
// rows below its own.
func TestArrows(t *testing.T) {
	list := exec.Command("go", "list", "-tags", "tensorflow", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, module+"...")
	list.Env = append(os.Environ(), "CGO_ENABLED=1") // without it files with cgo don't count
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports := []string{}
		for _, path := range fields[1:] {
			if name, own := strings.CutPrefix(path, module); own {
				imports = append(imports, name)
			}
		}
		slices.Sort(imports)
		want[strings.TrimPrefix(fields[0], module)] = imports
	}
	got, order := documented(t)
	for name, imports := range got {
		for _, imported := range imports {
			if slices.Index(order, imported) < slices.Index(order, name) {
				t.Errorf("%s: %s imports %s, which stands above it: arrows point down", filepath.Base(page), name, imported)
			}
		}
	}
	for name := range want {
		if strings.HasPrefix(name, "test/") || strings.HasPrefix(name, "scripts/") {
			delete(want, name) // programs and tests beside the product
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs from go list (-imports +documented):\n%s", filepath.Base(page), diff)
	}
}

// documented returns the imports of each package that the page's table has: rows of a package, what it holds, and the
// packages that it imports, "-" for none; a name in backticks, a folder's packages as internal/{a,b}. order is the packages
// from the first row to the last.
func documented(t *testing.T) (rows map[string][]string, order []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	rows = make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		name := strings.TrimSpace(cells[0])
		if len(cells) != 3 || !strings.HasPrefix(name, "`") {
			continue
		}
		imports := []string{}
		for _, word := range strings.Fields(strings.ReplaceAll(cells[2], ", ", " ")) {
			if word != "-" {
				imports = append(imports, expand(t, strings.Trim(word, "`"))...)
			}
		}
		slices.Sort(imports)
		name = strings.Trim(name, "`")
		rows[name], order = imports, append(order, name)
	}
	return rows, order
}

// expand returns internal/a and internal/b of internal/{a,b}.
func expand(t *testing.T, word string) []string {
	t.Helper()
	folder, list, several := strings.Cut(word, "{")
	if !several {
		return []string{word}
	}
	list, closed := strings.CutSuffix(list, "}")
	if !closed {
		t.Fatal(fmt.Errorf("%s has no closing brace", word))
	}
	var names []string
	for _, name := range strings.Split(list, ",") {
		names = append(names, folder+name)
	}
	return names
}
