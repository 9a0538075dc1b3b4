"""Makes keras_regularization.json, see README.md: what Keras makes of batch normalization, shortcuts and clipped gradients.

usage: make_keras_regularization.py CIRCLES.csv KERAS_REGULARIZATION.json
with internal/dataset/testdata/circles_n1000_noise0.1_seed1.csv
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

TRAIN_ROWS, BATCH_SIZE = 500, 32

# A bias beneath batch normalization changes nothing while training, and its gradient is rounding alone, which Adam
# makes steps of: with Adam few epochs, before that shows in what is measured.
# "spread" starts gammas, betas and moving statistics elsewhere than Keras does, so that each of them shows.
CASES = {
    "batch_norm_relu_5x5_sgd": dict(activation="relu", hidden_layers=5, batch_norm=True),
    "batch_norm_tanh_3x5_sgd": dict(activation="tanh", hidden_layers=3, batch_norm=True, spread=True),
    "batch_norm_relu_2x8_adam": dict(activation="relu", hidden_layers=2, units=8, optimizer="adam", batch_norm=True, epochs=5),
    "batch_norm_tanh_4x5_adam": dict(activation="tanh", hidden_layers=4, optimizer="adam", batch_norm=True, spread=True, epochs=5),
    "residual_relu_5x5_sgd": dict(activation="relu", hidden_layers=5, residual=True),
    "residual_sigmoid_4x5_adam": dict(activation="sigmoid", hidden_layers=4, optimizer="adam", residual=True),
    "residual_batch_norm_softplus_3x5_sgd": dict(activation="softplus", hidden_layers=3, residual=True, batch_norm=True),
    "clipnorm_relu_3x5_sgd": dict(activation="relu", hidden_layers=3, clipnorm=0.05),
    "clipnorm_batch_norm_tanh_3x5_sgd": dict(activation="tanh", hidden_layers=3, clipnorm=0.1, batch_norm=True),
    "global_clipnorm_tanh_5x5_sgd": dict(activation="tanh", hidden_layers=5, global_clipnorm=0.1),
    "clipvalue_relu_3x5_adam": dict(activation="relu", hidden_layers=3, optimizer="adam", clipvalue=0.01),
}


def build(activation, hidden_layers, units, batch_norm, residual):
    h = inputs = keras.Input((2,))
    for k in range(hidden_layers):
        below = h
        h = keras.layers.Dense(units, kernel_initializer="he_uniform" if activation == "relu" else "glorot_uniform")(h)
        if batch_norm:
            h = keras.layers.BatchNormalization()(h)
        h = keras.layers.Activation(activation)(h)
        if residual and k > 0:
            h = keras.layers.Add()([h, below])
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(h))


def spread(model):
    """Moves the batch normalization's variables away from where they start."""
    random = np.random.RandomState(5)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            layer.set_weights([random.uniform(0.5, 1.5, shape), random.uniform(-0.5, 0.5, shape),
                               random.uniform(-0.5, 0.5, shape), random.uniform(0.3, 2, shape)])


def loss_and_gradients(model, inputs, classes, training=False):
    """Returns the mean loss and its derivatives by all that is trained."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(classes[:, None], model(inputs, training=training)))
    return float(loss), [g.numpy() for g in tape.gradient(loss, model.trainable_variables)]


def dense(model, gradients):
    """Returns the kernels' and biases' gradients alone."""
    kept = {id(v) for layer in model.layers if isinstance(layer, keras.layers.Dense) for v in layer.trainable_variables}
    return [g for v, g in zip(model.trainable_variables, gradients, strict=True) if id(v) in kept]


def check_clipping(case, gradients):
    """Refuses a bound that the first batch's gradients keep to, in all or in no variable."""
    norms = [np.linalg.norm(g) for g in gradients]
    if "clipnorm" in case:
        beyond = [norm > case["clipnorm"] for norm in norms]
        assert any(beyond) and not all(beyond), norms
    if "global_clipnorm" in case:
        assert np.linalg.norm(norms) > case["global_clipnorm"], norms
    if "clipvalue" in case:
        beyond = np.concatenate([np.abs(g).ravel() > case["clipvalue"] for g in gradients])
        assert beyond.any() and not beyond.all(), gradients


def lists(arrays):
    """Returns arrays as nested lists of numbers of 9 significant digits, a float32's."""
    if isinstance(arrays, list):
        return [lists(a) for a in arrays]
    return [lists(a) for a in arrays] if arrays.ndim else float(f"{arrays:.9g}")


def trajectory(case, data):
    (x, y), (test_x, test_y) = data
    keras.utils.set_random_seed(1)
    case = {"units": 5, "optimizer": "sgd", "batch_norm": False, "residual": False, "epochs": 20} | case
    model = build(*(case[name] for name in ("activation", "hidden_layers", "units", "batch_norm", "residual")))
    if case.pop("spread", False):
        spread(model)
    bounds = {name: case[name] for name in ("clipnorm", "global_clipnorm", "clipvalue") if name in case}
    if case["optimizer"] == "sgd":
        optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, **bounds)
    else:
        optimizer = keras.optimizers.Adam(**bounds)
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])

    case |= {"batch_size": BATCH_SIZE, "initial": lists(model.get_weights()), "per_epoch": []}
    loss, gradients = loss_and_gradients(model, x[:BATCH_SIZE], y[:BATCH_SIZE])
    case["first_batch"] = {"loss": loss, "gradients": lists(dense(model, gradients))}
    start = model.get_weights()
    check_clipping(case, loss_and_gradients(model, x[:BATCH_SIZE], y[:BATCH_SIZE], training=True)[1])
    model.set_weights(start)  # the moving statistics have moved
    for _ in range(case["epochs"]):
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, shuffle=False, verbose=0)
        train, test = model.evaluate(x, y, verbose=0), model.evaluate(test_x, test_y, verbose=0)
        gradients = dense(model, loss_and_gradients(model, test_x, test_y)[1])
        case["per_epoch"].append({
            "train_loss": train[0], "train_accuracy": train[1], "test_loss": test[0], "test_accuracy": test[1],
            "test_gradient_l2": [lists(np.linalg.norm(g)) for g in gradients[::2]],
        })
    case |= {"final": lists(model.get_weights()), "final_test_gradients": lists(gradients)}
    return case


def main():
    table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    inputs, classes = table[:, 3:5].astype("float32"), table[:, 2].astype("float32")
    data = [(inputs[rows], classes[rows]) for rows in (slice(TRAIN_ROWS), slice(TRAIN_ROWS, None))]
    lines = [f"{json.dumps(name)}: {json.dumps(trajectory(case, data), separators=(',', ':'))}" for name, case in CASES.items()]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
