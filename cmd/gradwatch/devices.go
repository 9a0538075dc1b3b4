package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
)

func devicesCommand(env *cli.Env) *cobra.Command {
	verbose := false
	c := &cobra.Command{
		Use:   "devices [FLAG...]",
		Short: "List the devices that TensorFlow sees",
		Long: `Lists the devices that TensorFlow sees. GPUs need the library with CUDA, which
"scripts/setup --gpu" fetches.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			installation, err := engine.Find(env.Program, "auto")
			if err != nil {
				return err
			}
			devices, err := installation.Devices(c.Context(), env.Log(verbose))
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "TensorFlow %s, %s\n\n", devices[0].TensorFlow, installation.Library)
			fmt.Fprintf(env.Stdout, "%-8s  %s\n", "device", "memory")
			for _, d := range devices {
				fmt.Fprintf(env.Stdout, "%-8s  %s\n", deviceName(d.Name), memoryText(d))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
	}
	cli.AddVerbose(c, &verbose)
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
