"""What a case is: points, a model, how it trains, and its label."""

from dataclasses import dataclass, field, replace

from tables import Table

RATES = {"sgd": 0.01, "adam": 0.001, "rmsprop": 0.001, "adagrad": 0.001}  # gradwatch train's own


@dataclass(frozen=True)
class Points:
    """A data set of gradwatch data, as it is or changed: a CSV file of our own then."""

    dataset: str
    samples: int
    noise: float
    seed: int
    factor: float = 1  # the inputs are multiplied by it
    minority: float = 0  # rows of class 1 are left out until they make up this share; 0: none
    labels: int = 0  # the seed that the labels are shuffled with; 0: they stay
    sort: str = ""  # x1: all rows by x1; halves: each half by x1; labels: the first half by label

    regression = False

    @property
    def changed(self):
        return self.factor != 1 or self.minority > 0 or self.labels > 0 or self.sort != ""

    @property
    def name(self):
        """Returns a file name without its ending that no other points have."""
        parts = [self.dataset, f"{self.samples}", f"{self.noise:g}", f"{self.seed}"]
        parts += [f"x{self.factor:g}"] if self.factor != 1 else []
        parts += [f"minority{self.minority:g}"] if self.minority else []
        parts += [f"shuffled{self.labels}"] if self.labels else []
        parts += [f"sorted-{self.sort}"] if self.sort else []
        return "-".join(parts)

    def plain(self):
        """Returns the points of gradwatch data that these are made from."""
        return replace(self, factor=1, minority=0, labels=0, sort="")


@dataclass(frozen=True)
class Bias:
    """An initial bias that isn't 0: in which layers, counted from 1, and in how many of their units; 0: in all."""

    layers: tuple
    value: float
    units: int = 0


@dataclass(frozen=True)
class Model:
    """A model and how it trains, by the names of gradwatch train's flags; what is empty is left to its defaults."""

    layers: tuple
    activation: str
    optimizer: str
    rate: float
    batch: int
    epochs: int
    seed: int
    kernels: str = ""
    output: str = ""
    scale: str = ""
    bias: Bias | None = None  # then all initial weights come from a file of our own
    more: tuple = ()  # further flags, whole

    def flags(self):
        """Yields gradwatch train's flags, but those for the points and the initial weights."""
        yield "--layers=" + ",".join(map(str, self.layers))
        yield f"--activation={self.activation}"
        if self.kernels:
            yield f"--kernel-initializer={self.kernels}"
        if self.output:
            yield f"--output-initializer={self.output}"
        yield f"--optimizer={self.optimizer}"
        yield f"--learning-rate={self.rate:g}"
        yield f"--batch-size={self.batch}"
        yield f"--epochs={self.epochs}"
        if self.scale:
            yield f"--scale={self.scale}"
        yield f"--seed={self.seed}"
        yield from self.more


@dataclass(frozen=True)
class Case:
    """A labelled run. A broken one has a healthy twin: the run that it was before one thing was changed.

    layers says, for kinds of findings, which layers are the right ones by construction: {"dead-units": ("dense_2",)}.
    """

    name: str
    symptom: str  # one of symptoms.NAMES
    points: Points | Table
    model: Model
    twin: str = ""  # its name
    layers: dict = field(default_factory=dict, hash=False)
    note: str = ""  # why a healthy case is easily misjudged

    @property
    def weights(self):
        """Returns the name of the file of initial weights, without its ending, or nothing."""
        return self.name if self.model.bias else ""

    def arguments(self, folder):
        """Returns gradwatch train's arguments; folder holds the files that are made for it, and gets the run."""
        if isinstance(self.points, Table):
            data = [f"--dataset={folder}/data/{self.points.name}.csv"]
            data += ["--task=regression"] if self.points.regression else []
        elif self.points.changed:
            data = [f"--dataset={folder}/data/{self.points.name}.csv"]
        else:
            data = [f"--dataset={self.points.dataset}", f"--samples={self.points.samples}",
                    f"--noise={self.points.noise:g}", f"--data-seed={self.points.seed}"]
        initial = [f"--initial-weights={folder}/data/{self.weights}.json"] if self.weights else []
        return [*data, *self.model.flags(), *initial]


def dense(*numbers):
    """Returns the names of layers, counted from 1."""
    return tuple(f"dense_{number}" for number in numbers)
