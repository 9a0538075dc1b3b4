package study

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// The files of a study.
const (
	DefinitionFile = "study.json"
	ResultsFile    = "study.csv"
	SummaryFile    = "summary.csv"
)

// Format is the form of study.json that this package writes and reads.
const Format = 1

// Definition defines a study: it is all that is needed to continue it.
type Definition struct {
	Format int    `json:"format"`
	Name   string `json:"name"`
	// Flags are the flags of the base configuration that were given.
	Flags []Setting `json:"flags"`
	Axes  []Axis    `json:"axes"`
	// Cores is the number of cores for which its tasks were planned; 0 where that is not
	// known. The same tasks give the same bits when the study is continued elsewhere.
	Cores    int             `json:"cores"`
	Versions record.Versions `json:"versions"`
}

// Write writes study.json, in one call of w.
func (d *Definition) Write(w io.Writer) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(text.Bytes())
	return err
}

// ReadDefinition reads a study.json. Errors name the file and what is wrong in
// it; those of the file system are [*os.PathError].
func ReadDefinition(path string) (*Definition, error) {
	data, err := runfolder.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d, err := ParseDefinition(data)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", path, record.LineOf(data, err), err)
	}
	return d, nil
}

// ParseDefinition reads the content of a study.json.
func ParseDefinition(data []byte) (*Definition, error) {
	var format struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &format); err != nil {
		return nil, fmt.Errorf("want the definition of a study: %w", err)
	}
	if format.Format != Format { // another format may have other fields
		return nil, fmt.Errorf("format %d: want %d, that of this version of gradwatch", format.Format, Format)
	}
	var d Definition
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("want the definition of a study: %w", err)
	}
	if d.Name == "" {
		return nil, fmt.Errorf(`name "": want the study's name`)
	}
	if d.Cores < 0 {
		return nil, fmt.Errorf("cores %d: want an integer of at least 0", d.Cores)
	}
	for i, s := range d.Flags {
		if !flagForm.MatchString(s.Flag) {
			return nil, fmt.Errorf("flags, entry %d: %q: want a flag's name without dashes", i, s.Flag)
		}
	}
	for i, axis := range d.Axes {
		if !flagForm.MatchString(axis.Flag) {
			return nil, fmt.Errorf("axes, entry %d: %q: want a flag's name without dashes", i, axis.Flag)
		}
	}
	if _, err := gridSize(d.Axes); err != nil {
		return nil, fmt.Errorf("axes: %w", err)
	}
	return &d, nil
}
