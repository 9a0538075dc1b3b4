"""Makes keras_tasks.json, see README.md: what Keras makes of several classes and of regressions.

usage: make_keras_tasks.py TABLES_FOLDER KERAS_TASKS.json
with the folder that make_tables.py made
"""

import csv
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

TEST_FRACTION, BATCH_SIZE = 0.3, 32
CASES = {
    "softmax_iris_relu_2x6_sgd": dict(table="iris.csv", activation="relu", hidden_layers=2, units=6),
    "softmax_wine_tanh_1x8_adam": dict(table="wine.csv", activation="tanh", hidden_layers=1, units=8, optimizer="adam"),
    "softmax_wine_relu_3x5_batch_norm_sgd": dict(table="wine.csv", activation="relu", hidden_layers=3, units=5, batch_norm=True),
    "mse_diabetes_relu_2x6_sgd": dict(table="diabetes.csv", activation="relu", hidden_layers=2, units=6, scale_target=True),
    "mse_diabetes_tanh_1x8_adam_raw": dict(table="diabetes.csv", activation="tanh", hidden_layers=1, units=8, optimizer="adam",
                                           rate=0.05),
}


def load(path, regression, scale_target):
    rows = list(csv.reader(path.open()))[1:]
    x = np.array([[float(v) for v in row[:-1]] for row in rows])
    test = int(np.ceil(len(rows) * TEST_FRACTION))
    x = (x - x[:-test].mean(0)) / x[:-test].std(0)
    if regression:
        y = np.array([[float(row[-1])] for row in rows])
        if scale_target:
            y = (y - y[:-test].mean()) / y[:-test].std()
    else:
        classes = sorted({row[-1] for row in rows})
        y = np.eye(len(classes))[[classes.index(row[-1]) for row in rows]]
    x, y = x.astype(np.float32), y.astype(np.float32)
    return x[:-test], y[:-test], x[-test:], y[-test:]


def arrays(values):
    return [np.asarray(v).tolist() for v in values]


def run(folder, table, activation, hidden_layers, units, optimizer="sgd", batch_norm=False, scale_target=False, rate=None,
        epochs=12):
    regression = table == "diabetes.csv"
    x, y, x_test, y_test = load(folder / table, regression, scale_target)
    keras.utils.set_random_seed(1)
    h = inputs = keras.Input((x.shape[1],))
    for _ in range(hidden_layers):
        h = keras.layers.Dense(units, kernel_initializer="he_uniform" if activation == "relu" else "glorot_uniform")(h)
        if batch_norm:
            h = keras.layers.BatchNormalization()(h)
        h = keras.layers.Activation(activation)(h)
    outputs = keras.layers.Dense(y.shape[1], activation=None if regression else "softmax")(h)
    model = keras.Model(inputs, outputs)
    rate = rate or (0.01 if optimizer == "sgd" else 0.001)
    loss, metric = ("mse", "mae") if regression else ("categorical_crossentropy", "accuracy")
    model.compile(keras.optimizers.SGD(rate, momentum=0.9) if optimizer == "sgd" else keras.optimizers.Adam(rate),
                  loss=loss, metrics=[metric])
    of = keras.losses.mean_squared_error if regression else keras.losses.categorical_crossentropy

    def gradients():
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(of(tf.constant(y_test), model(x_test, training=False)))
        kernels = [v for v in model.trainable_variables if v.name == "kernel"]
        return [float(tf.norm(g)) for g in tape.gradient(value, kernels)]

    initial = arrays(model.get_weights())
    per_epoch = []
    for _ in range(epochs):
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=0)
        train, test = (model.evaluate(a, b, batch_size=len(a), verbose=0) for a, b in ((x, y), (x_test, y_test)))
        per_epoch.append({"train_loss": train[0], "train_accuracy": train[1], "test_loss": test[0], "test_accuracy": test[1],
                          "test_gradient_l2": gradients()})
    return {"table": table, "activation": activation, "hidden_layers": hidden_layers, "units": units, "optimizer": optimizer,
            "batch_norm": batch_norm, "scale_target": scale_target, "rate": rate, "epochs": epochs, "batch_size": BATCH_SIZE,
            "initial": initial, "per_epoch": per_epoch, "final": arrays(model.get_weights())}


def main():
    folder = pathlib.Path(sys.argv[1])
    cases = {name: run(folder, **case) for name, case in CASES.items()}
    pathlib.Path(sys.argv[2]).write_text(json.dumps(cases) + "\n")


main()
