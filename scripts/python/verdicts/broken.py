"""Draws the broken cases: each takes a healthy run and changes one thing, and the run as it was is its twin."""

from dataclasses import replace

from case import Bias, Case, Model, dense
from draw import CURVED, RELUS, SMOOTH, between, model, points, two_digits
from symptoms import HEALTHY
from tables import Table

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


def slow(rng):
    """Returns points and a model that learns them by sgd in steps of moderate size."""
    drawn = points(rng, rng.choice(CURVED[:3]))
    return drawn, model(rng, drawn, rng.choice(RELUS + SMOOTH), "sgd", rng.randint(1, 3))


def too_short(rng):
    drawn, made = slow(rng)
    return drawn, made, drawn, replace(made, epochs=max(2, round(made.epochs * between(rng, 0.01, 0.05)))), {}


def slow_rate(rng):
    drawn, made = slow(rng)
    rate, fraction = two_digits(made.rate / between(rng, 50, 300)), between(rng, 0.1, 0.5)
    broken = replace(made, rate=rate, epochs=round(made.epochs * fraction), more=("--momentum=0",))
    return drawn, made, drawn, broken, {}


def stopped_early(rng):
    drawn = points(rng, "circles")
    made = model(rng, drawn, rng.choice(("relu", "tanh", "gelu", "silu")), "sgd", rng.randint(1, 2))
    made = replace(made, rate=between(rng, 0.004, 0.01), epochs=made.epochs * 2)
    more = (f"--early-stopping={rng.randint(2, 6)}", f"--early-stopping-min-delta={rng.choice((0.02, 0.03))}")
    return drawn, made, drawn, replace(made, more=more), {}


def linear_model(rng):
    drawn = points(rng, rng.choice(("circles", "xor")))
    made = model(rng, drawn)
    return drawn, made, drawn, replace(made, activation="linear"), {}


def ignored_minority(rng):
    drawn = points(rng, rng.choice(("moons", "circles")))
    drawn = replace(drawn, samples=4000, noise=between(rng, 0.03, 0.06), minority=rng.choice((0.02, 0.03, 0.05)))
    made = model(rng, drawn, optimizer="adam")
    made = replace(made, rate=between(rng, 0.005, 0.01), epochs=120, batch=32)
    return drawn, made, drawn, replace(made, optimizer="sgd", epochs=rng.randint(3, 12)), {}


def unstable(rng):
    if rng.random() < 0.5:
        drawn = points(rng, "circles")
        made = Model((rng.randint(5, 8),) * rng.randint(4, 5), "relu", "adam", 0.005, 32, 100, rng.randint(1, 9999))
        broken = replace(made, optimizer="sgd", rate=between(rng, 0.01, 0.04), batch=16)
        return drawn, made, drawn, replace(broken, more=("--batch-norm", "--residual")), {}
    drawn = replace(points(rng, "circles"), samples=600)
    made = replace(model(rng, drawn, rng.choice(("elu", "tanh")), "sgd", 2), batch=4, rate=0.005, epochs=60)
    return drawn, made, drawn, replace(made, rate=between(rng, 0.05, 0.08)), {}


def regression(rng, **of):
    """Returns a table with a smooth target and a model that learns it."""
    table = Table("smooth", rng.choice((400, 600, 1000)), rng.randint(1, 3), between(rng, 0.02, 0.1),
                  rng.randint(1, 9999), **of)
    width, depth = rng.randint(12, 24), rng.randint(1, 3)
    return table, Model((width,) * depth, rng.choice(RELUS + SMOOTH), "adam", between(rng, 0.003, 0.01), 32,
                        rng.randint(100, 200), rng.randint(1, 9999))


def diverged(rng):
    table, made = regression(rng)
    made = replace(made, optimizer="sgd", rate=between(rng, 0.005, 0.02), activation=rng.choice(RELUS))
    return table, made, table, replace(made, rate=two_digits(made.rate * between(rng, 30, 300))), {}


def adam_rate(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(RELUS + SMOOTH), "adam", rng.randint(2, 4))
    return drawn, made, drawn, replace(made, rate=between(rng, 0.5, 5)), {}


def large_momentum(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, rng.choice(("tanh", "relu")), "sgd", rng.randint(2, 4))
    return drawn, made, drawn, replace(made, more=(f"--momentum={rng.choice((0.995, 0.998, 0.999, 0.9995))}",)), {}


def sorted_rows(rng):
    drawn = points(rng, rng.choice(("moons", "xor", "circles")))
    made = model(rng, drawn)
    return drawn, made, replace(drawn, sort="x1"), made, {}


def sorted_classes(rng):
    drawn = replace(points(rng, rng.choice(("circles", "moons", "xor"))), samples=2000)
    made = model(rng, drawn, optimizer="sgd", depth=rng.randint(2, 3))
    made = replace(made, batch=8, epochs=rng.randint(20, 40))
    return drawn, made, replace(drawn, sort="labels"), replace(made, more=("--shuffle=false",)), {}


