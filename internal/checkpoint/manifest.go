package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// Format is the version of the manifest's format that this package writes and
// reads.
const Format = 1

// ManifestFile is the manifest's name in a checkpoint's folder.
const ManifestFile = "manifest.json"

// Manifest is manifest.json: what a run was after an epoch.
type Manifest struct {
	Format int `json:"format"`
	// Epoch is the number of epochs that were trained and recorded.
	Epoch int `json:"epoch"`
	// Step is the number of steps of the next epoch that were trained, in a run that streams
	// its data; 0 for a checkpoint between two epochs.
	Step int `json:"step,omitempty"`
	// Files are those of the variables.
	Files []File `json:"files"`
	// Records are the lengths and hashes of the run's tables: rows after these are of later
	// epochs.
	Records []Table `json:"records"`
	// Configuration is the run's; Seeds are those of its replicas.
	Configuration config.Run `json:"configuration"`
	Seeds         []uint32   `json:"seeds"`
	// Settings decide bits beside the configuration.
	Settings
	// DataSHA256 is of the scaled points, as train hashes them.
	DataSHA256 string `json:"data-sha256"`
	// Divergence says where the first replica diverged, if one of several has.
	Divergence *record.Divergence `json:"divergence,omitempty"`
	// Described is true where TensorBoard's HParams tab waits for the run's end.
	Described bool `json:"described,omitempty"`
	// Timings are those of the training so far.
	Timings record.Timings `json:"timings"`
}

// Name returns the name of the checkpoint's folder.
func (m *Manifest) Name() string { return place{m.Epoch, m.Step}.name() }

// Settings are what decides a run's bits beside its configuration.
type Settings struct {
	Plan     config.Plan     `json:"plan"`
	Device   string          `json:"device"`
	Versions record.Versions `json:"versions"`
	// Rewrites is true where TensorFlow's Grappler may rewrite the graph.
	Rewrites bool `json:"rewrites"`
}

// File is one file of a checkpoint.
type File struct {
	Name   string `json:"name"` // in the checkpoint's folder
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Table is one of a run's tables: its first bytes, and their SHA-256, "" in a manifest
// of an earlier version.
type Table struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`
}

// Prefix returns what the names of the files begin with that hold the variables of
// a group of replicas, from 0, of so many.
func Prefix(group, groups int) string {
	if groups == 1 {
		return "variables"
	}
	return fmt.Sprintf("variables-%d", group+1)
}

// indexSuffix is what TensorFlow appends to the prefix for the one file that it
// reads first.
const indexSuffix = ".index"

// Parse reads a manifest, and returns an error where [Write] can't have written it.
func Parse(data []byte) (*Manifest, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Format != Format {
		return nil, fmt.Errorf("format %d: want %d, that of this version of gradwatch", head.Format, Format)
	}
	m := &Manifest{Configuration: config.Default()}
	if err := decoder.Decode(m); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object and nothing after it")
	}
	return m, m.validate()
}

func (m *Manifest) validate() error {
	if err := m.Configuration.Validate(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	switch {
	case m.Step < 0 || m.Step > 0 && !m.Configuration.Stream:
		return fmt.Errorf("step %d: want 0, of a run that streams its data at least that", m.Step)
	case m.Step > 0 && (m.Epoch < 0 || m.Epoch >= m.Configuration.Epochs):
		return fmt.Errorf("epoch %d, step %d: want an epoch from 0 to the run's last, %d", m.Epoch, m.Step, m.Configuration.Epochs-1)
	case m.Step == 0 && (m.Epoch < 1 || m.Epoch > m.Configuration.Epochs):
		return fmt.Errorf("epoch %d: want one from 1 to the run's %d", m.Epoch, m.Configuration.Epochs)
	case !slices.Equal(m.Seeds, m.Configuration.Seeds()):
		return errors.New("seeds: want those of the configuration")
	case m.Plan.Groups < 1 || m.Plan.Groups > m.Configuration.Repeats:
		return fmt.Errorf("groups %d: want from 1 to %d, the number of replicas", m.Plan.Groups, m.Configuration.Repeats)
	}
	if d := m.Divergence; d != nil && (d.Replica < 0 || d.Replica >= m.Configuration.Repeats) {
		return fmt.Errorf("divergence of replica %d: want one of %d", d.Replica, m.Configuration.Repeats)
	}
	if err := m.validateFiles(); err != nil {
		return err
	}
	return m.validateRecords()
}

func (m *Manifest) validateFiles() error {
	names := make(map[string]bool)
	for _, f := range m.Files {
		switch {
		case !strings.HasPrefix(f.Name, "variables") || path.Base(f.Name) != f.Name || names[f.Name]:
			return fmt.Errorf("file %q: want a name that begins with variables, each once", f.Name)
		case f.Size < 0:
			return fmt.Errorf("file %q: size %d: want at least 0", f.Name, f.Size)
		case !isSHA256(f.SHA256):
			return fmt.Errorf("file %q: sha256 %q: want 64 hexadecimal digits", f.Name, f.SHA256)
		}
		names[f.Name] = true
	}
	for g := range m.Plan.Groups {
		if index := Prefix(g, m.Plan.Groups) + indexSuffix; !names[index] {
			return fmt.Errorf("file %q is missing", index)
		}
	}
	return nil
}

func isSHA256(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}

// Tables returns the names of a run's tables that grow with it.
func Tables() []string {
	return []string{runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile}
}

func (m *Manifest) validateRecords() error {
	for _, name := range Tables() {
		checked := name == runfolder.HistoryFile || m.Configuration.CheckFreq() > 0
		if _, found := m.Table(name); found != checked {
			return fmt.Errorf("records: want the length of %s and of no other table", name)
		}
	}
	for _, l := range m.Records {
		if l.SHA256 != "" && !isSHA256(l.SHA256) {
			return fmt.Errorf("records: %s: sha256 %q: want 64 hexadecimal digits", l.Name, l.SHA256)
		}
		if l.Bytes < 0 || !slices.Contains(Tables(), l.Name) {
			return fmt.Errorf("records: %s of %d bytes: want one of %s, of at least 0 bytes", l.Name, l.Bytes, strings.Join(Tables(), ", "))
		}
	}
	return nil
}

// Table returns the entry of the table of that name, and whether there is one.
func (m *Manifest) Table(name string) (Table, bool) {
	i := slices.IndexFunc(m.Records, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return m.Records[i], true
}
