package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
	"gradwatch/internal/version"
)

func versionCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of gradwatch, the bindings and TensorFlow",
		Args:  cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			printOwnVersion(env)
			fmt.Fprintf(env.Stdout, "go          %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(env.Stdout, "bindings    github.com/galeone/tensorflow/tensorflow/go %s\n", version.Bindings)
			fmt.Fprintf(env.Stdout, "            github.com/galeone/tfgo %s\n", version.Tfgo)
			fmt.Fprintf(env.Stdout, "tensorflow  %s\n", libraryVersion(env))
			return nil
		},
		DisableFlagsInUseLine: true,
	}
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

func printOwnVersion(env *cli.Env) {
	fmt.Fprintf(env.Stdout, "gradwatch   %s%s\n", version.Number, version.Revision())
}
