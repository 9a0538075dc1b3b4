"""Makes what cases need: CSV files, initial weights, and how well a data set's points can be told apart.

All of it is a function of the case: made again, it is the same.
"""

import csv
import functools
import heapq
import json
import math
import random
import subprocess
from collections import Counter
from dataclasses import dataclass

from tables import Table

NEIGHBOURS = 15
NEIGHBOURS_RARE = 5  # where a class is rare: fewer of its rows are near


class Failed(Exception):
    """A program that ended with an error: the message is one line."""


@dataclass(frozen=True)
class Ceiling:
    """What a model is compared with: the score of one that has learned nothing, and the score that can be reached.

    The score is the test accuracy: guessing answers the larger class; the other is that of a vote of the nearest
    training rows, or of a table's rule. The score of a regression is the part of guessing's mean absolute error that
    the model takes away; guessing answers the training rows' mean, so its own score is 0.
    """

    guess: float
    reach: float


def write_points(gradwatch, points, folder):
    """Writes the CSV file of these points into folder, unless it is there, and returns its path."""
    path = folder / f"{points.name}.csv"
    if path.exists():
        return path
    if isinstance(points, Table):
        rows, _ = points.make()
        write_rows(path, (*(f"x{number}" for number in range(1, len(rows[0]))), "y"), rows)
        return path
    if points.changed:
        rows = read(write_points(gradwatch, points.plain(), folder))
        write_rows(path, ("x1", "x2", "label"), change(points, rows))
        return path
    command = [gradwatch, "data", f"--dataset={points.dataset}", f"--samples={points.samples}",
               f"--noise={points.noise:g}", f"--data-seed={points.seed}", f"--out={folder / points.name}",
               "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed((done.stderr.strip().splitlines() or ["gradwatch data: it said nothing"])[-1])
    return path


def write_rows(path, header, rows):
    """Writes a CSV file, in one rename."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(map(repr, row) for row in rows)
    partial.rename(path)


def read(path):
    """Returns the rows of a CSV file of gradwatch data: x1, x2, label."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        return [(float(x1), float(x2), int(label)) for x1, x2, label in lines]


def change(points, rows):
    """Returns rows changed as points says."""
    rows = [(x1 * points.factor, x2 * points.factor, label) for x1, x2, label in rows]
    if points.minority:
        others = sum(label == 0 for _, _, label in rows)
        left = round(others * points.minority / (1 - points.minority))
        kept = []
        for row in rows:
            left -= row[2]
            if row[2] == 0 or left >= 0:
                kept.append(row)
        # The last rows of class 1 are gone, so the order is drawn anew: the last half is the test set.
        random.Random(points.seed).shuffle(kept)
        rows = kept
    if points.labels:
        labels = [label for _, _, label in rows]
        random.Random(points.labels).shuffle(labels)
        rows = [(x1, x2, label) for (x1, x2, _), label in zip(rows, labels)]
    half = len(rows) // 2
    if points.sort == "x1":
        rows = sorted(rows)
    elif points.sort == "halves":
        rows = sorted(rows[:half]) + sorted(rows[half:])
    elif points.sort == "labels":
        rows = sorted(rows[:half], key=lambda row: row[2]) + rows[half:]
    return rows


@functools.cache
def limits(points, folder):
    """Returns the Ceiling of points or a table whose file is in folder."""
    if isinstance(points, Table):
        return table_ceiling(points)
    return ceiling(read(folder / f"{points.name}.csv"), NEIGHBOURS_RARE if points.minority else NEIGHBOURS)


def table_ceiling(table):
    """Returns what the table's rule reaches on the last half of the rows."""
    rows, best = table.make()
    half = len(rows) // 2
    values = [row[-1] for row in rows]
    test, answers = values[half:], best[half:]
    if table.regression:
        return Ceiling(0, 1 - mean_error(test, answers) / guess_error(values))
    larger, _ = Counter(values[:half]).most_common(1)[0]
    return Ceiling(test.count(larger) / len(test), sum(map(int.__eq__, test, answers)) / len(test))


def mean_error(values, answers):
    return sum(abs(value - answer) for value, answer in zip(values, answers)) / len(values)


def guess_error(values):
    """Returns the mean absolute error on the last half of values of answering the mean of the first half."""
    half = len(values) // 2
    mean = sum(values[:half]) / half
    return mean_error(values[half:], [mean] * (len(values) - half))


def ceiling(rows, neighbours=NEIGHBOURS):
    """Returns what can be reached on the last half of the rows, knowing the first."""
    half = len(rows) // 2
    train, test = rows[:half], rows[half:]
    right = 0
    for x1, x2, label in test:
        near = heapq.nsmallest(neighbours, (((x1 - a) ** 2 + (x2 - b) ** 2, c) for a, b, c in train))
        right += (2 * sum(c for _, c in near) > neighbours) == label
    ones = sum(label for _, _, label in test) / len(test)
    return Ceiling(max(ones, 1 - ones), right / len(test))


def weights(model, inputs=2):
    """Returns the initial weights of a model: kernel, bias, kernel, bias, ..., as Keras's get_weights.

    Kernels are He uniform, the output's Glorot uniform, biases 0 but for the model's own.
    """
    rng = random.Random(model.seed)
    tensors, before = [], inputs
    for number, units in enumerate((*model.layers, 1), 1):
        limit = math.sqrt(6 / (before + units if number > len(model.layers) else before))
        tensors.append([[rng.uniform(-limit, limit) for _ in range(units)] for _ in range(before)])
        tensors.append([0.0] * units)
        if number in model.bias.layers:
            changed = model.bias.units or units
            tensors[-1][:changed] = [model.bias.value] * changed
        before = units
    return tensors


def write_weights(case, folder):
    """Writes the file of a case's initial weights into folder, if it has one."""
    if case.weights:
        (folder / f"{case.weights}.json").write_text(json.dumps(weights(case.model)), encoding="utf-8")
