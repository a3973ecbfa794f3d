#!/usr/bin/env python3
"""Reads the files that InteropTests leaves, with Python's own tools.

    RECURRENT_INTEROP_FOLDER=/tmp/interop swift test --filter InteropTests
    python Tests/Interop/check_interchange.py /tmp/interop           # needs numpy, torch and safetensors
"""
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import safetensors.numpy
import safetensors.torch
from safetensors import safe_open

INFINITY, NAN = float("inf"), float("nan")
METADATA = {"epoch": "3", "note": 'quote " backslash \\ newline \n tab \t 🎸'}
EXPECTED = {
    "weight": np.array([[1.5, -2, INFINITY], [-INFINITY, -0.0, 2.0**-149]], dtype="<f4"),
    "scalar": np.array(-1e300),
    "ids": np.array([[-(2**63)], [-1], [0], [2**63 - 1]]),
    "empty": np.zeros((0, 3), dtype="<f4"),
    "한글": np.full((1, 1, 1), 3.25),
    "nan": np.array([NAN, 1], dtype="<f4"),
}
checks = 0


def check_array(title, actual, expected):
    global checks
    checks += 1
    assert actual.dtype == expected.dtype, f"{title}: {actual.dtype}, expected {expected.dtype}"
    assert actual.shape == expected.shape, f"{title}: {actual.shape}, expected {expected.shape}"
    assert actual.tobytes() == expected.tobytes(), f"{title}: {actual}, expected {expected}"


def check_all(title, arrays):
    assert set(arrays) == set(EXPECTED), f"{title}: {set(arrays)}"
    for name, expected in EXPECTED.items():
        check_array(f"{title} {name}", arrays[name], expected)


def check_safetensors(folder):
    path = folder / "mixed.safetensors"
    check_all("safetensors.numpy", safetensors.numpy.load_file(path))
    check_all("safetensors.torch", {k: v.numpy() for k, v in safetensors.torch.load_file(path).items()})
    with safe_open(path, "np") as file:
        assert file.metadata() == METADATA, file.metadata()
    assert safetensors.numpy.load_file(folder / "none.safetensors") == {}


def check_npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        assert list(arrays) == list(EXPECTED), list(arrays)
        check_all(path.name, dict(arrays))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None, path
    # A second opinion on the records, where there is one.
    if subprocess.run(["which", "unzip"], capture_output=True).returncode == 0:
        subprocess.run(["unzip", "-tqq", str(path)], check=True)


def check_npy(folder):
    for name, expected in EXPECTED.items():
        if name == "한글":
            continue
        path = folder / f"{name}.npy"
        check_array(path.name, np.load(path, allow_pickle=False), expected)
        ours = io.BytesIO()
        np.save(ours, expected)
        assert path.read_bytes() == ours.getvalue(), f"{path.name}: not the bytes that np.save writes"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    check_safetensors(folder)
    for path in sorted(folder.glob("*.npz")):
        if path.name != "none.npz":
            check_npz(path)
    assert list(np.load(folder / "none.npz")) == []
    check_npy(folder)
    print(f"{checks} arrays read by Python: all equal")
