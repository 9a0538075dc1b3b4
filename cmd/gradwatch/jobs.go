package main

import (
	"context"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/runner"
)

// check is the function of that name, also for a run that streams its data.
func checkRun(ctx context.Context, env *cli.Env, run *config.Run, says cli.Verbosity) (*dataset.Set, error) {
	if run.Stream {
		return runner.CheckStream(ctx, env, run, says)
	}
	return runner.Check(run)
}
