#!/usr/bin/env python3
"""Goldens of PyTorch's recurrent layers: Tests/Fixtures/Layers/KIND-DTYPE.safetensors.

    python Tests/Fixtures/make_layer_goldens.py          # needs torch and numpy; see Benchmarks/README.md

A case is one layer, made by `torch.manual_seed(seed)` and the constructor (float64 layers are constructed with
dtype=torch.float64), run once on a random input and differentiated with respect to everything, where

    loss = sum(output * cot.output) + sum(h_n * cot.h_n) + sum(c_n * cot.c_n).

Tensors of a case:
    PARAMETER               initial weights, under PyTorch's names, exactly as the seed creates them
    input  h0  c0           what goes in; h0 and c0 only where the case says `state`
    lengths                 I64, only in ragged cases: enforce_sorted=False, padded back to the input's T steps
    cot.output  cot.h_n  cot.c_n
    output  h_n  c_n        results
    grad.NAME               gradients, of every parameter, of input, h0 and c0
    ref.NAME                float32 cases: each result and gradient by the same layer converted to double

The cases are the full product of kind (RNN tanh, RNN relu, LSTM, LSTM with projection, GRU), direction, bias, layout
(time first, batch first, both of them ragged, unbatched) and state given or not, in float32; in float64 every other case
of it (a state is given or not by turns), which keeps the folder small. The number of layers, 1 to 4, runs through the
product with a period of its own. Then the edges: hidden sizes 1, 2, 8, 16, 17; sequences, batches and inputs of 1.
No two axes of a tensor are as long as each other, so none can be confused; deep layers are narrow.
"""
import copy
import itertools
import warnings

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from goldens import GoldenFile, normal

KINDS = {"rnn-tanh": nn.RNN, "rnn-relu": nn.RNN, "lstm": nn.LSTM, "lstm-projected": nn.LSTM, "gru": nn.GRU}
LAYOUTS = ["time-first", "batch-first", "time-first-ragged", "batch-first-ragged", "unbatched"]
SIZES = {1: (5, 11, 4), 2: (2, 5, 4), 3: (5, 4, 2), 4: (5, 2, 1)}  # layers: (input, hidden, projection)
LAYER_CYCLE = [1, 2, 4, 2, 3, 2, 4]  # seven long and shifted per kind, so that it meets all other options
RAGGED_LENGTHS = [[5, 7, 1], [1, 6, 3], [4, 1, 7], [2, 7, 5]]  # some leave the last steps to nobody


def product_cases(shift, dtype):
    options = list(itertools.product((False, True), (True, False), LAYOUTS, (False, True)))
    if dtype == torch.float64:
        options = [o for o in options if o[3] == (o[0] + o[1] + LAYOUTS.index(o[2]) + shift) % 2]
    for index, (bidirectional, bias, layout, state) in enumerate(options):
        layers = LAYER_CYCLE[(index + shift) % len(LAYER_CYCLE)]
        input_size, hidden_size, projection = SIZES[layers]
        case = dict(T=7, N=3, inputSize=input_size, hiddenSize=hidden_size, layers=layers, bidirectional=bidirectional, bias=bias)
        ragged = RAGGED_LENGTHS[index % 4] if layout.endswith("ragged") else None
        yield case | dict(projection=projection, layout=layout.removesuffix("-ragged"), lengths=ragged, state=state)


