#!/usr/bin/env python3
"""Characters per second in training: `rnn train text` against PyTorch, on the same cores.

    swift build -c release
    python Benchmarks/train_text.py .build/release/rnn [--cores 1] [--rounds 5] [--cell lstm]

Two layers of 128, batch 50, unroll 50, Adam, clipping at 5, no dropout, one thread on each core of --cores (as 1 or 0,1),
to which taskset pins both. PyTorch runs Twin/twin.py, which trains the same model on the same text (its losses are checked to agree).

Start-up and end (loading a library, reading text, a sample, a checkpoint) do not count: each round runs each side for a short and for a long number of steps, and takes

    characters per second = (long - short) * batch * unroll / (seconds of the long run - seconds of the short run).

Seconds are of the wall clock. On one core that others use too, --clock cpu takes the process's processor time (user and system),
which they disturb less; on several cores it would count threads that wait.
Rounds alternate between the sides, so that a change in the machine's speed meets both. Prints a Markdown table of medians.
Needs Linux (taskset) and, in this interpreter's environment, torch.
"""
import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sources_text import write_sources_text

TWIN = Path(__file__).resolve().parent / "Twin" / "twin.py"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def parse_options():
    parser = argparse.ArgumentParser(description="Characters per second of `rnn train text` and PyTorch.")
    parser.add_argument("rnn", type=Path, help="the tool, built with `swift build -c release`")
    parser.add_argument("--text", type=Path, help="a UTF-8 file; this repository's sources without it")
    parser.add_argument("--cell", choices=("rnn", "lstm", "gru"), default="lstm")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--unroll", type=int, default=50)
    parser.add_argument("--short", type=int, default=20, help="steps of the short run")
    parser.add_argument("--long", type=int, default=120, help="steps of the long run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=("cpu", "wall"), default="wall")
    parser.add_argument("--cores", default="1", help="the cores that both are pinned to, with commas between")
    options = parser.parse_args()
    options.threads = len(options.cores.split(","))
    if options.threads > 1 and options.clock == "cpu":
        parser.error("--clock cpu goes with one core: processor time counts threads that wait")
    return options


def training_arguments(options, text):
    names = ("cell", "hidden", "layers", "batch", "unroll")
    arguments = [f"--{name}={getattr(options, name)}" for name in names]
    threads = f"--threads={options.threads}"
    return [str(text), *arguments, "--validation=0", threads, "--seed=1", "--learning-rate=0.002", "--clip=5"]


def child_seconds(clock):
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime if clock == "cpu" else time.perf_counter()


def seconds(command, steps, log, options):
    command = ["taskset", "-c", options.cores, *map(str, command), f"--steps={steps}", f"--log={log}"]
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(options.threads))
    start = child_seconds(options.clock)
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\nexit code {result.returncode}\n{result.stderr}")
    return child_seconds(options.clock) - start


def characters_per_second(command, options, log):
    short = seconds(command, options.short, log, options)
    long = seconds(command, options.long, log, options)
    if long <= short:
        sys.exit(f"{options.long} steps took no longer than {options.short}: the machine is too busy, or take more steps")
    return (options.long - options.short) * options.batch * options.unroll / (long - short)


def last_loss(log):
    with open(log, newline="") as file:
        return float(list(csv.DictReader(file))[-1]["loss"])


def measure(options, folder):
    """{name: [characters per second of each round]} and {name: last loss}."""
    arguments = training_arguments(options, options.text or write_sources_text(folder, 1_000_000))
    quiet = ["--save-every=1000000", "--sample-every=0", f"--checkpoint={folder}/benchmark.safetensors"]
    commands = {"rnn": [options.rnn, "train", "text", *arguments, *quiet], "PyTorch": [sys.executable, TWIN, *arguments]}
    logs = {name: Path(folder) / f"{name}.csv" for name in commands}
    rates = {name: [] for name in commands}
    for number in range(options.rounds):
        for name, command in commands.items():
            rates[name].append(characters_per_second(command, options, logs[name]))
            print(f"round {number + 1}: {name} {rates[name][-1]:.0f}", file=sys.stderr, flush=True)
    return rates, {name: last_loss(log) for name, log in logs.items()}


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory() as folder:
        rates, losses = measure(options, folder)
    if abs(losses["rnn"] - losses["PyTorch"]) > 1e-3 * losses["PyTorch"]:
        sys.exit(f"the two did not train the same model: last losses {losses}")
    median = {name: statistics.median(values) for name, values in rates.items()}
    print(f"{options.cell}, hidden {options.hidden}, layers {options.layers}, batch {options.batch}, "
          f"unroll {options.unroll}, threads {options.threads}, {options.rounds} rounds, {options.clock} time\n")
    print("| | characters/s, median | lowest | highest | rnn / PyTorch |")
    print("|---|---:|---:|---:|---:|")
    for name, values in rates.items():
        ratio = f"{median['rnn'] / median['PyTorch']:.2f}" if name == "rnn" else ""
        print(f"| {name} | {median[name]:,.0f} | {min(values):,.0f} | {max(values):,.0f} | {ratio} |")


if __name__ == "__main__":
    main()
