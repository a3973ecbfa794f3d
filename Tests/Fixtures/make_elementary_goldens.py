"""Makes Elementary/elementary.safetensors: elementary functions of float64 to 32 digits, by mpmath.

A value is a double, `high`, and what it leaves over, `rest`, in ULP of that double: errors of a fraction can be told.
"""
import math
import random

import mpmath
import torch

from goldens import GoldenFile

mpmath.mp.prec = 400
random.seed(7)
file = GoldenFile("Elementary/elementary.safetensors", __file__)
COUNT = 500


def spread(low, high):
    return [random.uniform(low, high) for _ in range(COUNT)]


def powers(low, high, signs=(1,)):
    return [random.choice(signs) * random.uniform(1, 2) * 2.0 ** random.randint(low, high) for _ in range(COUNT)]


BOTH = (-1, 1)
POINTS = {
    "exp": spread(-745, 709) + spread(-1, 1) + powers(-60, 0, BOTH) + [709.78, -708.3, -708.4, -745.1, 0.0],
    "log": powers(-1074, 1022) + spread(0, 2) + spread(0.99, 1.01) + [5e-324, 1.0, 1.7976931348623157e308, 2.2e-308],
    "log1p": powers(-70, -1, BOTH) + spread(-1, 1) + powers(0, 1000) + [-1 + 2.0**-53, 2.0**53, 1e-300, 0.41421, -0.29289],
    "sin": spread(0, 6.284) + spread(-1e6, 1e6) + powers(-40, 1, BOTH) + [355.0, 3.141592653589793, 1e-300],
    "cos": spread(0, 6.284) + spread(-1e6, 1e6) + powers(-40, 1, BOTH) + [355.0, 1.5707963267948966, 1e-300],
}

for name, points in POINTS.items():
    exact = [getattr(mpmath, name)(mpmath.mpf(x)) for x in points]
    high = [float(value) for value in exact]
    rest = [float((value - mpmath.mpf(h)) / mpmath.mpf(math.ulp(h))) for value, h in zip(exact, high)]
    columns = {"x": points, "high": high, "rest": rest}
    file.add({"name": name}, {key: torch.tensor(column, dtype=torch.float64) for key, column in columns.items()})

file.write()
