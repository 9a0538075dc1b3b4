"""What is compared: a row is one job that gradwatch and its rivals do, with the bar that gradwatch wants to reach."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LARGE_ROWS = 65536  # training rows of the large and the medium model
LARGE_TESTS = 8192  # test rows of the large model, where gradients are measured on them
TENTH = 10  # --quick divides epochs by this
REPEATS = 30


@dataclass(frozen=True)
class Command:
    """One run. "{folder}" in an argument stands for an empty folder of its own, "{data}" for the points."""

    arguments: tuple
    epochs: int
    expected: float  # seconds on two cores: the first guess of the time left


@dataclass(frozen=True)
class Bar:
    """What gradwatch wants to reach: a ratio of at least, a ratio of at most, or a value of its own of at most."""

    ratio: float = 0
    most: float = 0
    value: float = 0

    def reached(self, ratio, value):
        if self.ratio:
            return ratio >= self.ratio
        return ratio <= self.most if self.most else value <= self.value

    def text(self, unit):
        if self.ratio:
            return f">= {self.ratio:,g}x"
        return f"<= {self.most:g}x" if self.most else f"<= {self.value:g}{unit}"


@dataclass(frozen=True)
class Side:
    """A program and its commands: one, or two of which the second trains more epochs, so that start-up cancels.

    A rival may have the bar of gradwatch beside it. told reads a figure that the program itself gives, from the run's
    folder and from what it printed; it raises ValueError, KeyError or OSError where there is none.
    """

    name: str
    commands: tuple
    environment: tuple = ()  # (name, value), ...
    once: bool = False  # run in the first pair alone
    times: int = 1  # what is measured is multiplied by this
    told: Callable | None = None
    bar: Bar | None = None
    needs: str = ""  # what install.py has to put in place for it: Keras, JAX or C


@dataclass(frozen=True)
class Quantity:
    """What is measured: seconds or points a second by the wall clock, MB of peak memory, or what the programs tell."""

    unit: str  # as it stands behind a number, with the space between
    more_is_better: bool = False
    memory: bool = False
    points: int = 0  # training rows an epoch, for a rate
    told: bool = False
    cost: bool = False  # the ratio says how many times as much gradwatch takes, not how many times better it is

    def value(self, runs, commands):
        """Returns the quantity from one run of each command; ValueError if the runs can't tell."""
        if self.memory:
            return max(run.peak for run in runs) / 1e6
        if self.told:
            return runs[0].told
        if not self.points:
            return runs[0].seconds
        seconds = runs[1].seconds - runs[0].seconds
        if seconds <= 0:
            raise ValueError(f"{commands[1].epochs} epochs took no longer than {commands[0].epochs}")
        return self.points * (commands[1].epochs - commands[0].epochs) / seconds

    def ratio(self, ours, other):
        """Returns how many times better ours is, or how many times as much it takes."""
        return ours / other if self.more_is_better or self.cost else other / ours


@dataclass(frozen=True)
class Row:
    """One line of the table for each rival. samples is the size of the data set, and note says what is counted."""

    name: str
    title: str
    quantity: Quantity
    sides: tuple  # gradwatch first
    samples: int = 1000
    note: str = ""
    flops: float = 0  # floating-point operations for one training row, where a rate is also told in GFLOP/s


def steps_seconds(folder, _):
    """Returns the seconds that a run of gradwatch spent in training steps, summed over the cores that trained."""
    summary, = folder.glob("*/summary.json")
    return json.loads(summary.read_text(encoding="utf-8"))["timings"]["steps"]


def printed_seconds(_, output):
    """Returns the seconds that a program printed, as the last line of JSON."""
    return json.loads(output.strip().splitlines()[-1])["seconds"]


SECONDS = Quantity(" s")
COST = Quantity(" s", cost=True)
MEGABYTES = Quantity(" MB", memory=True)

TANH = ("--activation=tanh", "--kernel-initializer=uniform:0,1", "--output-initializer=uniform:0,1")

# The tutorial's models, in the words of keras_fit.py.
PRESETS = {
    "tanh-1": ("--layers=5", *TANH),
    "tanh-5": ("--layers=5,5,5,5,5", *TANH),
    "relu-5": ("--layers=5,5,5,5,5", "--activation=relu", "--kernel-initializer=he_uniform"),
}
DEPTHS = {"relu-5": 5, "relu-20": 20}  # hidden layers of the models that are repeated
UNITS = 5  # in each of them


