"""Makes keras_training.json, see README.md: what Keras makes of penalties, class weights, optimizers, schedules,
activations and early stopping.

usage: make_keras_training.py CIRCLES.csv KERAS_TRAINING.json
with internal/dataset/testdata/circles_n1000_noise0.1_seed1.csv
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

TRAIN_ROWS, BATCH_SIZE = 500, 32
STEPS = -(-TRAIN_ROWS // BATCH_SIZE)  # an epoch
SGD, RATE = "sgd", 0.05

schedules = keras.optimizers.schedules


OPTIMIZERS = {c.__name__.lower(): c for c in (
    keras.optimizers.SGD, keras.optimizers.Adam, keras.optimizers.RMSprop, keras.optimizers.Adagrad, keras.optimizers.AdamW, keras.optimizers.Nadam,
    keras.optimizers.Adamax, keras.optimizers.Adadelta, keras.optimizers.Ftrl, keras.optimizers.Lion)}
RATES = {SGD: RATE, "adagrad": 0.1, "lion": 0.003}  # 0.01 for the others


def stop(patience, monitor="val_loss", min_delta=0.0, restore=False):
    return dict(patience=patience, monitor=monitor, min_delta=min_delta, restore=restore)


# Each case's flags are those by which gradwatch trains the same.
CASES = {
    "l2_tanh_2x5_sgd": dict(flags={"l2": 0.01}),
    # A weight that L1 has brought to 0 changes its sign by rounding alone: few epochs.
    "l1_tanh_2x5_adam": dict(optimizer="adam", epochs=5, flags={"l1": 0.002}),
    "l1_l2_batch_norm_tanh_2x5_sgd": dict(batch_norm=True, flags={"l1": 0.001, "l2": 0.02}),
    "l2_clipnorm_tanh_2x5_sgd": dict(clipnorm=0.1, flags={"l2": 0.05}),
    "class_weight_tanh_2x5_sgd": dict(class_weight={0: 1.0, 1: 3.5}, flags={"class-weight": "0=1,1=3.5"}),
    "class_weight_batch_norm_relu_2x5_sgd":
        dict(activation="relu", batch_norm=True, class_weight={1: 0.25}, flags={"class-weight": "1=0.25"}),
    "class_weight_balanced_tanh_1x5_sgd": dict(hidden_layers=1, class_weight="balanced", uneven=True, flags={"class-weight": "balanced"}),
    "step_tanh_2x5_sgd": dict(
        rate=lambda r: schedules.ExponentialDecay(r, 3 * STEPS, 0.5, staircase=True), flags={"learning-rate-schedule": "step:3,0.5"}),
    "exponential_tanh_2x5_adam": dict(
        optimizer="adam", rate=lambda r: schedules.ExponentialDecay(r, 4 * STEPS, 0.3), flags={"learning-rate-schedule": "exponential:4,0.3"}),
    "inverse_time_tanh_2x5_rmsprop": dict(
        optimizer="rmsprop", rate=lambda r: schedules.InverseTimeDecay(r, 2 * STEPS, 0.7), flags={"learning-rate-schedule": "inverse-time:2,0.7"}),
    "polynomial_relu_2x5_adagrad": dict(
        activation="relu", optimizer="adagrad", rate=lambda r: schedules.PolynomialDecay(r, 8 * STEPS, 0.001, 2.0),
        flags={"learning-rate-schedule": "polynomial:8,0.001,2"}),
    "cosine_tanh_2x5_sgd": dict(rate=lambda r: schedules.CosineDecay(r, 10 * STEPS, 0.1), flags={"learning-rate-schedule": "cosine:10,0.1"}),
    "warmup_cosine_tanh_2x5_sgd": dict(
        rate=lambda r: schedules.CosineDecay(0.0, 8 * STEPS, 0.0, warmup_target=r, warmup_steps=2 * STEPS),
        flags={"learning-rate-schedule": "warmup-cosine:2,8,0"}),
    "piecewise_tanh_2x5_sgd": dict(
        rate=lambda r: schedules.PiecewiseConstantDecay([4 * STEPS, 8 * STEPS], [r, 0.02, 0.2]),
        flags={"learning-rate-schedule": "piecewise:4,0.02,8,0.2"}),
    "warmup_tanh_2x5_sgd": dict(
        rate=lambda r: schedules.CosineDecay(0.0, 1000, 1.0, warmup_target=r, warmup_steps=3 * STEPS),
        epochs=5, flags={"learning-rate-schedule": "warmup:3"}),
    # The argument decay of Keras before 2.11: rate / (1 + decay * iterations).
    "decay_tanh_2x5_sgd": dict(rate=lambda r: schedules.InverseTimeDecay(r, 1, 0.01), epochs=6, flags={"decay": 0.01}),
    "adamw_tanh_2x5": dict(optimizer="adamw", epochs=6, flags={}),
    "adamw_constants_tanh_2x5": dict(
        optimizer="adamw", epochs=4, constants={"weight_decay": 0.5, "beta_1": 0.8}, flags={"weight-decay": 0.5, "beta-1": 0.8}),
    "weight_decay_batch_norm_tanh_2x5_sgd": dict(batch_norm=True, epochs=4, constants={"weight_decay": 0.5}, flags={"weight-decay": 0.5}),
    "adamw_plateau_tanh_2x5": dict(optimizer="adamw", learning_rate=0.1, plateau=(1, 0.3), epochs=12, constants={"weight_decay": 0.1},
                                   flags={"weight-decay": 0.1, "learning-rate-schedule": "plateau:1,0.3"}),
    "weight_decay_tanh_2x5_sgd": dict(constants={"weight_decay": 0.1}, epochs=6, flags={"weight-decay": 0.1}),
    "adam_constants_tanh_2x5": dict(optimizer="adam", epochs=6, constants={"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.01},
                                    flags={"beta-1": 0.5, "beta-2": 0.9, "epsilon": 0.01}),
    "rmsprop_constants_tanh_2x5": dict(optimizer="rmsprop", epochs=6, constants={"rho": 0.5, "epsilon": 0.001}, flags={"rho": 0.5, "epsilon": 0.001}),
    "adagrad_epsilon_tanh_2x5": dict(optimizer="adagrad", epochs=6, constants={"epsilon": 0.1}, flags={"epsilon": 0.1}),
    "nadam_tanh_2x5": dict(optimizer="nadam", epochs=6, flags={}),
    "nadam_constants_tanh_2x5": dict(optimizer="nadam", epochs=6, constants={"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.01},
                                     flags={"beta-1": 0.5, "beta-2": 0.9, "epsilon": 0.01}),
    "adamax_tanh_2x5": dict(optimizer="adamax", epochs=6, flags={}),
    "adadelta_tanh_2x5": dict(optimizer="adadelta", learning_rate=1.0, epochs=6, flags={}),
    "adadelta_constants_tanh_2x5": dict(optimizer="adadelta", learning_rate=0.5, epochs=6, constants={"rho": 0.5, "epsilon": 0.001},
                                        flags={"rho": 0.5, "epsilon": 0.001}),
    "ftrl_tanh_2x5": dict(optimizer="ftrl", learning_rate=0.1, epochs=6, flags={}),
    "ftrl_plateau_tanh_2x5": dict(optimizer="ftrl", learning_rate=0.3, plateau=(1, 0.3), epochs=12, flags={"learning-rate-schedule": "plateau:1,0.3"}),
    # A sign that differs by rounding moves a weight by twice the rate: few epochs.
    "lion_tanh_2x5": dict(optimizer="lion", epochs=3, flags={}),
    "lion_constants_tanh_2x5": dict(optimizer="lion", epochs=3, constants={"beta_1": 0.5, "beta_2": 0.7}, flags={"beta-1": 0.5, "beta-2": 0.7}),
    "mish_2x5_sgd": dict(activation="mish", epochs=5, flags={}),
    "hard_sigmoid_2x5_adam": dict(activation="hard_sigmoid", optimizer="adam", epochs=5, flags={}),
    "hard_silu_2x5_sgd": dict(activation="hard_silu", epochs=5, flags={}),
    "hard_tanh_2x5_sgd": dict(activation="hard_tanh", epochs=5, flags={}),
    "layer_norm_tanh_2x5_sgd": dict(epochs=6, flags={"layer-norm": True}),
    "plateau_tanh_2x5_sgd": dict(learning_rate=0.3, plateau=(2, 0.5), epochs=20, flags={"learning-rate-schedule": "plateau:2,0.5"}),
    "plateau_tanh_2x5_adam": dict(optimizer="adam", learning_rate=0.1, plateau=(1, 0.3), epochs=20, flags={"learning-rate-schedule": "plateau:1,0.3"}),
    "stop_val_loss_tanh_2x5_sgd": dict(learning_rate=0.3, stop=stop(2), epochs=30, flags={}),
    "stop_val_accuracy_tanh_2x5_sgd": dict(learning_rate=0.3, stop=stop(4, "val_accuracy", 0.004, True), epochs=40, flags={}),
    "stop_loss_min_delta_tanh_2x5_sgd": dict(stop=stop(2, "loss", 0.002), epochs=40, flags={}),
    "restore_tanh_2x5_sgd": dict(learning_rate=0.3, stop=stop(100, "val_loss", 0.0, True), epochs=10, flags={}),
    "stop_never_improves_tanh_2x5_sgd": dict(learning_rate=1e-6, stop=stop(1, "accuracy", 0.5), epochs=15, flags={}),
}
DEFAULTS = {"activation": "tanh", "hidden_layers": 2, "units": 5, "optimizer": SGD, "batch_norm": False, "epochs": 12}


def build(case):
    flags = case["flags"]
    regularizer = keras.regularizers.L1L2(flags.get("l1", 0.0), flags.get("l2", 0.0)) if {"l1", "l2"} & set(flags) else None
    initializer = "he_uniform" if case["activation"] in ("relu", "mish", "hard_silu") else "glorot_uniform"
    h = inputs = keras.Input((2,))
    for _ in range(case["hidden_layers"]):
        h = keras.layers.Dense(case["units"], kernel_initializer=initializer, kernel_regularizer=regularizer)(h)
        if case["batch_norm"]:
            h = keras.layers.BatchNormalization()(h)
        if flags.get("layer-norm"):
            h = keras.layers.LayerNormalization()(h)
        h = keras.layers.Activation(case["activation"])(h)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=regularizer)(h))


def test_gradients(model, inputs, classes):
    """Returns the derivatives of the mean loss, penalty and all, by kernels and biases."""
    kept = [v for layer in model.layers if isinstance(layer, keras.layers.Dense) for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(classes[:, None], model(inputs, training=False)))
        loss += sum(model.losses)
    return [g.numpy() for g in tape.gradient(loss, kept)]


def lists(arrays):
    """Returns arrays as nested lists of numbers of 9 significant digits, a float32's."""
    if isinstance(arrays, list):
        return [lists(a) for a in arrays]
    return [lists(a) for a in arrays] if arrays.ndim else float(f"{arrays:.9g}")


