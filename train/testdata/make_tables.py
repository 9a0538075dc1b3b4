"""Makes tables/, see README.md: scikit-learn's data sets as CSV files, and what its perceptrons make of them.

usage: make_tables.py TABLES_FOLDER
"""

import gzip
import io
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

TEST_FRACTION, EPOCHS, SEEDS = 0.3, 60, range(10)
HIDDEN, BATCH_SIZE, RATE = (32, 16), 32, 0.001


def load(name):
    data = datasets.load_diabetes(scaled=False) if name == "diabetes" else getattr(datasets, "load_" + name)()
    order = np.random.RandomState(0).permutation(len(data.target))  # iris and wine are sorted by class
    target = data.target if name in ("diabetes", "digits") else np.array(data.target_names)[data.target]
    return data.data[order], target[order], list(data.feature_names)


def write(path, x, y, names):
    text = io.StringIO()
    text.write(",".join(n.replace(" (cm)", "") for n in names) + ",target\n")
    for row, label in zip(x, y):
        text.write(",".join(format(v, ".12g") for v in row) + f",{label:.12g}\n" if isinstance(label, float)
                   else ",".join(format(v, ".12g") for v in row) + f",{label}\n")
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


def train(name, x, y):
    test = int(np.ceil(len(y) * TEST_FRACTION))
    scaler = StandardScaler().fit(x[:-test])
    x = scaler.transform(x)
    kind = MLPClassifier
    if name == "diabetes":
        kind, y = MLPRegressor, (y - y[:-test].mean()) / y[:-test].std()
    scores = []
    for seed in SEEDS:
        model = kind(hidden_layer_sizes=HIDDEN, activation="relu", solver="adam", alpha=0, batch_size=BATCH_SIZE,
                     learning_rate_init=RATE, max_iter=EPOCHS, n_iter_no_change=EPOCHS + 1, tol=0, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it has not converged
            model.fit(x[:-test], y[:-test])
        scores.append([model.score(x[:-test], y[:-test]), model.score(x[-test:], y[-test:])])
    result = {"train": [s[0] for s in scores], "test": [s[1] for s in scores]}
    if name != "diabetes":
        _, part = train_test_split(y, test_size=TEST_FRACTION, stratify=y, random_state=0)
        result["stratified"] = {str(c): int(n) for c, n in zip(*np.unique(part, return_counts=True))}
    return result


def main():
    folder = pathlib.Path(sys.argv[1])
    results = {}
    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        x, y, names = load(name)
        write(folder / (name + (".csv.gz" if name in ("digits", "breast_cancer") else ".csv")), x, y, names)
        results[name] = train(name, x, y)
    (folder / "sklearn.json").write_text(json.dumps({
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "test_fraction": TEST_FRACTION, "epochs": EPOCHS, "hidden": HIDDEN, "batch_size": BATCH_SIZE,
        "learning_rate": RATE, "results": results}, indent=1) + "\n")


main()
