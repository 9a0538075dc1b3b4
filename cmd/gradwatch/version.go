package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
)

const (
	// version is gradwatch's own.
	version = "0.1.0"
	// bindingsVersion is that of github.com/galeone/tensorflow/tensorflow/go in
	// go.mod, which the engine is linked with and this program isn't.
	bindingsVersion = "v0.0.0-20221023090153-6b7fa0680c3e"
	// tfgoVersion is that of github.com/galeone/tfgo, likewise.
	tfgoVersion = "v0.0.0-20230715013254-16113111dc99"
)

func versionCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of gradwatch, the bindings and TensorFlow",
		Args:  cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(env.Stdout, "gradwatch   %s%s\n", version, revision())
			fmt.Fprintf(env.Stdout, "go          %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(env.Stdout, "bindings    github.com/galeone/tensorflow/tensorflow/go %s\n", bindingsVersion)
			fmt.Fprintf(env.Stdout, "            github.com/galeone/tfgo %s\n", tfgoVersion)
			fmt.Fprintf(env.Stdout, "tensorflow  %s\n", libraryVersion(env))
			return nil
		},
		DisableFlagsInUseLine: true,
	}
}

// revision returns the commit that the program was built from, where that is
// known: " (1a2b3c4d5e6f, modified)".
func revision() string {
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

// libraryVersion returns that of the TensorFlow library, without loading it.
func libraryVersion(env *cli.Env) string {
	switch found, ok := engine.Version(env.Program); {
	case !ok:
		return "not set up yet: run scripts/setup"
	case found == "":
		return "of unknown version: gradwatch devices asks it"
	default:
		return found
	}
}

// versions returns what this program knows of them, for a run's summary.
func versions() record.Versions {
	return record.Versions{Gradwatch: version + revision(), Bindings: bindingsVersion}
}
