package study

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
)

func sampleDefinition(t *testing.T) *Definition {
	t.Helper()
	return &Definition{
		Format: Format, Name: "study-units",
		Flags:    []Setting{{"epochs", "500"}, {"dataset", "<a&b>.csv"}},
		Axes:     mustParse(t, "units=1:3", "layers=8,8;4"),
		Cores:    2,
		Versions: record.Versions{Gradwatch: "1.0", TensorFlow: "2.21.0"},
	}
}

func TestDefinitionRoundTrip(t *testing.T) {
	want := sampleDefinition(t)
	var text bytes.Buffer
	if err := want.Write(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `"value": "<a&b>.csv"`) {
		t.Errorf("got %s", &text)
	}
	path := filepath.Join(t.TempDir(), DefinitionFile)
	if err := os.WriteFile(path, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadDefinition(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDefinitionErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "want the definition of a study: unexpected end of JSON input"},
		{"torn", `{"format": 1, "name": "a`, "want the definition of a study: unexpected end of JSON input"},
		{"no object", "[1]", "want the definition of a study: json: cannot unmarshal array"},
		{"something else", "{}", "format 0: want 1"},
		{"later format", `{"format": 2, "name": 7}`, "format 2: want 1, that of this version of gradwatch"},
		{"wrong type", `{"format": 1, "name": 7}`, "want the definition of a study: json: cannot unmarshal number"},
		{"no name", `{"format": 1}`, `name "": want the study's name`},
		{"cores", `{"format": 1, "name": "a", "cores": -1}`, "cores -1: want an integer of at least 0"},
		{"flag", `{"format": 1, "name": "a", "flags": [{"flag": "--a"}]}`, `flags, entry 0: "--a": want a flag's name without dashes`},
		{"axis", `{"format": 1, "name": "a", "axes": [{"flag": "", "values": ["1"]}]}`, `axes, entry 0: "": want a flag's name`},
		{"no values", `{"format": 1, "name": "a", "axes": [{"flag": "a"}]}`, `axes: vary "a=": want FLAG=VALUES`},
		{"value twice", `{"format": 1, "name": "a", "axes": [{"flag": "a", "values": ["1", "1"]}]}`, `axes: vary "a=1,1": want each value once`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), DefinitionFile)
			if err := os.WriteFile(path, []byte(test.text), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := ReadDefinition(path)
			if err == nil || !strings.HasPrefix(strings.Replace(err.Error(), path+", line 1: ", path+": ", 1), path+": "+test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if _, err := ReadDefinition(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}
