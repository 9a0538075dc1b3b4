package runflags

import (
	"strconv"

	"gradwatch/internal/cli"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// AddThresholds adds a flag for each threshold of the verdicts.
func AddThresholds(g cli.Group, t *diagnose.Thresholds) cli.Group {
	for _, flag := range []struct {
		name   string
		target *float64
		usage  string
	}{
		{"learned", &t.Learned, "part of the loss of guessing that a model must have taken away to count as one that learns"},
		{"learned-rows", &t.LearnedRows, "part of what guessing gets wrong of the test rows that a model must get right to count as one that learns"},
		{"held-back", &t.HeldBack, "part below which it may learn in spite of saturated layers, symmetric units or large inputs"},
		{"delta-ratio", &t.DeltaRatio, "error signal of dense_1 over the output layer's, below which it vanishes"},
		{"gradient-ratio", &t.GradientRatio, "gradient of a layer over the output layer's, below which it vanishes"},
		{"exploding-ratio", &t.ExplodingRatio, "error signal of dense_1 over the output layer's, above which it explodes"},
		{"exploding-update", &t.ExplodingUpdate, "part of a kernel's norm that a step changes, above which steps are too large"},
		{"small-update", &t.SmallUpdate, "the same, below which steps are too small"},
		{"dead-layer", &t.DeadLayer, "part of a layer's units that may be dead"},
		{"nearly-dead", &t.NearlyDead, "part of the rows on which a unit must be active"},
		{"saturated-unit", &t.SaturatedUnit, "part of the rows on which a unit must be saturated to count"},
		{"saturated-layer", &t.SaturatedLayer, "part of the rows on which a layer's units may be saturated"},
		{"saturated-error", &t.SaturatedError, "the same, from which on it keeps a model from learning"},
		{"large-input", &t.LargeInput, "root mean square of the inputs, above which they are too large"},
		{"large-target", &t.LargeTarget, "root mean square of a regression's target, above which it is too large"},
		{"unstable", &t.Unstable, "spread of the accuracy over the last epochs, above which the result is unstable"},
		{"stalled", &t.Stalled, "part by which the loss must fall over the last half of the run"},
		{"rough", &t.Rough, "part by which the loss may jump from one epoch to the next"},
		{"overfit", &t.Overfit, "part by which the test loss may rise above its least"},
	} {
		g.Add(cli.NewValue(flag.target, parseThreshold(flag.name), formatThreshold, "X"), flag.name, flag.usage)
	}
	g.Add(cli.NewValue(&t.Running, parseRunning, strconv.Itoa, "N"),
		"running", "checks, one after the other, that must agree before something is found or has gone")
	return g
}

func parseThreshold(name string) func(string) (float64, error) {
	return func(text string) (float64, error) {
		x, err := numeric.Parse(text, 64)
		if err != nil || x < 0 {
			return 0, invalid.New(name, text, "a number of at least 0")
		}
		return x, nil
	}
}

func formatThreshold(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func parseRunning(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, invalid.New("running", text, "an integer of at least 1")
	}
	return n, nil
}