@dataclass(frozen=True)
class Model:
    """Hidden layers, from two inputs to one output, that train in large batches."""

    layers: tuple
    batch: int

    def arguments(self):
        """Returns the flags as both sides read them."""
        return "--layers=" + ",".join(map(str, self.layers)), f"--batch-size={self.batch}"

    def flops(self):
        """Returns the floating-point operations of the matrix products for one row, one step.

        A product with n multiplications has 2 n operations. Each layer has three, forward, to the kernel's gradient and
        to its input's, but for the first, whose inputs have no gradient.
        """
        widths = (2, *self.layers, 1)
        products = [a * b for a, b in zip(widths, widths[1:])]
        return 2 * (3 * sum(products) - products[0])


LARGE = Model((1024,) * 4, 1024)
MEDIUM = Model((512,) * 4, 256)


class Maker:
    """Makes the rows, for a repository and a share of the epochs."""

    def __init__(self, root, quick):
        self.gradwatch = str(root / "bin" / "gradwatch")
        self.runtime, self.scripts = root / ".runtime", root / "scripts" / "python" / "bench"
        self.epochs = 500 // TENTH if quick else 500
        self.large = (1, 3) if quick else (2, 6)

    def ours(self, *commands, name="gradwatch", told=None, bar=None):
        """Returns gradwatch's side; a command is its arguments, epochs and expected seconds."""
        return Side(name, tuple(
            Command((self.gradwatch, "train", "--logdir={folder}", f"--epochs={epochs}", *arguments), epochs, expected)
            for arguments, epochs, expected in commands), told=told, bar=bar)

    def script(self, folder, name):
        """Returns the beginning of a rival's command: its Python and script."""
        # -I: neither the user's packages nor this folder's files stand before the environment's.
        return str(self.runtime / folder / "bin" / "python"), "-I", str(self.scripts / name), "--data={data}"

    def fit(self, *commands, **others):
        """Returns Keras's side. TensorFlow is told to keep quiet, and nothing else."""
        return Side("Keras", tuple(
            Command((*self.script("keras", "keras_fit.py"), f"--epochs={epochs}", *arguments), epochs, expected)
            for arguments, epochs, expected in commands),
            (("TF_CPP_MIN_LOG_LEVEL", "2"), ("KERAS_BACKEND", "tensorflow"), ("KERAS_HOME", "{folder}/keras")),
            needs="Keras", **others)

    def tutorial_fit(self, preset, callback, **others):
        """Returns Keras's side of a tutorial's run, with or without the TensorBoard callback."""
        arguments = ("--train-rows=500", "--validation", *PRESETS[preset])
        if callback:
            arguments += ("--histograms={folder}/logs",)
        return self.fit((arguments, self.epochs, 10 + self.epochs / 10), **others)

    def vmap(self, preset, expected, bar=None, tuned=False):
        """Returns JAX's side of all repeats of a model."""
        arguments = (*self.script("jax", "jax_vmap.py"), "--train-rows=500", f"--layers={hidden(preset)}",
                     f"--repeats={REPEATS}", f"--epochs={self.epochs}", *(("--tuned",) if tuned else ()))
        return Side("JAX tuned" if tuned else "JAX", (Command(arguments, self.epochs, expected),),
                    (("JAX_PLATFORMS", "cpu"),), bar=bar, needs="JAX")

    def repeated(self, preset, repeats, **others):
        """Returns gradwatch's side of repeats of a model, nothing drawn."""
        arguments = (f"--preset={preset}", f"--repeats={repeats}", "--histogram-freq=0", "--plots=false",
                     "--diagnose-freq=0")
        return self.ours((arguments, self.epochs, 0.5 + DEPTHS[preset] * repeats / 150), **others)

    def relu_5(self):
        return Row("relu-5", "relu-5, histograms", SECONDS,
                   (self.ours((("--preset=relu-5",), self.epochs, 1)),
                    self.tutorial_fit("relu-5", callback=True, bar=Bar(ratio=75))),
                   note=f"{self.epochs} epochs, all histograms each epoch, pictures; whole process")

    def tanh_1(self):
        bare = ("--preset=tanh-1", "--histogram-freq=0", "--plots=false")
        return Row("tanh-1", "tanh-1, no histograms", SECONDS,
                   (self.ours((bare, self.epochs, 1)),
                    self.tutorial_fit("tanh-1", callback=False, bar=Bar(ratio=100))),
                   note=f"{self.epochs} epochs, no pictures; whole process")

    def large_ours(self, samples, *flags, model=LARGE, **others):
        """Returns gradwatch's side of the large model, whose last samples - LARGE_ROWS rows test."""
        few, many = self.large
        # The last ceil(samples x fraction) rows test.
        arguments = (*model.arguments(), f"--samples={samples}", f"--test-fraction={(samples - LARGE_ROWS - 0.5) / samples:.8f}",
                     "--train-metrics=running", "--plots=false", *flags)
        return self.ours((arguments, few, 2 + 4 * few), (arguments, many, 2 + 4 * many), **others)

    def large_fit(self, *flags, model=LARGE, **others):
        """Returns Keras's side of the large model."""
        few, many = self.large
        arguments = (f"--train-rows={LARGE_ROWS}", *model.arguments(), "--activation=relu", "--kernel-initializer=he_uniform",
                     *flags)
        return self.fit((arguments, few, 6 + 4 * few), (arguments, many, 6 + 4 * many), **others)

    def large_row(self, name, title, samples, *sides, note="", model=LARGE):
        few, many = self.large
        return Row(name, title, Quantity("/s", more_is_better=True, points=LARGE_ROWS), sides, samples,
                   flops=model.flops(),
                   note=f"batch {model.batch}, {LARGE_ROWS:,} points an epoch{note}; from the time of {many} epochs less {few}")

    def large_layers(self):
        samples = LARGE_ROWS + 64  # a few rows test, since Keras evaluates none
        return self.large_row("large", "4 x 1024 units, points", samples,
                              self.large_ours(samples, "--histogram-freq=0"), self.large_fit(bar=Bar(ratio=1.05)))

    def medium_layers(self):
        samples = LARGE_ROWS + 64
        return self.large_row("medium", "4 x 512 units, points", samples,
                              self.large_ours(samples, "--histogram-freq=0", model=MEDIUM),
                              self.large_fit(model=MEDIUM, bar=Bar(ratio=1.05)), model=MEDIUM)

    def large_histograms(self):
        """Histograms of all layers each epoch, beside Keras's callback, and beside gradwatch with none."""
        samples = LARGE_ROWS + LARGE_TESTS
        return self.large_row("large-histograms", "4 x 1024 units, histograms", samples,
                              self.large_ours(samples),
                              self.large_fit("--validation", "--histograms={folder}/logs", bar=Bar(ratio=1)),
                              self.large_ours(samples, "--histogram-freq=0", name="none", bar=Bar(ratio=0.9)),
                              note=f" and {LARGE_TESTS:,} tested; all histograms each epoch")

    def large_bfloat16(self):
        samples = LARGE_ROWS + 64
        return self.large_row("large-bfloat16", "4 x 1024 units, bfloat16", samples,
                              self.large_ours(samples, "--histogram-freq=0", "--precision=bfloat16"),
                              self.large_fit("--precision=mixed_bfloat16", bar=Bar(ratio=1)),
                              self.large_ours(samples, "--histogram-freq=0", name="float32"),
                              note=" in bfloat16, Keras's mixed_bfloat16")

    def memory(self, preset):
        return Row(f"memory-{preset}", f"peak memory, {preset}", MEGABYTES,
                   (self.ours(((f"--preset={preset}",), self.epochs, 1)),
                    self.tutorial_fit(preset, callback=True, once=True, bar=Bar(value=450))),
                   note=f"{self.epochs} epochs, histograms and pictures; all processes together")

    def repeats_relu_5(self):
        keras = self.tutorial_fit("relu-5", callback=False, once=True, times=REPEATS, bar=Bar(ratio=1200))
        return Row("repeats-relu-5", f"{REPEATS} repeats, relu-5", SECONDS,
                   (self.repeated("relu-5", REPEATS), keras, self.vmap("relu-5", 6, Bar(ratio=6)),
                    self.vmap("relu-5", 3, tuned=True)),
                   note=f"{REPEATS} seeds, {self.epochs} epochs, no histograms, no pictures; whole process; "
                        f"Keras's figure is the time of one seed, times {REPEATS}")

    def repeats_relu_20(self):
        return Row("repeats-relu-20", f"{REPEATS} repeats, relu-20", SECONDS,
                   (self.repeated("relu-20", REPEATS), self.vmap("relu-20", 12, Bar(ratio=4.5)),
                    self.vmap("relu-20", 7, tuned=True)),
                   note=f"{REPEATS} seeds, {self.epochs} epochs, no histograms, no pictures; whole process")

    def training(self, preset):
        """Training alone beside the yardstick, both as the programs themselves tell it."""
        program = str(self.runtime / "bench" / f"yardstick-{DEPTHS[preset]}")

        def yardstick(name, layout, bar=None):
            arguments = (program, "{data}", str(self.epochs), str(REPEATS), layout)
            return Side(name, (Command(arguments, self.epochs, 0.5),), told=printed_seconds, bar=bar, needs="C")

        return Row(f"training-{preset}", f"training, {preset}", Quantity(" s", told=True, cost=True),
                   (self.repeated(preset, REPEATS, told=steps_seconds), yardstick("C loops", "points", Bar(most=3.5)),
                    yardstick("C lanes", "seeds")),
                   note=f"{REPEATS} seeds, {self.epochs} epochs, the training steps alone, in seconds of one core")

    def repeats_cost(self, repeats, beside, bar=None):
        """What more repeats cost, gradwatch beside itself."""
        return Row(f"cost-{repeats}", f"{repeats} repeats", COST,
                   (self.repeated("relu-5", repeats, told=steps_seconds),
                    self.repeated("relu-5", beside, name=f"{beside} repeats" if beside > 1 else "1 run",
                                  told=steps_seconds, bar=bar)),
                   note=f"relu-5, {self.epochs} epochs, no histograms, no pictures; whole process beside gradwatch's "
                        f"with {beside} seed{'s' * (beside > 1)}; below it, the training steps alone, in seconds of "
                        "one core")

    def verdicts(self):
        """What the verdict costs, gradwatch beside itself without."""
        return Row("verdicts", "verdict, relu-5", COST,
                   (self.ours((("--preset=relu-5",), self.epochs, 1)),
                    self.ours((("--preset=relu-5", "--diagnose-freq=0"), self.epochs, 1), name="none",
                              bar=Bar(most=1.15))),
                   note=f"{self.epochs} epochs, all histograms each epoch, pictures; whole process beside gradwatch's "
                        "without a verdict (--diagnose-freq 0)")

    def all(self):
        return [self.relu_5(), self.tanh_1(), self.medium_layers(), self.large_layers(), self.large_histograms(), self.large_bfloat16(),
                *map(self.memory, PRESETS), self.repeats_relu_5(), self.repeats_relu_20(),
                *map(self.training, DEPTHS), self.repeats_cost(8, 1, Bar(most=1.6)), self.repeats_cost(30, 1),
                self.repeats_cost(60, 30, Bar(most=2)), self.verdicts()]


def hidden(preset):
    """Returns the widths of a model's hidden layers, as the rivals read them."""
    return ",".join([str(UNITS)] * DEPTHS[preset])


def make(root, names, quick):
    """Returns the rows of these names."""
    return [row for row in Maker(root, quick).all() if row.name in names]


NAMES = tuple(row.name for row in Maker(Path(), False).all())
KINDS = ("memory", "repeats", "training", "cost")  # what the names of several rows begin with


def select(wanted):
    """Returns the names of the rows that --only asks for, by their names or by what the names of several begin with."""
    if not wanted:
        return NAMES
    chosen = set()
    for name in wanted:
        found = [n for n in NAMES if n == name] or [n for n in NAMES if name in KINDS and n.startswith(name + "-")]
        if not found:
            raise ValueError(f'--only "{name}": want one of {", ".join((*NAMES, *KINDS))}')
        chosen.update(found)
    return tuple(name for name in NAMES if name in chosen)
