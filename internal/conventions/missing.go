package conventions

import "gradwatch/internal/diagnose"

// Missing is something that was not recorded.
type Missing struct {
	What  string `json:"what"`
	Keras string `json:"keras,omitempty"`
	Torch string `json:"torch,omitempty"`
}

// missing says what a record lacks.
func missing(r *diagnose.Recorded) []Missing {
	layers, weights := 0, false
	for i := range r.Layers {
		if r.Layers[i].GradientTag != "" { // even if none of its values is finite
			layers++
		}
		weights = weights || len(r.Layers[i].Weights.Points) > 0
	}
	var all []Missing
	if layers < 2 {
		what := "Gradients: none were found, so nothing is known of gradients that vanish or explode."
		if layers == 1 {
			what = "Gradients of more than one layer: nothing is known of what is lost from one layer to the next."
		}
		all = append(all, Missing{
			what,
			`for g, v in zip(gradients, model.trainable_variables): tf.summary.histogram(f"{v.path}_grad", g, step)`,
			`for name, p in model.named_parameters(): writer.add_histogram(f"{name}.grad", p.grad, step)`,
		})
	}
	if r.Loss.Tag == "" && r.Accuracy.Tag == "" {
		all = append(all, Missing{
			"The training loss: it isn't known whether the model learns.",
			`tf.summary.scalar("loss", loss, step)`, `writer.add_scalar("loss", loss.item(), step)`,
		})
	}
	if layers > 0 && !weights {
		all = append(all, Missing{
			"The weights: it isn't known whether they change, or how large they are.",
			`for v in model.trainable_variables: tf.summary.histogram(v.path, v, step)`,
			`for name, p in model.named_parameters(): writer.add_histogram(name, p, step)`,
		})
	}
	if layers > 0 {
		all = append(all, Missing{What: "Error signals and single units: gradients of weights say nothing of units that are saturated or alike, and of dead ones only what zeros show. gradwatch train records both."})
	}
	return all
}
