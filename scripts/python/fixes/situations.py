"""The situations: for each its data, the flags of a run that learns, and what is broken in it.

What is broken replaces flags of the healthy run, or adds some.
"""

import math
import random

MOONS = {"dataset": "moons", "samples": 600, "noise": 0.15, "layers": "12,12", "epochs": 100, "seed": 1}
CIRCLES = {"dataset": "circles", "samples": 600, "noise": 0.1, "layers": "12,12", "epochs": 150, "seed": 1}
TABLE = {"dataset": "signal.csv", "scale": "standard", "layers": "16,16", "epochs": 60, "seed": 1}
PRICES = {"dataset": "prices.csv", "task": "regression", "scale": "standard", "layers": "16,16", "epochs": 60, "seed": 1}

SITUATIONS = {
    # name: (healthy flags, broken flags)
    "rate-high": (CIRCLES, {"learning-rate": 3}),
    "rate-low": (MOONS, {"learning-rate": 1e-5}),
    "rate-of-adam": (MOONS | {"optimizer": "adam"}, {"learning-rate": 1}),
    "momentum": (MOONS, {"momentum": 0.9995}),
    "zeros": (MOONS, {"kernel-initializer": "zeros"}),
    "huge-weights": (CIRCLES, {"kernel-initializer": "uniform:-30,30", "activation": "tanh"}),
    "deep-tanh": (CIRCLES, {"layers": "5,5,5,5,5", "activation": "tanh", "kernel-initializer": "uniform:0,1"}),
    "deep-sigmoid": (CIRCLES, {"layers": "12,12,12,12,12,12", "activation": "sigmoid"}),
    "too-deep": (CIRCLES, {"layers": ",".join(["10"] * 30)}),
    "dead-relu": (CIRCLES, {"bias-initializer": "constant:-10"}),
    "linear": (CIRCLES, {"activation": "linear"}),
    "narrow": (CIRCLES, {"layers": "1"}),
    "few-epochs": (CIRCLES, {"epochs": 8}),
    "stopped-early": (CIRCLES, {"early-stopping": 2, "early-stopping-min-delta": 0.05}),
    "large-batch": (MOONS | {"samples": 2000, "epochs": 40}, {"batch-size": 1000, "momentum": 0}),
    "clipping": (MOONS, {"clip-norm": 1e-5}),
    "decay": (CIRCLES, {"learning-rate-schedule": "exponential:1,0.3"}),
    "penalty": (MOONS, {"l2": 1}),
    "dropout": (MOONS, {"dropout": 0.95}),
    "unscaled-inputs": (TABLE, {"scale": "none", "dataset": "large.csv"}),
    "unscaled-target": (PRICES, {"scale-target": "none"}),
    "unscaled-both": (PRICES, {"scale": "none", "scale-target": "none", "learning-rate": 1e-7, "dataset": "large-prices.csv"}),
    "sorted-classes": (MOONS | {"dataset": "sorted.csv", "epochs": 30}, {"shuffle": "false", "batch-size": 8, "learning-rate": 0.1}),
    "minority": (TABLE | {"dataset": "minority.csv", "class-weight": "balanced", "epochs": 60}, {"class-weight": "none", "epochs": 2}),
    "overfitting": (TABLE | {"dataset": "noisy.csv", "epochs": 300, "layers": "64,64", "l1": 0.01, "test-fraction": 0.8},
                    {"l1": 0}),
    "slow-run": (MOONS | {"samples": 20000, "layers": "64,64", "epochs": 30}, {"learning-rate": 1e-7, "momentum": 0, "kernel-initializer": "zeros"}),
    "slow-sigmoid": (CIRCLES | {"samples": 10000, "layers": "24,24,24,24,24,24", "epochs": 40}, {"activation": "sigmoid"}),
    "two-faults": (CIRCLES, {"layers": "12,12,12,12,12", "activation": "sigmoid", "learning-rate": 1e-4}),
    "three-faults": (TABLE, {"scale": "none", "dataset": "large.csv", "activation": "tanh", "kernel-initializer": "uniform:0,1", "learning-rate": 0.5}),
}


def tables():
    """Returns the tables by the names of their files: header and rows."""
    return {
        "signal.csv": signal(1, 400, 1), "large.csv": signal(1, 400, 1000),
        "prices.csv": prices(1), "large-prices.csv": prices(500),
        "sorted.csv": by_class(moons(800, 0.15, 5), 400),
        "minority.csv": minority(), "noisy.csv": noisy(),
    }


def signal(seed, rows, size):
    """Two classes by a curve in the first two of four inputs."""
    draw = random.Random(seed)
    return ["a", "b", "c", "d", "class"], [
        [round(size * x, 6) for x in xs] + [int(xs[0] ** 2 + xs[1] > 0.6 + draw.gauss(0, 0.1))]
        for xs in ([draw.gauss(0, 1) for _ in range(4)] for _ in range(rows))]


def prices(size):
    """A smooth function of three inputs, in the hundred thousands."""
    draw = random.Random(7)
    rows = []
    for _ in range(500):
        xs = [draw.gauss(0, 1) for _ in range(3)]
        rows.append([round(size * x, 6) for x in xs] + [round(300000 + 60000 * (math.sin(xs[0]) + xs[1] * xs[2] / 2 + draw.gauss(0, 0.1)))])
    return ["a", "b", "c", "price"], rows


def moons(rows, noise, seed):
    draw = random.Random(seed)
    points = []
    for i in range(rows):
        angle, one = math.pi * draw.random(), i % 2
        x, y = (1 - math.cos(angle), 0.5 - math.sin(angle)) if one else (math.cos(angle), math.sin(angle))
        points.append([round(x + draw.gauss(0, noise), 6), round(y + draw.gauss(0, noise), 6), one])
    return points


def by_class(points, first):
    """The first rows, which train, sorted by class."""
    return ["x", "y", "class"], sorted(points[:first], key=lambda p: p[-1]) + points[first:]


def minority():
    """Moons, of which 4 % are of class 1."""
    draw = random.Random(3)
    return ["x", "y", "class"], [p for p in moons(4000, 0.15, 9) if p[-1] == 0 or draw.random() < 0.04]


def noisy():
    """80 rows to train with 80 inputs, of which three tell the class of most."""
    draw = random.Random(11)
    rows = []
    for _ in range(400):
        xs = [draw.gauss(0, 1) for _ in range(80)]
        rows.append([round(x, 6) for x in xs] + [int(xs[0] + xs[1] + xs[2] + draw.gauss(0, 1) > 0)])
    return [f"x{i}" for i in range(80)] + ["class"], rows
