#!/usr/bin/env python3
"""What the fixed order of sums costs: our streaming step against variants of itself that may sum in another order.

    python3 Benchmarks/fixed_order.py [--rounds 7] [--seconds 0.05] [--core 1] [--save FILE]

In the library every output is one ascending chain of fused multiply-adds. Here its kernels are copied, and in the copies the chains of
a step (`body/step.h`) are split into 2 or 4 that are added at the end, with as many or fewer outputs at a time, as a library
would do that is free to choose. Builds take turns; for each size the fastest variant counts. Prints Markdown: medians, and the
variant's time over ours; 1 means that the order is free, 0.95 that it costs 5 %. Needs clang and nothing else.
"""
import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent / "Sources" / "CRecurrentKernels"
VARIANTS = {"fixed": None, "2 chains, half the outputs": (2, 2), "2 chains": (2, 1), "4 chains, a quarter of the outputs": (4, 4)}

# In place of the one chain: term k goes to chain k % SPLITS.
SPLIT = """
  enum { SPLITS = %d };
  vec part[SPLITS][3][4][8];
  CRK_UNROLL for (int s = 0; s < SPLITS; s++)
    CRK_UNROLL for (int r = 0; r < R; r++)
      CRK_UNROLL for (int g = 0; g < G; g++)
        CRK_UNROLL for (int v = 0; v < V; v++) {
          const int slot = g == 2 ? third : g;
          part[s][r][slot][v] = s ? NAME(splat)(0) : sum[r][slot][v];
        }
  for (size_t k = 0; k < count; k += SPLITS) {
    if (far) NAME(fetch)(G, V, format, weights, group);
    CRK_UNROLL for (int s = 0; s < SPLITS; s++) {
      if (SPLITS > 1 && k + s >= count) break;
      CRK_UNROLL for (int g = 0; g < G; g++) {
        CRK_UNROLL for (int v = 0; v < V; v++) {
          const vec weight = NAME(weights)(format, weights, group[v] + s * G + g, (at.phase + v) %% VPP * LANES);
          const int slot = g == 2 ? third : g;
          CRK_UNROLL for (int r = 0; r < R; r++)
            part[s][r][slot][v] = NAME(fma)(weight, NAME(splat)(x[r * x_stride + k + s]), part[s][r][slot][v]);
        }
      }
    }
    CRK_UNROLL for (int v = 0; v < V; v++) group[v] += SPLITS * G;
  }
  CRK_UNROLL for (int r = 0; r < R; r++)
    CRK_UNROLL for (int g = 0; g < G; g++)
      CRK_UNROLL for (int v = 0; v < V; v++) {
        const int slot = g == 2 ? third : g;
        vec total = part[0][r][slot][v];
        CRK_UNROLL for (int s = 1; s < SPLITS; s++) total += part[s][r][slot][v];
        sum[r][slot][v] = total;
      }
}
"""


def split_chains(text, splits, fewer):
    """step.h with its chains split and tiles of fewer outputs; stops if the file is no longer what this script knows."""
    loop = re.compile(r"(INLINE void NAME\(gate_chains\)\(.*?\n)  for \(size_t k = 0;.*?\n}\n", re.S)
    text, chains = loop.subn(lambda found: found[1] + (SPLIT % splits).lstrip("\n"), text)
    text, tiles = re.subn(r"(NAME\((?:lstm|gru|rnn)_vectors\) = )(\d+)", lambda m: f"{m[1]}{max(1, int(m[2]) // fewer)}", text)
    if chains != 1 or tiles != 9:
        sys.exit("fixed_order.py no longer fits body/step.h: adapt split_chains")
    return text


def build(variant, folder):
    kernels = folder / "kernels"
    shutil.copytree(KERNELS, kernels)
    if variant:
        step = kernels / "body" / "step.h"
        step.write_text(split_chains(step.read_text(), *variant))
    program, compiler = folder / "steps", ["clang", "-std=gnu11", "-I", kernels / "include"]
    sources = [HERE / "FixedOrder" / "steps.c", *kernels.glob("*.c"), *kernels.glob("isa/*.c")]
    best = best_instruction_set()
    objects = []
    for source in sources:  # tables of other instruction sets must be there, but are not run: they take minutes to optimise
        objects.append(folder / f"{source.stem}.o")
        level = "-O0" if source.parent.name == "isa" and source.stem != best else "-O2"
        subprocess.run([*compiler, level, "-c", source, "-o", objects[-1]], check=True)
    subprocess.run(["clang", *objects, "-lpthread", "-lm", "-o", program], check=True)
    return program


def best_instruction_set():
    if platform.machine() not in ("x86_64", "AMD64"):
        return "neon"
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "avx512" if "avx512vl" in flags else "avx2"


def run(program, seconds, core):
    """(kind, inputs, hidden) -> nanoseconds"""
    def pin():
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {core})
    text = subprocess.run([program, str(seconds)], check=True, capture_output=True, text=True, preexec_fn=pin).stdout
    return {tuple(words[:3]): float(words[3]) for words in map(str.split, text.splitlines())}


def measured(rounds, seconds, core):
    """Rows of kind, inputs, hidden, our nanoseconds, the fastest variant's, its name."""
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(index) for index in range(len(VARIANTS))]
        for place in places:
            place.mkdir()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            programs = dict(zip(VARIANTS, pool.map(build, VARIANTS.values(), places)))
        results = [{name: run(program, seconds, core) for name, program in programs.items()} for _ in range(rounds)]
    for size in results[0]["fixed"]:
        medians = {name: statistics.median(result[name][size] for result in results) for name in VARIANTS}
        best = min((name for name in VARIANTS if name != "fixed"), key=medians.get)
        yield {"kind": size[0], "inputs": int(size[1]), "hidden": int(size[2]), "fixed_ns": medians["fixed"],
               "free_ns": medians[best], "variant": best}


def markdown(rows):
    lines = ["| step | fixed order | free order | by | free / fixed |", "|---|---:|---:|---|---:|"]
    lines += [f"| {r['kind']} {r['inputs']}->{r['hidden']} | {r['fixed_ns']:.0f} ns | {r['free_ns']:.0f} ns | {r['variant']} | "
              f"{r['free_ns'] / r['fixed_ns']:.2f} |" for r in rows]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.05, help="for each size in each round")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0)
    parser.add_argument("--save", type=Path, default=HERE / ".work" / "fixed-order.jsonl",
                        help="file that compare.py's report takes the figures from (default: Benchmarks/.work/fixed-order.jsonl)")
    options = parser.parse_args()
    rows = list(measured(options.rounds, options.seconds, options.core))
    print(markdown(rows), end="")
    options.save.parent.mkdir(parents=True, exist_ok=True)
    options.save.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
