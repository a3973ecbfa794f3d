#!/usr/bin/env python3
"""Runs `rnn train text` and its twin side by side: every cell, two layers, dropout 0 and 0.2, 100 steps; compares the logs.

    swift build -c release
    python Benchmarks/Twin/check.py .build/release/rnn [--text FILE] [--steps 100] [--keep FOLDER]

Without --text the library's own sources are the text. Exit code 1 if one of the pairs differs by more than 1e-4.
"""
import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from sources_text import write_sources_text  # noqa: E402

VARIANTS = [
    [f"--cell={cell}", f"--dropout={dropout}"] for cell, dropout in itertools.product(("rnn", "lstm", "gru"), (0, 0.2))
] + [["--cell=lstm", "--embedding=24"], ["--cell=gru", "--unit=byte", "--optimizer=adamw", "--clip=0.5"]]


def run(command, quiet=True):
    result = subprocess.run(command, capture_output=quiet, text=True)
    if quiet and result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nexit code {result.returncode}\n{result.stderr}")
    return result.returncode


def main():
    parser = argparse.ArgumentParser(description="Compares `rnn train text` with its twin.")
    parser.add_argument("rnn", type=Path)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="a folder for the logs")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        text = options.text or write_sources_text(folder)
        common = [text, f"--steps={options.steps}", "--hidden=64", "--layers=2", "--batch=16", "--unroll=25"]
        common += ["--learning-rate=0.002", "--seed=7", "--validation=0.01", "--threads=1"]
        for variant in VARIANTS:
            name = "-".join(option.removeprefix("--").replace("=", "") for option in variant)
            ours, twin = folder / f"{name}-ours.csv", folder / f"{name}-twin.csv"
            own = [f"--log={ours}", f"--checkpoint={folder / 'check.safetensors'}", "--sample-every=0"]
            run([options.rnn, "train", "text", *common, *variant, *own])
            run([sys.executable, HERE / "twin.py", *common, *variant, f"--log={twin}"])
            print(" ".join(variant), flush=True)
            failed += run([sys.executable, HERE / "compare.py", ours, twin], quiet=False)
    print(f"{len(VARIANTS) - failed} of {len(VARIANTS)} agree")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
