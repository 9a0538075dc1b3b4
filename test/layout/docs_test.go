package layout

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
)

const root = "../.."

// pages returns the text of each page of documentation, by its path from the root. The changelog is not among them: it
// has the names of its time.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, pattern := range []string{"*.md", "docs/*.md", "logs/*.md", "train/testdata/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if name := strings.TrimPrefix(path, root+"/"); name != "CHANGELOG.md" {
				texts[name] = string(text)
			}
		}
	}
	if len(texts) < 10 {
		t.Fatalf("only %d pages found", len(texts))
	}
	return texts
}

var (
	testName = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	// codePath is a file or folder of the repository in backticks, with arguments or without.
	codePath = regexp.MustCompile("`((?:cmd|graph|internal|scripts|test|train|\\.ci)/[\\w./-]+)(?: [^`]*)?`")
	link     = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	heading  = regexp.MustCompile("(?m)^#+ (.*)$")
)

// TestDocumentedTests looks for each test that the documentation names.
func TestDocumentedTests(t *testing.T) {
	known := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunc.FindAllStringSubmatch(string(text), -1) {
			known[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for page, text := range pages(t) {
		for _, name := range testName.FindAllString(text, -1) {
			if !known[name] {
				t.Errorf("%s: %s: no test has that name", page, name)
			}
		}
	}
}

// TestDocumentedPaths looks for each file and folder of the repository that the documentation names or links to, and for
// the heading of a link.
func TestDocumentedPaths(t *testing.T) {
	for page, text := range pages(t) {
		folder := filepath.Dir(page)
		if page == "docs/package.md" {
			folder = "." // the package has it there, as its README.md
		}
		for _, found := range codePath.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil {
				t.Errorf("%s: `%s`: no such file or folder", page, found[1])
			}
		}
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target := page
			if found[1] != "" {
				target = filepath.Join(folder, found[1])
			}
			if text, err := os.ReadFile(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: links to %s: no such file", page, target)
			} else if found[2] != "" && !slices.Contains(anchors(string(text)), found[2]) {
				t.Errorf("%s: links to %s#%s: no such heading", page, target, found[2])
			}
		}
	}
}

// anchors returns the links' names of a page's headings: in small letters, dashes for spaces, no other signs.
func anchors(text string) []string {
	var names []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.Map(func(c rune) rune {
			switch {
			case c == ' ':
				return '-'
			case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
				return unicode.ToLower(c)
			}
			return -1
		}, found[1]))
	}
	return names
}

// TestDocumentedKinds looks in docs/verdicts.md for the row that defines each kind of finding.
func TestDocumentedKinds(t *testing.T) {
	text := pages(t)["docs/verdicts.md"]
	for _, kind := range diagnose.Kinds() {
		if !strings.Contains(text, "\n| `"+string(kind)+"` | ") {
			t.Errorf("docs/verdicts.md: no row of %s", kind)
		}
	}
}

// TestDocumentedChoices compares the tables of activations, losses, optimizers and schedules in docs/numerics.md with the code's.
func TestDocumentedChoices(t *testing.T) {
	var rows []string
	for _, a := range config.Activations() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | `%s` |", a.Name, strings.ReplaceAll(a.Formula, "|", `\|`), a.Initializer))
	}
	for _, l := range config.Losses() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", l.Name, strings.ReplaceAll(l.Formula, "|", `\|`)))
	}
	for _, o := range config.Optimizers() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %g |", o.Name, strings.ReplaceAll(o.Rule, "|", `\|`), o.LearningRate))
	}
	for i, s := range config.Schedules() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", config.ScheduleNames()[i], s.Formula, s.Keras))
	}
	text := pages(t)["docs/numerics.md"]
	for _, row := range rows {
		if !strings.Contains(text, "\n"+row+"\n") {
			t.Errorf("docs/numerics.md has no row\n%s", row)
		}
	}
}
