"""Draws the healthy cases that stand alone: those that are easily misjudged, and some at the ends of what learns."""

from dataclasses import replace

from broken import regression
from case import Bias, Case, Model
from draw import CURVED, RELUS, SMOOTH, between, epochs, model, points
from symptoms import HEALTHY
from tables import Table


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


def weak_signal(rng):
    table = Table("plane", 4000, rng.randint(2, 4), between(rng, 0.6, 0.76), rng.randint(1, 9999))
    made = Model((rng.randint(4, 10),), rng.choice(RELUS + SMOOTH), "sgd", 0.003, 32, rng.randint(10, 30),
                 rng.randint(1, 9999))
    return table, made, "6 to 8 of 10 labels are drawn at random: no model reaches more than 0.6 to 0.7"


def few_epochs(rng):
    drawn = points(rng, rng.choice(("blobs", "moons")))
    drawn = replace(drawn, samples=2000)
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(1, 2))
    return drawn, replace(made, rate=between(rng, 0.02, 0.04), batch=16, epochs=rng.randint(4, 8)), "4 to 8 epochs do"


def wide_table(rng):
    table = Table("shifted", 2000, rng.randint(50, 200), 0.02, rng.randint(1, 9999))
    made = Model((rng.randint(8, 24),), rng.choice(RELUS + SMOOTH), "adam", 0.001, 32, rng.randint(8, 15),
                 rng.randint(1, 9999), more=("--l2=0.003",))
    return table, made, "50 to 200 inputs, of which 5 tell something"


def ten_classes(rng):
    table = Table("clusters", 1500, 2, 0, rng.randint(1, 9999))
    made = Model((rng.randint(16, 32),) * rng.randint(1, 3), rng.choice(RELUS + SMOOTH), "adam",
                 between(rng, 0.003, 0.01), 32, rng.randint(40, 80), rng.randint(1, 9999))
    return table, made, "ten classes"


def scaled_regression(rng):
    table, made = regression(rng, offset=rng.choice((0, 1e4)), scale=rng.choice((1e-3, 1, 1e4)))
    return table, made, "a regression, its target scaled"


def raw_regression(rng):
    table, made = regression(rng)
    return table, replace(made, more=("--scale-target=none",)), "a regression of a small target, as it is"


def rare(rng):
    drawn = points(rng, "moons")
    drawn = replace(drawn, samples=4000, noise=between(rng, 0.03, 0.06), minority=rng.choice((0.03, 0.05)))
    made = replace(model(rng, drawn, optimizer="adam"), rate=between(rng, 0.005, 0.01), batch=32, epochs=120)
    return drawn, made, "3 to 5 % of the rows are of class 1, and answered"


def linear(rng):
    drawn = points(rng, "blobs")
    return drawn, model(rng, drawn, "linear"), "linear activations, of classes that a straight line tells apart"


def linear_plane(rng):
    table = Table("plane", 1000, rng.randint(2, 8), 0, rng.randint(1, 9999))
    made = Model((8,), "linear", "adam", 0.005, 32, 40, rng.randint(1, 9999))
    return table, made, "linear activations, of classes on the two sides of a plane"


def deep_residual(rng):
    drawn = points(rng, rng.choice(("circles", "moons")))
    made = model(rng, drawn, "relu", "adam", rng.randint(8, 12))
    made = replace(made, layers=(made.layers[0],) * len(made.layers), rate=between(rng, 0.001, 0.003),
                   more=("--residual",))
    return drawn, made, "8 to 12 layers with shortcuts"


def small_batch(rng):
    drawn = replace(points(rng, rng.choice(("moons", "blobs"))), samples=600)
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "sgd", 1)
    return drawn, replace(made, batch=4, rate=between(rng, 0.01, 0.02), epochs=60), "batches of 4"


def sorted_halves(rng):
    drawn = replace(points(rng, rng.choice(("circles", "moons", "xor"))), samples=2000, sort="halves")
    return drawn, model(rng, drawn), "training rows sorted by an input, and the test rows too"


def noisy_labels(rng):
    table = Table("plane", 2000, rng.randint(2, 4), between(rng, 0.3, 0.5), rng.randint(1, 9999))
    made = Model((rng.randint(4, 12),), rng.choice(RELUS + SMOOTH), "adam", 0.003, 32, rng.randint(15, 40),
                 rng.randint(1, 9999))
    return table, made, "3 to 5 of 10 labels are drawn at random"


def early_stopped(rng):
    drawn = points(rng, rng.choice(("moons", "blobs")))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(1, 3))
    return drawn, replace(made, more=("--early-stopping=15", "--restore-best-weights")), "stopped early, having learned"


def hinge(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, optimizer="adam")
    return drawn, replace(made, more=("--loss=hinge", "--output-activation=tanh")), "hinge loss of a tanh output"


def two_outputs(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, optimizer="adam")
    return drawn, replace(made, more=("--loss=categorical_crossentropy",)), "two classes with an output each"


def positive_output(rng):
    table, made = regression(rng, offset=3)
    made = replace(made, more=("--scale-target=none", f"--output-activation={rng.choice(('softplus', 'exponential'))}"))
    return table, made, "a softplus or exponential output of targets above 0, as they are"


def poisson(rng):
    table, made = regression(rng, offset=3)
    return table, replace(made, more=("--scale-target=none", "--loss=poisson")), "poisson loss of targets above 0, as they are"


RECIPES = (converged, converged_deep, few_dead, slow, minority, shallow_sigmoid, moderately_deep, highest_rate, short,
           noisy, large_batch, standard, unscaled, weak_signal, few_epochs, wide_table, ten_classes, scaled_regression,
           raw_regression, rare, linear, linear_plane, deep_residual, small_batch, sorted_halves, noisy_labels,
           early_stopped, hinge, two_outputs, positive_output, poisson)


def make(name, recipe, rng):
    """Returns a healthy case."""
    drawn, made, note = recipe(rng)
    return Case(name, HEALTHY, drawn, made, note=note)
