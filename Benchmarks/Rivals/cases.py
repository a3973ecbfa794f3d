"""The cases that are compared, what every library is given in them, and what must come out, in float64.

A case is named KIND-MODE-bB-tT-iI-hH-lL[-bi|-ragged]:
    KIND    rnn (tanh) | lstm | gru (reset after the product, as in PyTorch)
    MODE    step    one call a time step; each call takes the state the call before it left
            seq     one call for the whole sequence, the state zero at its start
            train   loss = mean of squares of the outputs, and its gradient for every weight
                    and for the input; no optimiser
    -bi     both directions
    -ragged sequences of different lengths, spread evenly over 1...T; outputs after an end are 0
Everything is float32: weights spread evenly over +-1/sqrt(H), in PyTorch's order of gates, and an input from a normal
distribution. `rnn bench` knows the same names, and draws weights and input of its own from the same distributions.
"""
import functools
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
CHECKED_STEPS = 4  # a step's output is checked after so many calls
MODES = ("step", "seq", "train")


class Case(NamedTuple):
    kind: str
    mode: str
    batch: int
    steps: int
    inputs: int
    hidden: int
    layers: int
    form: str  # "", "-bi" or "-ragged"

    @property
    def directions(self):
        return 2 if self.form == "-bi" else 1

    @property
    def name(self):
        return "{}-{}-b{}-t{}-i{}-h{}-l{}{}".format(*self)

    @property
    def lengths(self):
        """The real steps of each sequence, or None; the same formula as in `rnn bench`."""
        if self.form != "-ragged":
            return None
        rows = np.arange(self.batch)
        return 1 + (37 * rows % self.batch) * (self.steps - 1) // max(1, self.batch - 1)

    @property
    def mask(self):
        """1 for the real steps, (T, B, 1)."""
        return (np.arange(self.steps)[:, None, None] < self.lengths[None, :, None]).astype("f")


def parse(name):
    match = re.fullmatch(r"(rnn|lstm|gru)-(step|seq|train)-b(\d+)-t(\d+)-i(\d+)-h(\d+)-l(\d+)(-bi|-ragged)?", name)
    if not match:
        raise ValueError(f"{name}: no case; expected KIND-MODE-bB-tT-iI-hH-lL[-bi|-ragged]")
    kind, mode, *sizes, form = match.groups()
    return Case(kind, mode, *map(int, sizes), form or "")


def standard_cases():
    kinds = ("rnn", "lstm", "gru")
    sizes = ((1, 8), (1, 20), (32, 64), (64, 128), (128, 256), (256, 512))
    names = [f"{k}-step-b1-t1-i{i}-h{h}-l1" for k in kinds for i, h in sizes]
    names += [f"{k}-step-b1-t1-i{h}-h{h}-l1" for k in ("lstm", "gru") for h in (4, 16, 32)]
    names += ["lstm-step-b1-t1-i256-h256-l3"]
    names += ["rnn-seq-b2-t4-i5-h8-l1", "rnn-seq-b2-t4-i5-h8-l10", "rnn-seq-b2-t4-i5-h8-l1-bi"]
    names += [f"{k}-seq-b1-t100-i64-h128-l1" for k in kinds]
    names += [f"{k}-seq-b32-t128-i128-h256-l1" for k in kinds]
    names += ["lstm-seq-b32-t128-i128-h256-l2-bi", "lstm-seq-b64-t50-i512-h512-l2", "lstm-seq-b64-t50-i500-h500-l1",
              "lstm-seq-b1-t1000-i40-h256-l3"]
    names += [f"{k}-train-b50-t50-i128-h128-l2" for k in kinds]
    names += ["lstm-train-b32-t100-i256-h512-l1", "lstm-train-b16-t200-i40-h256-l2-bi", "rnn-train-b4-t1000-i8-h64-l1",
              "lstm-train-b64-t100-i128-h256-l1-ragged"]
    return [parse(name) for name in names]


# What every library is given.

def make_weights(case):
    """[layer][direction] -> input weight (G*H, I), hidden weight (G*H, H), input bias, hidden bias."""
    rng, rows = np.random.default_rng(1), GATES[case.kind] * case.hidden
    bound = case.hidden ** -0.5

    def draw(*shape):
        return rng.uniform(-bound, bound, shape).astype("f")

    widths = [case.inputs] + [case.directions * case.hidden] * (case.layers - 1)
    return [[(draw(rows, width), draw(rows, case.hidden), draw(rows), draw(rows)) for _ in range(case.directions)]
            for width in widths]


def make_input(case):
    return np.random.default_rng(2).standard_normal((case.steps, case.batch, case.inputs)).astype("f")


def zero_state(case):
    shape = (case.layers * case.directions, case.batch, case.hidden)
    return tuple(np.zeros(shape, "f") for _ in range(2 if case.kind == "lstm" else 1))


# The network in NumPy: the reference in float64, and a rival in float32.

