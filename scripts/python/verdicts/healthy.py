"""Draws the healthy cases that stand alone: those that are easily misjudged, and some at the ends of what learns."""

from dataclasses import replace

from case import Bias, Case
from draw import CURVED, RELUS, SMOOTH, between, epochs, model, points
from symptoms import HEALTHY


def converged(rng):
    drawn = points(rng, "blobs")
    drawn = replace(drawn, noise=between(rng, 0.05, 0.15))
    made = model(rng, drawn, optimizer="adam")
    return drawn, replace(made, epochs=made.epochs * 4), "it has long converged: all gradients are tiny"


def converged_deep(rng):
    drawn = points(rng, "moons")
    drawn = replace(drawn, noise=between(rng, 0.03, 0.08))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(3, 5))
    return drawn, replace(made, epochs=made.epochs * 2), "a deep model that has converged: all gradients are tiny"


def few_dead(rng):
    drawn = points(rng, rng.choice(("circles", "moons")))
    made = model(rng, drawn, "relu", rng.choice(("adam", "rmsprop")), rng.randint(2, 3))
    made = replace(made, layers=tuple(rng.randint(24, 48) for _ in made.layers))
    made = replace(made, bias=Bias((rng.randint(1, len(made.layers)),), -between(rng, 5, 20), rng.randint(2, 4)))
    return drawn, made, "2 to 4 dead units in a wide ReLU layer: the others do the work"


def slow(rng):
    drawn = points(rng, rng.choice(("moons", "blobs")))
    made = model(rng, drawn, "tanh", "sgd", rng.randint(1, 2))
    made = replace(made, rate=between(rng, 0.003, 0.006), epochs=made.epochs * 3)
    return drawn, made, "it learns slowly and steadily"


def minority(rng):
    drawn = points(rng, rng.choice(("moons", "circles")))
    drawn = replace(drawn, samples=2000, noise=between(rng, 0.03, 0.08), minority=rng.choice((0.08, 0.1, 0.15)))
    made = model(rng, drawn, optimizer="adam")
    return drawn, replace(made, epochs=made.epochs * 2), "one class is rare: the other alone is 85 to 92 % of the rows"


def shallow_sigmoid(rng):
    drawn = points(rng, rng.choice(("circles", "moons", "xor")))
    made = model(rng, drawn, "sigmoid", "adam", 1)
    return drawn, replace(made, rate=between(rng, 0.02, 0.05)), "one sigmoid layer"


def moderately_deep(rng):
    drawn = points(rng, rng.choice(("circles", "moons")))
    made = model(rng, drawn, rng.choice(RELUS), "adam", rng.randint(6, 9))
    return drawn, replace(made, rate=between(rng, 0.001, 0.003)), "6 to 9 layers"


def highest_rate(rng):
    drawn = points(rng, rng.choice(("moons", "blobs")))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "sgd", rng.randint(1, 2))
    return drawn, replace(made, rate=between(rng, 0.1, 0.2)), "the largest rate that still learns well"


def short(rng):
    drawn = points(rng, rng.choice(("moons", "blobs")))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(1, 3))
    made = replace(made, rate=between(rng, 0.01, 0.02), batch=16, epochs=rng.randint(15, 25))
    return drawn, made, "a short run, ended while it still improves"


def noisy(rng):
    drawn = points(rng, rng.choice(("circles", "moons")))
    drawn = replace(drawn, samples=2000, noise=0.12 if drawn.dataset == "circles" else 0.35)
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(1, 3))
    return drawn, made, "classes overlap: the loss stays high because it has to"


def large_batch(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam")
    rate = between(rng, 0.01, 0.02)
    drawn = replace(drawn, samples=2000)
    return drawn, replace(made, batch=256, rate=rate, epochs=epochs(rng, drawn, 256, (2000, 3000))), "large batches"


def standard(rng):
    drawn = points(rng, rng.choice(CURVED))
    return drawn, replace(model(rng, drawn), scale="standard"), "inputs with mean 0 and variance 1"


def unscaled(rng):
    drawn = points(rng, rng.choice(("circles", "moons", "xor")))
    return drawn, replace(model(rng, drawn), scale="none"), "unscaled inputs, as large as scaled ones would be"


RECIPES = (converged, converged_deep, few_dead, slow, minority, shallow_sigmoid, moderately_deep, highest_rate, short,
           noisy, large_batch, standard, unscaled)


def make(name, recipe, rng):
    """Returns a healthy case."""
    drawn, made, note = recipe(rng)
    return Case(name, HEALTHY, drawn, made, note=note)
