#!/usr/bin/env python3
"""Runs the lines of the article "From elsewhere to here and back" as they stand there, with the systems they are about.

    swift build -c release --product rnn
    python Tests/Interop/check_article.py torch .build/release/rnn      # needs torch, safetensors, onnxruntime
    python Tests/Interop/check_article.py mlx .build/release/rnn        # needs mlx
    python Tests/Interop/check_article.py keras .build/release/rnn      # needs keras
    python Tests/Interop/check_article.py nam .build/release/rnn        # needs torch, neural-amp-modeler

A line that is in the article and in no check here is an error, and so is one that is here and not in the article.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

ARTICLE = Path(__file__).parents[2] / "Sources/Recurrent/Recurrent.docc/FromElsewhereAndBack.md"
TEXT = ARTICLE.read_text()
RANDOM = numpy.random.default_rng(1)


def lines_of_the_article():
    """What stands in shell blocks, and calls of functions and of the tool in tables and sentences."""
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.S))
    return [line for block in blocks for line in block.splitlines()] + [
        span for span in spans if re.match(r"rnn \w+ [\w.]+ ", span) or re.fullmatch(r"[\w.]+\(.*\).*", span)]


def expect_no_line_is_left_out():
    source = Path(__file__).read_text()
    for line in lines_of_the_article():
        assert line in source or line in UNCHECKED, f"no check of this line of the article: {line}"


# C++: `check_networks.py rtneural` runs the file in Keras, whose layout it has.
UNCHECKED = ["RTNeural::json_parser::parseJson<float>(stream)"]


def uniform(*shape):
    return RANDOM.uniform(-1, 1, shape).astype(numpy.float32)


class Session:
    """A scratch folder, the current one, and the names that Python lines of the article use."""

    def __init__(self, rnn, **names):
        self.rnn, self.names, self.count = rnn, {"numpy": numpy, **names}, 0

    def shell(self, line):
        self.expect_in_article(line)
        return self.run(*shlex.split(line)[1:])

    def run(self, *arguments):
        result = subprocess.run([self.rnn, *arguments], capture_output=True, text=True)
        assert result.returncode == 0, f"rnn {shlex.join(arguments)}\n{result.stdout}{result.stderr}"
        return result.stdout

    def python(self, line, **names):
        self.expect_in_article(line)
        self.names.update(names)
        return eval(line, self.names)

    def expect_in_article(self, line):
        assert line in TEXT, f"not in the article: {line}"
        self.count += 1

    def expect_equal_to(self, theirs):
        self.python(
            'numpy.testing.assert_allclose(numpy.load("y.npz")["output"], theirs, atol=1e-5)', theirs=theirs)


def check_torch(rnn):
    import onnxruntime
    import safetensors.torch
    import torch

    onnxruntime.set_default_logger_severity(3)
    torch.manual_seed(1)
    session = Session(rnn, torch=torch, safetensors=safetensors, onnxruntime=onnxruntime)
    model = torch.nn.LSTM(3, 8, num_layers=2, bidirectional=True)
    x = uniform(7, 2, 3)
    numpy.save("x.npy", x)
    theirs = [model(torch.from_numpy(x))[0].detach().numpy()]
    session.python('torch.save(model.state_dict(), "model.pt")', model=model)
    assert "gates i f g o" in session.shell("rnn inspect model.pt")
    session.shell("rnn run model.pt --input x.npy --output y.npz")
    session.expect_equal_to(theirs[0])
    assert "lost     nothing" in session.shell("rnn convert model.pt model.onnx")
    assert "no difference in any bit" in session.shell("rnn verify model.pt model.onnx")
    session.python('safetensors.torch.save_file(model.state_dict(), "model.safetensors")')
    session.run("verify", "model.pt", "model.safetensors")

    ran = session.python('onnxruntime.InferenceSession("model.onnx").run(None, {"input": x})', x=x)
    numpy.testing.assert_allclose(ran[0], theirs[0], atol=1e-5)
    numpy.savez("x.npz", input=x)
    session.shell("rnn run model.onnx --input x.npz --output y.npz")
    session.expect_equal_to(theirs[0])
    weight = model.weight_ih_l0.detach().numpy()
    session.shell("rnn convert model.pt model.npz")
    assert numpy.array_equal(session.python('numpy.load("model.npz")["weight_ih_l0"]'), weight)
    arrays = {"W" if name == "weight_ih_l0" else name: array for name, array in numpy.load("model.npz").items()}
    session.python('numpy.savez("model.npz", **arrays)', arrays=arrays)
    session.run("verify", "model.pt", "model.npz", "--name-b", "weight_ih_l0=W")

    session.shell("rnn convert model.onnx model.pt")
    lstm = torch.nn.LSTM(3, 8, num_layers=2, bidirectional=True)
    session.python('lstm.load_state_dict(torch.load("model.pt", weights_only=True))', lstm=lstm)
    assert all(torch.equal(a, b) for a, b in zip(lstm.parameters(), model.parameters()))
    check_step(session, torch)
    return session.count


def check_step(session, torch):
    model = torch.nn.LSTM(3, 8)
    torch.save(model.state_dict(), "model.pt")
    session.shell("rnn convert model.pt step.onnx --to onnx-step")
    x, h, c = uniform(2, 3), uniform(1, 2, 8), uniform(1, 2, 8)
    step = session.names["onnxruntime"].InferenceSession("step.onnx")
    ran = session.python('run(None, {"x": x, "h": h, "c": c})', run=step.run, x=x, h=h, c=c)
    output, _ = model(torch.from_numpy(x)[None], (torch.from_numpy(h), torch.from_numpy(c)))
    numpy.testing.assert_allclose(ran[0], output[0].detach().numpy(), atol=1e-5)
    session.shell("rnn convert model.pt model.json --allow-lossy")
    session.run("verify", "model.pt", "model.json")


def check_mlx(rnn):
    import mlx.core as mx
    import mlx.nn as nn

    session = Session(rnn)
    model, x = nn.GRU(3, 8), uniform(7, 2, 3)
    numpy.save("x.npy", x)
    mx.eval(model.parameters())
    session.python('model.save_weights("model.safetensors")', model=model)
    theirs = numpy.array(model(mx.array(x.transpose(1, 0, 2)))).transpose(1, 0, 2)
    session.run("run", "model.safetensors", "--input", "x.npy", "--output", "y.npz")
    session.expect_equal_to(theirs)
    session.run("convert", "model.safetensors", "model.pt")
    Path("model.safetensors").unlink()
    session.shell("rnn convert model.pt model.safetensors --to mlx --allow-lossy")
    layer = nn.GRU(3, 8)
    session.python('layer.load_weights("model.safetensors")', layer=layer)
    assert all(mx.array_equal(layer[name], model[name]) for name in ["Wx", "Wh", "b", "bhn"])
    return session.count


def check_keras(rnn):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    session = Session(rnn)
    layers = [keras.layers.Bidirectional(keras.layers.LSTM(8, return_sequences=True)) for _ in range(2)]
    model = keras.Sequential([keras.Input((None, 3)), *layers])
    x = uniform(7, 2, 3)
    numpy.save("x.npy", x)
    session.python('numpy.savez("model.npz", **{w.path: w for w in model.weights})', model=model)
    assert "gates i f g o" in session.run("inspect", "model.npz")
    session.run("run", "model.npz", "--input", "x.npy", "--output", "y.npz")
    session.expect_equal_to(numpy.array(model(x.transpose(1, 0, 2))).transpose(1, 0, 2))
    return session.count


def check_nam(rnn):
    import json

    import torch
    from nam.models import init_from_nam

    torch.manual_seed(1)
    session = Session(rnn)
    model = torch.nn.ModuleDict({"rec": torch.nn.LSTM(1, 8), "fc": torch.nn.Linear(8, 1)})
    torch.save(model.state_dict(), "model.pt")
    session.shell("rnn convert model.pt amp.nam --head fc. --allow-lossy")
    x = uniform(100)
    numpy.save("x.npy", x[:, None])
    session.run("run", "amp.nam", "--input", "x.npy", "--output", "y.npz")
    capture = init_from_nam(json.loads(Path("amp.nam").read_text())).eval()
    with torch.no_grad():
        session.expect_equal_to(capture(torch.from_numpy(x), pad_start=False).numpy()[:, None])
    return session.count


if __name__ == "__main__":
    expect_no_line_is_left_out()
    system, tool = sys.argv[1], str(Path(sys.argv[2]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        count = globals()["check_" + system](tool)
        os.chdir("/")
    print(f"{system}: {count} lines of the article run as they stand there")
