"""Makes keras_losses.json, see README.md: what Keras makes of losses and output layers, the usual and the foolish ones.

usage: make_keras_losses.py TABLES_FOLDER KERAS_LOSSES.json
with the folder that make_tables.py made
"""

import csv
import gzip
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

TEST_FRACTION, BATCH_SIZE, EPOCHS = 0.3, 32, 4
IRIS, CANCER, DIABETES = "iris.csv", "breast_cancer.csv.gz", "diabetes.csv"


def case(table, loss, output, units=1, **more):
    return dict(table=table, loss=loss, output=output, units_output=units, **more)


BCE, CCE, SPARSE = "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"
SLOW = 1e-3  # slopes of 1/p enlarge rounding
CASES = [
    # Two classes, one output, labels 0 and 1.
    case(CANCER, BCE, "sigmoid"), case(CANCER, BCE, "linear", rate=SLOW),
    case(CANCER, BCE, "relu", rate=SLOW), case(CANCER, BCE, "tanh"), case(CANCER, BCE, "softmax"),
    case(CANCER, "mse", "sigmoid"), case(CANCER, "mse", "softmax"), case(CANCER, "mse", "linear"), case(CANCER, "mae", "sigmoid"),
    case(CANCER, "mae", "relu"), case(CANCER, "huber", "sigmoid"), case(CANCER, "hinge", "tanh"), case(CANCER, "hinge", "linear"),
    case(CANCER, "hinge", "sigmoid"), case(CANCER, "squared_hinge", "linear"), case(CANCER, "squared_hinge", "softsign"),
    case(CANCER, "poisson", "sigmoid"), case(CANCER, "poisson", "exponential"), case(CANCER, "log_cosh", "tanh"), case(CANCER, CCE, "softmax"),
    case(CANCER, "mse", "sigmoid", flags={"class-weight": "benign=0.25,malignant=2"}, class_weight=[0.25, 2]),
    # Two classes, two and more outputs, one-hot labels.
    case(CANCER, CCE, "softmax", 2), case(CANCER, BCE, "softmax", 2), case(CANCER, BCE, "sigmoid", 2), case(CANCER, "mse", "softmax", 2),
    case(CANCER, SPARSE, "softmax", 2), case(CANCER, CCE, "softmax", 3, flags={"class-weight": "benign=0.25,malignant=2"}, class_weight=[0.25, 2, 1]),
    # Three classes.
    case(IRIS, "mse", "softmax", 3), case(IRIS, "mae", "softmax", 3), case(IRIS, "huber", "linear", 3), case(IRIS, "log_cosh", "softmax", 3),
    case(IRIS, "poisson", "softmax", 3), case(IRIS, BCE, "sigmoid", 3), case(IRIS, BCE, "linear", 3, rate=SLOW), case(IRIS, CCE, "sigmoid", 3),
    case(IRIS, CCE, "linear", 3, rate=SLOW), case(IRIS, CCE, "softplus", 3), case(IRIS, SPARSE, "softmax", 3),
    case(IRIS, SPARSE, "sigmoid", 3), case(IRIS, SPARSE, "softplus", 3), case(IRIS, SPARSE, "linear", 3), case(IRIS, "hinge", "linear", 3),
    case(IRIS, "squared_hinge", "tanh", 3), case(IRIS, "hinge", "softmax", 3), case(IRIS, CCE, "softmax", 10), case(IRIS, SPARSE, "softmax", 10),
    case(IRIS, "mse", "relu", 5), case(IRIS, BCE, "sigmoid", 1), case(IRIS, "mse", "linear", 1), case(IRIS, "mse", "softmax", 1),
    case(IRIS, "hinge", "linear", 1),
    # A number.
    case(DIABETES, "mae", "linear"), case(DIABETES, "huber", "linear"), case(DIABETES, "log_cosh", "linear"), case(DIABETES, "hinge", "linear"),
    case(DIABETES, "mse", "relu"), case(DIABETES, "mse", "tanh"), case(DIABETES, "mse", "softmax"), case(DIABETES, BCE, "sigmoid"),
    case(DIABETES, "mse", "sigmoid", raw=True), case(DIABETES, "mae", "exponential", raw=True, rate=1e-4),
    case(DIABETES, "poisson", "softplus", raw=True, rate=1e-3), case(DIABETES, CCE, "softmax"),
    # Without a hidden layer.
    case(CANCER, BCE, "sigmoid", hidden_layers=0), case(IRIS, CCE, "softmax", 3, hidden_layers=0),
    case(DIABETES, "mse", "linear", hidden_layers=0), case(DIABETES, "mse", "linear", hidden_layers=0, optimizer="adam", rate=0.05, raw=True),
]


