#!/usr/bin/env python3
"""Compares two training logs: exit code 1 if a loss differs by more than 1e-4 of its value.

    python Benchmarks/Twin/compare.py OURS.csv TWIN.csv [--tolerance 1e-4]

Steps, epochs and learning rates must be the same; gradient norms and validation losses are reported. Needs nothing but Python.
"""
import argparse
import csv
import sys


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        sys.exit(f"{path}: no rows")
    return rows


def largest_difference(ours, twin, column):
    """(relative difference, step) over the rows where both files have a value; None if one lacks what the other has."""
    worst = (0.0, None)
    for a, b in zip(ours, twin):
        if (a[column] == "") != (b[column] == ""):
            return None
        if a[column]:
            x, y = float(a[column]), float(b[column])
            difference = abs(x - y) / max(abs(y), 1e-30)
            if not difference <= worst[0]:  # also catches NaN
                worst = (difference, a["step"])
    return worst


def main():
    parser = argparse.ArgumentParser(description="Compares two training logs.")
    parser.add_argument("ours")
    parser.add_argument("twin")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    ours, twin = read(options.ours), read(options.twin)
    failures = []
    if len(ours) != len(twin):
        failures.append(f"{len(ours)} rows against {len(twin)}")
    for column in ("step", "epoch", "learning_rate"):
        rows = [(a["step"], a[column], b[column]) for a, b in zip(ours, twin) if float(a[column]) != float(b[column])]
        if rows:
            failures.append("step {0}: {3} is {1}, the twin's is {2}".format(*rows[0], column))
    for column in ("loss", "gradient_norm", "validation_loss"):
        worst = largest_difference(ours, twin, column)
        if worst is None:
            failures.append(f"{column}: one file has values where the other has none")
            continue
        print(f"{column}: largest relative difference {worst[0]:.3g}" + (f" at step {worst[1]}" if worst[1] else ""))
        if column == "loss" and not worst[0] <= options.tolerance:
            failures.append(f"loss differs by more than {options.tolerance:g}")
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
