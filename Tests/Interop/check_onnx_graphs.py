#!/usr/bin/env python3
"""Runs graphs of other makers through `rnn run` and compares with ONNX Runtime and PyTorch.

    swift build -c release
    python Tests/Interop/check_onnx_graphs.py [--rnn PATH] [--count 200] [--seed 0]    # needs onnx, onnxruntime, torch

First random RNN, GRU and LSTM operators with everything that ONNX Runtime knows of them: directions, lengths, initial
states, peepholes, clip, coupled gates, both resets, and all activations, different in each direction. Then networks
exported by both of PyTorch's exporters: levels, directions, dynamic axes, batch first, and run at other sizes than the
exported ones.
"""
import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

TOLERANCE = 1e-5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
FUNCTIONS = {"RNN": 1, "GRU": 2, "LSTM": 3}
# Name, and whether it has an alpha and a beta.
ACTIVATIONS = [
    ("Tanh", 0, 0), ("Sigmoid", 0, 0), ("Relu", 0, 0), ("Softsign", 0, 0), ("Softplus", 0, 0), ("Affine", 1, 1),
    ("LeakyRelu", 1, 0), ("ThresholdedRelu", 1, 0), ("ScaledTanh", 1, 1), ("HardSigmoid", 1, 1), ("Elu", 1, 0),
]


