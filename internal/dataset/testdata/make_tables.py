"""Makes tables.json: what scikit-learn makes of a table with gaps and words, for sklearn_test.go.

usage: make_tables.py TABLES.json
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS, TRAIN = 60, 40
random = np.random.RandomState(11)
numbers = np.round(random.normal(50, 20, (ROWS, 3)), 1)
numbers[:, 2] = random.randint(0, 5, ROWS)  # so that a value is the most frequent
numbers[random.rand(ROWS, 3) < 0.15] = np.nan
words = np.array(["red", "green", "blue", "a, b", "10", "9"])[random.randint(0, 6, ROWS)]
words[:TRAIN][words[:TRAIN] == "green"] = "red"  # a category that no training row has
encoder = OneHotEncoder(categories=[["9", "10", "a, b", "blue", "red"]], handle_unknown="ignore", sparse_output=False)
hot = encoder.fit(words[:TRAIN, None]).transform(words[:, None])

missing = {}
for name, strategy in (("mean", "mean"), ("median", "median"), ("most-frequent", "most_frequent")):
    filled = SimpleImputer(strategy=strategy).fit(numbers[:TRAIN]).transform(numbers)
    missing[name] = np.hstack([StandardScaler().fit(filled[:TRAIN]).transform(filled), hot]).tolist()

labels = random.randint(0, 3, ROWS)
table = "a,b,c,word,label\n" + "".join(
    ",".join("" if np.isnan(v) else format(v, ".1f") for v in row) + f',"{word}",{label}\n'
    for row, word, label in zip(numbers, words, labels))
json.dump({"versions": {"scikit-learn": sklearn.__version__}, "train": TRAIN, "table": table, "missing": missing}, open(sys.argv[1], "w"))
