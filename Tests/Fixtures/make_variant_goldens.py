#!/usr/bin/env python3
"""Goldens of cells that PyTorch's layers do not have: Tests/Fixtures/Layers/variants.safetensors.

    python Tests/Fixtures/make_variant_goldens.py        # needs torch, numpy, onnx and onnxruntime

A case is one layer of one level: RNN, LSTM or GRU with any of ONNX's activations, clip, peepholes, coupled gates, the reset
before or after the product, trainable initial states. Two judges that share no code with each other or with this
library:

ONNX Runtime runs the operator in float32, wherever the operator can say what the case says (it has no projection).
PyTorch runs the cell written as a loop of its operations in float64, and differentiates it by autograd, where

    loss = sum(output * cot.output) + sum(h_n * cot.h_n) + sum(c_n * cot.c_n).

The script stops unless the two agree within 1e-5. Tensors of a case:
    PARAMETER               weights in PyTorch's names and layout, float64 numbers that float32 holds exactly
    input  h0  c0           what goes in; h0 and c0 only where they are given
    lengths                 I64, only in ragged cases
    cot.output  cot.h_n  cot.c_n
    output  h_n  c_n        results in float64
    grad.NAME               gradients, of every parameter, of input, h0 and c0
    onnx.output  onnx.h_n  onnx.c_n     ONNX Runtime's results in float32
"""
import itertools

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper

from goldens import GoldenFile, normal

T, N, I, H, P = 6, 3, 5, 7, 4
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
STANDARD = {"rnn": ["tanh"], "lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"]}
# Name: ONNX's name, the numbers that it takes, and the function.
ACTIVATIONS = {
    "tanh": ("Tanh", (), torch.tanh),
    "sigmoid": ("Sigmoid", (), torch.sigmoid),
    "relu": ("Relu", (), torch.relu),
    "affine": ("Affine", (0.75, 0.125), lambda x, a, b: a * x + b),
    "leakyRelu": ("LeakyRelu", (0.125,), lambda x, a: F.leaky_relu(x, a)),
    "thresholdedRelu": ("ThresholdedRelu", (0.25,), lambda x, a: torch.where(x >= a, x, torch.zeros_like(x))),
    "scaledTanh": ("ScaledTanh", (1.25, 0.75), lambda x, a, b: a * torch.tanh(b * x)),
    "hardSigmoid": ("HardSigmoid", (0.25, 0.5), lambda x, a, b: torch.clamp(a * x + b, 0, 1)),
    "elu": ("Elu", (0.5,), lambda x, a: F.elu(x, a)),
    "softsign": ("Softsign", (), F.softsign),
    "softplus": ("Softplus", (), F.softplus),
}


def cases():
    names = list(ACTIVATIONS)
    for index, (name, clip) in enumerate(itertools.product(names, (None, 0.5))):
        yield dict(kind="rnn", activations=[name], clip=clip, state=index % 3)
    gates = [None, ["hardSigmoid", "softsign", "elu"], ["sigmoid", "relu", "scaledTanh"], ["affine", "softplus", "leakyRelu"]]
    for index, (peepholes, coupled, clip) in enumerate(itertools.product((False, True), (False, True), (None, 0.75))):
        for more in range(3):
            turn = index + more
            yield dict(kind="lstm", activations=gates[(turn + more) % 4], clip=clip, peepholes=peepholes, coupled=coupled,
                       state=turn % 3, projection=P if more == 2 else 0)
    for index, (before, clip) in enumerate(itertools.product((False, True), (None, 0.75))):
        for more, pair in enumerate((None, ["hardSigmoid", "softsign"], ["sigmoid", "elu"], ["softsign", "thresholdedRelu"])):
            yield dict(kind="gru", activations=pair, clip=clip, resetBefore=before, state=(index + more) % 3)


def completed(case, seed):
    """`state` is 0: none, 1: given, 2: trainable. Directions, biases and lengths run through the cases by turns."""
    defaults = dict(peepholes=False, coupled=False, resetBefore=False, projection=0)
    case = defaults | case | dict(seed=seed, dtype="float64", inputSize=I, hiddenSize=H)
    case |= dict(bidirectional=seed % 2 == 1, bias=seed % 5 != 2, lengths=[[4, 6, 1], [2, 3, 6]][seed % 2] if seed % 3 == 0 else None)
    case["numbers"] = [list(ACTIVATIONS[name][1]) for name in case["activations"] or []]
    return case


def exact(generator, *shape):
    """Numbers of float64 that float32 holds."""
    return normal(generator, *shape, dtype=torch.float64) * 0.5


