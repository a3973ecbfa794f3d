"""What the scripts that make goldens share: one file of many cases, written the same byte for byte every time.

A file is safetensors. Tensors of case `c017` are named `c017.NAME`; the metadata holds `c017`, the case as JSON, and
`torch`, `script`, `cases` (the number of cases). The library's own writer keeps metadata in an order that
changes from run to run, so this one writes the format itself (dtypes F32, F64, I64; wider dtypes first, so that every
tensor is aligned).
"""
import json
import struct
from pathlib import Path

import torch

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}
FOLDER = Path(__file__).resolve().parent

torch.set_num_threads(1)


class GoldenFile:
    """Collects cases, then writes them."""

    def __init__(self, path, script):
        self.path = FOLDER / path
        self.tensors = {}
        self.cases = []
        self.metadata = {"torch": torch.__version__.split("+")[0], "script": Path(script).name}

    def add(self, case, tensors):
        """Adds a case (a dictionary that JSON can hold) with its tensors; None is left out."""
        key = f"c{len(self.cases):03d}"
        self.cases.append(case)
        self.metadata[key] = json.dumps(case)
        for name, tensor in tensors.items():
            if tensor is not None:
                self.tensors[f"{key}.{name}"] = tensor.detach().contiguous()

    def write(self):
        self.metadata["cases"] = str(len(self.cases))
        items = sorted(self.tensors.items(), key=lambda item: -item[1].element_size())
        header, end = {"__metadata__": self.metadata}, 0
        for name, tensor in items:
            begin, end = end, end + tensor.numel() * tensor.element_size()
            header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for _, tensor in items:
                file.write(tensor.numpy().astype(tensor.numpy().dtype.newbyteorder("<")).tobytes())
        print(f"{self.path.relative_to(FOLDER)}: {len(self.cases)} cases, {self.path.stat().st_size} bytes")


def normal(generator, *shape, dtype=torch.float32):
    """Normal numbers that are the same in both dtypes: drawn in float32, then converted (exactly)."""
    return torch.randn(*shape, generator=generator).to(dtype)
