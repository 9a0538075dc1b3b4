"""Keras's side of scripts/bench-stream: a model trained by fit on a CSV file that tf.data streams.

usage: keras_csv.py --data FILE.csv --rows N --pipeline lines|csv [flags, see --help]

The file has a header, inputs that are scaled already, and the class, 0 or 1, last. All of its rows train. Prints the
seconds of each epoch as one line of JSON. Two pipelines: "csv" is tf.data.experimental.CsvDataset, row by row, as
the guide has it; "lines" splits whole batches of lines at once by tf.io.decode_csv, the faster one.
"""

import argparse
import json
import resource
import time

import keras
import tensorflow as tf


def records(args, columns):
    """Returns the rows as batches of inputs [batch, columns-1] and classes [batch]."""
    defaults = [0.0] * columns
    if args.pipeline == "csv":
        data = tf.data.experimental.CsvDataset(args.data, defaults, header=True)
        data = data.shuffle(args.shuffle_buffer).batch(args.batch_size)
        return data.map(lambda *row: (tf.stack(row[:-1], axis=1), row[-1]), num_parallel_calls=tf.data.AUTOTUNE)
    data = tf.data.TextLineDataset(args.data).skip(1).shuffle(args.shuffle_buffer).batch(args.batch_size)

    def split(lines):
        row = tf.io.decode_csv(lines, defaults)
        return tf.stack(row[:-1], axis=1), row[-1]

    return data.map(split, num_parallel_calls=tf.data.AUTOTUNE)


class Clock(keras.callbacks.Callback):
    """Keeps the seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(time.perf_counter() - self.begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--rows", required=True, type=int)
    parser.add_argument("--pipeline", required=True, choices=["lines", "csv"])
    parser.add_argument("--layers", default="64,64", help="widths of the hidden layers")
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--shuffle-buffer", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()

    with open(args.data, encoding="utf-8") as file:
        columns = file.readline().count(",") + 1
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((columns - 1,))])
    for units in map(int, args.layers.split(",")):
        model.add(keras.layers.Dense(units, activation="relu", kernel_initializer="he_uniform"))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(), metrics=["accuracy"])
    clock = Clock()
    history = model.fit(records(args, columns).prefetch(tf.data.AUTOTUNE), epochs=args.epochs, verbose=0, callbacks=[clock])
    print(json.dumps({
        "epochs": clock.epochs, "rows_per_second": [args.rows / s for s in clock.epochs],
        "loss": history.history["loss"], "accuracy": history.history["accuracy"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }))


if __name__ == "__main__":
    main()
