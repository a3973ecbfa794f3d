#!/usr/bin/env python3
"""PyTorch's files, there and back: random networks, as any version of PyTorch saves them.

    python Tests/Interop/check_torch.py make /tmp/torch 100                       # needs torch and numpy
    RECURRENT_TORCH_FOLDER=/tmp/torch swift test --filter TorchInteropTests       # by the library, or
    python Tests/Interop/check_torch.py convert /tmp/torch .build/release/rnn     # by the tool: .pt, and safetensors and .pt
    python Tests/Interop/check_torch.py check /tmp/torch                          # with this or another version of torch

Checked: every tensor of a file that was read and written again has the bits of the first; `torch.load(weights_only=True)`
opens it; and a network of PyTorch's with its weights gives the outputs that were computed here.
"""
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

# Sums over at most 20 products and 8 steps in another order, in float32: a few ULP of values below 1.
TOLERANCE = 1e-5
TYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
PREFIXES = ["", "rnn.", "module.encoder.", "model.0.lstm_1."]
warnings.simplefilter("ignore")


def network(case):
    keywords = dict(case["options"])
    module = getattr(torch.nn, case["kind"])(case["input"], case["hidden"], **keywords)
    return module.to(torch.float64 if case["dtype"] == "torch.float64" else torch.float32)


def random_case(choose):
    kind = choose.choice(["RNN", "LSTM", "GRU"])
    hidden = choose.randint(2, 9)
    options = {
        "num_layers": choose.randint(1, 3), "bidirectional": choose.random() < 0.5, "bias": choose.random() < 0.7,
    }
    if kind == "RNN":
        options["nonlinearity"] = choose.choice(["tanh", "relu"])
    if kind == "LSTM" and choose.random() < 0.4:
        options["proj_size"] = choose.randint(1, hidden - 1)
    return {
        "kind": kind, "input": choose.randint(1, 7), "hidden": hidden, "options": options,
        "dtype": str(choose.choice(TYPES)), "prefix": choose.choice(PREFIXES),
        "nesting": choose.choice(["none", "state_dict", "checkpoint", "parameters"]),
        "sharing": choose.choice(["none", "one storage", "columns", "steps"]),
        "saving": choose.choice([
            {}, {"pickle_protocol": 3}, {"pickle_protocol": 4}, {"pickle_protocol": 5},
            {"_use_new_zipfile_serialization": False},
        ]),
    }


def shared(tensors, sharing):
    """The same values as views of other storages."""
    if sharing == "one storage":
        flat = torch.cat([t.reshape(-1) for t in tensors.values()])
        parts = flat.split([t.numel() for t in tensors.values()])
        return {name: part.view(t.shape) for part, (name, t) in zip(parts, tensors.items())}
    if sharing == "columns":
        return {name: t.t().contiguous().t() if t.dim() == 2 else t for name, t in tensors.items()}
    if sharing == "steps":
        return {name: torch.stack([t, -t], dim=-1)[..., 0] for name, t in tensors.items()}
    return tensors