def name_of(c):
    more = "".join([f"_{c['hidden_layers']}_hidden" if "hidden_layers" in c else "", "_raw" if c.get("raw") else "",
                    "_class_weight" if "class_weight" in c else "", f"_{c['optimizer']}" if "optimizer" in c else ""])
    return f"{c['table'].split('.')[0]}_{c['loss']}_{c['output']}_{c['units_output']}{more}"


def load(folder, c):
    path = folder / c["table"]
    with (gzip.open(path, "rt") if path.suffix == ".gz" else path.open()) as file:
        rows = list(csv.reader(file))[1:]
    x = np.array([[float(v) for v in row[:-1]] for row in rows])
    test = int(np.ceil(len(rows) * TEST_FRACTION))
    x = (x - x[:-test].mean(0)) / x[:-test].std(0)
    if c["table"] == DIABETES:
        y = np.array([[float(row[-1])] for row in rows])
        if not c.get("raw"):
            y = (y - y[:-test].mean()) / y[:-test].std()
    else:
        classes = sorted({row[-1] for row in rows})
        y = np.array([[float(classes.index(row[-1]))] for row in rows])
        if c["units_output"] > 1 and c["loss"] != SPARSE:
            y = np.eye(c["units_output"])[y[:, 0].astype(int)]
    x, y = x.astype(np.float32), y.astype(np.float32)
    return (x[:-test], y[:-test]), (x[-test:], y[-test:])


def lists(arrays):
    """Returns arrays as nested lists of numbers of 9 significant digits, a float32's."""
    if isinstance(arrays, list):
        return [lists(a) for a in arrays]
    return [lists(a) for a in arrays] if arrays.ndim else float(f"{arrays:.9g}")


def run(folder, c):
    (x, y), (x_test, y_test) = load(folder, c)
    keras.utils.set_random_seed(1)
    h = inputs = keras.Input((x.shape[1],))
    hidden, rate = c.get("hidden_layers", 1), c.get("rate", 0.01)
    for _ in range(hidden):
        h = keras.layers.Dense(4, activation="tanh")(h)
    model = keras.Model(inputs, keras.layers.Dense(c["units_output"], activation=c["output"])(h))
    optimizer = keras.optimizers.Adam(rate) if c.get("optimizer") == "adam" else keras.optimizers.SGD(rate, momentum=0.9)
    model.compile(optimizer, loss=c["loss"], metrics=["mae" if c["table"] == DIABETES else "accuracy"])
    weights = None
    if "class_weight" in c:
        weights = dict(enumerate(c["class_weight"]))

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            value = model.compute_loss(y=tf.constant(y_test), y_pred=model(x_test, training=False))
        return tape.gradient(value, [v for v in model.trainable_variables if v.name == "kernel"])

    initial = lists(model.get_weights())
    per_epoch = []
    for _ in range(EPOCHS):
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=0, class_weight=weights)
        train, test = (model.evaluate(a, b, batch_size=len(a), verbose=0) for a, b in ((x, y), (x_test, y_test)))
        # A kernel that nothing depends on has no gradient: it is 0.
        norms = [0.0 if g is None else float(tf.norm(g)) for g in gradients()]
        per_epoch.append({"train_loss": train[0], "train_accuracy": train[1], "test_loss": test[0], "test_accuracy": test[1],
                          "test_gradient_l2": norms})
    flags = c.get("flags", {}) | {"loss": c["loss"], "output-activation": c["output"], "units-output": c["units_output"]}
    return {"table": c["table"], "flags": flags, "activation": "tanh", "hidden_layers": hidden, "units": 4, "optimizer": c.get("optimizer", "sgd"),
            "scale_target": not c.get("raw"), "rate": rate, "epochs": EPOCHS, "batch_size": BATCH_SIZE, "weighted": weights is not None,
            "initial": initial, "per_epoch": per_epoch, "final": lists(model.get_weights())}


def main():
    folder = pathlib.Path(sys.argv[1])
    cases = {name_of(c): run(folder, c) for c in CASES}
    if len(cases) < len(CASES):
        raise SystemExit("two cases have the same name")
    lines = [f"{json.dumps(name)}: {json.dumps(c, separators=(',', ':'))}" for name, c in cases.items()]
    pathlib.Path(sys.argv[2]).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
