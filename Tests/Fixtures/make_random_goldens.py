"""Makes Random/random.safetensors: what PyTorch's CPU generator draws, for several seeds, sizes and parameters.

Every case draws `value` after its seed, then three more uniform numbers, `next`, which show where the generator stands.
Run with PyTorch on x86-64 with AVX2: its normal numbers of float32 depend on that.
"""
import torch

from goldens import GoldenFile

file = GoldenFile("Random/random.safetensors", __file__)
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def add(draw, **case):
    torch.manual_seed(case["seed"])
    value = draw()
    file.add(case, {"value": value, "next": torch.empty(3).uniform_()})


def each(counts, seeds):
    for seed in seeds:
        for count in counts:
            for name in DTYPES:
                yield seed, count, name


for seed, count, name in each([0, 1, 17, 400], [0, 1, 2**32 + 7, 67280421310721]):
    for low, high in [(0.0, 1.0), (-0.35355339059327373, 0.35355339059327373), (2.0, 2.0000004)]:
        add(
            lambda: torch.empty(count, dtype=DTYPES[name]).uniform_(low, high),
            kind="uniform", seed=seed, count=count, dtype=name, a=low, b=high,
        )

for seed, count, name in each([1, 2, 5, 15, 16, 17, 31, 32, 33, 250], [0, 1, 12345]):
    for mean, deviation in [(0.0, 1.0), (-1.7, 0.3)]:
        add(
            lambda: torch.empty(count, dtype=DTYPES[name]).normal_(mean, deviation),
            kind="normal", seed=seed, count=count, dtype=name, a=mean, b=deviation,
        )

# One after the other: the second number of a pair waits for the next call.
for seed in [3, 4]:
    add(
        lambda: torch.cat([torch.empty(n).normal_() for n in [1, 3, 17, 2, 1]]),
        kind="normals", seed=seed, count=24, dtype="float32", a=0.0, b=1.0,
    )

for seed, count, name in each([1, 33, 300], [0, 7]):
    for probability in [0.0, 0.2, 0.8, 1.0]:
        add(
            lambda: torch.empty(count, dtype=DTYPES[name]).bernoulli_(probability),
            kind="bernoulli", seed=seed, count=count, dtype=name, a=probability, b=0.0,
        )

for seed in [0, 1, 99]:
    for count in [0, 1, 2, 10, 700]:
        add(
            lambda: torch.randperm(count),
            kind="randperm", seed=seed, count=count, dtype="int64", a=0.0, b=0.0,
        )

file.write()
