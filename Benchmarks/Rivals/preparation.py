"""What is made before anything is measured: references, ONNX files, oneDNN's library, a check of our own results; and the
measurement of whole processes."""
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from cases import Reference, check, make_input, make_weights, parse, slopes_along, standard_reference

HERE = Path(__file__).resolve().parent
STARTUP_CASE = parse("lstm-seq-b1-t100-i40-h64-l1")


def build_onednn(source, folder):
    """Whether there is a library of oneDNN's primitives now."""
    library = folder / "libonednn_rival.so"
    command = ["g++", "-O2", "-shared", "-fPIC", str(source), "-ldnnl", "-o", str(library)]
    try:
        return library.exists() or subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def prepare(case, folder, tool, has_onnx, has_narrow_weights):
    """Makes the case's files; returns rows with the errors of our own results."""
    standard_reference(case, folder)
    if has_onnx and case.mode != "train" and case.form != "-ragged":
        from peers import Settings, exported
        Settings.folder = folder
        try:
            exported(case)
        except Exception:  # a rival that cannot be had is said to fail where it is measured
            pass
    rows = []
    for weights in ("float32", "bfloat16") if has_narrow_weights and case.mode == "step" else ("float32",):
        try:
            rows.append({"case": case.name, "weights": weights} | check_ours(case, tool, weights))
        except Exception as error:
            rows.append({"case": case.name, "weights": weights, "error": repr(error)[:300]})
    return rows


def check_ours(case, tool, storage="float32"):
    """The errors of what `rnn bench` computes, against float64 on the weights and the input that it drew."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool, "bench", "--case", case.name, "--dump", folder]
        subprocess.run(command + (["--weights", storage] if storage != "float32" else []), check=True, capture_output=True)
        arrays = dict(np.load(Path(folder) / f"{case.name}.npz"))
    x, weights, names = arrays["input"], [], []
    for level in range(case.layers):
        endings = [f"_l{level}{direction}" for direction in ("", "_reverse")[:case.directions]]
        parts = [[f"{part}{ending}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")] for ending in endings]
        weights.append([tuple(arrays[name] for name in part) for part in parts])
        names += sum(parts, [])
    if case.lengths is not None and list(arrays["lengths"]) != list(case.lengths):
        raise ValueError("lengths differ from cases.py")
    if storage == "bfloat16":  # what is stored is the weights; biases stay as they are
        weights = [[(to_bfloat16(Wi), to_bfloat16(Wh), *biases) for Wi, Wh, *biases in level] for level in weights]
    reference = Reference(case, weights, x)
    if case.mode != "train":
        return check(arrays["output"], reference.output())
    tensors = [*(arrays[name] for name in names), x]
    gradients = [arrays[f"gradient.{name}"] for name in (*names, "input")]
    return check(arrays["output"], reference.output(), slopes_along(tensors, gradients), reference.slopes())


def to_bfloat16(values):
    """Rounded to nearest, ties to even, and back."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


# Whole processes

def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(t.tobytes() for t in tensors.values()))


def startups(tool, folder, cpus, rounds):
    """Rows of tool, milliseconds and megabytes; in each round each process runs once. All run one LSTM over 100 steps."""
    place = folder / "startup"
    place.mkdir(exist_ok=True)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    write_safetensors(place / "lstm.safetensors", dict(zip(names, make_weights(STARTUP_CASE)[0][0])))
    np.save(place / "x.npy", make_input(STARTUP_CASE))
    script = str(HERE / "startup.py")
    commands = {"recurrent": [tool, "run", place / "lstm.safetensors", "--input", place / "x.npy", "--output", place / "y.npz"]}
    try:
        import torch
        from peers import Settings, exported, torch_net
        Settings.folder = folder
        torch.save(torch_net(STARTUP_CASE).state_dict(), place / "lstm.pt")
        onnx = exported(STARTUP_CASE)[0]
        for library, model in (("torch", place / "lstm.pt"), ("onnxruntime", onnx)):
            commands[library] = [sys.executable, script, library, model, place / "x.npy", place / "y.npz"]
    except ImportError:
        pass
    for turn in range(rounds + 1):
        for peer, command in commands.items():
            milliseconds, megabytes, code = whole_process([str(part) for part in command], cpus)
            if code:
                yield {"peer": peer, "error": f"ended with code {code}"}
            elif turn:  # the first round fills the file cache
                yield {"peer": peer, "milliseconds": milliseconds, "megabytes": megabytes, "turn": turn}


def whole_process(command, cpus):
    """Milliseconds from start to end, peak memory in MB, exit status."""
    helper = [sys.executable, "-I", "-S", str(HERE / "whole_process.py"), ",".join(map(str, cpus))]
    text = subprocess.run([*helper, *command], check=True, capture_output=True, text=True, timeout=120).stdout
    milliseconds, count, status = text.split()
    return float(milliseconds), int(count) / 1e6, int(status)
