"""Makes streams.json with NumPy 2.4.6: python make_golden.py, in this folder."""

import json

from numpy.random import RandomState

streams = []
for seed in [0, 1, 42, 2**31, 2**32 - 1]:
    state = RandomState(seed)
    # In this order, from one state; the odd number of normal deviates leaves
    # one waiting while other kinds are drawn.
    streams.append(
        {
            "seed": seed,
            "random_sample": state.random_sample(5).tolist(),
            "normal": state.normal(0.5, 0.1, 7).tolist(),
            "uniform": state.uniform(-10, 10, 4).tolist(),
            "permutation": state.permutation(17).tolist(),
            "standard_normal": state.standard_normal(6).tolist(),
            "randint_1": state.randint(5, 6, 2).tolist(),
            "randint_7": state.randint(-3, 4, 12).tolist(),
            "randint_2e32": state.randint(0, 2**32, 3).tolist(),
            "randint_1e12": state.randint(0, 10**12, 5).tolist(),
            "last": state.random_sample(),
        }
    )
with open("streams.json", "w") as f:
    json.dump(streams, f, indent=0)
    f.write("\n")
