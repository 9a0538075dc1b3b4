//go:build tensorflow

package resume

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// TestRunOfBefore resumes a run of two replicas that version 0.1.0 made and that was killed after its epoch 80. Made by:
//
//	gradwatch train --preset tanh-1 --epochs 400 --checkpoint-freq 50 --keep 1 --histogram-freq 0 --plots=false --repeats 2 --run old
//
// Which bits the later epochs have depends on the processor, so only the recorded ones are compared.
func TestRunOfBefore(t *testing.T) {
	folder := t.TempDir()
	run := filepath.Join(folder, "old")
	if err := os.CopyFS(run, os.DirFS("testdata/run-0.1.0")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(run, runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, folder, nil, "train", "--resume", "old")
	if status := p.Wait(t); status != 0 {
		t.Fatalf("got status %d, want 0:\n%s", status, p.Stderr.String())
	}
	if text := p.Stderr.String(); strings.Contains(text, "starts over") {
		t.Errorf("got %q, want the run to go on from its checkpoint", text)
	}
	history, err := record.ReadHistory(filepath.Join(run, runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	if history.Epochs() != 400 || history.Replicas != 2 {
		t.Errorf("got %d epochs of %d replicas, want 400 of 2", history.Epochs(), history.Replicas)
	}
	after, err := os.ReadFile(filepath.Join(run, runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(before), []byte("\n")) {
		if !bytes.Contains(after, append(line, '\n')) {
			t.Errorf("the recorded epoch %q is gone", line)
		}
	}
	if _, err := record.ReadWeights(filepath.Join(run, runfolder.WeightsFile)); err != nil {
		t.Error(err)
	}
}