def make(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    choose = random.Random(4)
    for number in range(count):
        case = random_case(choose)
        torch.manual_seed(number)
        dtype = getattr(torch, case["dtype"].split(".")[1])
        weights = {k: v.detach().to(dtype) for k, v in network(case).state_dict().items()}
        state = {case["prefix"] + name: t for name, t in shared(weights, case["sharing"]).items()}
        if case["nesting"] == "parameters":
            state = {name: torch.nn.Parameter(t) for name, t in state.items()}
        content = state
        if case["nesting"] in ("state_dict", "checkpoint"):
            content = {"epoch": number, "state_dict": state}
        if case["nesting"] == "checkpoint":
            moments = {i: {"step": torch.tensor(3.0), "exp_avg": t * 2} for i, t in enumerate(weights.values())}
            content["optimizer"] = {"state": moments, "param_groups": [{"lr": 0.5, "params": list(moments)}]}
        name = f"{number:03d}"
        torch.save(content, folder / f"{name}-in.pt", **case["saving"])
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        arrays = {"input": torch.randn(choose.randint(1, 8), choose.randint(1, 4), case["input"], dtype=wide).numpy()}
        if case["options"].get("nonlinearity") == "relu":
            arrays["relu"] = np.zeros(1)
        np.savez_compressed(folder / f"{name}-input.npz", **arrays)
        (folder / f"{name}.json").write_text(json.dumps(case))
    print(f"{count} files by PyTorch {torch.__version__}")


def cases(folder):
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def call(rnn, folder, *arguments):
    result = subprocess.run([rnn, *arguments], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, " ".join(arguments) + "\n" + result.stdout + result.stderr


def convert(folder, rnn):
    """The networks alone, from .pt to .pt, and from there to safetensors and back; and their outputs."""
    for name, case in cases(folder).items():
        # Only an optimizer's moments are left behind: every other tensor must be used.
        unused = ["--allow-unused"] if case["nesting"] == "checkpoint" else []
        relu = ["--nonlinearity", "relu"] if case["options"].get("nonlinearity") == "relu" else []
        call(rnn, folder, "convert", f"{name}-in.pt", f"{name}-converted.pt", *unused, *relu)
        call(rnn, folder, "convert", f"{name}-converted.pt", f"{name}.safetensors", *relu)
        call(rnn, folder, "convert", f"{name}.safetensors", f"{name}-back.pt")
        call(rnn, folder, "run", f"{name}-back.pt", "--input", f"{name}-input.npz", "--output", f"{name}-ran.npz", *relu)
    print(f"{len(cases(folder))} files converted three times")


def flattened(value, name=""):
    if isinstance(value, torch.Tensor):
        yield name, value.detach()
    elif isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from flattened(item, f"{name}.{key}" if name else str(key))


def widened(tensor):
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def expect_same(name, case, expected, path):
    """The tensors of the file at `path`, which must have the names, types, shapes and bits of `expected`."""
    actual = torch.load(path, weights_only=True)
    assert list(actual) == list(expected), f"{name}: {list(actual)}, expected {list(expected)}"
    for key, tensor in expected.items():
        same = actual[key].dtype == tensor.dtype and actual[key].shape == tensor.shape
        assert same and actual[key].numpy().tobytes() == tensor.numpy().tobytes(), f"{path.name} {key}: {case}"
    return actual


def check_case(folder, name, case):
    """How many tensors were compared, and the largest difference of outputs."""
    saved = torch.load(folder / f"{name}-in.pt", weights_only=False)
    expected = {key: widened(t).contiguous() for key, t in flattened(saved)}
    prefix = ("state_dict." if case["nesting"] in ("state_dict", "checkpoint") else "") + case["prefix"]
    alone = {k[len(prefix):]: t for k, t in expected.items() if k.startswith(prefix) and not k.startswith("optimizer.")}
    tensors, differences = 0, []
    whole = folder / f"{name}-out.pt"
    if whole.exists():
        tensors += len(expect_same(name, case, expected, whole))
        differences.append(difference(folder / f"{name}-output.npz", name, alone, case))
    for path in [folder / f"{name}-converted.pt", folder / f"{name}-back.pt"]:
        if path.exists():
            actual = expect_same(name, case, alone, path)
            tensors += len(actual)
            differences.append(difference(folder / f"{name}-ran.npz", name, actual, case))
    assert differences, f"{name}: nothing was written; run the tests or `convert` first"
    return tensors, max(differences)


def difference(path, name, weights, case):
    """The largest difference between the outputs of PyTorch's network with `weights` and ours at `path`."""
    module = network(case)
    module.load_state_dict(weights)
    arrays = np.load(path.parent / f"{name}-input.npz")
    with torch.no_grad():
        output, state = module(torch.from_numpy(arrays["input"]))
    states = state if case["kind"] == "LSTM" else [state]
    ours = np.load(path)
    worst = 0.0
    for array, tensor in zip([ours[key] for key in ours.files], [output, *states]):
        assert array.shape == tuple(tensor.shape), f"{name}: {array.shape}, expected {tensor.shape}"
        worst = max(worst, float(np.abs(array - tensor.numpy()).max(initial=0)))
    assert len(ours.files) == 1 + len(states) and worst <= TOLERANCE, f"{name}: {worst}: {case}"
    return worst


def check(folder):
    results = [check_case(folder, name, case) for name, case in cases(folder).items()]
    tensors, worst = sum(count for count, _ in results), max(worst for _, worst in results)
    print(f"PyTorch {torch.__version__}: {len(results)} files, {tensors} tensors, all bits equal; outputs differ by {worst:.2g} at most")


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    if sys.argv[1] == "make":
        make(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 100)
    elif sys.argv[1] == "convert":
        convert(folder, str(Path(sys.argv[3]).resolve()))
    else:
        check(folder)
