"""Makes sklearn.json: what sklearn.metrics says of predictions, for metrics_test.go.

usage: make_sklearn.py SKLEARN.json
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics

random = np.random.RandomState(3)


def curve(name, scores, labels):
    scores = np.asarray(scores, np.float32)
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores)
    return {"name": name, "scores": [float(s) for s in scores], "labels": [int(l) for l in labels],
            "fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist(),
            "auc": metrics.roc_auc_score(labels, scores)}


def confusion(name, classes, labels, predicted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts of nothing
        precision, recall, f1, support = metrics.precision_recall_fscore_support(
            labels, predicted, labels=range(classes), zero_division=0)
        balanced = metrics.balanced_accuracy_score(labels, predicted)
        macro = metrics.f1_score(labels, predicted, labels=range(classes), average="macro", zero_division=0)
    return {"name": name, "classes": classes, "labels": [int(l) for l in labels], "predicted": [int(p) for p in predicted],
            "matrix": metrics.confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
            "macro_f1": macro, "balanced_accuracy": balanced, "accuracy": metrics.accuracy_score(labels, predicted)}


labels = random.randint(0, 2, 200)
noisy = labels + random.normal(0, 0.8, 200)
three = random.randint(0, 3, 300)
guess = np.where(random.rand(300) < 0.7, three, random.randint(0, 3, 300))
values = random.normal(150, 70, 80)
cases = {
    "versions": {"scikit-learn": sklearn.__version__},
    "curves": [
        curve("no ties", noisy, labels),
        curve("ties", np.round(noisy), labels),
        curve("many ties", np.round(noisy * 2) / 2, labels),
        curve("all the same", np.ones(20), labels[:20]),
        curve("right", labels, labels),
        curve("wrong", -labels, labels),
        curve("two points", [0.3, 0.7], [0, 1]),
        curve("few", [0.1, 0.4, 0.35, 0.8, 0.8, 0.35], [0, 0, 1, 1, 0, 1]),
    ],
    "confusions": [
        confusion("two classes", 2, labels, (noisy > 0.5).astype(int)),
        confusion("three classes", 3, three, guess),
        confusion("a class never predicted", 3, three, np.where(guess == 1, 0, guess)),
        confusion("a class without rows", 4, three, np.where(three == 0, 3, guess)),
    ],
    "regressions": [
        {"values": values.tolist(), "predicted": p.tolist(), "r2": metrics.r2_score(values, p)}
        for p in (values + random.normal(0, 30, 80), np.full(80, values.mean()), np.zeros(80))
    ],
}
open(sys.argv[1], "w").write(json.dumps(cases) + "\n")
