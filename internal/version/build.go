package version

import (
	"fmt"
	"runtime/debug"

	"gradwatch/internal/record"
)

// Versions returns what this program knows of them, for a run's summary.
func Versions() record.Versions {
	return record.Versions{Gradwatch: Number + Revision(), Bindings: Bindings}
}

const (
	// Number is gradwatch's own.
	Number = "0.2.0"
	// Bindings is that of github.com/galeone/tensorflow/tensorflow/go in
	// go.mod, which the engine is linked with and this program isn't.
	Bindings = "v0.0.0-20221023090153-6b7fa0680c3e"
	// Tfgo is that of github.com/galeone/tfgo, likewise.
	Tfgo = "v0.0.0-20230715013254-16113111dc99"
)

// Revision returns the commit that the program was built from, where that is
// known: " (1a2b3c4d5e6f, modified)".
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	if commit == "" {
		return ""
	}
	return fmt.Sprintf(" (%s%s)", commit, modified)
}
