package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// newRun returns an empty run's folder.
func newRun(t *testing.T) *runfolder.Folder {
	t.Helper()
	run, err := runfolder.Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	for _, name := range Tables() {
		if err := os.WriteFile(filepath.Join(run.Path, name), make([]byte, 120), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return run
}

// manifest returns one of that epoch, of two groups.
func manifest(epoch int) *Manifest {
	run := config.Default()
	run.Repeats = 3
	return &Manifest{
		Epoch: epoch, Configuration: run, Seeds: run.Seeds(), DataSHA256: strings.Repeat("0", 64),
		Settings: Settings{Plan: config.Plan{Threads: 1, Groups: 2}, Device: "cpu"},
		Records:  []Table{{runfolder.HistoryFile, 100, zeros(100)}, {runfolder.FlowFile, 20, ""}, {runfolder.UnitsFile, 0, zeros(0)}},
		Timings:  record.Timings{Train: 1.5},
	}
}

// zeros returns the SHA-256 of so many zeros.
func zeros(n int) string {
	sum := sha256.Sum256(make([]byte, n))
	return hex.EncodeToString(sum[:])
}

// save writes what stands for the variables of two groups.
func save(folder string) error {
	for g := range 2 {
		for _, suffix := range []string{indexSuffix, ".data-00000-of-00001"} {
			name := Prefix(g, 2) + suffix
			if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

func mustWrite(t *testing.T, run *runfolder.Folder, epoch, keep int) {
	t.Helper()
	if err := Write(run, manifest(epoch), keep, save); err != nil {
		t.Fatal(err)
	}
}

func anything(*Manifest) error { return nil }

// names returns what the folder with the checkpoints has.
func names(t *testing.T, run *runfolder.Folder) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(run.Path, Folder))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return strings.Join(all, " ")
}

func TestWriteAndNewest(t *testing.T) {
	run := newRun(t)
	if m, passed, err := Newest(run, anything); m != nil || passed != nil || err != nil {
		t.Errorf("got %v, %v, %v of a run without checkpoints, want nothing", m, passed, err)
	}
	if In(run.Path) {
		t.Error("got one in a run without")
	}
	for _, epoch := range []int{3, 7, 12, 100} {
		mustWrite(t, run, epoch, 3)
	}
	if !In(run.Path) {
		t.Error("got none in a run with some")
	}
	if got, want := names(t, run), "epoch-000007 epoch-000012 epoch-000100"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m, passed, err := Newest(run, anything)
	if err != nil || passed != nil {
		t.Fatalf("got %v, passed over %v", err, passed)
	}
	want := manifest(100)
	want.Format = Format
	want.Files = m.Files
	if diff := cmp.Diff(want, m); diff != "" || len(m.Files) != 4 {
		t.Errorf("%d files (-want +got):\n%s", len(m.Files), diff)
	}
	if table, found := m.Table(runfolder.FlowFile); table.Bytes != 20 || !found {
		t.Errorf("got %v, %t, want 20 bytes", table, found)
	}
}

// TestGoingBack writes a checkpoint after the run went back: what is of later
// epochs goes, and what has the name is replaced.
func TestGoingBack(t *testing.T) {
	run := newRun(t)
	for _, epoch := range []int{3, 7, 12} {
		mustWrite(t, run, epoch, 3)
	}
	damage := func(epoch int) {
		if err := os.WriteFile(filepath.Join(run.Path, Folder, Name(epoch), ManifestFile), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	damage(12)
	damage(7)
	m, passed, err := Newest(run, anything)
	if err != nil || m == nil || m.Epoch != 3 || len(passed) != 2 {
		t.Fatalf("got %+v, passed over %v, error %v, want epoch 3 and two passed over", m, passed, err)
	}
	if want := "checkpoint epoch-000012 can't be used: manifest.json, line 1: unexpected end of JSON input"; passed[0].Error() != want {
		t.Errorf("got %q, want %q", passed[0], want)
	}
	mustWrite(t, run, 7, 3)
	if got, want := names(t, run), "epoch-000003 epoch-000007"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if m, passed, _ := Newest(run, anything); m.Epoch != 7 || passed != nil {
		t.Errorf("got epoch %d, passed over %v, want 7 and none", m.Epoch, passed)
	}
}

// TestFailedWrite leaves nothing new and nothing lost.
func TestFailedWrite(t *testing.T) {
	run := newRun(t)
	mustWrite(t, run, 3, 1)
	full := errors.New("no space left on device")
	for name, save := range map[string]func(string) error{
		"at once":    func(string) error { return full },
		"in between": func(folder string) error { return errors.Join(save(folder), full) },
	} {
		if err := Write(run, manifest(7), 1, save); !errors.Is(err, full) || !strings.Contains(err.Error(), Name(7)) {
			t.Errorf("%s: got error %v, want it to name the checkpoint and the reason", name, err)
		}
	}
	if err := Write(run, manifest(7), 1, func(string) error { return nil }); err == nil {
		t.Error("got no error without variables")
	}
	if got, want := names(t, run), "epoch-000003"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestInterruptedWrite stops at each moment of a write, as a killed process does:
// what was there is there, and what is left over is not taken for a checkpoint.
func TestInterruptedWrite(t *testing.T) {
	run := newRun(t)
	mustWrite(t, run, 3, 2)
	folder := filepath.Join(run.Path, Folder)
	for _, left := range []string{"." + Name(7) + partial, "." + Name(3) + removed} {
		if err := errors.Join(os.Mkdir(filepath.Join(folder, left), 0o777), save(filepath.Join(folder, left))); err != nil {
			t.Fatal(err)
		}
	}
	if m, passed, err := Newest(run, anything); err != nil || m.Epoch != 3 || passed != nil {
		t.Errorf("got %+v, passed over %v, error %v, want epoch 3", m, passed, err)
	}
	mustWrite(t, run, 7, 2) // into what is left over
	if err := Clean(run); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, run), "epoch-000003 epoch-000007"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLinkedAway refuses a folder of checkpoints, and a checkpoint, that lies
// elsewhere.
func TestLinkedAway(t *testing.T) {
	run, elsewhere := newRun(t), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(run.Path, Folder)); err != nil {
		t.Fatal(err)
	}
	if err := Write(run, manifest(3), 1, save); err == nil {
		t.Error("got no error, want that the folder is outside")
	}
	if _, _, err := Newest(run, anything); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want that the folder is outside", err)
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) > 0 {
		t.Errorf("got %v written outside", entries)
	}
}

func TestFits(t *testing.T) {
	run := newRun(t)
	mustWrite(t, run, 3, 2)
	mustWrite(t, run, 7, 2)
	m, passed, err := Newest(run, func(m *Manifest) error {
		if m.Epoch == 7 {
			return errors.New("history.csv is short")
		}
		return nil
	})
	if err != nil || m.Epoch != 3 || len(passed) != 1 {
		t.Errorf("got %+v, passed over %v, error %v, want epoch 3", m, passed, err)
	}
}

// TestParse refuses manifests that Write can't have written.
func TestParse(t *testing.T) {
	good := manifest(3)
	good.Format = Format
	for _, f := range []string{"variables-1.index", "variables-2.index"} {
		good.Files = append(good.Files, File{f, 3, strings.Repeat("ab", 32)})
	}
	for name, tc := range map[string]struct {
		change func(*Manifest)
		want   string // of the error; "" for none
	}{
		"whole":              {func(*Manifest) {}, ""},
		"format":             {func(m *Manifest) { m.Format = 9 }, "format 9: want 1"},
		"epoch 0":            {func(m *Manifest) { m.Epoch = 0 }, "epoch 0: want one from 1 to the run's 500"},
		"epoch beyond":       {func(m *Manifest) { m.Epoch = 501 }, "epoch 501"},
		"configuration":      {func(m *Manifest) { m.Configuration.Layers = []int{0} }, "configuration: "},
		"seeds":              {func(m *Manifest) { m.Seeds = m.Seeds[1:] }, "seeds: "},
		"no groups":          {func(m *Manifest) { m.Plan.Groups = 0 }, "groups 0: want from 1 to 3"},
		"a group is missing": {func(m *Manifest) { m.Plan.Groups = 3 }, `file "variables-3.index" is missing`},
		"name with a folder": {func(m *Manifest) { m.Files[0].Name = "variables/../../x" }, `file "variables/../../x"`},
		"twice":              {func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) }, `file "variables-1.index": want`},
		"size":               {func(m *Manifest) { m.Files[0].Size = -1 }, "size -1"},
		"sum":                {func(m *Manifest) { m.Files[0].SHA256 = "abc" }, `sha256 "abc"`},
		"no history":         {func(m *Manifest) { m.Records = m.Records[1:] }, "the length of history.csv"},
		"no units":           {func(m *Manifest) { m.Records = m.Records[:2] }, "the length of units.csv"},
		"other table":        {func(m *Manifest) { m.Records = append(m.Records, Table{"x", 1, ""}) }, "records: x of 1 bytes"},
		"negative length":    {func(m *Manifest) { m.Records[0].Bytes = -1 }, "records: history.csv of -1 bytes"},
		"no hash":            {func(m *Manifest) { m.Records[0].SHA256 = "12" }, `records: history.csv: sha256 "12": want 64 hexadecimal digits`},
		"divergence":         {func(m *Manifest) { m.Divergence = &record.Divergence{Replica: 3} }, "divergence of replica 3"},
	} {
		m := *good
		m.Files, m.Records = slices.Clone(good.Files), slices.Clone(good.Records)
		tc.change(&m)
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, tc.want)
		}
		if tc.want != "" {
			continue
		}
		if diff := cmp.Diff(good, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := Parse(append(text, "{}"...)); err == nil {
			t.Error("got no error for what comes after the manifest")
		}
	}
}

// FuzzParse wants no panic, and of what is accepted that it stays as it is.
func FuzzParse(f *testing.F) {
	m := manifest(3)
	m.Format = Format
	for g := range 2 {
		m.Files = append(m.Files, File{Prefix(g, 2) + indexSuffix, 3, strings.Repeat("0", 64)})
	}
	text, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, seed := range []string{
		"", "null", "[]", "{}", `{"format":1}`, `{"format":1,"epoch":1e99}`, `{"format":1,"configuration":{"repeats":2000000000}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		same, err := Parse(again)
		if err != nil {
			t.Fatalf("accepted, but not what it was written as: %v", err)
		}
		if got, want := fmt.Sprintf("%+v", same), fmt.Sprintf("%+v", m); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestNames(t *testing.T) {
	none := place{-1, 0}
	for name, want := range map[string]place{
		"epoch-000100": {100, 0}, "epoch-1234567": {1234567, 0}, "epoch-100": none, "epoch-000100.partial": none, ".epoch-000100": none,
		"epoch--00001": none, "epoch-": none, "variables": none, "epoch-0x0010": none,
		"epoch-000003-step-000000250": {3, 250}, "epoch-000000-step-000000001": {0, 1}, "epoch-000003-step-250": none,
		"epoch-000003-step-000000000": none, "epoch-000003-step-": none,
	} {
		got, ok := parseName(name)
		if ok != (want != none) || ok && got != want {
			t.Errorf("%s: got %v, %t, want %v", name, got, ok, want)
		}
	}
}
