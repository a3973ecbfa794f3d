#!/usr/bin/env python3
"""Goldens of the five notebooks that `rnn tour` shows: Tests/Fixtures/Tour/tour.safetensors.

    python Tests/Fixtures/make_tour_goldens.py           # needs torch and numpy; see Benchmarks/README.md

Each case is one layer with its weights, `input`, `output` and `h_n`, and `printed.NAME` in the metadata: the text that
PyTorch's print gives for it. What the notebooks published is checked here against this PyTorch:

  3  seed 1, RNN(5, 2) batch first on (1, 3, 5), rows of 1s, 2s, 3s. The published "hidden pre-activations of the input part"
     are x W_ih^T + b_ih: the bias is in them.
  4  seed 0, RNN(4, 8) on (3, 5, 4): words hello, olleh, lleel are the first axis and are given as they are, so the layer,
     time major, takes the three words as T = 3 steps of N = 5 letters. The columns of the one-hot are the letters in order of first
     appearance, h e l o. The first published row is output[0, 0], the final hidden state is h_n[0, 0].
"""
import torch
from torch import nn

from goldens import GoldenFile

PUBLISHED_OUTPUT = [(-0.3519801, 0.52525216), (-0.68424344, 0.76074266), (-0.8649416, 0.9046636)]
PUBLISHED_INPUT_PART = [(-0.4701929, 0.58639044), (-0.88883156, 1.2364398), (-1.3074702, 1.8864892)]
PUBLISHED_FIRST_ROW = (-0.1615, -0.0684, -0.5179, -0.6718, 0.4243, 0.3967, -0.3416, -0.1014)
PUBLISHED_FINAL_ROW = (-0.3254, -0.1276, -0.7445, -0.2957, 0.1946, -0.0568, -0.0964, -0.0354)


def compare(title, ours, published, tolerance):
    difference = (ours - torch.tensor(published)).abs().max().item()
    print(f"{title}: largest difference from the published values {difference:.2g}")
    assert difference <= tolerance, title


def one_hot(words, letters):
    ids = torch.tensor([[letters.index(letter) for letter in word] for word in words])
    return nn.functional.one_hot(ids, len(letters)).float()


def ramp(*shape):
    """A fixed input for the notebooks that used random ones."""
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float32) / 8 % 2 - 1).reshape(shape)


def add(file, notebook, seed, x, *sizes, **options):
    torch.manual_seed(seed)
    layer = nn.RNN(*sizes, **options)
    output, hidden = layer(x)
    printed = {"printed.output": str(output.detach()), "printed.h_n": str(hidden.detach())}
    tensors = dict(layer.named_parameters()) | {"input": x, "output": output, "h_n": hidden}
    case = dict(notebook=notebook, seed=seed, inputSize=sizes[0], hiddenSize=sizes[1], layers=options.get("num_layers", 1))
    case |= dict(bidirectional=options.get("bidirectional", False), batchFirst=options.get("batch_first", False))
    file.add(case | printed, tensors)
    return layer, output, hidden


def main():
    file = GoldenFile("Tour/tour.safetensors", __file__)
    for seed in (0, 1):
        add(file, 1, seed, ramp(1, 10, 5), 5, 8, batch_first=True)
        add(file, 2, seed, ramp(2, 4, 5), 5, 8, batch_first=True)
        add(file, 2, seed, ramp(2, 4, 5), 5, 8, batch_first=True, num_layers=10)
        add(file, 2, seed, ramp(2, 4, 5), 5, 8, batch_first=True, bidirectional=True)
    rows = torch.tensor([[[1.0] * 5, [2.0] * 5, [3.0] * 5]])
    words = one_hot(("hello", "olleh", "lleel"), "helo")
    for seed in (0, 1):
        layer, output, _ = add(file, 3, seed, rows, 5, 2, batch_first=True)
        if seed == 1:
            compare("notebook 3, output", output[0], PUBLISHED_OUTPUT, 1e-7)
            part = rows[0] @ layer.weight_ih_l0.T + layer.bias_ih_l0
            compare("notebook 3, input part", part, PUBLISHED_INPUT_PART, 3e-7)
        _, output, hidden = add(file, 4, seed, words, 4, 8)
        if seed == 0:
            compare("notebook 4, first row", output[0, 0], PUBLISHED_FIRST_ROW, 5.1e-5)
            compare("notebook 4, final row", hidden[0, 0], PUBLISHED_FINAL_ROW, 5.1e-5)
    file.write()


if __name__ == "__main__":
    main()
