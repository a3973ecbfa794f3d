#!/usr/bin/env python3
"""Files by torch.save, for the reader's tests: Tests/Fixtures/Torch/.

    python Tests/Fixtures/make_torch_fixtures.py                 # needs torch; once with each version of it

`VERSION-FORM.pt` all hold the same. `expected.safetensors`, written where there is a safetensors package, holds what must be
read from them. The values are small fractions, so that every version computes the same ones.
"""
import collections
import io
import sys
import warnings
import zipfile
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent / "Torch"
VERSION = ".".join(torch.__version__.split(".")[:2])
TYPES = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def ramp(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float64) / 8 - 1).reshape(shape).to(dtype)


def layer():
    lstm = torch.nn.LSTM(2, 3)
    with torch.no_grad():
        for index, parameter in enumerate(lstm.parameters()):
            parameter.copy_(ramp(*parameter.shape) * (index + 1))
    return lstm


def checkpoint():
    base = ramp(3, 4)
    flat = ramp(10)
    return {
        "model": collections.OrderedDict((f"lstm.{k}", v) for k, v in layer().state_dict().items()),
        "types": {name: ramp(2, 3, dtype=getattr(torch, name)) for name in TYPES},
        "views": {
            "base": base, "transposed": base.t(), "row": base[1], "steps": base[::2, 1::2],
            "repeated": torch.tensor([2.5]).expand(2, 3), "part": flat[2:8].reshape(2, 3),
            "overlapping": flat.as_strided((3, 4), (2, 1), 1), "empty": flat[10:], "scalar": flat[3],
            "nothing": torch.zeros(2, 0, 3), "same": base,
        },
        "optimizer": {
            "state": {0: {"step": torch.tensor(7.0), "exp_avg": ramp(2, 2)}},
            "param_groups": [{"lr": 0.0078125, "betas": (0.5, 0.75), "amsgrad": False, "params": [0, 1]}],
        },
        "parameter": torch.nn.Parameter(ramp(2)),
        "list": [ramp(1), None, "text"],
        "epoch": 300, "large": 2**40, "negative": -3, "note": "Grüße 🎸",
        "set": {4}, "size": torch.Size([2, 3]), "dtype": torch.float16, "device": torch.device("cpu"),
        "bytes": b"abc", "counter": collections.Counter("a"), "default": collections.defaultdict(int),
    }


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = layer()
        self.register_buffer("scale", ramp(3))

    def forward(self, x):
        return self.lstm(x)[0] * self.scale + torch.tensor([1.0, 2.0, 4.0])


def write_big_endian(path):
    """What a big-endian machine would write: the same, the elements' bytes in the other order."""
    values = {"float": ramp(2, 3), "half": ramp(3, dtype=torch.float16), "long": ramp(9, dtype=torch.int64)}
    little = io.BytesIO()
    torch.save(values, little)
    with zipfile.ZipFile(little) as source, zipfile.ZipFile(path, "w") as target:
        folder = source.namelist()[0].split("/")[0]
        for name in source.namelist():
            data = source.read(name)
            if "/data/" in name:
                width = list(values.values())[int(name.split("/")[-1])].element_size()
                data = b"".join(data[i : i + width][::-1] for i in range(0, len(data), width))
            if not name.endswith(("byteorder", "serialization_id")):
                target.writestr(zipfile.ZipInfo(name), data)
        target.writestr(zipfile.ZipInfo(folder + "/byteorder"), b"big")


def expectation(value, name, tensors, metadata):
    if isinstance(value, torch.Tensor):
        wide = value.detach()
        if wide.dtype in (torch.float16, torch.bfloat16):
            wide = wide.float()
        elif not wide.dtype.is_floating_point:
            wide = wide.long()
        tensors[name] = wide.contiguous().clone()
    elif isinstance(value, dict):
        for key, item in value.items():
            expectation(item, f"{name}.{key}" if name else str(key), tensors, metadata)
    elif isinstance(value, (list, tuple, set)):
        for index, item in enumerate(value):
            expectation(item, f"{name}.{index}", tensors, metadata)
    elif isinstance(value, bool):
        metadata[name] = "true" if value else "false"
    elif isinstance(value, (int, float, str)):
        metadata[name] = str(value)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    FOLDER.mkdir(parents=True, exist_ok=True)
    content = checkpoint()
    torch.save(content, FOLDER / f"{VERSION}-zip.pt")
    torch.save(content, FOLDER / f"{VERSION}-protocol4.pt", pickle_protocol=4)
    torch.save(content, FOLDER / f"{VERSION}-legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(Recurrent()), FOLDER / f"{VERSION}-script.pt")
    torch.jit.save(torch.jit.trace(Recurrent(), torch.zeros(1, 1, 2)), FOLDER / f"{VERSION}-trace.pt")
    torch.save(ramp(2, 3), FOLDER / f"{VERSION}-tensor.pt")
    torch.save({"w": ramp(2)}, FOLDER / f"{VERSION}-small-legacy.pt", _use_new_zipfile_serialization=False)
    # Refused, each with a way out.
    torch.save(layer(), FOLDER / f"{VERSION}-module.pt")
    torch.save({"x": torch.zeros(2, dtype=torch.complex64)}, FOLDER / f"{VERSION}-complex.pt")
    torch.save({"x": torch.eye(2).to_sparse()}, FOLDER / f"{VERSION}-sparse.pt")
    torch.save({"x": torch.quantize_per_tensor(ramp(2), 0.1, 0, torch.qint8)}, FOLDER / f"{VERSION}-quantized.pt")
    try:
        from safetensors.torch import save_file
    except ImportError:
        sys.exit()
    write_big_endian(FOLDER / "big-endian.pt")
    tensors, metadata = {}, {}
    expectation(content, "", tensors, metadata)
    save_file(tensors, FOLDER / "expected.safetensors", metadata)
