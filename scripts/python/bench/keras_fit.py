"""Keras's side of the benchmark: the tutorial's kind of model, trained by Keras's own fit on TensorFlow.

usage: keras_fit.py --data FILE.csv --train-rows N [flags, see --help]

Reads the points that `gradwatch data` wrote, scales the inputs to [-1, 1] over all rows as the tutorial does, trains on
the first N rows, and prints how it ended as one line of JSON.
"""

import argparse
import json

import keras
import numpy as np


def read_points(path):
    """Returns inputs [rows, 2], scaled to [-1, 1], and classes [rows], as float32."""
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    inputs, classes = table[:, :-1], table[:, -1]
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    return ((inputs - low) / (high - low) * 2 - 1).astype("float32"), classes.astype("float32")


def initializer(name):
    """Returns a Keras initializer by its name, or by "uniform:LOW,HIGH"."""
    if name.startswith("uniform:"):
        low, high = map(float, name.removeprefix("uniform:").split(","))
        return keras.initializers.RandomUniform(low, high)
    return keras.initializers.get(name)


def build(args):
    """Returns the compiled model. A fresh initializer a layer: Keras repeats the values of one that is used again."""
    model = keras.Sequential([keras.Input((2,))])
    for units in map(int, args.layers.split(",")):
        model.add(keras.layers.Dense(units, activation=args.activation,
                                     kernel_initializer=initializer(args.kernel_initializer)))
    # The output stays float32, as Keras's guide to mixed precision asks.
    model.add(keras.layers.Dense(1, activation="sigmoid", dtype="float32",
                                 kernel_initializer=initializer(args.output_initializer)))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),
                  metrics=["accuracy"])
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--train-rows", required=True, type=int)
    parser.add_argument("--layers", required=True, help="widths of the hidden layers, such as 5,5,5")
    parser.add_argument("--activation", required=True)
    parser.add_argument("--kernel-initializer", required=True)
    parser.add_argument("--output-initializer", default="glorot_uniform")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--validation", action="store_true", help="the rows that don't train are validation_data")
    parser.add_argument("--precision", default="float32", help="Keras's dtype policy, such as mixed_bfloat16")
    parser.add_argument("--histograms", metavar="FOLDER", help="the TensorBoard callback with histogram_freq=1")
    args = parser.parse_args()

    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(args.precision)
    inputs, classes = read_points(args.data)
    n = args.train_rows
    model = build(args)
    callbacks = []
    if args.histograms:
        callbacks.append(keras.callbacks.TensorBoard(log_dir=args.histograms, histogram_freq=1))
    history = model.fit(inputs[:n], classes[:n], batch_size=args.batch_size, epochs=args.epochs, verbose=0,
                        validation_data=(inputs[n:], classes[n:]) if args.validation else None, callbacks=callbacks)
    ended = {name: values[-1] for name, values in history.history.items()}
    print(json.dumps({"jit_compile": model.jit_compile, "epochs": len(history.epoch), **ended}))


if __name__ == "__main__":
    main()
