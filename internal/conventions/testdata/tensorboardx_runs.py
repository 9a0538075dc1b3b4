"""Writes event files by tensorboardX, as programs for PyTorch record gradients, into this folder:

    python3 -m venv VENV && VENV/bin/pip install tensorboardX==2.6.5 numpy
    VENV/bin/python internal/conventions/testdata/tensorboardx_runs.py

The gradients are those of a multilayer perceptron that NumPy trains: tensorboardX is what is tested here.
"""

import gzip
import pathlib
import shutil
import tempfile

import numpy as np
from tensorboardX import SummaryWriter

here = pathlib.Path(__file__).parent


def points():
    random = np.random.default_rng(1)
    x = random.uniform(-1.5, 1.5, (256, 2))
    return x, (np.hypot(x[:, 0], x[:, 1]) < 0.9).astype(float)[:, None]


class Perceptron:
    def __init__(self, widths, activation, scale):
        random = np.random.default_rng(4)
        self.activation = activation
        self.w = [random.normal(0, scale / np.sqrt(n), (n, m)) for n, m in zip(widths, widths[1:])]
        self.b = [np.zeros(m) for m in widths[1:]]

    def step(self, x, y, rate):
        outputs = [x]
        for i, (w, b) in enumerate(zip(self.w, self.b)):
            z = outputs[-1] @ w + b
            last = i == len(self.w) - 1
            outputs.append(1 / (1 + np.exp(-z)) if last or self.activation == "sigmoid" else np.maximum(z, 0))
        p = np.clip(outputs[-1], 1e-7, 1 - 1e-7)
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        delta = (outputs[-1] - y) / len(x)
        gradients = []
        for i in reversed(range(len(self.w))):
            gradients.insert(0, (outputs[i].T @ delta, delta.sum(axis=0)))
            if i:
                h = outputs[i]
                delta = delta @ self.w[i].T * (h * (1 - h) if self.activation == "sigmoid" else h > 0)
        for i, (gw, gb) in enumerate(gradients):
            self.w[i] -= rate * gw
            self.b[i] -= rate * gb
        return loss, np.mean((p > 0.5) == y), gradients


def names(i, n):
    return f"layers.{i}" if i < n - 1 else "head"


def run(folder, model, rate, log, steps=40, inner=20):
    x, y = points()
    with SummaryWriter(str(folder)) as writer:
        for step in range(steps):
            for _ in range(inner):
                loss, accuracy, gradients = model.step(x, y, rate)
            log(writer, model, step, loss, accuracy, gradients)


def histograms(writer, model, step, loss, accuracy, gradients):
    n = len(gradients)
    for i, (gw, gb) in enumerate(gradients):
        writer.add_histogram(f"{names(i, n)}.weight.grad", gw, step)
        if step % 8 == 0:
            writer.add_histogram(f"{names(i, n)}.bias.grad", gb, step)
            writer.add_histogram(f"{names(i, n)}.weight", model.w[i], step)
    writer.add_scalar("Loss/train", loss, step)
    writer.add_scalar("Accuracy/train", accuracy, step)


def norms(writer, model, step, loss, accuracy, gradients):
    """As Lightning's grad_norm logs them: the total first."""
    n = len(gradients)
    writer.add_scalar("grad_2.0_norm_total", np.sqrt(sum((g**2).sum() for pair in gradients for g in pair)), step)
    for i, (gw, gb) in enumerate(gradients):
        writer.add_scalar(f"grad_2.0_norm/{names(i, n)}.weight", np.linalg.norm(gw), step)
        writer.add_scalar(f"grad_2.0_norm/{names(i, n)}.bias", np.linalg.norm(gb), step)
    writer.add_scalar("train_loss_step", loss, step)


def backwards(writer, model, step, loss, accuracy, gradients):
    """As a backward hook sees them: the output layer first. Buckets of equal width."""
    for i in reversed(range(len(gradients))):
        writer.add_histogram(f"gradients/fc{i + 1}", gradients[i][0], step, bins="auto")
    writer.add_scalar("loss", loss, step)


def main():
    deep = [2] + [8] * 6 + [1]
    runs = {
        "histograms": lambda f: run(f, Perceptron([2, 16, 16, 1], "relu", 1.4), 0.5, histograms),
        "histograms-vanishing": lambda f: run(f, Perceptron(deep, "sigmoid", 1.0), 0.1, histograms),
        "norms": lambda f: run(f, Perceptron([2, 16, 16, 1], "relu", 1.4), 0.5, norms),
        "norms-vanishing": lambda f: run(f, Perceptron(deep, "sigmoid", 1.0), 0.1, norms),
        "backwards-vanishing": lambda f: run(f, Perceptron(deep, "sigmoid", 1.0), 0.1, backwards),
    }
    for name, make in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            make(folder)
            (path,) = pathlib.Path(folder).glob("*tfevents*")
            target = here / "tensorboardx" / name / "events.out.tfevents.1.gz"
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.mkdir(parents=True)
            target.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
            print(target.relative_to(here), target.stat().st_size)


main()
