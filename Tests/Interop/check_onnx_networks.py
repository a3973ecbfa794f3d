#!/usr/bin/env python3
"""Runs the graphs that are written here in ONNX Runtime, and compares with what the library computes.

    python Tests/Interop/check_onnx_networks.py                      # needs numpy, onnx and onnxruntime

A hundred networks of drawn form (kinds, levels, directions, biases, variants, trained states, heads) are written by
OnnxInteropTests, with inputs and outputs at several batch sizes and lengths. onnx's checker must accept every graph, and
ONNX Runtime must come within 1e-5 of every output, whatever is left out of states and lengths. Graphs of one step are
run step by step against the sequence. With --rnn, the tool runs the graphs of sequences as well.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-5


def session(path):
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def difference(ours, theirs):
    """The largest, relative to outputs beyond 1."""
    if sorted(ours) != sorted(theirs) or any(ours[n].shape != theirs[n].shape for n in ours):
        return float("inf")
    return max(float((abs(ours[n] - theirs[n]) / np.maximum(1, abs(ours[n]))).max(initial=0)) for n in ours)


def run(graph, arrays):
    names = [output.name for output in graph.get_outputs()]
    return dict(zip(names, graph.run(names, arrays)))


def run_tool(tool, path, arrays):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(source, **arrays)
        subprocess.run([tool, "run", path, "--input", source, "--output", target], check=True, stdout=subprocess.DEVNULL)
        with np.load(target) as result:
            return dict(result)


def run_steps(graph, arrays):
    """The sequence through a graph of one step, which starts from its own defaults where no states are given."""
    feed = {name[0]: arrays[name] for name in ("h0", "c0") if name in arrays}
    outputs = []
    for x in arrays["input"]:
        result = run(graph, {"x": x, **feed})
        outputs.append(result["output"])
        feed = {name[0]: result[name] for name in ("h_next", "c_next") if name in result}
    return {"output": np.stack(outputs), **{f"{name}_n": state for name, state in feed.items()}}


def check(path, tool):
    """The worst differences of one network: of the graph, of the steps (or None), of the tool (or None)."""
    graph, worst = session(path), [0.0, None, None]
    step_path = path.with_name(path.stem + "-step.onnx")
    step = session(step_path) if step_path.exists() else None

    def note(place, ours, theirs):
        worst[place] = max(worst[place] or 0.0, difference(ours, theirs))

    for source in sorted(path.parent.glob(f"{path.stem}-run*-in.npz")):
        arrays = dict(np.load(source))
        expected = dict(np.load(str(source).replace("-in.npz", "-out.npz")))
        note(0, expected, run(graph, arrays))
        if tool:
            note(2, expected, run_tool(tool, path, arrays))
        step_count = len(arrays["input"])
        if step and np.all(arrays.get("lengths", step_count) == step_count):
            note(1, expected, run_steps(step, arrays))
    return worst


def write_graphs(folder):
    environment = {**os.environ, "RECURRENT_INTEROP_FOLDER": str(folder)}
    command = ["swift", "test", "--filter", "OnnxInteropTests"]
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="graphs that were written before")
    parser.add_argument("--rnn", help="the built tool, such as .build/release/rnn")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        if not arguments.folder:
            write_graphs(folder)
        paths = sorted(p for p in folder.glob("network*.onnx") if not p.stem.endswith("-step"))
        results = {path.stem: check(path, arguments.rnn) for path in paths}
    failures = [name for name, worst in results.items() if not all((w or 0) <= TOLERANCE for w in worst)]
    for name in failures:
        print(f"{name}: {results[name]}")
    for place, title in enumerate(["graphs", "graphs of one step", "graphs in rnn run"]):
        found = [worst[place] for worst in results.values() if worst[place] is not None]
        if found:
            print(f"{len(found)} {title}: at most {max(found):.2g} apart, {sum(f > TOLERANCE for f in found)} beyond {TOLERANCE}")
    sys.exit(1 if failures or not results else 0)


if __name__ == "__main__":
    main()