def edge_cases():
    for index, hidden_size in enumerate((1, 2, 8, 16, 17)):
        case = dict(T=3, N=2, inputSize=5, hiddenSize=hidden_size, layers=1, bidirectional=False, bias=True)
        yield case | dict(projection=hidden_size // 2, layout="time-first", lengths=None, state=index % 2 == 0)
    for T, N, I in ((1, 3, 5), (7, 1, 5), (7, 3, 1), (1, 1, 1)):
        case = dict(T=T, N=N, inputSize=I, hiddenSize=3, layers=2, bidirectional=True, bias=True)
        yield case | dict(projection=2, layout="time-first", lengths=None, state=True)
    case = dict(T=5, N=2, inputSize=3, hiddenSize=4, layers=1, bidirectional=True, bias=True, projection=3, layout="time-first")
    yield case | dict(lengths=[1, 1], state=True)
    yield case | dict(lengths=[5, 5], state=False)


def make_layer(kind, case, dtype):
    options = dict(num_layers=case["layers"], bias=case["bias"], bidirectional=case["bidirectional"])
    options |= dict(batch_first=case["layout"] == "batch-first", dtype=dtype)
    if case["projection"]:
        options["proj_size"] = case["projection"]
    if kind.startswith("rnn"):
        options["nonlinearity"] = kind.removeprefix("rnn-")
    torch.manual_seed(case["seed"])
    return KINDS[kind](case["inputSize"], case["hiddenSize"], **options)


def make_inputs(kind, case, dtype):
    """Input, states and the weights of the loss, from a generator of their own: the layer's stays as it was."""
    generator = torch.Generator().manual_seed(1_000_000 + case["seed"])
    T, N, H, D = case["T"], case["N"], case["hiddenSize"], 2 if case["bidirectional"] else 1
    out = case["projection"] or H
    batch = {"time-first": (T, N), "batch-first": (N, T), "unbatched": (T,)}[case["layout"]]
    states = (D * case["layers"],) + (() if case["layout"] == "unbatched" else (N,))
    shapes = {"input": batch + (case["inputSize"],)}
    if case["state"]:
        shapes |= {"h0": states + (out,)} | ({"c0": states + (H,)} if kind.startswith("lstm") else {})
    shapes |= {"cot.output": batch + (D * out,), "cot.h_n": states + (out,)}
    if kind.startswith("lstm"):
        shapes["cot.c_n"] = states + (H,)
    return {name: normal(generator, *shape, dtype=dtype) for name, shape in shapes.items()}


def run_layer(layer, case, inputs):
    """Results and gradients, by name."""
    watched = {name: inputs[name].clone().requires_grad_() for name in ("input", "h0", "c0") if name in inputs}
    x, state = watched["input"], watched.get("h0")
    if "c0" in watched:
        state = (state, watched["c0"])
    if case["lengths"]:
        x = pack_padded_sequence(x, torch.tensor(case["lengths"]), layer.batch_first, enforce_sorted=False)
    output, state = layer(x, state)
    if case["lengths"]:
        output, _ = pad_packed_sequence(output, layer.batch_first, total_length=case["T"])
    results = dict(zip(("output", "h_n", "c_n"), (output, *state) if isinstance(state, tuple) else (output, state)))
    sum((value * inputs[f"cot.{name}"]).sum() for name, value in results.items()).backward()
    gradients = {f"grad.{name}": value.grad for name, value in (*layer.named_parameters(), *watched.items())}
    return results | gradients


def make_case(file, kind, case, dtype):
    layer = make_layer(kind, case, dtype)
    weights = {name: value.detach().clone() for name, value in layer.named_parameters()}
    inputs = make_inputs(kind, case, dtype)
    tensors = weights | inputs | run_layer(copy.deepcopy(layer), case, inputs)
    if case["lengths"]:
        tensors["lengths"] = torch.tensor(case["lengths"])
    if dtype == torch.float32:
        doubles = {name: value.double() for name, value in inputs.items()}
        reference = run_layer(copy.deepcopy(layer).double(), case, doubles)
        tensors |= {f"ref.{name}": value for name, value in reference.items()}
    file.add(case, tensors)


def main():
    warnings.filterwarnings("ignore", "LSTM with projections is not supported with oneDNN")
    seed = 0
    for dtype, (shift, kind) in itertools.product((torch.float32, torch.float64), enumerate(KINDS)):
        name = str(dtype).removeprefix("torch.")
        file = GoldenFile(f"Layers/{kind}-{name}.safetensors", __file__)
        for case in (*product_cases(shift, dtype), *edge_cases()):
            if kind == "lstm-projected" and not case["projection"]:
                continue  # a projection is smaller than the hidden size: none fits H = 1
            projection = case["projection"] if kind == "lstm-projected" else 0
            case = case | dict(kind=kind.split("-projected")[0], projection=projection, seed=seed, dtype=name)
            make_case(file, kind, case, dtype)
            seed += 1
        file.write()
    print(f"{seed} cases in all")


if __name__ == "__main__":
    main()
