"""What is compared on a split: guessing, scikit-learn's linear model and perceptron, and gradwatch, each with its defaults.

Every side gets the same rows. scikit-learn's get them through one pipeline: missing numbers by the median, missing words
by the most frequent, standard scaling, one-hot columns. gradwatch gets two CSV files and no other flag.
"""

import json
import shlex
import subprocess
import time
import warnings

import numpy
import pandas
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TEST_SHARE = 0.2


class Failed(Exception):
    """gradwatch did not do what it was asked for: the message has its last words."""


def split(frame, table, seed):
    """Returns the training and the test rows of a split; of classes, both parts have the same shares."""
    classes = frame[table.target] if table.task == "classification" else None
    return train_test_split(frame, test_size=TEST_SHARE, random_state=seed, stratify=classes)


def pipeline(model, frame, target):
    """Returns the model behind the preparation that every side of scikit-learn's has."""
    inputs = frame.columns.drop(target)
    numbers = [name for name in inputs if pandas.api.types.is_numeric_dtype(frame[name])]
    words = [name for name in inputs if name not in numbers]
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="most_frequent"),
                       OneHotEncoder(handle_unknown="ignore", sparse_output=False)), words))
    return make_pipeline(prepared, model)


def scikit_learn(table, train, test, seed):
    """Returns the scores of scikit-learn's sides by their names: accuracy, or R2 of a regression."""
    if table.task == "classification":
        models = {"guess": DummyClassifier(), "linear": LogisticRegression(max_iter=1000),
                  "MLP": MLPClassifier(random_state=seed)}
    else:
        models = {"guess": DummyRegressor(), "linear": Ridge(), "MLP": MLPRegressor(random_state=seed)}
    # SimpleImputer takes missing words only as NaN among objects.
    train, test = (rows.apply(lambda column: column if pandas.api.types.is_numeric_dtype(column) else
                              column.astype(object).where(column.notna(), numpy.nan)) for rows in (train, test))
    scores = {}
    for name, model in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the perceptron's default is 200 epochs, done or not
            warnings.filterwarnings("ignore", message="Found unknown categories")
            fitted = pipeline(model, train, table.target).fit(train.drop(columns=table.target), train[table.target])
            scores[name] = fitted.score(test.drop(columns=table.target), test[table.target])
    return scores


def gradwatch(program, folder, name, train, test):
    """Returns the score of gradwatch train with nothing but the files, the seconds, and the folder of the run."""
    files = []
    for part, rows in (("train", train), ("test", test)):
        files.append(folder / f"{name}-{part}.csv")
        rows.to_csv(files[-1], index=False)
    command = [program, "train", "--dataset", files[0], "--test", files[1], "--logdir", folder / "logs", "--run", name,
               "--quiet"]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise Failed(f"gradwatch train on {name}: exit status {done.returncode}: {done.stderr.strip()}")
    seconds = time.monotonic() - began
    run = folder / "logs" / name
    return score(json.loads((run / "summary.json").read_text(encoding="utf-8"))), seconds, run


def score(summary):
    """Returns a run's score on its test rows."""
    if summary["effective"]["task"] == "regression":
        return summary["evaluation"]["r2"][0]
    return summary["result"][0]["val_accuracy"]


def try_fixes(program, folder, run, budget, metric):
    """Returns the score on the test rows of the run that gradwatch diagnose --try-fixes recommends, trained by the command
    that it prints; None if it recommends none."""
    done = subprocess.run([program, "diagnose", "--try-fixes", "--budget", budget, "--metric", metric, run], capture_output=True, text=True,
                          check=False, cwd=folder)
    if done.returncode != 0:
        raise Failed(f"gradwatch diagnose --try-fixes {run.name}: exit status {done.returncode}: {done.stderr.strip()}")
    _, found, command = done.stdout.partition("Train it so:\n")
    if not found:
        return None
    words = shlex.split(command.split("\n\n")[0])
    better = folder / "logs" / f"{run.name}-fixed"
    subprocess.run([*words, "--logdir", better.parent, "--run", better.name, "--quiet"], capture_output=True, check=True,
                   cwd=folder)
    return score(json.loads((better / "summary.json").read_text(encoding="utf-8")))
