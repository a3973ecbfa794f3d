#!/usr/bin/env python3
"""Files by Python's own tools, for the readers' tests: Tests/Fixtures/Interchange/.

    python Tests/Fixtures/make_interchange_fixtures.py           # needs numpy, torch and safetensors

`NAME-expected.safetensors` holds what must be read from NAME, in the three types that tensors have.
"""
import io
import types
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parent / "Interchange"
FLOATS = [0.0, -0.0, 1.0, -2.5, 1 / 3, 65504.0, 6e-8, 6.1e-5, float("inf"), float("-inf")]
TORCH_TYPES = {
    "F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64,
    "I8": torch.int8, "I16": torch.int16, "I32": torch.int32, "I64": torch.int64,
    "U8": torch.uint8, "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64, "BOOL": torch.bool,
}

# zipfile writes the time into its entries; this makes it the same every time.
zipfile.time = types.SimpleNamespace(time=lambda: 0, localtime=lambda _: (1980, 1, 1, 0, 0, 0, 0, 0, 0))


def widened(tensor):
    """The tensor in the type that the library reads it as."""
    if tensor.dtype in (torch.float16, torch.bfloat16):
        return tensor.to(torch.float32)
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.to(torch.int64)


def extremes(dtype):
    if dtype == torch.bool:
        return torch.tensor([True, False, True])
    if dtype.is_floating_point:
        return torch.tensor(FLOATS, dtype=torch.float64).to(dtype).reshape(2, 5)
    info = torch.iinfo(dtype)
    return torch.tensor([info.min, 0, 1, min(info.max, 2**63 - 1)], dtype=dtype)


def write_safetensors():
    tensors = {name: extremes(dtype) for name, dtype in TORCH_TYPES.items()}
    tensors["scalar"] = torch.tensor(2.5, dtype=torch.float64)
    tensors["empty"] = torch.zeros(3, 0, 2)
    metadata = {"format": "pt", "note": 'quote " backslash \\ newline \n emoji 🎸 한글'}
    save_file(tensors, FOLDER / "types.safetensors", metadata)
    save_file({name: widened(tensor) for name, tensor in tensors.items()}, FOLDER / "types-expected.safetensors")


def arrays():
    """Every type, byte order and memory order, in one dimension and in three."""
    for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
        for order in "<>" if int(code[1]) > 1 else "|":
            dtype = np.dtype(order + code)
            values = np.arange(24).reshape(2, 3, 4) % 7 - (0 if code[0] in "ub" else 3)
            block = (values / 4 if code[0] == "f" else values).astype(dtype)
            side = {"<": "little", ">": "big", "|": "single"}[order]
            yield f"{code}-{side}-c", block
            yield f"{code}-{side}-fortran", np.asfortranarray(block)
            yield f"{code}-{side}-vector", np.ascontiguousarray(block.reshape(-1)[:5])
    yield "scalar", np.array(2.5)
    yield "empty", np.zeros((2, 0, 3), order="F")


def expected(array):
    dtype = {"f": {2: "<f4", 4: "<f4", 8: "<f8"}.get(array.dtype.itemsize)}.get(array.dtype.kind, "<i8")
    return torch.from_numpy(np.array(array, dtype=dtype, order="C"))


def write_npz():
    entries = dict(arrays())
    np.savez(FOLDER / "arrays.npz", **entries)
    save_file({name: expected(array) for name, array in entries.items()}, FOLDER / "arrays-expected.safetensors")
    few = {"input": np.arange(6, dtype="<f4").reshape(1, 2, 3), "lengths": np.array([2])}
    np.savez_compressed(FOLDER / "compressed.npz", **few)
    # Five megabytes in five kilobytes: as far from its size as deflate gets.
    np.savez_compressed(FOLDER / "zeros.npz", zeros=np.zeros(5 << 17))
    np.savez(FOLDER / "few.npz", **few)
    np.savez(FOLDER / "none.npz")
    write_streamed(few, FOLDER / "streamed.npz", zipfile.ZIP_STORED)
    write_streamed(few, FOLDER / "streamed-compressed.npz", zipfile.ZIP_DEFLATED)


class Pipe(io.RawIOBase):
    """Like a pipe: what was written cannot be changed, so checksum and sizes follow the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def write_streamed(entries, path, method):
    with open(path, "wb") as file, zipfile.ZipFile(Pipe(file), "w", method) as archive:
        for name, array in entries.items():
            with archive.open(name + ".npy", "w") as entry:
                np.lib.format.write_array(entry, array)


def write_npy():
    array = np.arange(6, dtype="<f8").reshape(2, 3)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(FOLDER / f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, array, version=version)
    np.save(FOLDER / "objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(FOLDER / "fields.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i8")]))
    np.save(FOLDER / "complex.npy", np.zeros(2, dtype="<c16"))
    np.save(FOLDER / "text.npy", np.array(["a", "bc"]))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_safetensors()
    write_npz()
    write_npy()
    for path in sorted(FOLDER.iterdir()):
        print(path.name, path.stat().st_size)
