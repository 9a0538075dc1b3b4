"""Makes tables that gradwatch data has no generator for: each row's inputs, its label or target, and the best answer."""

import math
import random
from dataclasses import dataclass

CLASSES = 10


@dataclass(frozen=True)
class Table:
    """A CSV file by a rule. The best answer is what the rule says; noise makes labels and targets differ from it."""

    rule: str  # one of RULES
    rows: int
    inputs: int
    noise: float  # the share of labels that are drawn at random, or the standard deviation added to targets
    seed: int
    offset: float = 0  # targets are multiplied by scale, then offset is added
    scale: float = 1

    @property
    def regression(self):
        return self.rule == "smooth"

    @property
    def name(self):
        """Returns a file name without its ending that no other table has."""
        parts = [self.rule, f"{self.rows}", f"{self.inputs}", f"{self.noise:g}", f"{self.seed}"]
        parts += [f"{self.scale:g}+{self.offset:g}"] if (self.scale, self.offset) != (1, 0) else []
        return "-".join(parts)

    def make(self):
        """Returns a row of values for each row, the label or target last, and the best answer for each."""
        rng, rows, best = random.Random(f"{self.seed} {self.rule}"), [], []
        for _ in range(self.rows):
            inputs, answer, classes = RULES[self.rule](rng, self.inputs)
            if self.regression:
                answer = self.offset + self.scale * answer
                value = round(answer + self.scale * rng.gauss(0, self.noise), 6)
            else:
                value = rng.randrange(classes) if rng.random() < self.noise else answer
            rows.append((*(round(x, 6) for x in inputs), value))
            best.append(answer)
        return rows, best


def plane(rng, inputs):
    """Two classes on the two sides of a plane, which the first five inputs decide; the others tell nothing."""
    x = [rng.uniform(-1, 1) for _ in range(inputs)]
    return x, int(sum(x[:5]) > 0), 2


def shifted(rng, inputs):
    """Two classes of the standard normal distribution, moved apart in the first five inputs; the others tell nothing."""
    label = rng.randrange(2)
    return [rng.gauss((2 * label - 1) * 1.2 if i < 5 else 0, 1) for i in range(inputs)], label, 2


def clusters(rng, _):
    """Ten classes, each a cluster on a circle."""
    label = rng.randrange(CLASSES)
    angle = 2 * math.pi * label / CLASSES
    return [math.cos(angle) + rng.gauss(0, 0.06), math.sin(angle) + rng.gauss(0, 0.06)], label, CLASSES


def smooth(rng, inputs):
    """A target that is a smooth function of the first two inputs."""
    x = [rng.uniform(-1, 1) for _ in range(inputs)]
    return x, math.sin(2 * x[0]) + (0.5 * x[1] if inputs > 1 else 0), 0


RULES = {"plane": plane, "shifted": shifted, "clusters": clusters, "smooth": smooth}
