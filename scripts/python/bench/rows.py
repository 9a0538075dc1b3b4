"""What is compared: a row is one job that gradwatch and its rivals do, with the bar that gradwatch wants to reach."""

from dataclasses import dataclass
from pathlib import Path

LAYERS = (2, 1024, 1024, 1024, 1024, 1)  # the large model, from its inputs to its output
LARGE_ROWS = 65536  # training rows of the large model
TENTH = 10  # --quick divides epochs by this


@dataclass(frozen=True)
class Command:
    """One run. "{folder}" in an argument stands for an empty folder of its own, "{data}" for the points."""

    arguments: tuple
    epochs: int
    expected: float  # seconds on two cores: the first guess of the time left


@dataclass(frozen=True)
class Side:
    """A program and its commands: one, or two of which the second trains more epochs, so that start-up cancels."""

    name: str
    commands: tuple
    environment: tuple = ()  # (name, value), ...
    once: bool = False  # run in the first pair alone


@dataclass(frozen=True)
class Quantity:
    """What is measured: seconds or points a second by the wall clock, or MB of peak memory."""

    unit: str  # as it stands behind a number, with the space between
    more_is_better: bool = False
    memory: bool = False
    points: int = 0  # training rows an epoch, for a rate

    def value(self, runs, commands):
        """Returns the quantity from one run of each command; ValueError if the runs can't tell."""
        if self.memory:
            return max(run.peak for run in runs) / 1e6
        if not self.points:
            return runs[0].seconds
        seconds = runs[1].seconds - runs[0].seconds
        if seconds <= 0:
            raise ValueError(f"{commands[1].epochs} epochs took no longer than {commands[0].epochs}")
        return self.points * (commands[1].epochs - commands[0].epochs) / seconds

    def ratio(self, ours, other):
        """Returns how many times better ours is."""
        return ours / other if self.more_is_better else other / ours


@dataclass(frozen=True)
class Bar:
    """What gradwatch wants to reach: a ratio of at least, or a value of its own of at most."""

    ratio: float = 0
    value: float = 0

    def reached(self, ratio, value):
        return ratio >= self.ratio if self.ratio else value <= self.value

    def text(self, unit):
        return f">= {self.ratio:g}x" if self.ratio else f"<= {self.value:g}{unit}"


@dataclass(frozen=True)
class Row:
    """One line of the table for each rival. samples is the size of the data set, and note says what is counted."""

    name: str
    title: str
    quantity: Quantity
    sides: tuple  # gradwatch first
    bar: Bar
    samples: int = 1000
    note: str = ""
    flops: float = 0  # floating-point operations for one training row, where a rate is also told in GFLOP/s


SECONDS = Quantity(" s")
MEGABYTES = Quantity(" MB", memory=True)

TANH = ("--activation=tanh", "--kernel-initializer=uniform:0,1", "--output-initializer=uniform:0,1")

# The tutorial's models, in the words of keras_fit.py.
PRESETS = {
    "tanh-1": ("--layers=5", *TANH),
    "tanh-5": ("--layers=5,5,5,5,5", *TANH),
    "relu-5": ("--layers=5,5,5,5,5", "--activation=relu", "--kernel-initializer=he_uniform"),
}


def training_flops():
    """Returns the floating-point operations of the matrix products for one row of the large model, one step.

    A product with n multiplications has 2 n operations. Each layer has three, forward, to the kernel's gradient and to
    its input's, but for the first, whose inputs have no gradient.
    """
    products = [a * b for a, b in zip(LAYERS, LAYERS[1:])]
    return 2 * (3 * sum(products) - products[0])


