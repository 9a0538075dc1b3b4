package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gradwatch/internal/engine"
)

func devicesCommand(env *front) *cobra.Command {
	verbose := false
	c := &cobra.Command{
		Use:   "devices [FLAG...]",
		Short: "List the devices that TensorFlow sees",
		Long: `Lists the devices that TensorFlow sees. GPUs need the library with CUDA, which
"scripts/setup --gpu" fetches.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			installation, err := engine.Find(env.program, "auto")
			if err != nil {
				return err
			}
			devices, err := installation.Devices(c.Context(), env.log(verbose))
			if err != nil {
				return err
			}
			fmt.Fprintf(env.stdout, "TensorFlow %s, %s\n\n", devices[0].TensorFlow, installation.Library)
			fmt.Fprintf(env.stdout, "%-8s  %s\n", "device", "memory")
			for _, d := range devices {
				fmt.Fprintf(env.stdout, "%-8s  %s\n", deviceName(d.Name), memoryText(d))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
	}
	addVerbose(c, &verbose)
	return c
}

// deviceName returns what --device takes of TensorFlow's name for a device:
// gpu:0 of /job:localhost/replica:0/task:0/device:GPU:0.
func deviceName(name string) string {
	_, short, found := strings.Cut(name, "/device:")
	if !found {
		short = name
	}
	return strings.ToLower(short)
}

// memoryText says what a device may use. A CPU's number is TensorFlow's
// invention.
func memoryText(d engine.Device) string {
	if strings.EqualFold(d.Type, "cpu") {
		return "the machine's"
	}
	return fmt.Sprintf("%.1f GiB", float64(d.Memory)/(1<<30))
}

// log is where TensorFlow's own messages go: nowhere, unless asked for.
func (env *front) log(verbose bool) io.Writer {
	if verbose {
		return env.stderr
	}
	return nil
}

func addVerbose(c *cobra.Command, target *bool) {
	g := newGroup("Messages")
	g.addBool(target, "verbose", "show TensorFlow's own messages")
	g.addTo(c)
}