def optimizer_of(case, rate):
    arguments = case.get("constants", {}) | {key: case[key] for key in ("clipnorm",) if key in case}
    if case["optimizer"] == SGD:
        arguments["momentum"] = 0.9
    return OPTIMIZERS[case["optimizer"]](learning_rate=rate, **arguments)


class Recorder(keras.callbacks.Callback):
    """Records after each epoch what Keras reports, the learning rate of its last step and the gradients on the test rows."""

    def __init__(self, test, rate):
        super().__init__()
        self.test, self.rate, self.rows = test, rate, []

    def on_epoch_end(self, epoch, logs=None):
        logs = dict(logs)
        optimizer = self.model.optimizer
        rate = self.rate(int(optimizer.iterations.numpy()) - 1) if callable(self.rate) else optimizer.learning_rate
        gradients = test_gradients(self.model, *self.test)
        self.rows.append({
            "loss": logs["loss"], "accuracy": logs["accuracy"], "val_loss": logs["val_loss"], "val_accuracy": logs["val_accuracy"],
            "penalty": float(sum(self.model.losses)) if self.model.losses else 0.0, "learning_rate": float(np.float32(rate)),
            "test_gradient_l2": [lists(np.linalg.norm(g)) for g in gradients[::2]],
        })


def class_weight(case, classes):
    if case.get("class_weight") != "balanced":
        return case.get("class_weight")
    counts = np.bincount(classes.astype(int))
    return {k: len(classes) / (len(counts) * n) for k, n in enumerate(counts)}  # scikit-learn's compute_class_weight


