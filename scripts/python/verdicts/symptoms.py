"""What can be wrong with a run, and which findings of gradwatch diagnose say so: change it with the verdicts."""

from dataclasses import dataclass

# The kinds of findings that gradwatch diagnose knows.
KINDS = ("vanishing", "exploding", "divergence", "dead-units", "saturated-units", "symmetric-units",
         "unchanged-weights", "stalled-loss", "oscillation", "overfitting", "unscaled-inputs", "no-signal",
         "rate-too-small")

HEALTHY = "healthy"


@dataclass(frozen=True)
class Symptom:
    """One way to break a run. An error or warning of one of these kinds counts as detecting it."""

    name: str
    how: str  # what is changed in the healthy run
    kinds: tuple


SYMPTOMS = (
    Symptom("deep-sigmoid", "5 to 10 sigmoid layers instead of 1", ("vanishing",)),
    Symptom("deep-tanh", "tanh layers with initial weights that are all positive, or 12 to 20 of them with "
            "random_uniform or random_normal", ("vanishing", "saturated-units")),
    Symptom("tiny-weights", "initial weights of 1e-4 to 1e-2 in all layers",
            ("vanishing", "unchanged-weights", "stalled-loss")),
    Symptom("huge-weights", "initial weights of 10 to 50 in the hidden layers",
            ("exploding", "divergence", "saturated-units", "dead-units")),
    Symptom("negative-bias", "a bias of -5 to -20 in the ReLU units of one layer, or of all", ("dead-units",)),
    Symptom("relu-rate", "ReLU layers with a rate 50 to 1,000 times as large",
            ("dead-units", "exploding", "divergence", "oscillation")),
    Symptom("small-rate", "a rate 1,000 to 100,000 times as small",
            ("rate-too-small", "unchanged-weights", "stalled-loss")),
    Symptom("large-rate", "tanh, elu, selu, gelu or silu layers with a rate 50 to 1,000 times as large",
            ("exploding", "divergence", "oscillation", "saturated-units", "dead-units")),
    Symptom("unscaled-inputs", "inputs 100 times as large, and no scaling", ("unscaled-inputs",)),
    Symptom("zero-weights", "initial weights that are all 0, or all the same number",
            ("symmetric-units", "unchanged-weights")),
    Symptom("exponential", "3 to 6 exponential activations", ("exploding", "divergence")),
    Symptom("too-deep", "25 to 40 layers of 8 to 12 units instead of 2 to 4",
            ("vanishing", "exploding", "dead-units", "stalled-loss")),
    Symptom("shuffled-labels", "labels shuffled among the rows", ("no-signal", "overfitting", "stalled-loss")),
)

BY_NAME = {symptom.name: symptom for symptom in SYMPTOMS}
NAMES = (HEALTHY, *BY_NAME)