def make_weights(case, generator):
    kind, out = case["kind"], case["projection"] or H
    weights = {}
    for ending in ("_l0", "_l0_reverse")[: 2 if case["bidirectional"] else 1]:
        rows = GATES[kind] * H
        shapes = {"weight_ih": (rows, I), "weight_hh": (rows, out)}
        if case["bias"]:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if case["projection"]:
            shapes["weight_hr"] = (out, H)
        if case["peepholes"]:
            shapes["weight_peephole"] = (3 * H,)
        if case["state"] == 2:
            shapes |= {"initial_hidden": (out,)} | ({"initial_cell": (H,)} if kind == "lstm" else {})
        weights |= {name + ending: exact(generator, *shape) for name, shape in shapes.items()}
    return weights


def make_inputs(case, generator):
    D, out, lstm = 2 if case["bidirectional"] else 1, case["projection"] or H, case["kind"] == "lstm"
    shapes = {"input": (T, N, I), "cot.output": (T, N, D * out), "cot.h_n": (D, N, out)}
    shapes |= {"cot.c_n": (D, N, H)} if lstm else {}
    if case["state"] == 1:
        shapes |= {"h0": (D, N, out)} | ({"c0": (D, N, H)} if lstm else {})
    return {name: exact(generator, *shape) for name, shape in shapes.items()}


# MARK: PyTorch, operation by operation


def step(case, w, x, h, c):
    names = case["activations"] or STANDARD[case["kind"]]
    functions = [lambda v, a=ACTIVATIONS[name]: a[2](v, *a[1]) for name in names]
    clip = (lambda v: v) if case["clip"] is None else lambda v: torch.clamp(v, -case["clip"], case["clip"])
    xs, hs = F.linear(x, w["weight_ih"], w.get("bias_ih")), F.linear(h, w["weight_hh"], w.get("bias_hh"))
    if case["kind"] == "rnn":
        return functions[0](clip(xs + hs)), None
    if case["kind"] == "gru":
        r, z = (functions[0](clip(v)) for v in (xs + hs)[:, : 2 * H].chunk(2, 1))
        candidate = r * hs[:, 2 * H :]
        if case["resetBefore"]:
            bias = w["bias_hh"][2 * H :] if case["bias"] else None
            candidate = F.linear(r * h, w["weight_hh"][2 * H :], bias)
        n = functions[1](clip(xs[:, 2 * H :] + candidate))
        return (1 - z) * n + z * h, None
    i, f, g, o = (xs + hs).chunk(4, 1)
    p = w["weight_peephole"].chunk(3) if case["peepholes"] else (0, 0, 0)
    i = functions[0](clip(i + p[0] * c))
    f = 1 - i if case["coupled"] else functions[0](clip(f + p[1] * c))
    c = f * c + i * functions[1](clip(g))
    h = functions[0](clip(o + p[2] * c)) * functions[2](c)
    return (F.linear(h, w["weight_hr"]) if case["projection"] else h), c


def run_direction(case, w, inputs, direction):
    lengths = case["lengths"] or [T] * N
    outputs, hidden, cells = torch.zeros(T, N, case["projection"] or H, dtype=torch.float64), [], []
    rows = []
    for n, length in enumerate(lengths):
        h, c = (inputs[k][direction, n : n + 1] if k in inputs else None for k in ("h0", "c0"))
        if h is None:
            h = w["initial_hidden"][None] if case["state"] == 2 else torch.zeros(1, case["projection"] or H, dtype=torch.float64)
        if c is None:
            c = w["initial_cell"][None] if "initial_cell" in w else torch.zeros(1, H, dtype=torch.float64)
        steps = [None] * T
        for t in range(length) if direction == 0 else reversed(range(length)):
            h, c = step(case, w, inputs["input"][t, n : n + 1], h, c)
            steps[t] = h
        zero = torch.zeros_like(h)
        rows.append(torch.stack([zero if s is None else s for s in steps]))
        hidden.append(h)
        cells.append(c)
    return torch.cat(rows, 1), torch.cat(hidden), torch.cat(cells) if case["kind"] == "lstm" else None


def run_torch(case, weights, inputs):
    watched = {k: v.clone().requires_grad_() for k, v in (weights | inputs).items() if not k.startswith("cot.")}
    directions = []
    for direction, ending in enumerate(("_l0", "_l0_reverse")[: 2 if case["bidirectional"] else 1]):
        w = {k.removesuffix(ending): v for k, v in watched.items() if k.endswith(ending)}
        directions.append(run_direction(case, w, watched, direction))
    results = {"output": torch.cat([d[0] for d in directions], 2), "h_n": torch.stack([d[1] for d in directions])}
    if case["kind"] == "lstm":
        results["c_n"] = torch.stack([d[2] for d in directions])
    sum((value * inputs[f"cot.{name}"]).sum() for name, value in results.items()).backward()
    # Rows of a coupled f reach nothing: autograd gives them zeros, or no gradient where a whole tensor is unused.
    return results | {f"grad.{k}": v.grad if v.grad is not None else torch.zeros_like(v) for k, v in watched.items()}