class Maker:
    """Makes the rows, for a repository and a share of the epochs."""

    def __init__(self, root, quick):
        self.gradwatch = str(root / "bin" / "gradwatch")
        # -I: neither the user's packages nor this folder's files stand before the environment's.
        self.keras = (str(root / ".runtime" / "keras" / "bin" / "python"), "-I",
                      str(root / "scripts" / "python" / "bench" / "keras_fit.py"), "--data={data}")
        self.epochs = 500 // TENTH if quick else 500
        self.large = (1, 3) if quick else (2, 6)

    def ours(self, *commands):
        """Returns gradwatch's side; a command is its arguments, epochs and expected seconds."""
        return Side("gradwatch", tuple(
            Command((self.gradwatch, "train", "--logdir={folder}", f"--epochs={epochs}", *arguments), epochs, expected)
            for arguments, epochs, expected in commands))

    def fit(self, *commands, once=False):
        """Returns Keras's side. TensorFlow is told to keep quiet, and nothing else."""
        return Side("Keras", tuple(
            Command((*self.keras, f"--epochs={epochs}", *arguments), epochs, expected)
            for arguments, epochs, expected in commands),
            (("TF_CPP_MIN_LOG_LEVEL", "2"), ("KERAS_BACKEND", "tensorflow"), ("KERAS_HOME", "{folder}/keras")), once)

    def tutorial_fit(self, preset, callback, once=False):
        """Returns Keras's side of a tutorial's run, with or without the TensorBoard callback."""
        arguments = ("--train-rows=500", "--validation", *PRESETS[preset])
        if callback:
            arguments += ("--histograms={folder}/logs",)
        return self.fit((arguments, self.epochs, 10 + self.epochs / 10), once=once)

    def relu_5(self):
        return Row("relu-5", "relu-5, histograms", SECONDS,
                   (self.ours((("--preset=relu-5",), self.epochs, 1)), self.tutorial_fit("relu-5", callback=True)),
                   Bar(ratio=75), note=f"{self.epochs} epochs, all histograms each epoch, pictures; whole process")

    def tanh_1(self):
        bare = ("--preset=tanh-1", "--histogram-freq=0", "--plots=false")
        return Row("tanh-1", "tanh-1, no histograms", SECONDS,
                   (self.ours((bare, self.epochs, 1)), self.tutorial_fit("tanh-1", callback=False)),
                   Bar(ratio=100), note=f"{self.epochs} epochs, no pictures; whole process")

    def large_layers(self):
        few, many = self.large
        samples = LARGE_ROWS + 64
        model = ("--layers=" + ",".join(map(str, LAYERS[1:-1])), "--batch-size=1024")
        # The last ceil(samples x fraction) rows test: 64, a few, since Keras evaluates none.
        ours = (*model, f"--samples={samples}", f"--test-fraction={63.5 / samples:.8f}", "--histogram-freq=0",
                "--train-metrics=running", "--plots=false")
        theirs = (f"--train-rows={LARGE_ROWS}", *model, "--activation=relu", "--kernel-initializer=he_uniform")
        return Row("large", "4 x 1024 units, points", Quantity("/s", more_is_better=True, points=LARGE_ROWS),
                   (self.ours((ours, few, 2 + 4 * few), (ours, many, 2 + 4 * many)),
                    self.fit((theirs, few, 6 + 4 * few), (theirs, many, 6 + 4 * many))),
                   Bar(ratio=1.05), samples, flops=training_flops(),
                   note=f"batch 1024, {LARGE_ROWS:,} points an epoch; from the time of {many} epochs less {few}")

    def memory(self, preset):
        return Row(f"memory-{preset}", f"peak memory, {preset}", MEGABYTES,
                   (self.ours(((f"--preset={preset}",), self.epochs, 1)), self.tutorial_fit(preset, True, once=True)),
                   Bar(value=450), note=f"{self.epochs} epochs, histograms and pictures; all processes together")

    def all(self):
        return [self.relu_5(), self.tanh_1(), self.large_layers(), *map(self.memory, PRESETS)]


def make(root, names, quick):
    """Returns the rows of these names."""
    return [row for row in Maker(root, quick).all() if row.name in names]


NAMES = tuple(row.name for row in Maker(Path(), False).all())


def select(wanted):
    """Returns the names of the rows that --only asks for, by their names or by what the names of several begin with."""
    if not wanted:
        return NAMES
    chosen = set()
    for name in wanted:
        found = [n for n in NAMES if n == name] or [n for n in NAMES if n.startswith(name + "-")]
        if not found:
            raise ValueError(f'--only "{name}": want one of {", ".join(NAMES)}, or memory')
        chosen.update(found)
    return tuple(name for name in NAMES if name in chosen)
