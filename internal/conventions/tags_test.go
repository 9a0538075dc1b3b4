package conventions

import (
	"regexp"
	"slices"
	"testing"
)

// TestMeaning reads the names that docs/eventfiles.md lists.
func TestMeaning(t *testing.T) {
	for tag, want := range map[string]struct {
		role     Role
		layer    string
		compared bool
	}{
		"dense_1/kernel_0_grad":        {Gradient, "dense_1", true},
		"dense_1/bias_0_grad":          {Gradient, "dense_1", false},
		"dense_1/kernel_0":             {Weights, "dense_1", true},
		"dense_1_out":                  {Activations, "dense_1", true},
		"conv1.weight.grad":            {Gradient, "conv1", true},
		"conv1.weight/grad":            {Gradient, "conv1", true},
		"conv1.weight_grad":            {Gradient, "conv1", true},
		"conv1.weight":                 {Weights, "conv1", true},
		"conv1/weight":                 {Weights, "conv1", true},
		"weights/conv1.weight":         {Weights, "conv1", true},
		"gradients/conv1.weight":       {Gradient, "conv1", true},
		"Gradients/conv1.bias":         {Gradient, "conv1", false},
		"train/gradients/conv1.weight": {Gradient, "conv1", true},
		"grad/fc2":                     {Gradient, "fc2", true},
		"fc2/kernel/gradient":          {Gradient, "fc2", true},
		"dense/kernel:0/gradient":      {Gradient, "dense", true},
		"sequential/lstm/lstm_cell/recurrent_kernel_grad": {Gradient, "sequential/lstm", true},
		"lstm.weight_hh_l0.grad":                          {Gradient, "lstm", true},
		"lstm.bias_ih_l0.grad":                            {Gradient, "lstm", false},
		"encoder.layers.0.self_attn.in_proj_weight.grad":  {Gradient, "encoder.layers.0.self_attn", true},
		"encoder.layers.0.norm1.weight.grad":              {Gradient, "encoder.layers.0.norm1", false},
		"batch_normalization_1/gamma_grad":                {Gradient, "batch_normalization_1", false},
		"bn1.weight.grad":                                 {Gradient, "bn1", false},
		"token_embedding.weight.grad":                     {Gradient, "token_embedding", false},
		"grad_2.0_norm/layers.0.weight":                   {GradientNorm, "layers.0", true},
		"grad_norm/fc1":                                   {GradientNorm, "fc1", true},
		"fc1/grad_norm":                                   {GradientNorm, "fc1", true},
		"grad_2.0_norm_total":                             {GradientTotal, "", true},
		"grad_norm":                                       {GradientTotal, "", true},
		"train/grad_norm":                                 {GradientTotal, "", true},
		"update_ratio/fc1":                                {UpdateRatio, "fc1", true},
		"loss":                                            {role: Loss},
		"train_loss":                                      {role: Loss},
		"train/loss":                                      {role: Loss},
		"Loss/train":                                      {role: Loss},
		"epoch_loss":                                      {role: Loss},
		"train_loss_step":                                 {role: Loss},
		"val_loss":                                        {role: ValLoss},
		"epoch_val_loss":                                  {role: ValLoss},
		"Loss/validation":                                 {role: ValLoss},
		"eval/loss":                                       {role: ValLoss},
		"accuracy":                                        {role: Accuracy},
		"acc":                                             {role: Accuracy},
		"epoch_accuracy":                                  {role: Accuracy},
		"val_acc":                                         {role: ValAccuracy},
		"evaluation_loss_vs_iterations":                   {},
		"flow/dense_1/delta":                              {},
		"all_layers/gradient_log10_dense_1":               {},
		"learning_rate":                                   {},
		"keras":                                           {},
		"upgrade/steps":                                   {},
		"epoch":                                           {},
		"":                                                {},
	} {
		got := new(Table).Meaning(tag)
		layer, compared := "", want.compared
		if got.Param != "" {
			layer, compared = layerOf(got.Param)
		}
		if got.Role != want.role || layer != want.layer || compared != want.compared {
			t.Errorf("%q: got role %d, layer %q, compared %v, want %+v", tag, got.Role, layer, compared, want)
		}
	}
}

// TestTableByHand gives names that no convention knows.
func TestTableByHand(t *testing.T) {
	table := Table{Gradients: regexp.MustCompile(`^g_(.*)_z$`), Weights: regexp.MustCompile(`^theta/`), Loss: "objective"}
	for tag, want := range map[string]Meaning{
		"g_fc1_z":    {Gradient, "fc1"},
		"theta/fc1":  {Weights, "fc1"},
		"objective":  {Role: Loss},
		"loss":       {},
		"val_loss":   {Role: ValLoss},
		"grad/fc1":   {},
		"fc1.weight": {},
	} {
		if got := table.Meaning(tag); got != want {
			t.Errorf("%q: got %+v, want %+v", tag, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	for name, c := range map[string]struct {
		order       Order
		names, want []string
	}{
		"as seen":              {Order{}, []string{"conv", "lstm", "dense"}, []string{"conv", "lstm", "dense"}},
		"numbers rise":         {Order{}, []string{"stem", "block1", "block2", "block10", "a"}, []string{"stem", "block1", "block2", "block10", "a"}},
		"a sorted dictionary":  {Order{}, []string{"dense_1", "dense_10", "dense_2"}, []string{"dense_1", "dense_2", "dense_10"}},
		"hooks, from the back": {Order{}, []string{"head", "fc2", "fc1", "stem"}, []string{"stem", "fc1", "fc2", "head"}},
		"asked for, as seen":   {Order{Text: FirstSeen}, []string{"fc2", "fc1"}, []string{"fc2", "fc1"}},
		"asked for, natural":   {Order{Text: Natural}, []string{"b10", "b9", "a"}, []string{"a", "b9", "b10"}},
		"a file's":             {Order{Text: "f", Names: []string{"c", "a"}}, []string{"a", "b", "c"}, []string{"c", "a"}},
	} {
		if got, _, err := c.order.sort(c.names); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
	file := Order{Text: "layers.txt", Names: []string{"missing"}}
	if _, _, err := file.sort([]string{"a"}); err == nil {
		t.Error("a name that no layer has: got no error")
	}
}
