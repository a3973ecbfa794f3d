#!/usr/bin/env python3
"""Gives what `rnn convert` writes to the systems that it is for, and compares what they compute with `rnn run`.

    swift build -c release --product rnn
    python Tests/Interop/check_networks.py mlx .build/release/rnn         # needs mlx and numpy
    python Tests/Interop/check_networks.py rtneural .build/release/rnn    # needs keras, whose layout RTNeural's is
    python Tests/Interop/check_networks.py nam .build/release/rnn         # needs neural-amp-modeler

Random networks, COUNT of each kind that the system has; outputs must agree within 1e-5.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

COUNT = 20
STEPS, BATCH = 9, 2
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
RANDOM = np.random.default_rng(1)


def uniform(*shape):
    return RANDOM.uniform(-0.5, 0.5, shape).astype(np.float32)


def weights(kind, inputs, hidden, levels, outputs):
    """PyTorch's names and layout; a head of `outputs`, if it is not 0."""
    rows, tensors = GATES[kind] * hidden, {}
    for level in range(levels):
        tensors[f"lstm.weight_ih_l{level}"] = uniform(rows, inputs if level == 0 else hidden)
        tensors[f"lstm.weight_hh_l{level}"] = uniform(rows, hidden)
        tensors[f"lstm.bias_ih_l{level}"] = uniform(rows)
        tensors[f"lstm.bias_hh_l{level}"] = uniform(rows)
    if outputs:
        tensors["fc.weight"], tensors["fc.bias"] = uniform(outputs, hidden), uniform(outputs)
    return tensors


class Case:
    """A random network, converted, and what it makes of a random sequence."""

    def __init__(self, rnn, folder, number, kinds, ending, form, head):
        self.kind = kinds[number % len(kinds)]
        self.inputs, self.hidden, self.levels = (int(n) for n in RANDOM.integers([1, 1, 1], [6, 9, 4]))
        self.inputs = 1 if form == "nam" else self.inputs
        source, self.path, ran = folder / "in.npz", folder / ("out" + ending), folder / "ran.npz"
        np.savez(source, **weights(self.kind, self.inputs, self.hidden, self.levels, head))
        self.x = uniform(STEPS, BATCH, self.inputs)
        np.save(folder / "x.npy", self.x)
        options = ["--head", "fc."] if head else []
        call(rnn, "convert", source, self.path, "--to", form, "--allow-lossy", *options)
        call(rnn, "run", source, *options, "--input", folder / "x.npy", "--output", ran)
        self.expected = np.load(ran)["output"]

    def compare(self, actual):
        actual = np.asarray(actual)
        assert actual.shape == self.expected.shape, f"{actual.shape}, expected {self.expected.shape}"
        difference = np.abs(actual - self.expected).max()
        assert difference < 1e-5, f"{self.kind} {self.inputs} {self.hidden} {self.levels}: {difference}"
        return difference


def call(*arguments):
    result = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    assert result.returncode == 0, " ".join(map(str, arguments)) + "\n" + result.stdout + result.stderr


def in_mlx(case):
    import mlx.core as mx
    import mlx.nn as nn

    layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[case.kind]

    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [layer(case.inputs if k == 0 else case.hidden, case.hidden) for k in range(case.levels)]

    module = layer(case.inputs, case.hidden) if case.levels == 1 else Stack()
    module.load_weights(str(case.path))
    y = mx.array(case.x.transpose(1, 0, 2))
    for single in [module] if case.levels == 1 else module.layers:
        y = single(y)
        y = y[0] if isinstance(y, tuple) else y
    return np.array(y).transpose(1, 0, 2)


def in_keras(case):
    import keras

    described = json.loads(case.path.read_text())
    stack = [keras.Input((None, described["in_shape"][-1]))]
    for layer in described["layers"]:
        size = layer["shape"][-1]
        if layer["type"] == "dense":
            stack.append(keras.layers.Dense(size, activation=layer["activation"] or None))
        else:
            kind = keras.layers.GRU if layer["type"] == "gru" else keras.layers.LSTM
            stack.append(kind(size, return_sequences=True))
    model = keras.Sequential(stack)
    model.set_weights([np.array(array, dtype=np.float32) for layer in described["layers"] for array in layer["weights"]])
    return np.array(model(case.x.transpose(1, 0, 2))).transpose(1, 0, 2)


def in_nam(case):
    import torch
    from nam.models import init_from_nam

    model = init_from_nam(json.loads(case.path.read_text())).eval()
    with torch.no_grad():
        return model(torch.from_numpy(case.x[:, :, 0].T.copy()), pad_start=False).numpy().T[:, :, None]


SYSTEMS = {
    "mlx": [(["rnn", "gru", "lstm"], ".safetensors", "mlx", 0, in_mlx), (["rnn", "gru", "lstm"], ".npz", "mlx-npz", 0, in_mlx)],
    "rtneural": [(["gru", "lstm"], ".json", "rtneural", 2, in_keras)],
    "nam": [(["lstm"], ".nam", "nam", 1, in_nam)],
}

if __name__ == "__main__":
    for kinds, ending, form, head, compute in SYSTEMS[sys.argv[1]]:
        worst = 0
        with tempfile.TemporaryDirectory() as folder:
            for number in range(COUNT * len(kinds)):
                case = Case(sys.argv[2], Path(folder), number, kinds, ending, form, head)
                worst = max(worst, case.compare(compute(case)))
        print(f"{form}: {COUNT * len(kinds)} networks, differences up to {worst:.1e}")
