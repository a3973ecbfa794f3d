"""Makes Description/description.safetensors: tensors, and the text that PyTorch prints for them."""
import math

import torch

from goldens import GoldenFile

file = GoldenFile("Description/description.safetensors", __file__)
generator = torch.Generator().manual_seed(20)


def add(tensor):
    file.add({"text": str(tensor), "shape": list(tensor.shape)}, {"value": tensor})


def normal(*shape, dtype=torch.float32, scale=1.0):
    return torch.randn(shape, generator=generator).to(dtype) * scale


SHAPES = [[], [1], [2], [7], [11], [30], [3, 4], [1, 1], [2, 30], [2, 3, 4], [1, 10, 8], [2, 1, 3, 2], [2, 2, 2, 2, 2]]
for shape in SHAPES:
    for dtype in [torch.float32, torch.float64]:
        for scale in [1.0, 300.0, 1e-3, 1e-6, 1e7, 1e30]:
            add(normal(*shape, dtype=dtype, scale=scale))
    add(torch.randint(-50, 1000, shape, generator=generator))
    add(torch.randint(-5, 5, shape, generator=generator).float())

# Above 1000 elements only the edges are shown.
for shape in [[1000], [1001], [7, 200], [6, 200], [200, 6], [200, 7], [3, 20, 20], [20, 3, 20], [8, 8, 8, 8], [2000, 1], [1, 1500]]:
    add(normal(*shape))
    add(torch.randint(-9, 9999, shape, generator=generator))
add(normal(40, 40, dtype=torch.float64))

# Nothing at all.
for shape in [[0], [0, 3], [2, 0], [2, 0, 3]]:
    for dtype in [torch.float32, torch.float64, torch.int64]:
        add(torch.zeros(shape, dtype=dtype))

# Numbers at the borders of the rules.
for values in [
    [0.0], [-0.0, 0.0], [-0.0, 1.0], [-0.0, 0.5], [math.nan], [math.inf, -math.inf], [math.nan, 1.0], [math.inf, 0.5], [-math.inf, 1e9, 0.25],
    [1.0, 1000.0], [1.0, 1001.0], [0.5, 500.0], [0.5, 500.5], [1e8, 1e6], [100000001.0], [1.5e8], [1e-4], [9.9e-5], [0.0001, 0.0],
    [123456.0, 654321.0], [0.99995], [0.99994999], [9.99995e9], [9.99994e9, 0.0], [0.00005, 1.0], [2.00005, 1.00015], [1e10, 1.0, math.nan],
    [99999.5], [0.5, 1.5, 2.5], [3.0, math.inf], [1e300], [5e-324], [1.7976931348623157e308, -5e-324], [0.03125, 0.09375], [1e22, 1e23],
]:
    add(torch.tensor(values, dtype=torch.float64))
    add(torch.tensor(values, dtype=torch.float32))

# Where the type goes to a line of its own.
for count in range(5, 11):
    add(normal(count, dtype=torch.float64))
    add(normal(2, count, dtype=torch.float64, scale=1e-5))
add(torch.tensor([2**63 - 1, -(2**63), 0]))

file.write()
