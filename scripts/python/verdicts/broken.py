"""Draws the broken cases: each takes a healthy run and changes one thing, and the run as it was is its twin."""

from dataclasses import replace

from case import Bias, Case, dense
from draw import CURVED, RELUS, SMOOTH, between, model, points, two_digits
from symptoms import HEALTHY

# A recipe takes random numbers and returns the points and the model of the healthy twin, then those of the broken run,
# then the right layers, by kind of finding.


def first_half(layers):
    """Returns the layers nearest the input: where a gradient that shrinks from layer to layer is smallest."""
    return dense(*range(1, (layers + 1) // 2 + 1))


def deep_sigmoid(rng):
    drawn = points(rng, rng.choice(("circles", "xor")))
    optimizer = rng.choice(("adam", "sgd"))
    made = model(rng, drawn, "sigmoid", optimizer, 1)
    rate = between(rng, 0.02, 0.04) if optimizer == "adam" else between(rng, 0.2, 0.5)
    made = replace(made, rate=rate, epochs=made.epochs * 2)
    depth = rng.randint(7 if optimizer == "adam" else 5, 10)
    return drawn, made, drawn, replace(made, layers=made.layers * depth), {"vanishing": first_half(depth)}


def deep_tanh(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    if rng.random() < 0.5:
        depth, kernels = rng.randint(5, 10), f"uniform:0,{between(rng, 0.8, 1.5):g}"
        made = model(rng, drawn, "tanh", "sgd", depth)
        # The first layer sums two inputs of at most 1, the others 8 outputs and more of one sign: they saturate.
        layers = {"vanishing": first_half(depth), "saturated-units": dense(*range(2, depth + 1))}
        return drawn, made, drawn, replace(made, kernels=kernels), layers
    made = model(rng, drawn, "tanh", rng.choice(("sgd", "adam")), rng.randint(2, 3))
    depth, kernels = rng.randint(12, 20), rng.choice(("random_uniform", "random_normal"))
    deep = replace(made, layers=(made.layers[0],) * depth, kernels=kernels)
    return drawn, made, drawn, deep, {"vanishing": first_half(depth)}


def tiny_weights(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(RELUS + ("tanh", "elu")), "sgd", rng.randint(4, 6))
    kernels = f"normal:0,{between(rng, 1e-4, 1e-2):g}"
    return drawn, made, drawn, replace(made, kernels=kernels, output=kernels), {}


def huge_weights(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(RELUS + ("tanh", "elu")), "sgd", rng.randint(3, 4))
    large = between(rng, 10, 50)
    kernels = rng.choice((f"normal:0,{large:g}", f"uniform:-{large:g},{large:g}"))
    return drawn, made, drawn, replace(made, kernels=kernels), {}


def negative_bias(rng):
    drawn = points(rng, rng.choice(CURVED))
    depth = rng.randint(2, 5)
    made = model(rng, drawn, "relu", rng.choice(("sgd", "adam")), depth)
    layers = rng.choice(((rng.randint(1, depth),), (rng.randint(1, depth),), tuple(range(1, depth + 1))))
    return drawn, made, drawn, replace(made, bias=Bias(layers, -between(rng, 5, 20))), {"dead-units": dense(*layers)}


def relu_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(("relu", "relu", "leaky_relu")), depth=rng.randint(2, 5))
    return drawn, made, drawn, replace(made, rate=two_digits(made.rate * between(rng, 50, 1000))), {}


def small_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn)
    return drawn, made, drawn, replace(made, rate=two_digits(made.rate / between(rng, 1e3, 1e5))), {}


def large_rate(rng):
    drawn = points(rng, rng.choice(CURVED))
    made = model(rng, drawn, rng.choice(SMOOTH), depth=rng.randint(2, 5))
    return drawn, made, drawn, replace(made, rate=two_digits(made.rate * between(rng, 50, 1000))), {}


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
    optimizer = rng.choice(("sgd", "adam"))
    made = model(rng, drawn, rng.choice(("elu", "relu")), optimizer, rng.randint(4 if optimizer == "adam" else 3, 6))
    return drawn, made, drawn, replace(made, activation="exponential"), {}


def too_deep(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(("relu", "tanh")), "sgd", rng.randint(2, 4))
    made = replace(made, layers=(rng.randint(8, 12),) * len(made.layers))
    depth = rng.randint(25, 40)
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