def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def merge_biases(case, weights, dtype):
    """Biases added up, but for GRU's inner one: [layer][direction] -> (G*H, I), (G*H, H), bias, inner bias."""
    H = case.hidden

    def one(Wi, Wh, bi, bh):
        inner = bh[2 * H:].copy()
        if case.kind == "gru":
            bh = np.concatenate([bh[:2 * H], 0 * inner])
        return tuple(v.astype(dtype) for v in (Wi, Wh, bi.astype(dtype) + bh.astype(dtype), inner))
    return [[one(*p) for p in layer] for layer in weights]


def numpy_layer(kind, p, x, h, c):
    Wi, Wh, bias, inner = p
    H = Wh.shape[1]
    gates = x.reshape(-1, x.shape[2]).dot(Wi.T).reshape(*x.shape[:2], -1) + bias
    y = np.empty((*x.shape[:2], H), x.dtype)
    for t, g in enumerate(gates):
        a = h.dot(Wh.T)
        if kind == "gru":
            rz = sigmoid(g[:, :2 * H] + a[:, :2 * H])
            n = np.tanh(g[:, 2 * H:] + rz[:, :H] * (a[:, 2 * H:] + inner))
            h = n + rz[:, H:] * (h - n)
        elif kind == "lstm":
            a += g
            s = sigmoid(a)
            c = s[:, H:2 * H] * c + s[:, :H] * np.tanh(a[:, 2 * H:3 * H])
            h = s[:, 3 * H:] * np.tanh(c)
        else:
            h = np.tanh(a + g)
        y[t] = h
    return y, h, c


def numpy_net(kind, weights, x, state):
    """Output (T, B, D*H) and the list of last states (h, c), from the list of first ones."""
    last = []
    for layer in weights:
        outs = []
        for d, p in enumerate(layer):
            y, h, c = numpy_layer(kind, p, x[::-1] if d else x, *state[len(last)])
            outs.append(y[::-1] if d else y)
            last.append((h, c))
        x = np.concatenate(outs, -1) if len(outs) > 1 else outs[0]
    return x, last


# What must come out.

class Reference:
    """Outputs and slopes of the loss in float64, for given weights and input."""

    def __init__(self, case, weights, x):
        self.case, self.x = case, x.astype("d")
        self.weights = merge_biases(case, weights, "d")
        if case.mode == "step":
            self.x = np.repeat(self.x, CHECKED_STEPS, 0)

    @functools.cache
    def output(self, weight_scale=1.0, input_scale=1.0):
        """(T, B, D*H); of the fourth call if the case is a step."""
        case = self.case
        weights = [[tuple(v * weight_scale for v in p) for p in layer] for layer in self.weights]
        zero = np.zeros((case.batch, case.hidden))
        y, _ = numpy_net(case.kind, weights, self.x * input_scale, [(zero, zero)] * (case.layers * case.directions))
        if case.lengths is not None:
            y = y * case.mask  # forward only: what comes after a sequence's end does not reach what comes before
        return y[-1:] if case.mode == "step" else y

    def slopes(self, e=1e-4):
        """How fast the loss grows as all weights, and as the input, are scaled up from 1."""
        def loss(*scale):
            return (self.output(*scale) ** 2).mean()
        return np.array([(loss(1 + e, 1) - loss(1 - e, 1)) / (2 * e), (loss(1, 1 + e) - loss(1, 1 - e)) / (2 * e)])


def standard_reference(case, folder):
    """Output, and for train the slopes, of a case's standard weights and input; computed once and kept in `folder`."""
    path = Path(folder) / "references" / f"{case.name}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        reference = Reference(case, make_weights(case), make_input(case))
        slopes = reference.slopes() if case.mode == "train" else np.zeros(0)
        part = path.with_name(f"{path.stem}.{os.getpid()}.partial")
        with open(part, "wb") as file:
            np.savez(file, output=reference.output(), slopes=slopes)
        os.replace(part, path)
    stored = np.load(path)
    return stored["output"], stored["slopes"]


def check(y, want, slopes=(), wanted_slopes=()):
    """The errors of an output, and of a gradient along the weights and along the input.

    `void` is there if the output is off by more than 1e-4 of its largest value or the gradient by more than 1e-3: a time
    that does not count.
    """
    if y.shape != want.shape:
        raise ValueError(f"output has shape {y.shape}, not {want.shape}")
    error = float(np.abs(y - want).max())
    found = {"max_abs_err": error}
    void = not error <= 1e-4 * np.abs(want).max()
    if len(wanted_slopes):
        found["grad_rel_err"] = max(abs(got - want) / abs(want) for got, want in zip(slopes, wanted_slopes, strict=True))
        void = void or not found["grad_rel_err"] <= 1e-3
    return found | ({"void": True} if void else {})


def slopes_along(weights, gradients):
    """From lists of weights and their gradients, the input and its gradient being last: the loss's slopes along both."""
    if any(np.shape(w) != np.shape(g) for w, g in zip(weights, gradients, strict=True)):
        raise ValueError("a gradient has not the shape of its weight")
    parts = [float(np.sum(np.asarray(w, "d") * np.asarray(g, "d"))) for w, g in zip(weights, gradients)]
    return sum(parts[:-1]), parts[-1]
