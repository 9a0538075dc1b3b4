"""Writes the event files of Keras 3 that the tests read, healthy runs and runs that are broken on purpose, into this folder:

    .runtime/keras/bin/python internal/conventions/testdata/keras_runs.py

Each model trains by a GradientTape; tf.summary.histogram records gradients and weights, tf.summary.scalar the loss. "callback" is trained by
model.fit with Keras's own TensorBoard callback, whose files are in the folders train and validation; its gradients come from a callback.
"""

import gzip
import os
import pathlib
import shutil
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

here = pathlib.Path(__file__).parent
layers = keras.layers
STEPS = 40


def points():
    """Two classes of points, in and around a circle."""
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (512, 2)).astype("float32") * 1.5
    return x, (np.hypot(x[:, 0], x[:, 1]) < 0.9).astype("float32")[:, None]


def pictures():
    """Pictures of 12 x 12 pixels with a bar that stands or lies."""
    random = np.random.default_rng(2)
    x = random.normal(0, 0.3, (256, 12, 12, 1)).astype("float32")
    y = random.integers(0, 2, 256)
    for picture, lies in zip(x, y):
        at = random.integers(2, 10)
        if lies:
            picture[at, 2:10] += 1.5
        else:
            picture[2:10, at] += 1.5
    return x, y.astype("float32")[:, None]


def sequences():
    """Sequences of 20 numbers; the class is the sign of the sum of the last eight."""
    random = np.random.default_rng(3)
    x = random.normal(0, 1, (512, 20, 1)).astype("float32")
    return x, (x[:, -8:].sum(axis=1) > 0).astype("float32")


def dense(depth, activation, initializer="glorot_uniform"):
    hidden = [layers.Dense(8, activation, kernel_initializer=initializer, name=f"dense_{i}") for i in range(1, depth + 1)]
    return keras.Sequential([layers.Input((2,)), *hidden, layers.Dense(1, "sigmoid", name="out")])


def conv(activation, depth=2):
    stack = []
    for i in range(depth):
        stack += [layers.Conv2D(6, 3, padding="same", activation=activation, name=f"conv2d_{i}")]
        if i < 2:
            stack += [layers.MaxPooling2D(name=f"pool_{i}")]
    return keras.Sequential([layers.Input((12, 12, 1)), *stack, layers.Flatten(), layers.Dense(1, "sigmoid", name="head")])


def lstm(depth=1):
    stack = [layers.LSTM(8, return_sequences=i < depth - 1, name=f"lstm_{i}") for i in range(depth)]
    return keras.Sequential([layers.Input((20, 1)), *stack, layers.Dense(1, "sigmoid", name="out")])


def train(folder, model, data, optimizer, steps=STEPS, inner=8):
    x, y = data
    writer = tf.summary.create_file_writer(str(folder))
    loss_of = keras.losses.BinaryCrossentropy()
    with writer.as_default():
        for step in range(steps):
            for i in range(inner):
                rows = slice(i * 32, i * 32 + 32)
                with tf.GradientTape() as tape:
                    loss = loss_of(y[rows], model(x[rows], training=True))
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply(gradients, model.trainable_variables)
            for g, v in zip(gradients, model.trainable_variables):
                if "bias" not in v.path or step % 8 == 0:
                    tf.summary.histogram(f"{v.path}_grad", g, step, buckets=20)
                    tf.summary.histogram(v.path, v, step, buckets=20) if step % 8 == 0 else None
            tf.summary.scalar("loss", loss_of(y, model(x)), step)
    writer.close()


class Gradients(keras.callbacks.Callback):
    """Records the gradients of each epoch."""

    def __init__(self, folder, data):
        super().__init__()
        self.writer, self.data = tf.summary.create_file_writer(str(folder)), data

    def on_epoch_end(self, epoch, logs=None):
        x, y = self.data
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x, y, self.model(x, training=True))
        gradients = tape.gradient(loss, self.model.trainable_variables)
        with self.writer.as_default():
            for g, v in zip(gradients, self.model.trainable_variables):
                tf.summary.histogram(f"{v.path}/gradient", g, epoch, buckets=20)


def fit(folder, model, data):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    x, y = data
    board = keras.callbacks.TensorBoard(str(folder), write_graph=False, histogram_freq=0)
    model.fit(x[:256], y[:256], validation_data=(x[256:], y[256:]), epochs=30, verbose=0,
              callbacks=[board, Gradients(folder / "gradients", (x[:256], y[:256]))])


def main():
    sgd, adam = keras.optimizers.SGD, keras.optimizers.Adam
    runs = {
        "dense": lambda f: train(f, dense(3, "relu", "he_normal"), points(), adam(0.01)),
        "dense-vanishing": lambda f: train(f, dense(8, "sigmoid"), points(), sgd(0.01)),
        "dense-saturated": lambda f: train(f, dense(3, "relu", keras.initializers.RandomNormal(0, 4)), points(), sgd(10.0)),
        "dense-dead": lambda f: train(f, keras.Sequential([
            layers.Input((2,)), layers.Dense(8, "relu", name="first"),
            layers.Dense(8, "relu", name="dead", bias_initializer=keras.initializers.Constant(-50)),
            layers.Dense(1, "sigmoid", name="out")]), points(), sgd(0.1)),
        "dense-nan": lambda f: train(f, keras.Sequential([
            layers.Input((2,)), layers.Dense(8, "exponential", name="first"), layers.Dense(8, "exponential", name="second"),
            layers.Dense(1, name="out")]), (points()[0] * 20, points()[1]), sgd(1.0)),
        "conv": lambda f: train(f, conv("relu"), pictures(), adam(0.01)),
        "conv-vanishing": lambda f: train(f, conv("sigmoid", 6), pictures(), sgd(0.01)),
        "lstm": lambda f: train(f, lstm(), sequences(), adam(0.02)),
        "callback": lambda f: fit(f, dense(2, "relu", "he_normal"), points()),
    }
    for name in sys.argv[1:] or runs:
        keras.utils.set_random_seed(1)
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary) / name
            runs[name](folder)
            target = here / "keras" / name
            shutil.rmtree(target, ignore_errors=True)
            for path in sorted(folder.rglob("*tfevents*")):
                if path.name.endswith(".profile-empty"):
                    continue
                to = target / path.relative_to(folder).parent / "events.out.tfevents.1.gz"
                to.parent.mkdir(parents=True, exist_ok=True)
                assert not to.exists(), to
                to.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
                print(to.relative_to(here), to.stat().st_size)


main()
