"""Draws healthy runs: points that a small model can learn, a model that learns them, and time enough."""

import math
import random
from dataclasses import dataclass

from case import Model, Points

SAMPLES = (600, 800, 1000, 1500, 2000)  # half of them train
BATCHES = (16, 32, 64)
SMOOTH = ("tanh", "elu", "selu", "gelu", "silu")
RELUS = ("relu", "leaky_relu")


@dataclass(frozen=True)
class Task:
    """A data set and what learning it takes."""

    noise: tuple  # from, to
    widths: tuple
    depths: tuple
    steps: tuple  # of the optimizer, from, to


TASKS = {
    "circles": Task((0.03, 0.1), (10, 24), (2, 5), (3000, 6000)),
    "moons": Task((0.05, 0.2), (8, 20), (1, 5), (3000, 6000)),
    "xor": Task((0.02, 0.1), (8, 20), (2, 4), (3000, 6000)),
    "spirals": Task((0.02, 0.15), (20, 32), (3, 4), (8000, 12000)),
    "blobs": Task((0.1, 0.4), (4, 16), (1, 4), (1000, 3000)),
}
CURVED = ("circles", "moons", "xor", "spirals")  # no straight line tells their classes apart

# The rates at which these optimizers train these models well, from, to.
RATES = {"sgd": (0.015, 0.06), "adam": (0.003, 0.015), "rmsprop": (0.002, 0.006)}


def source(seed, half, symptom, number):
    """Returns the random numbers of one case: those of another case, half or seed have nothing to do with them."""
    return random.Random(f"{seed} {half} {symptom} {number}")


def between(rng, low, high):
    """Returns a number from low to high, each power of ten as likely as another, with two digits."""
    return two_digits(math.exp(rng.uniform(math.log(low), math.log(high))))


def two_digits(number):
    return float(f"{number:.2g}")


def points(rng, dataset):
    """Returns points of a data set with a size and noise that leave it learnable."""
    return Points(dataset, rng.choice(SAMPLES), between(rng, *TASKS[dataset].noise), rng.randint(1, 9999))


def epochs(rng, drawn, batch, steps):
    """Returns the epochs that make that many optimizer steps."""
    return max(20, round(rng.uniform(*steps) / math.ceil(drawn.samples / 2 / batch)))


def model(rng, drawn, activation="", optimizer="", depth=0):
    """Returns a model that learns these points, with what is given set and the rest drawn."""
    task = TASKS[drawn.dataset]
    optimizer = optimizer or rng.choice(tuple(RATES))
    low, high = RATES[optimizer]
    batch = rng.choice(BATCHES)
    return Model(
        layers=widths(rng, drawn, depth or rng.randint(*task.depths)),
        activation=activation or rng.choice(RELUS + RELUS + SMOOTH),
        optimizer=optimizer, rate=between(rng, low, high / 2 if drawn.dataset == "spirals" else high), batch=batch,
        epochs=epochs(rng, drawn, batch, task.steps), seed=rng.randint(1, 9999))


def widths(rng, drawn, depth):
    """Returns the widths of a model's layers: all the same, as a rule."""
    low, high = TASKS[drawn.dataset].widths
    width = rng.randint(low, high)
    if rng.random() < 0.75:
        return (width,) * depth
    return tuple(rng.randint(low, high) for _ in range(depth))
