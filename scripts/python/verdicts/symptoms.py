"""What can be wrong with a run, and which findings of gradwatch diagnose say so: change it with the verdicts."""

from dataclasses import dataclass

# The kinds of findings that gradwatch diagnose knows, or may know: no run has to have minority-ignored.
KINDS = ("vanishing", "exploding", "divergence", "dead-units", "saturated-units", "symmetric-units",
         "unchanged-weights", "stalled-loss", "oscillation", "overfitting", "unscaled-inputs", "no-signal",
         "rate-too-small", "too-short", "stopped-early", "unstable", "linear-model", "unscaled-target",
         "sorted-rows", "strong-regularization", "minority-ignored", "single-class", "shifted-test", "duplicate-rows",
         "leaked-target", "identifier-column", "too-few-rows", "constant-column", "duplicate-column",
         "worse-than-linear", "unexplained",
         "constant-output", "loss-mismatch", "output-range")

HEALTHY = "healthy"


@dataclass(frozen=True)
class Symptom:
    """One way to break a run. An error or warning of one of these kinds counts as detecting it; the cause is first if
    the first finding, of those that follow from no other, is of one of causes."""

    name: str
    how: str  # what is changed in the healthy run
    kinds: tuple
    causes: tuple


SYMPTOMS = (
    Symptom("deep-sigmoid", "5 to 10 sigmoid layers instead of 1", ("vanishing",), ("vanishing",)),
    Symptom("deep-tanh", "tanh layers with initial weights that are all positive, or 12 to 20 of them with "
            "random_uniform or random_normal", ("vanishing", "saturated-units"), ("vanishing", "saturated-units")),
    Symptom("tiny-weights", "initial weights of 1e-4 to 1e-2 in all layers",
            ("vanishing", "unchanged-weights", "stalled-loss"), ("vanishing",)),
    Symptom("huge-weights", "initial weights of 10 to 50 in the hidden layers",
            ("exploding", "divergence", "saturated-units", "dead-units"), ("exploding", "divergence", "saturated-units", "dead-units")),
    Symptom("negative-bias", "a bias of -5 to -20 in the ReLU units of one layer, or of all", ("dead-units",), ("dead-units",)),
    Symptom("relu-rate", "ReLU layers with a rate 50 to 1,000 times as large",
            ("dead-units", "exploding", "divergence", "oscillation"), ("dead-units", "exploding", "divergence", "oscillation", "unstable")),
    Symptom("small-rate", "a rate 1,000 to 100,000 times as small",
            ("rate-too-small", "unchanged-weights", "stalled-loss"), ("rate-too-small", "unchanged-weights")),
    Symptom("large-rate", "tanh, elu, selu, gelu or silu layers with a rate 50 to 1,000 times as large",
            ("exploding", "divergence", "oscillation", "saturated-units", "dead-units"), ("exploding", "divergence", "oscillation", "saturated-units", "dead-units", "unstable")),
    Symptom("unscaled-inputs", "inputs 100 times as large, and no scaling", ("unscaled-inputs",), ("unscaled-inputs",)),
    Symptom("zero-weights", "initial weights that are all 0, or all the same number",
            ("symmetric-units", "unchanged-weights"), ("symmetric-units",)),
    Symptom("exponential", "3 to 6 exponential activations", ("exploding", "divergence"), ("exploding", "divergence")),
    Symptom("too-deep", "25 to 40 layers of 8 to 12 units instead of 2 to 4",
            ("vanishing", "exploding", "dead-units", "stalled-loss"), ("vanishing", "exploding", "dead-units")),
    Symptom("shuffled-labels", "labels shuffled among the rows", ("no-signal", "overfitting", "stalled-loss"), ("no-signal", "overfitting")),
    Symptom("too-short", "1 to 5 % of the epochs", ("too-short",), ("too-short",)),
    Symptom("slow-rate", "a rate 50 to 300 times as small, without momentum, and half of the epochs at most",
            ("too-short", "rate-too-small"), ("too-short", "rate-too-small")),
    Symptom("stopped-early", "--early-stopping, with a patience of 2 to 6 epochs, that ends the run before it has learned",
            ("stopped-early",), ("stopped-early",)),
    Symptom("linear-model", "linear activations, of classes that no straight line tells apart",
            ("linear-model",), ("linear-model",)),
    Symptom("ignored-minority", "2 to 5 % of the rows are of class 1, and so few epochs that it is never answered",
            ("minority-ignored", "too-short", "unexplained"), ("minority-ignored", "too-short", "unexplained")),
    Symptom("unstable", "batch normalization and shortcuts with sgd and batches of 16, or batches of 4 with a rate 10 to 16 "
            "times as large",
            ("unstable", "oscillation", "exploding", "dead-units"), ("unstable", "oscillation")),
    Symptom("diverged", "a regression with a rate 30 to 300 times as large", ("divergence", "exploding", "oscillation"),
            ("divergence", "exploding", "oscillation")),
    Symptom("adam-rate", "Adam with a rate of 0.5 to 5",
            ("exploding", "divergence", "oscillation", "unstable", "dead-units", "saturated-units"),
            ("exploding", "divergence", "oscillation", "unstable", "dead-units", "saturated-units")),
    Symptom("large-momentum", "a momentum of 0.995 to 0.9995",
            ("exploding", "divergence", "oscillation", "unstable", "dead-units", "saturated-units"),
            ("exploding", "divergence", "oscillation", "unstable", "dead-units", "saturated-units")),
    Symptom("sorted-rows", "rows sorted by an input, so that the test rows lie where no training row does",
            ("shifted-test", "overfitting", "unexplained"), ("shifted-test", "overfitting", "unexplained")),
    Symptom("sorted-classes", "training rows sorted by class, and --shuffle=false",
            ("sorted-rows", "oscillation", "unstable", "unexplained"),
            ("sorted-rows", "oscillation", "unstable", "unexplained")),
    Symptom("raw-target", "a regression with targets of hundred thousands, and --scale-target none",
            ("unscaled-target",), ("unscaled-target",)),
    Symptom("raw-target-rate", "the same with sgd", ("unscaled-target", "divergence"), ("unscaled-target", "divergence")),
    Symptom("memorised", "24 to 40 training rows with 60 to 150 inputs, for a wide model",
            ("overfitting", "too-few-rows"), ("overfitting", "too-few-rows")),
    Symptom("one-softmax", "softmax on one unit, by binary_crossentropy, mse or hinge", ("constant-output",), ("constant-output",)),
    Symptom("output-range", "a regression with a relu, sigmoid or softplus output", ("output-range",), ("output-range",)),
    Symptom("raw-output-range", "a sigmoid or tanh output of targets of hundred thousands, and --scale-target none",
            ("output-range",), ("output-range",)),
    Symptom("clipped-loss", "sgd and a cross-entropy of linear, relu or tanh outputs: of two classes, or of ten",
            ("loss-mismatch",), ("loss-mismatch",)),
    Symptom("loss-of-labels", "binary_crossentropy, poisson or hinge for the scaled target of a regression",
            ("loss-mismatch",), ("loss-mismatch",)),
    Symptom("one-output", "one output for ten classes, by mse or binary_crossentropy", ("loss-mismatch",), ("loss-mismatch",)),
)

BY_NAME = {symptom.name: symptom for symptom in SYMPTOMS}
NAMES = (HEALTHY, *BY_NAME)