def run_tool(tool, path, inputs):
    folder = Path(path).parent
    np.savez(folder / "in.npz", **inputs)
    command = [tool, "run", path, "--input", folder / "in.npz", "--output", folder / "out.npz"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr.strip() or f"exit code {result.returncode}"
    with np.load(folder / "out.npz") as arrays:
        return dict(arrays)


def run_runtime(path, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def difference(ours, expected):
    if isinstance(ours, str):
        return ours
    gap = 0.0
    for name, array in expected.items():
        if name not in ours or ours[name].shape != array.shape:
            return f"{name}: {ours.get(name, np.zeros(0)).shape}, expected {array.shape}"
        scale = np.maximum(1, np.abs(array)) if array.size else 1
        gap = max(gap, float((np.abs(ours[name] - array) / scale).max(initial=0)))
    return gap


# Random operators


def random_model(rng, kind, limits=(9, 6, 8, 10)):
    """A graph of one operator with its weights as inputs, the inputs, and what it is; sizes T, N, I, H below limits."""
    direction = str(rng.choice(["forward", "reverse", "bidirectional"]))
    d = 2 if direction == "bidirectional" else 1
    t, n, i, h = (int(x) for x in rng.integers(1, limits))
    g = GATES[kind]
    arrays = {
        "X": rng.normal(size=(t, n, i)), "W": rng.normal(size=(d, g * h, i)) * 0.5,
        "R": rng.normal(size=(d, g * h, h)) * 0.4, "B": rng.normal(size=(d, 2 * g * h)) * 0.3,
        "sequence_lens": rng.integers(1, t + 1, size=n).astype(np.int32),
        "initial_h": rng.normal(size=(d, n, h)) * 0.5,
    }
    if kind == "LSTM":
        arrays |= {"initial_c": rng.normal(size=(d, n, h)) * 0.5, "P": rng.normal(size=(d, 3 * h)) * 0.3}
    arrays = {k: v if v.dtype == np.int32 else v.astype(np.float32) for k, v in arrays.items()}
    names = [name if name in ("X", "W", "R") or rng.random() < 0.5 else "" for name in arrays]
    attributes = {"hidden_size": h, "direction": direction}
    if rng.random() < 0.6:
        attributes |= random_activations(rng, FUNCTIONS[kind] * d)
    if rng.random() < 0.4:
        attributes["clip"] = float(rng.uniform(0.2, 2))
    if kind == "LSTM" and rng.random() < 0.3:
        attributes["input_forget"] = 1
    if kind == "GRU":
        attributes["linear_before_reset"] = int(rng.integers(2))
    outputs = ["Y", "Y_h", "Y_c"][: 3 if kind == "LSTM" else 2]
    node = helper.make_node(kind, names, outputs, **attributes)
    used = {name: array for name, array in arrays.items() if name in names}
    inputs = [helper.make_tensor_value_info(
        name, TensorProto.INT32 if array.dtype == np.int32 else TensorProto.FLOAT, None)
        for name, array in used.items()]
    graph = helper.make_graph(
        [node], kind, inputs, [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model, used, f"{kind} {attributes} {[n for n in names if n]}"


def random_activations(rng, count):
    chosen = [ACTIVATIONS[k] for k in rng.integers(len(ACTIVATIONS), size=count)]
    result = {"activations": [name for name, _, _ in chosen]}
    # ONNX Runtime takes 0 for what the standard gives other defaults, or none.
    needed = {"Affine", "ScaledTanh", "ThresholdedRelu"} & set(result["activations"])
    if needed or rng.random() < 0.5:
        result["activation_alpha"] = [float(rng.uniform(0.1, 1)) for _, alpha, _ in chosen if alpha]
        result["activation_beta"] = [float(rng.uniform(0.1, 1)) for _, _, beta in chosen if beta]
    return {key: value for key, value in result.items() if value}


def check_random(tool, count, seed):
    rng = np.random.default_rng(seed)
    worst, failures, unknown = 0.0, 0, 0
    for _ in range(count):
        model, inputs, title = random_model(rng, str(rng.choice(list(GATES))))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(model, path)
            try:
                expected = run_runtime(path, inputs)
            except Exception as error:
                unknown += 1
                print(f"  ONNX Runtime: {str(error)[:200]}: {title}")
                continue
            # It leaves what follows a sequence's end undefined in some cases; the standard says zeros.
            gap = difference(run_tool(tool, path, inputs), expected)
        if isinstance(gap, str) or not gap <= TOLERANCE:
            failures += 1
            print(f"  {gap}: {title}")
        else:
            worst = max(worst, gap)
    print(f"random operators: {count - failures - unknown} of {count} within {TOLERANCE} of ONNX Runtime, "
          f"the furthest {worst:.1e}; {unknown} not known to it", flush=True)
    return failures


# PyTorch's exporters


def networks():
    import torch

    class Tagger(torch.nn.Module):
        def __init__(self, kind, layers, bidirectional, batch_first):
            super().__init__()
            self.embedding = torch.nn.Embedding(11, 5)
            self.rnn = getattr(torch.nn, kind)(5, 6, layers, bidirectional=bidirectional, batch_first=batch_first)
            self.head = torch.nn.Linear(12 if bidirectional else 6, 3)

        def forward(self, ids):
            output, _ = self.rnn(self.embedding(ids))
            return torch.log_softmax(self.head(torch.relu(output)), -1)

    class Plain(torch.nn.Module):
        def __init__(self, kind, layers, bidirectional, batch_first):
            super().__init__()
            self.rnn = getattr(torch.nn, kind)(5, 6, layers, bidirectional=bidirectional, batch_first=batch_first)

        def forward(self, x):
            output, state = self.rnn(x)
            return (output, *state) if isinstance(state, tuple) else (output, state)

    for kind in ["RNN", "LSTM", "GRU"]:
        for layers in [1, 2]:
            for bidirectional in [False, True]:
                for batch_first in [False, True]:
                    shape = (kind, layers, bidirectional, batch_first)
                    yield f"{shape}", Plain(*shape).eval(), lambda a, b: torch.randn(a, b, 5)
                    yield f"{shape} tagger", Tagger(*shape).eval(), lambda a, b: torch.randint(0, 11, (a, b))


def export(network, example, path, dynamo):
    import torch
    axes = {"x": {0: "first", 1: "second"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            shapes = ({0: torch.export.Dim("first", min=1), 1: torch.export.Dim("second", min=1)},)
            torch.onnx.export(network, (example,), path, input_names=["x"], dynamo=True, verbose=False,
                              external_data=False, dynamic_shapes=shapes)
        else:
            torch.onnx.export(network, (example,), path, input_names=["x"], dynamic_axes=axes, dynamo=False)


def check_exported(tool, dynamo):
    import torch
    torch.manual_seed(0)
    worst, failures, count, skipped = 0.0, 0, 0, 0
    operators = set()
    for title, network, make in networks():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            try:
                export(network, make(3, 4), path, dynamo)
            except Exception as error:
                skipped += 1
                print(f"  not exported: {title}: {str(error).splitlines()[0][:150]}")
                continue
            model = onnx.load(path)
            operators |= {node.op_type for node in model.graph.node}
            names = [output.name for output in model.graph.output]
            # torch.export makes a constant of the number of steps, which the graph says then.
            fixed = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
            for wanted in [(3, 4), (7, 2)]:
                sizes = tuple(known or size for known, size in zip(fixed, wanted))
                x = make(*sizes)
                result = network(x)
                result = result if isinstance(result, tuple) else (result,)
                expected = {name: value.detach().numpy() for name, value in zip(names, result)}
                gap = difference(run_tool(tool, path, {"x": x.numpy()}), expected)
                count += 1
                if isinstance(gap, str) or not gap <= TOLERANCE:
                    failures += 1
                    print(f"  {gap}: {title} {sizes}")
                else:
                    worst = max(worst, gap)
    which = "torch.export" if dynamo else "TorchScript"
    print(f"PyTorch's exporter by {which}: {count - failures} of {count} runs within {TOLERANCE}, "
          f"the furthest {worst:.1e}; {skipped} networks not exported; operators {', '.join(sorted(operators))}",
          flush=True)
    return failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rnn", default=".build/release/rnn", help="the tool (default: %(default)s)")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["random", "torchscript", "export"], help="one part")
    options = parser.parse_args()
    failed = 0
    if options.only in (None, "random"):
        failed += check_random(options.rnn, options.count, options.seed)
    if options.only in (None, "torchscript"):
        failed += check_exported(options.rnn, dynamo=False)
    if options.only in (None, "export"):
        failed += check_exported(options.rnn, dynamo=True)
    sys.exit(failed != 0)
