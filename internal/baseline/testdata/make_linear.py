"""Makes linear.json: what scikit-learn's linear models predict for the last 30 % of the rows of its data sets.

usage: make_linear.py FOLDER OUTPUT   (FOLDER holds train/testdata/tables)

scikit-learn 1.9.1, NumPy 2.4.6: pip install scikit-learn==1.9.1 numpy==2.4.6
"""

import csv
import gzip
import json
import pathlib
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TEST_FRACTION, ROWS = 0.3, 5


def read(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([r[:-1] for r in rows], float), np.array([r[-1] for r in rows])


def main():
    folder, results = pathlib.Path(sys.argv[1]), {}
    for path in sorted(folder.glob("*.csv*")):
        x, y = read(path)
        train = len(y) - int(np.ceil(len(y) * TEST_FRACTION))
        name = path.name.split(".")[0]
        for weight in (None, "balanced") if name == "breast_cancer" else (None,):
            if name == "diabetes":
                y, model = y.astype(float), Ridge(solver="svd")
            else:
                y = y.astype(int) if name == "digits" else y
                model = LogisticRegression(tol=1e-10, max_iter=100000, class_weight=weight)
            model = make_pipeline(StandardScaler(), model).fit(x[:train], y[:train])
            predicted = model.predict(x[train:]) if name == "diabetes" else model.decision_function(x[train:])
            results[path.name + ("" if weight is None else ":" + weight)] = {
                "score": model.score(x[train:], y[train:]),
                "predicted": predicted[:ROWS].reshape(ROWS, -1).tolist()}
    pathlib.Path(sys.argv[2]).write_text(json.dumps(results, indent=1) + "\n")


main()
