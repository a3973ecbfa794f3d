#!/usr/bin/env python3
"""Runs networks that an exporter has unrolled, step by step, through `rnn run`, and compares with ONNX Runtime.

    swift build -c release
    python Tests/Interop/check_onnx_unrolled.py            # needs torch, onnx, onnxruntime and numpy
    python Tests/Interop/check_onnx_unrolled.py --steps 70 --rnn .build/debug/rnn

PyTorch exports RNNCell, GRUCell and LSTMCell over that many steps: some twenty operators a step, and hardly any weights.
A graph of as many operators as are read at most is inspected, and one with one more must be refused.
"""
import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper

TOLERANCE = 1e-5
LIMIT = 1 << 18


class Unrolled(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell = getattr(torch.nn, kind + "Cell")(5, 8)

    def forward(self, x):
        state, outputs = None, []
        for step in x.unbind():
            state = self.cell(step, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs)


def check(kind, steps, tool, folder):
    torch.manual_seed(steps)
    x = torch.randn(steps, 3, 5)
    path = folder / f"{kind}.onnx"
    torch.onnx.export(Unrolled(kind).eval(), (x,), path, dynamo=False, opset_version=17, input_names=["x"],
                      output_names=["y"])
    np.savez(folder / "in.npz", x=x.numpy())
    start = time.perf_counter()
    subprocess.run([tool, "run", path, "--input", folder / "in.npz", "--output", folder / "out.npz"], check=True,
                   stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # minutes for such graphs
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    expected = session.run(None, {"x": x.numpy()})[0]
    with np.load(folder / "out.npz") as arrays:
        difference = float(np.abs(arrays["y"] - expected).max())
    count = len(onnx.load(path).graph.node)
    print(f"{kind}Cell over {steps} steps: {count} operators, {path.stat().st_size} bytes, {seconds:.2f} s, "
          f"{difference:.1e} from ONNX Runtime")
    return difference <= TOLERANCE


def check_limit(count, tool, folder):
    names = ["x", *(f"/model/Relu_{number}_output_0" for number in range(count))]
    nodes = [helper.make_node("Relu", [before], [after]) for before, after in zip(names, names[1:])]
    ends = [onnx.ValueInfoProto(name=names[place]) for place in (0, -1)]
    graph = helper.make_graph(nodes, "many", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "many.onnx").write_bytes(model.SerializeToString())
    result = subprocess.run([tool, "inspect", folder / "many.onnx"], capture_output=True, text=True)
    print(f"{count} operators: {'read' if result.returncode == 0 else result.stderr.strip()}")
    return (result.returncode == 0) == (count <= LIMIT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rnn", default=".build/release/rnn")
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as folder:
        results = [check(kind, options.steps, options.rnn, Path(folder)) for kind in ["RNN", "GRU", "LSTM"]]
        results += [check_limit(count, options.rnn, Path(folder)) for count in (LIMIT, LIMIT + 1)]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