def raw_target(rng):
    table, made = regression(rng, offset=rng.choice((2e5, 3e5, 5e5)), scale=rng.choice((5e4, 8e4, 1e5)))
    return table, made, table, replace(made, more=("--scale-target=none",)), {}


def raw_target_rate(rng):
    table, made, _, broken, _ = raw_target(rng)
    sgd = {"optimizer": "sgd", "rate": between(rng, 0.005, 0.02)}
    return table, replace(made, **sgd), table, replace(broken, **sgd), {}


def memorised(rng):
    """The twin has so many rows that they show the rule."""
    table = Table("plane", 4000, rng.randint(40, 80), 0.02, rng.randint(1, 9999))
    made = Model((rng.randint(64, 128),), "relu", "adam", 0.001, 16, 8, rng.randint(1, 9999), more=("--l2=0.003",))
    few = replace(table, rows=rng.randint(48, 80))
    return table, made, few, replace(made, epochs=300, more=()), {}


def more(made, *flags):
    """Returns a model with further flags."""
    return replace(made, more=(*made.more, *flags))


def one_softmax(rng):
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn)
    loss = rng.choice(("binary_crossentropy", "mse", "hinge"))
    return drawn, made, drawn, more(made, "--output-activation=softmax", "--units-output=1", f"--loss={loss}"), {}


def output_range(rng):
    table, made = regression(rng, offset=rng.choice((0, 1e4)), scale=rng.choice((1, 1e4)))
    return table, made, table, more(made, f"--output-activation={rng.choice(('relu', 'sigmoid', 'softplus'))}"), {}


def raw_output_range(rng):
    table, made, _, broken, _ = raw_target(rng)
    return table, made, table, more(broken, f"--output-activation={rng.choice(('sigmoid', 'tanh'))}"), {}


def ten(rng):
    """Returns a table of ten classes and a model that learns them."""
    table = Table("clusters", 1500, 2, 0, rng.randint(1, 9999))
    return table, Model((rng.randint(16, 32),) * rng.randint(1, 3), rng.choice(RELUS + SMOOTH), "adam",
                        between(rng, 0.003, 0.01), 32, rng.randint(40, 80), rng.randint(1, 9999))


def clipped_loss(rng):
    activation = f"--output-activation={rng.choice(('linear', 'relu', 'tanh'))}"
    if rng.random() < 0.5:
        table, made = ten(rng)
        return table, made, table, more(made, activation, "--loss=categorical_crossentropy"), {}
    drawn = points(rng, rng.choice(CURVED[:3]))
    made = model(rng, drawn, optimizer="sgd")
    return drawn, made, drawn, more(made, activation, "--loss=binary_crossentropy"), {}


def loss_of_labels(rng):
    table, made = regression(rng, offset=rng.choice((0, 1e4)), scale=rng.choice((1, 1e4)))
    return table, made, table, more(made, f"--loss={rng.choice(('binary_crossentropy', 'poisson', 'hinge'))}"), {}


def one_output(rng):
    table, made = ten(rng)
    return table, made, table, more(made, "--units-output=1", f"--loss={rng.choice(('mse', 'binary_crossentropy'))}"), {}


RECIPES = {"deep-sigmoid": deep_sigmoid, "deep-tanh": deep_tanh, "tiny-weights": tiny_weights,
           "huge-weights": huge_weights, "negative-bias": negative_bias, "relu-rate": relu_rate,
           "small-rate": small_rate, "large-rate": large_rate, "unscaled-inputs": unscaled_inputs,
           "zero-weights": zero_weights, "exponential": exponential, "too-deep": too_deep,
           "shuffled-labels": shuffled_labels, "too-short": too_short, "slow-rate": slow_rate,
           "stopped-early": stopped_early, "linear-model": linear_model, "ignored-minority": ignored_minority,
           "unstable": unstable, "diverged": diverged, "adam-rate": adam_rate, "large-momentum": large_momentum,
           "sorted-rows": sorted_rows, "sorted-classes": sorted_classes, "raw-target": raw_target,
           "raw-target-rate": raw_target_rate, "memorised": memorised, "one-softmax": one_softmax,
           "output-range": output_range, "raw-output-range": raw_output_range, "clipped-loss": clipped_loss,
           "loss-of-labels": loss_of_labels, "one-output": one_output}


def make(name, symptom, rng):
    """Returns a broken case and its healthy twin."""
    drawn, made, changed, broken, layers = RECIPES[symptom](rng)
    twin = Case(f"{name}-twin", HEALTHY, drawn, made)
    return Case(name, symptom, changed, broken, twin.name, layers), twin
