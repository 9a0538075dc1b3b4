package conventions

import (
	"regexp"
	"strings"
)

// Role is what a tag is of.
type Role int

// The roles of tags.
const (
	None Role = iota
	Gradient
	GradientNorm // a scalar: the L2 norm
	GradientTotal
	Weights
	Activations
	UpdateRatio
	Loss
	ValLoss
	Accuracy
	ValAccuracy
)

// Meaning is what a tag says: its role and, of a layer's tag, the name of the parameter.
type Meaning struct {
	Role  Role
	Param string
}

// Table says what tags mean. The zero Table knows the conventions only.
type Table struct {
	// Gradients and Weights, where they are given, are the tags of gradients and weights, in place of the conventions. The first
	// group of an expression is the name of the parameter; without groups it is what is left of the tag without the match, or the tag.
	Gradients, Weights *regexp.Regexp
	// Loss, where it is given, is the tag of the training loss.
	Loss string
}

// scope is what may stand before a convention's name.
const scope = `(?:(?:train|training|debug|model|trainer|optim|stats)[/.])?`

// patterns are the conventions for the tags of layers, the first that fits counts. Each has one group, the parameter.
var patterns = []struct {
	role Role
	form *regexp.Regexp
}{
	{None, regexp.MustCompile(`^(?:flow|all_layers|spread)/`)}, // gradwatch's own, which are made of others
	// Norms: Lightning's grad_2.0_norm/L.weight and grad_2.0_norm_total, grad_norm/L, L/grad_norm, L.weight_grad_norm.
	{GradientTotal, regexp.MustCompile(`(?i)^` + scope + `(?:global_|total_)?grad(?:ient)?s?[_/ ](?:2(?:\.0)?[_ ]|l2[_ ])?norm(?:[_/ ](?:total|global|all|clipped))?()$`)},
	{GradientNorm, regexp.MustCompile(`(?i)^` + scope + `grad(?:ient)?s?[_/ ](?:2(?:\.0)?[_ ]|l2[_ ])?(?:norms?|l2)[_/.: ](.+)$`)},
	{GradientNorm, regexp.MustCompile(`(?i)^(.+?)[/._: ]grad(?:ient)?s?[_/. ](?:2(?:\.0)?[_ ]|l2[_ ])?(?:norm|l2)$`)},
	// Ratios of a step's change to the weights.
	{UpdateRatio, regexp.MustCompile(`(?i)^` + scope + `updates?(?:[_ ]to[_ ]weights?)?[_/ ]ratios?[/.: ](.+)$`)},
	{UpdateRatio, regexp.MustCompile(`(?i)^(.+?)[/.: ]update(?:[_ ]to[_ ]weights?)?[_ ]ratio$`)},
	// Gradients: dense_1/kernel_0_grad, L.weight.grad, L/kernel/gradient, gradients/L.weight, grad/L.
	{Gradient, regexp.MustCompile(`(?i)^` + scope + `grad(?:ient)?s?[/._: ](.+)$`)},
	{Gradient, regexp.MustCompile(`(?i)^(.+?)[/._: ]grad(?:ient)?s?(?::0|_0|/hist(?:ogram)?)?$`)},
	// Activations: activations/L, dense_1_out.
	{Activations, regexp.MustCompile(`(?i)^` + scope + `(?:activations?|acts?|outputs?)[/.: ](.+)$`)},
	{Activations, regexp.MustCompile(`(?i)^(.+?)[/._: ](?:activations?|acts?|out|output)$`)},
	// Weights: weights/L, params/L.weight, L.weight, dense_1/kernel_0.
	{Weights, regexp.MustCompile(`(?i)^` + scope + `(?:weights?|params?|parameters?|variables?)[/: ](.+)$`)},
	{Weights, regexp.MustCompile(`(?i)^(.+[/. ](?:\w*kernel|\w*weights?|\w*bias|weight_\w+|bias_\w+|embeddings?|gamma|beta|w|b)(?:_\d+|:\d+)*(?:/histogram)?)$`)},
}

// Meaning says what a tag means.
func (t *Table) Meaning(tag string) Meaning {
	if t.Loss != "" && tag == t.Loss {
		return Meaning{Role: Loss}
	}
	if param, ok := match(t.Gradients, tag); ok {
		return Meaning{Gradient, param}
	}
	if param, ok := match(t.Weights, tag); ok {
		return Meaning{Weights, param}
	}
	if role := metric(tag); role != None {
		if role == Loss && t.Loss != "" {
			return Meaning{}
		}
		return Meaning{Role: role}
	}
	for _, p := range patterns {
		found := p.form.FindStringSubmatch(tag)
		if found == nil {
			continue
		}
		if p.role == None || t.Gradients != nil && (p.role == Gradient || p.role == GradientNorm) || t.Weights != nil && p.role == Weights {
			return Meaning{}
		}
		return Meaning{p.role, found[1]}
	}
	return Meaning{}
}