# MARK: ONNX Runtime

ORDERS = {"rnn": [0], "lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}


def onnx_arrays(case, weights, inputs):
    def gates(name):
        parts = [weights[name + e] for e in ("_l0", "_l0_reverse") if name + e in weights]
        return np.stack([np.concatenate([p.numpy().reshape(-1, H, *p.shape[1:])[g] for g in ORDERS[case["kind"]]]) for p in parts])

    arrays = {"X": inputs["input"].numpy(), "W": gates("weight_ih"), "R": gates("weight_hh")}
    if case["bias"]:
        arrays["B"] = np.concatenate([gates("bias_ih"), gates("bias_hh")], 1)
    if case["lengths"]:
        arrays["lengths"] = np.array(case["lengths"], np.int32)
    for ours, theirs, trained in (("h0", "h", "initial_hidden"), ("c0", "c", "initial_cell")):
        rows = [weights[trained + e].expand(N, -1) for e in ("_l0", "_l0_reverse") if trained + e in weights]
        if ours in inputs or rows:
            arrays[theirs] = (inputs[ours] if ours in inputs else torch.stack(rows)).numpy()
    if case["peepholes"]:
        p = np.stack([weights["weight_peephole" + e].numpy() for e in ("_l0", "_l0_reverse") if "weight_peephole" + e in weights])
        p = p.reshape(-1, 3, H)[:, [0, 2, 1]]  # i f o: i o f
        arrays["P"] = p.reshape(-1, 3 * H)
    return {k: v if v.dtype == np.int32 else v.astype(np.float32) for k, v in arrays.items()}


def run_onnx(case, weights, inputs):
    arrays = onnx_arrays(case, weights, inputs)
    D, lstm = 2 if case["bidirectional"] else 1, case["kind"] == "lstm"
    attributes = dict(hidden_size=H, direction="bidirectional" if D == 2 else "forward")
    if case["clip"] is not None:
        attributes["clip"] = case["clip"]
    if case["coupled"]:
        attributes["input_forget"] = 1
    if case["kind"] == "gru":
        attributes["linear_before_reset"] = 0 if case["resetBefore"] else 1
    if case["activations"]:
        chosen = [ACTIVATIONS[name] for name in case["activations"]] * D
        attributes["activations"] = [name for name, _, _ in chosen]
        attributes["activation_alpha"] = [float(n[0]) for _, n, _ in chosen if n]
        attributes["activation_beta"] = [float(n[1]) for _, n, _ in chosen if len(n) > 1]
        attributes = {k: v for k, v in attributes.items() if v != []}
    order = ["X", "W", "R", "B", "lengths", "h"] + (["c", "P"] if lstm else [])
    names = [name if name in arrays else "" for name in order]
    outputs = ["Y", "Y_h"] + (["Y_c"] if lstm else [])
    node = helper.make_node(case["kind"].upper(), names, outputs, **attributes)
    kinds = {k: TensorProto.INT32 if k == "lengths" else TensorProto.FLOAT for k in arrays}
    graph = helper.make_graph(
        [node], "case", [helper.make_tensor_value_info(k, kinds[k], v.shape) for k, v in arrays.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, None) for k in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    y, *states = (torch.from_numpy(a) for a in session.run(None, arrays))
    return dict(zip(("output", "h_n", "c_n"), (y.transpose(1, 2).reshape(T, N, D * H), *states)))


def main():
    file = GoldenFile("Layers/variants.safetensors", __file__)
    file.metadata |= {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}
    for seed, case in enumerate(cases()):
        case = completed(case, seed)
        generator = torch.Generator().manual_seed(2_000_000 + seed)
        weights, inputs = make_weights(case, generator), make_inputs(case, generator)
        results = run_torch(case, weights, inputs)
        tensors = weights | inputs | results
        if not case["projection"]:
            for name, value in run_onnx(case, weights, inputs).items():
                worst = (value.double() - results[name]).abs().max().item()
                if worst > 1e-5:
                    print(f"case {seed} {name}: ONNX Runtime and PyTorch differ by {worst}: {case}")
                    raise SystemExit(1)
                tensors[f"onnx.{name}"] = value
        if case["lengths"]:
            tensors["lengths"] = torch.tensor(case["lengths"])
        file.add(case, tensors)
    file.write()


if __name__ == "__main__":
    main()
