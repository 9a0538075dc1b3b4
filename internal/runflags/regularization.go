package runflags

import (
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// regularizationFlags are those that keep a model from learning its rows by heart,
// and its larger class alone.
func (r *Flags) regularizationFlags() cli.Group {
	g := cli.NewGroup("Regularization")
	g.Add(numberValue("l1", &r.Run, func(c *config.Run) *float64 { return &c.L1 }),
		"l1", "add X times the sum of the absolute kernel weights to the loss; biases are not counted")
	g.Add(numberValue("l2", &r.Run, func(c *config.Run) *float64 { return &c.L2 }),
		"l2", "add X times the sum of the squared kernel weights to the loss; biases are not counted")
	g.Add(DropoutValue(&r.Run), "dropout", "share of each hidden layer's outputs that a training step sets to 0, or a list with one share for each layer")
	g.Add(textValue("class-weight", "WEIGHTS", &r.Run, func(c *config.Run) *string { return &c.ClassWeight }),
		"class-weight", "of each row in the training loss, by its class: none, balanced (rows / (classes x rows of the class)), or a list such as 0=1,1=3.5")
	return g
}

// scheduleFlags are those that change the learning rate, and end a run early.
func (r *Flags) scheduleFlags() cli.Group {
	g := cli.NewGroup("Schedule and early stopping")
	g.Add(textValue("learning-rate-schedule", "SCHEDULE", &r.Run, func(c *config.Run) *string { return &c.LearningRateSchedule }),
		"learning-rate-schedule", "how --learning-rate changes, in epochs, by Keras's schedules: "+strings.Join(config.ScheduleNames(), ", "))
	g.Add(IntegerValue("early-stopping", &r.Run, func(c *config.Run) *int { return &c.EarlyStopping }),
		"early-stopping", "stop a seed after N epochs without an improvement; 0 for never")
	g.Add(textValue("early-stopping-monitor", "NAME", &r.Run, func(c *config.Run) *string { return &c.EarlyStoppingMonitor }),
		"early-stopping-monitor", "the value that has to improve: "+strings.Join(config.MonitorNames(), ", "))
	g.Add(numberValue("early-stopping-min-delta", &r.Run, func(c *config.Run) *float64 { return &c.EarlyStoppingMinDelta }),
		"early-stopping-min-delta", "an improvement is a change by more than X")
	g.AddBool(&r.Run.RestoreBestWeights, "restore-best-weights", "end with the weights of the epoch in which that value was best")
	return g
}

// DropoutValue reads a number for all hidden layers, or one for each; 0 alone is none.
func DropoutValue(run *config.Run) *cli.Value[[]float64] {
	return &cli.Value[[]float64]{
		Target: &run.Dropout,
		Parse: func(text string) ([]float64, error) {
			var rates []float64
			for field := range strings.SplitSeq(text, ",") {
				rate, err := numeric.Parse(field, 64)
				if err != nil {
					return nil, invalid.New("dropout", text, "numbers of at least 0 and below 1")
				}
				rates = append(rates, rate)
			}
			if len(rates) == 1 && rates[0] == 0 {
				return nil, nil
			}
			return rates, nil
		},
		Format: func(rates []float64) string {
			if len(rates) == 0 {
				return "0"
			}
			texts := make([]string, len(rates))
			for i, rate := range rates {
				texts[i] = formatNumber(rate)
			}
			return strings.Join(texts, ",")
		},
		Placeholder: "X,...",
	}
}

// CheckTarget refuses what doesn't fit the data's target, such as weights of classes
// that the training rows don't have.
func CheckTarget(run *config.Run, data *dataset.Set) error {
	target := &data.Schema.Target
	if err := run.CheckTarget(target); err != nil {
		return err
	}
	if target.Task == dataset.Regression {
		return nil
	}
	_, err := run.WeighClasses(target, config.ClassCounts(data.Points.Y[:data.Train], len(target.Classes)))
	return err
}
