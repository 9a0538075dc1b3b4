//go:build tensorflow

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documentedKeys returns the keys that docs/json.md has a row for under a heading.
func documentedKeys(t *testing.T, page, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(page, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/json.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var keys []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		keys = append(keys, row[1])
	}
	slices.Sort(keys)
	return keys
}

func keysOf(t *testing.T, object any) []string {
	t.Helper()
	of, is := object.(map[string]any)
	if !is {
		t.Fatalf("got %v, want an object", object)
	}
	return slices.Sorted(maps.Keys(of))
}

// TestJSONKeys compares what is written with docs/json.md: no key without a row, no row without a key.
func TestJSONKeys(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	trainTestRun(t, "three", vanishing+" --epochs 20 --repeats 3")
	var got map[string]any
	if err := json.Unmarshal([]byte(succeed(t, "diagnose", "--format", "json", "--each-seed", "logs/three").stdout), &got); err != nil {
		t.Fatal(err)
	}
	of := func(key string) any { return got[key].([]any)[0] }
	for heading, object := range map[string]any{"The diagnosis": got, "A finding": of("findings"), "A layer": of("layers"), "A seed": of("each_seed")} {
		want := documentedKeys(t, string(page), heading)
		if heading == "The diagnosis" { // without --try-fixes, of generated data
			want = slices.DeleteFunc(want, func(key string) bool { return key == "fixes" || key == "data" })
		}
		if diff := cmp.Diff(want, keysOf(t, object)); diff != "" {
			t.Errorf("%s (-documented +written):\n%s", heading, diff)
		}
	}

	content, err := os.ReadFile(filepath.Join("logs", "three", "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var summary struct{ Verdict map[string]any }
	if err := json.Unmarshal(content, &summary); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"run", "folder", "state", "epochs", "seeds", "each_seed"} { // of the run, or asked for
		delete(got, key)
	}
	if diff := cmp.Diff(got, summary.Verdict); diff != "" {
		t.Errorf("summary.json's verdict (-diagnose +summary):\n%s", diff)
	}
}

// TestJSONData does so for what is said of a table.
func TestJSONData(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	rows := "id,a,again,unit,kind\n"
	for i := range 200 {
		rows += fmt.Sprintf("%d,%d,%d,7,%c\n", i, i*i, i*i, "xy"[i%2])
	}
	write(t, "table.csv", rows)
	succeed(t, "train", "--dataset", "table.csv", "--epochs", "2", "--run", "it", "--plots=false", "--shuffle-rows=false", "--test-fraction", "0.5")
	var got map[string]any
	if err := json.Unmarshal([]byte(succeed(t, "diagnose", "--format", "json", "logs/it").stdout), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documentedKeys(t, string(page), "The data"), keysOf(t, got["data"])); diff != "" {
		t.Errorf("(-documented +written):\n%s", diff)
	}
}