def trajectory(case, data):
    case = DEFAULTS | case
    (x, y), test = data
    if case.pop("uneven", False):  # every second row of class 1 is left out
        kept = (y == 0) | (np.cumsum(y) % 2 == 0)
        x, y = x[kept], y[kept]
        case["train_rows"] = [int(i) for i in np.flatnonzero(kept)]
    base = case.setdefault("learning_rate", RATES.get(case["optimizer"], 0.01))
    rate = case.pop("rate", lambda r: r)(base)
    keras.utils.set_random_seed(1)
    model = build(case)
    model.compile(loss="binary_crossentropy", optimizer=optimizer_of(case, rate), metrics=["accuracy"])
    recorder = Recorder(test, rate)
    callbacks = [recorder]
    if "plateau" in case:
        patience, factor = case.pop("plateau")
        callbacks.append(keras.callbacks.ReduceLROnPlateau(patience=patience, factor=factor))
    if "stop" in case:
        s = case["stop"]
        callbacks.append(keras.callbacks.EarlyStopping(
            monitor=s["monitor"], min_delta=s["min_delta"], patience=s["patience"], restore_best_weights=s["restore"]))
    case |= {"batch_size": BATCH_SIZE, "initial": lists(model.get_weights())}
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=case["epochs"], shuffle=False, verbose=0, validation_data=test,
              class_weight=class_weight(case, y), callbacks=callbacks)
    case.pop("class_weight", None)
    gradients = test_gradients(model, *test)
    return case | {"per_epoch": recorder.rows, "final": lists(model.get_weights()), "final_test_gradients": lists(gradients)}


def main():
    table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    inputs, classes = table[:, 3:5].astype("float32"), table[:, 2].astype("float32")
    data = [(inputs[rows], classes[rows]) for rows in (slice(TRAIN_ROWS), slice(TRAIN_ROWS, None))]
    lines = [f"{json.dumps(name)}: {json.dumps(trajectory(case, data), separators=(',', ':'))}" for name, case in CASES.items()]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
