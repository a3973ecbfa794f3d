#!/usr/bin/env python3
"""Runs the ONNX project's own operator tests through `rnn run`.

    swift build -c release
    python Tests/Interop/check_onnx_operators.py             # needs onnx and numpy; onnxruntime for a second opinion
    python Tests/Interop/check_onnx_operators.py --rnn .build/debug/rnn RNN LSTM

Every case that the `onnx` package generates for RNN, GRU and LSTM must come out within 1e-5. The cases of the other
operators that are run here must too, apart from those of types that tensors do not have, which must be refused; their
numbers are printed. Where ONNX Runtime knows the operator, its outputs are compared as well.
"""
import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

RECURRENT = {"RNN": "rnn", "GRU": "gru", "LSTM": "lstm"}
GLUE = {
    "Add": "add", "Cast": "cast", "Concat": "concat", "Constant": "constant", "ConstantOfShape": "constantofshape",
    "Expand": "expand", "Flatten": "flatten", "Gather": "gather", "Gemm": "gemm", "Identity": "identity", "LogSoftmax": "logsoftmax",
    "MatMul": "matmul", "Mul": "mul", "Relu": "relu", "Reshape": "reshape", "Shape": "shape", "Sigmoid": "sigmoid",
    "Slice": "slice", "Softmax": "softmax", "Split": "split", "Squeeze": "squeeze", "Sub": "sub", "Tanh": "tanh",
    "Transpose": "transpose", "Unsqueeze": "unsqueeze",
}
TOLERANCE = 1e-5
# What tensors of the library have, or take the place of.
TYPES = {"float32", "float64", "int64", "int32", "bool"}


def cases(operator):
    """The package's cases of one operator; importing the module that defines them generates them."""
    from onnx.backend.test.case import node
    importlib.import_module(f"onnx.backend.test.case.node.{(RECURRENT | GLUE)[operator]}")
    found = [case for case in node._NodeTestCases
             if "expanded" not in case.name and {n.op_type for n in case.model.graph.node} == {operator}]
    assert found, f"the onnx package has no cases of {operator}"
    return found


def run_tool(tool, folder, model, inputs):
    onnx.save(model, folder / "model.onnx")
    np.savez(folder / "in.npz", **inputs)
    command = [tool, "run", folder / "model.onnx", "--input", folder / "in.npz", "--output", folder / "out.npz"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr.strip() or f"exit code {result.returncode}"
    with np.load(folder / "out.npz") as arrays:
        return dict(arrays)


def run_runtime(model, inputs):
    """ONNX Runtime's outputs, or None if it is not here or does not know the case."""
    try:
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        older = onnx.ModelProto()
        older.CopyFrom(model)
        older.ir_version = min(older.ir_version, 10)
        for entry in older.opset_import:
            entry.version = min(entry.version, 22)
        session = onnxruntime.InferenceSession(
            older.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run([value.name for value in model.graph.output], inputs)
    except Exception:
        return None


def difference(ours, expected):
    """The largest difference, relative where numbers are large; infinite if shapes differ."""
    if ours is None or ours.shape != expected.shape:
        return float("inf")
    if ours.size == 0:
        return 0.0
    ours, expected = ours.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        gaps = np.abs(ours - expected) / np.maximum(1, np.abs(expected))
    return float(np.where((ours == expected) | (np.isnan(ours) & np.isnan(expected)), 0, gaps).max())


def is_held(arrays):
    return all(isinstance(array, np.ndarray) and str(array.dtype) in TYPES for array in arrays)


def check(tool, case):
    """Differences to the case's outputs and to ONNX Runtime's, or what the tool says."""
    inputs_given, outputs = case.data_sets[0]
    names = [value.name for value in case.model.graph.input]
    inputs = {name: np.asarray(array) for name, array in zip(names, inputs_given)}
    with tempfile.TemporaryDirectory() as folder:
        results = run_tool(tool, Path(folder), case.model, inputs)
    if isinstance(results, str):
        return results
    ours = [results.get(value.name) for value in case.model.graph.output]
    gap = max(difference(mine, np.asarray(theirs)) for mine, theirs in zip(ours, outputs))
    theirs = run_runtime(case.model, inputs)
    return gap, theirs and max(difference(mine, np.asarray(array)) for mine, array in zip(ours, theirs))


def check_operator(tool, operator):
    passed = failed = refused = 0
    for case in cases(operator):
        arrays = [*case.data_sets[0][0], *case.data_sets[0][1]]
        outcome = check(tool, case)
        if isinstance(outcome, str):
            if operator in RECURRENT or is_held(arrays):
                failed += 1
                print(f"  {case.name}: {outcome}")
            else:
                refused += 1
            continue
        isRight = outcome[0] <= TOLERANCE
        passed, failed = passed + isRight, failed + (not isRight)
        if operator in RECURRENT or not isRight:
            runtime = "not in ONNX Runtime" if outcome[1] is None else f"to ONNX Runtime {outcome[1]:.1e}"
            print(f"  {case.name}: difference {outcome[0]:.1e}, {runtime}")
    others = f", {refused} of other types refused" if refused else ""
    print(f"{operator}: {passed} cases within {TOLERANCE}, {failed} not{others}", flush=True)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("operators", nargs="*", default=[*RECURRENT, *GLUE])
    parser.add_argument("--rnn", default=".build/release/rnn", help="the tool (default: %(default)s)")
    options = parser.parse_args()
    totals = [check_operator(options.rnn, operator) for operator in options.operators]
    passed, failed = (sum(column) for column in zip(*totals))
    print(f"{passed} cases pass, {failed} fail")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