// match returns the parameter that a tag names by an expression of the user's.
func match(form *regexp.Regexp, tag string) (param string, ok bool) {
	if form == nil {
		return "", false
	}
	at := form.FindStringSubmatchIndex(tag)
	switch {
	case at == nil:
		return "", false
	case len(at) > 2 && at[2] >= 0:
		return tag[at[2]:at[3]], true
	}
	if rest := strings.Trim(tag[:at[0]]+tag[at[1]:], "/._: "); rest != "" {
		return rest, true
	}
	return tag, true
}

var (
	words  = regexp.MustCompile(`[/_.\- :]+`)
	filler = set("epoch", "batch", "step", "iter", "iteration", "total", "mean", "avg", "average", "running", "metrics", "metric", "losses", "scalars")
	ofRows = set("train", "training", "tr", "trn")
	ofVal  = set("val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev")
	losses = set("loss", "loss loss", "losses", "cross entropy", "xent", "nll", "mse")
	rights = set("accuracy", "acc", "binary accuracy", "categorical accuracy", "sparse categorical accuracy", "top1", "acc top1", "acc1", "top1 acc", "top1 accuracy")
)

func set(texts ...string) map[string]bool {
	s := make(map[string]bool)
	for _, t := range texts {
		s[t] = true
	}
	return s
}

// metric returns the role of a tag that is a loss or an accuracy under a usual name: train_loss, epoch_val_loss, Loss/train.
func metric(tag string) Role {
	var rest []string
	val := false
	for _, word := range words.Split(strings.ToLower(tag), -1) {
		switch {
		case word == "" || filler[word] || ofRows[word]:
		case ofVal[word]:
			val = true
		default:
			rest = append(rest, word)
		}
	}
	name := strings.Join(rest, " ")
	switch {
	case name == "loss vs iterations" || name == "accuracy vs iterations":
		return None // Keras's evaluation in other steps
	case losses[name] && val:
		return ValLoss
	case losses[name]:
		return Loss
	case rights[name] && val:
		return ValAccuracy
	case rights[name]:
		return Accuracy
	}
	return None
}

// Of a parameter's name, the last part says what it is of its layer.
var (
	numbers   = regexp.MustCompile(`(?:[_:]\d+)+$`)
	kernel    = regexp.MustCompile(`(?i)^(?:\w*kernel|weights?|weight_\w+|\w+_weight|w)$`)
	auxiliary = regexp.MustCompile(`(?i)^(?:\w*bias|bias_\w+|b|gamma|beta|scale|offset|moving_mean|moving_variance|running_mean|running_var|\w*embeddings?)$`)
	// norms and embeddings are layers whose gradients are of another size than those of kernels.
	otherLayer = regexp.MustCompile(`(?i)(?:^|[/._])(?:bn|\w*batch_?norm\w*|\w*layer_?norm\w*|\w*group_?norm\w*|norm|ln|gn|\w*normalization|\w*embedding|emb|embed|wte|wpe|tok_emb|pos_emb)_?\d*(?:$|[/._])`)
	embedded   = regexp.MustCompile(`(?i)(?:^|[/._])(?:ln|bn|norm)_?\w?$`)
)

// layerOf returns the layer that a parameter is of, and whether the parameter is one of those that the layers are compared by: no bias, no
// normalization, no embedding.
func layerOf(param string) (layer string, compared bool) {
	param = strings.Trim(param, "/._: ")
	param = strings.TrimSuffix(param, "/histogram")
	at := strings.LastIndexAny(param, "/.")
	last, before := param[at+1:], ""
	if at >= 0 {
		before = param[:at]
	}
	bare := numbers.ReplaceAllString(last, "")
	isKernel, isAuxiliary := kernel.MatchString(bare), auxiliary.MatchString(bare)
	layer = param
	if (isKernel || isAuxiliary) && before != "" {
		layer = before
		// An LSTM's lstm/lstm_cell/kernel is of lstm.
		if above, cell, ok := cutLast(layer, "/"); ok && strings.HasSuffix(numbers.ReplaceAllString(cell, ""), "_cell") {
			layer = above
		}
	}
	return layer, !isAuxiliary && !otherLayer.MatchString(layer) && !embedded.MatchString(layer)
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+len(separator):], true
	}
	return text, "", false
}
