"""Makes the reference data of package dataset; see README.md."""

import json

import numpy as np
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.preprocessing import MinMaxScaler, StandardScaler


def circles(n, noise, seed):
    return make_circles(n, noise=noise, random_state=seed)


def moons(n, noise, seed):
    return make_moons(n, noise=noise, random_state=seed)


def blobs(n, noise, seed):
    return make_blobs(n, centers=2, cluster_std=noise, center_box=(-1, 1), random_state=seed)


def xor(n, noise, seed):
    state = np.random.RandomState(seed)
    order = state.permutation(n)
    signs = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])[order % 4]
    X = state.uniform(0, 1, size=(n, 2)) * signs
    y = (X[:, 0] > 0) != (X[:, 1] > 0)
    return X + state.normal(scale=noise, size=(n, 2)), y.astype(int)


def spirals(n, noise, seed):
    def arm(count):
        angle = np.pi / 2 + np.linspace(0, 3.5 * np.pi, count)
        radius = angle / np.pi
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    state = np.random.RandomState(seed)
    order = state.permutation(n)
    X = np.concatenate([arm(n // 2), -arm(n - n // 2)])[order]
    y = (order >= n // 2).astype(int)
    return X + state.normal(scale=noise, size=(n, 2)), y


CASES = [
    (circles, 1000, 0.1, 1),
    (circles, 301, 0.05, 7),
    (circles, 2, 0.1, 0),
    (circles, 9, 0, 4294967295),
    (circles, 64, 0, 5),
    (moons, 200, 0.2, 3),
    (moons, 2, 0, 1),
    (moons, 5, 0.3, 2),
    (moons, 53, 0, 6),
    (blobs, 100, 0.1, 1),
    (blobs, 31, 0.5, 12345),
    (xor, 41, 0.05, 2),
    (spirals, 2, 0.1, 9),
    (spirals, 71, 0.1, 4),
]

for make, n, noise, seed in CASES:
    X, y = make(n, noise, seed)
    scaled = MinMaxScaler((-1, 1)).fit_transform(X)
    with open(f"{make.__name__}_n{n}_noise{noise}_seed{seed}.csv", "w") as f:
        f.write("x1,x2,label,x1_scaled,x2_scaled\n")
        for row, label, s in zip(X, y, scaled):
            f.write("%.17g,%.17g,%d,%.17g,%.17g\n" % (*row, label, *s))

state = np.random.RandomState(11)
X = np.stack(
    [
        state.normal(size=20),
        state.normal(loc=40, scale=3, size=20),
        state.uniform(0, 1e-6, size=20),
        1e9 * state.uniform(-1, 1, size=20),
        np.full(20, 3.5),
        np.where(np.arange(20) == 7, 1e-15, 0),  # below ten epsilons: as good as constant
    ],
    axis=1,
)
train = X[:12]
scalers = {
    "train_rows": len(train),
    "x": X.tolist(),
    "minmax": MinMaxScaler((-1, 1)).fit(X).transform(X).tolist(),
    "minmax-train": MinMaxScaler((-1, 1)).fit(train).transform(X).tolist(),
    "standard": StandardScaler().fit(train).transform(X).tolist(),
    "none": X.tolist(),
}
with open("scalers.json", "w") as f:
    json.dump(scalers, f, indent=0)
    f.write("\n")
