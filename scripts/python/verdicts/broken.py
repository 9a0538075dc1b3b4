"""Draws the broken cases: each takes a healthy run and changes one thing, and the run as it was is its twin."""

from dataclasses import replace

from case import Case, dense
from draw import CURVED, RELUS, SMOOTH, between, model, points
from symptoms import HEALTHY

# A recipe takes random numbers and returns the points and the model of the healthy twin, then those of the broken run,
# then the right layers, by kind of finding.


def first_half(layers):
    """Returns the layers nearest the input: where a gradient that shrinks from layer to layer is smallest."""
    return dense(*range(1, (layers + 1) // 2 + 1))


def deep_sigmoid(rng):
    drawn = points(rng, rng.choice(("circles", "moons", "xor")))
    made = model(rng, drawn, "sigmoid", "adam", 1)
    made = replace(made, rate=between(rng, 0.01, 0.03))
    depth = rng.randint(5, 10)
    return drawn, made, drawn, replace(made, layers=made.layers * depth), {"vanishing": first_half(depth)}


def deep_tanh(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    if rng.random() < 0.5:
        depth, kernels = rng.randint(5, 10), "uniform:0,1"
        made = model(rng, drawn, "tanh", "sgd", depth)
        return drawn, made, drawn, replace(made, kernels=kernels), {"vanishing": first_half(depth)}
    made = model(rng, drawn, "tanh", rng.choice(("sgd", "adam")), rng.randint(2, 3))
    depth, kernels = rng.randint(12, 20), rng.choice(("random_uniform", "random_normal"))
    deep = replace(made, layers=(made.layers[0],) * depth, kernels=kernels)
    return drawn, made, drawn, deep, {"vanishing": first_half(depth)}


def tiny_weights(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(RELUS + ("tanh", "elu")), "sgd", rng.randint(4, 6))
    kernels = f"normal:0,{between(rng, 1e-4, 1e-2):g}"
    return drawn, made, drawn, replace(made, kernels=kernels, output=kernels), {}


def huge_weights(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(RELUS + ("tanh", "elu")), "sgd", rng.randint(3, 5))
    large = between(rng, 10, 50)
    kernels = rng.choice((f"normal:0,{large:g}", f"uniform:-{large:g},{large:g}"))
    return drawn, made, drawn, replace(made, kernels=kernels), {}


def negative_bias(rng):
    drawn = points(rng, rng.choice(CURVED))
    depth = rng.randint(2, 5)
    made = model(rng, drawn, "relu", rng.choice(("sgd", "adam")), depth)
    layer = rng.randint(1, depth)
    return drawn, made, drawn, replace(made, bias=(layer, -between(rng, 5, 20))), {"dead-units": dense(layer)}


def relu_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(("relu", "relu", "leaky_relu")))
    return drawn, made, drawn, replace(made, rate=made.rate * between(rng, 30, 1000)), {}


def small_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn)
    return drawn, made, drawn, replace(made, rate=made.rate / between(rng, 1e3, 1e5)), {}


def large_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(SMOOTH))
    return drawn, made, drawn, replace(made, rate=made.rate * between(rng, 50, 2000)), {}


def unscaled_inputs(rng):
    drawn = points(rng, rng.choice(CURVED))
    large = replace(drawn, factor=100)
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "sgd")
    return large, made, large, replace(made, scale="none"), {}


def zero_weights(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn)
    number = rng.choice((0, 0, between(rng, 0.01, 0.5)))
    kernels = f"constant:{number:g}" if number else "zeros"
    return drawn, made, drawn, replace(made, kernels=kernels, output=kernels), {}


def exponential(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(("elu", "relu")), rng.choice(("sgd", "adam")), rng.randint(3, 6))
    return drawn, made, drawn, replace(made, activation="exponential"), {}


def too_deep(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(("relu", "relu", "tanh")), "sgd", rng.randint(2, 4))
    depth = rng.randint(20, 40)
    return drawn, made, drawn, replace(made, layers=(made.layers[0],) * depth), {}


def shuffled_labels(rng):
    drawn = points(rng, rng.choice((*CURVED, "blobs")))
    made = model(rng, drawn)
    return drawn, made, replace(drawn, labels=rng.randint(1, 9999)), made, {}


RECIPES = {"deep-sigmoid": deep_sigmoid, "deep-tanh": deep_tanh, "tiny-weights": tiny_weights,
           "huge-weights": huge_weights, "negative-bias": negative_bias, "relu-rate": relu_rate,
           "small-rate": small_rate, "large-rate": large_rate, "unscaled-inputs": unscaled_inputs,
           "zero-weights": zero_weights, "exponential": exponential, "too-deep": too_deep,
           "shuffled-labels": shuffled_labels}


def make(name, symptom, rng):
    """Returns a broken case and its healthy twin."""
    drawn, made, changed, broken, layers = RECIPES[symptom](rng)
    twin = Case(f"{name}-twin", HEALTHY, drawn, made)
    return Case(name, symptom, changed, broken, twin.name, layers), twin
