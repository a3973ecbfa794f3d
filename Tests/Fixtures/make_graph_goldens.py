#!/usr/bin/env python3
"""ONNX graphs with their inputs, and the outputs that ONNX Runtime and PyTorch compute: Tests/Fixtures/Graphs/.

    python Tests/Fixtures/make_graph_goldens.py       # needs numpy, onnx, onnxruntime and torch

A case's JSON has the model's bytes as base64; tensors `in.NAME` are its inputs, `out.NAME` its outputs. Integers of 32
bits and truth values are widened to int64, as the library has them.
"""
import base64
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from goldens import GoldenFile
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Interop"))
from check_onnx_graphs import random_model  # noqa: E402

TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "int64": TensorProto.INT64,
         "int32": TensorProto.INT32, "bool": TensorProto.BOOL}


def run(model, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def widened(array):
    return torch.from_numpy(np.array(array, order="C")) if array.dtype in (np.float32, np.float64) \
        else torch.from_numpy(np.array(array, dtype=np.int64))


def add(file, title, model, inputs, outputs):
    case = {"title": title, "model": base64.b64encode(model.SerializeToString()).decode()}
    tensors = {f"in.{name}": widened(array) for name, array in inputs.items()}
    tensors |= {f"out.{name}": widened(array) for name, array in outputs.items()}
    file.add(case, tensors)


# Recurrent operators


def with_layout(model, inputs, outputs):
    """The same with the batch first, which ONNX Runtime does not know: axes are exchanged by NumPy."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    changed.graph.node[0].attribute.append(helper.make_attribute("layout", 1))
    swap = {"X": [1, 0, 2], "initial_h": [1, 0, 2], "initial_c": [1, 0, 2], "Y": [2, 0, 1, 3], "Y_h": [1, 0, 2],
            "Y_c": [1, 0, 2]}
    turn = lambda arrays: {k: v.transpose(swap[k]) if k in swap else v for k, v in arrays.items()}
    return changed, turn(inputs), turn(outputs)


def recurrent():
    file = GoldenFile("Graphs/recurrent.safetensors", __file__)
    rng = np.random.default_rng(7)
    for number in range(36):
        kind = ["RNN", "GRU", "LSTM"][number % 3]
        model, inputs, title = random_model(rng, kind, limits=(6, 5, 5, 6))
        outputs = run(model, inputs)
        add(file, title, model, inputs, outputs)
        if number % 6 < 3:
            add(file, title + " batch first", *with_layout(model, inputs, outputs))
    file.write()


# The other operators


def f32(*shape):
    f32.generator = getattr(f32, "generator", np.random.default_rng(3))
    return f32.generator.normal(size=shape).astype(np.float32)


def i64(*values):
    return np.array(values, dtype=np.int64)


def operators():
    """Operator, operator set, attributes, inputs (None is left out)."""
    x, big = f32(2, 3, 5), 2**62
    yield "Add", 13, {}, [f32(2, 1, 3), f32(5, 1)]
    yield "Add", 13, {}, [i64(1, 2, 3), i64(7)]
    yield "Add", 13, {}, [f32(3).astype(np.float64), f32(2, 1).astype(np.float64)]
    yield "Add", 13, {}, [f32(0, 3), f32(3)]
    yield "Mul", 13, {}, [f32(2, 3), np.array(2, dtype=np.float32)]
    yield "Mul", 14, {}, [i64(-4, 5), i64(3, 3)]
    yield "Sub", 13, {}, [f32(2, 3), f32(2, 1)]
    for name in ["Sigmoid", "Tanh", "Relu", "Identity"]:
        yield name, 13, {}, [f32(3, 4) * 3]
    for name in ["Softmax", "LogSoftmax"]:
        yield name, 11, {}, [x]
        yield name, 11, {"axis": -1}, [x]
        yield name, 11, {"axis": 0}, [x]
        yield name, 13, {}, [x]
        yield name, 13, {"axis": 1}, [x]
    yield "MatMul", 13, {}, [f32(2, 3), f32(3, 4)]
    yield "MatMul", 13, {}, [f32(3), f32(3)]
    yield "MatMul", 13, {}, [f32(3), f32(2, 3, 4)]
    yield "MatMul", 13, {}, [f32(2, 5, 3), f32(3)]
    yield "MatMul", 13, {}, [f32(2, 1, 5, 3), f32(4, 3, 2)]
    yield "Gemm", 13, {}, [f32(2, 3), f32(3, 4)]
    yield "Gemm", 13, {"transB": 1}, [f32(2, 3), f32(4, 3), f32(4)]
    yield "Gemm", 13, {"transA": 1, "alpha": 0.5, "beta": 2.0}, [f32(3, 2), f32(3, 4), f32(2, 1)]
    yield "Transpose", 13, {}, [x]
    yield "Transpose", 13, {"perm": [1, 2, 0]}, [x]
    yield "Squeeze", 11, {"axes": [0, -2]}, [f32(1, 3, 1, 2)]
    yield "Squeeze", 13, {}, [f32(1, 3, 1, 2), i64(-2)]
    yield "Squeeze", 13, {}, [f32(1, 3, 1, 2)]
    yield "Unsqueeze", 11, {"axes": [0, 3]}, [f32(3, 2)]
    yield "Unsqueeze", 13, {}, [f32(3, 2), i64(-1, 0)]
    yield "Reshape", 13, {}, [x, i64(0, -1)]
    yield "Reshape", 14, {"allowzero": 1}, [f32(0, 3), i64(3, 0)]
    yield "Concat", 13, {"axis": -1}, [f32(2, 3), f32(2, 1), f32(2, 0)]
    yield "Concat", 13, {"axis": 0}, [i64(1, 2), i64(3)]
    yield "Slice", 9, {"starts": [1, -2], "ends": [9, 5], "axes": [1, 2]}, [x]
    yield "Slice", 13, {}, [x, i64(0, 1), i64(1, big)]
    yield "Slice", 13, {}, [x, i64(-1), i64(-big), i64(2), i64(-2)]
    yield "Slice", 13, {}, [x, i64(4, 0), i64(1, 2), i64(-1, 0), i64(-1, big)]
    yield "Gather", 13, {}, [x, i64(1, 0, -1)]
    yield "Gather", 13, {"axis": 2}, [x, np.array([[0, -5], [4, 2]], dtype=np.int64)]
    yield "Gather", 13, {"axis": 1}, [x, np.array(2, dtype=np.int64)]
    yield "Expand", 13, {}, [f32(3, 1), i64(2, 1, 4)]
    yield "Expand", 13, {}, [f32(2, 3), i64(1)]
    yield "Shape", 13, {}, [x]
    yield "Shape", 15, {"start": -2, "end": 9}, [x]
    yield "Constant", 13, {"value_ints": [3, 4]}, []
    yield "Constant", 13, {"value_float": 1.5}, []
    yield "Constant", 13, {"value": numpy_helper.from_array(f32(2, 2))}, []
    yield "ConstantOfShape", 9, {}, [i64(2, 3)]
    yield "ConstantOfShape", 9, {"value": numpy_helper.from_array(i64(7))}, [i64(2)]
    yield "Cast", 13, {"to": TensorProto.INT64}, [np.array([1.9, -1.9, 0], dtype=np.float32)]
    yield "Cast", 13, {"to": TensorProto.DOUBLE}, [f32(3)]
    yield "Cast", 13, {"to": TensorProto.FLOAT}, [i64(3, -2)]
    yield "Cast", 13, {"to": TensorProto.BOOL}, [f32(3)]
    yield "Cast", 13, {"to": TensorProto.INT32}, [i64(3, 2**31 + 5)]
    yield "Flatten", 13, {}, [x]
    yield "Flatten", 13, {"axis": 0}, [x]
    yield "Flatten", 13, {"axis": -1}, [x]
    yield "Split", 11, {"axis": 1, "split": [2, 1]}, [x]
    yield "Split", 13, {"axis": -1}, [x, i64(5, 0)]
    yield "Split", 13, {}, [x]
    yield "Split", 18, {"axis": 1, "num_outputs": 2}, [x]


def single(operator, opset, attributes, inputs):
    names = [f"x{place}" for place in range(len(inputs))]
    results = ["y", "z"] if operator == "Split" else ["y"]
    node = helper.make_node(operator, names, results, name="it", **attributes)
    values = [helper.make_tensor_value_info(name, TYPES[str(array.dtype)], array.shape)
              for name, array in zip(names, inputs)]
    outputs = [onnx.ValueInfoProto(name=name) for name in results]
    graph = helper.make_graph([node], "g", values, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model)


def glue():
    file = GoldenFile("Graphs/operators.safetensors", __file__)
    for operator, opset, attributes, inputs in operators():
        model = single(operator, opset, attributes, inputs)
        arrays = {f"x{place}": array for place, array in enumerate(inputs)}
        title = f"{operator} {opset} {[k for k in attributes]} {[a.shape for a in inputs]}"
        add(file, title, model, arrays, run(model, arrays))
    file.write()


# Exported networks


class Tagger(torch.nn.Module):
    def __init__(self, kind, batch_first):
        super().__init__()
        self.embedding = torch.nn.Embedding(7, 3)
        self.rnn = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True, batch_first=batch_first)
        self.head = torch.nn.Linear(8, 3)

    def forward(self, ids):
        return torch.log_softmax(self.head(self.rnn(self.embedding(ids))[0]), -1)


def exported():
    file = GoldenFile("Graphs/exported.safetensors", __file__)
    torch.manual_seed(5)
    for kind, batch_first, dynamo in [("LSTM", False, False), ("GRU", True, False), ("RNN", False, False),
                                      ("LSTM", True, True)]:
        network = Tagger(kind, batch_first).eval()
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = Path(folder) / "model.onnx"
            example = torch.zeros(3, 4, dtype=torch.int64)
            if dynamo:
                dims = {0: torch.export.Dim("first", min=1), 1: torch.export.Dim("second", min=1)}
                torch.onnx.export(network, (example,), path, input_names=["x"], dynamo=True, external_data=False,
                                  dynamic_shapes=(dims,), verbose=False)
            else:
                torch.onnx.export(network, (example,), path, input_names=["x"], dynamo=False,
                                  dynamic_axes={"x": {0: "first", 1: "second"}})
            model = onnx.load(path)
        strip(model)
        ids = torch.randint(0, 7, (5, 2))
        title = f"{kind} batch_first={batch_first} dynamo={dynamo}"
        add(file, title, model, {"x": ids.numpy()}, {model.graph.output[0].name: network(ids).detach().numpy()})
    file.write()


def strip(model):
    """Without the notes of where in a program a node comes from: they name folders of the machine."""
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.ClearField("metadata_props")
        value.ClearField("doc_string")
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")
    model.ClearField("doc_string")


if __name__ == "__main__":
    recurrent()
    glue()
    exported()
