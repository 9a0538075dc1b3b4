package config

// Preset is one of the tutorial's models.
type Preset struct {
	Name string
	// HiddenLayers of 5 units each.
	HiddenLayers int
	Activation   string
	// Kernel and Output are the initializers of the hidden layers' kernels and
	// of the output layer's.
	Kernel, Output string
}

// Presets returns the models of the tutorial "How to Fix the Vanishing
// Gradients Problem Using the ReLU": 5 units a layer, trained by SGD with
// learning rate 0.01 and momentum 0.9 on two circles. Its tanh models start
// all kernels uniform in [0, 1), its ReLU models at He uniform.
func Presets() []Preset {
	const unit, he, glorot = "uniform:0,1", "he_uniform", "glorot_uniform"
	return []Preset{
		{"tanh-1", 1, "tanh", unit, unit},
		{"tanh-5", 5, "tanh", unit, unit},
		{"relu-5", 5, "relu", he, glorot},
		{"relu-15", 15, "relu", he, glorot},
		{"relu-20", 20, "relu", he, glorot},
	}
}

// LookupPreset returns the row of [Presets] with that name.
func LookupPreset(name string) (Preset, bool) {
	return lookup(Presets(), name, func(p Preset) string { return p.Name })
}

// PresetNames returns the names of [Presets].
func PresetNames() []string {
	return names(Presets(), func(p Preset) string { return p.Name })
}

// Apply returns base with the preset's model and optimizer, named after it.
func (p Preset) Apply(base Run) Run {
	base.Layers = Repeat(p.HiddenLayers, 5)
	base.Activations = []string{p.Activation}
	base.KernelInitializer = p.Kernel
	base.OutputInitializer = p.Output
	base.Optimizer, base.LearningRate, base.Momentum = "sgd", 0, 0.9
	base.Name = p.Name
	return base
}
