#!/usr/bin/env python3
"""One library in one process: measures cases as they are asked for.

    python Benchmarks/Rivals/worker.py PEER --threads 1 --folder FOLDER

Says {"ready": VERSION} once the library is loaded. Then reads requests from standard input and answers on standard output, one
JSON object a line each:

    {"case": NAME, "seconds": S}                    times every variant; answers {"rows": [...]}, one row for each
    {"case": NAME, "seconds": S, "variant": LABEL}  times that one; it stays at hand until another is asked for

A row holds case, peer, variant, version, threads, median_us, min_us, p99_us (steps), runs, max_abs_err, grad_rel_err (train),
and void where the results are wrong; or case, peer, variant, threads, error. For one case by hand:

    echo '{"case": "lstm-step-b1-t1-i1-h8-l1", "seconds": 1}' | python Benchmarks/Rivals/worker.py numpy --threads 1 --folder Benchmarks/.work
"""
import argparse
import ctypes
import gc
import importlib
import json
import os
import statistics
import sys
import time
from pathlib import Path


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True, help="for files that are made once and kept")
    return parser.parse_args()


def settle_environment(threads, folder):
    """What libraries read when they are loaded."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", OPENVINO_TELEMETRY_ENABLE="0",
                      TORCHINDUCTOR_CACHE_DIR=str(folder / "inductor"), TORCHINDUCTOR_FX_GRAPH_CACHE="1")
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    try:  # let glibc keep what is freed, or a call pays for fresh pages by the chance of what ran before it
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-1, 2 ** 31 - 1)  # M_TRIM_THRESHOLD
        libc.mallopt(-4, 0)            # M_MMAP_MAX
    except OSError:
        pass


def call_many(run):
    def many(times):
        for _ in range(times):
            run()
    return getattr(run, "many", many)


def measure(run, seconds, is_step):
    """Times in microseconds as `rnn bench` takes them: each run is the mean of as many calls as fill 2 ms."""
    many, clock, calls = call_many(run), time.perf_counter, 1
    end = clock() + min(0.2, seconds)  # warm up
    while True:
        start = clock()
        many(calls)
        once = (clock() - start) / calls
        if clock() > end:
            break
        if once * calls < 0.0005:
            calls *= 2
    calls, runs, end = max(1, int(0.002 / once)), [], clock() + seconds
    while not runs or clock() < end:
        start = clock()
        many(calls)
        runs.append((clock() - start) / calls * 1e6)
    found = {"median_us": round(statistics.median(runs), 3), "min_us": round(min(runs), 3), "runs": len(runs)}
    if is_step:
        single = []
        for _ in range(1000):
            start = clock()
            run()
            single.append((clock() - start) * 1e6)
        found["p99_us"] = round(sorted(single)[990], 3)
    return found


class Worker:
    def __init__(self, peer, threads, folder):
        from peers import PEERS, Settings, version
        Settings.threads, Settings.folder = threads, folder
        self.peer, self.folder, self.version = peer, folder, version
        self.variants = PEERS[peer]
        self.row = {"peer": peer, "threads": threads}
        self.kept = None  # (case name, label, run, generator): what was asked for by its label last

    def load(self):
        """The library's version, or why it cannot be had; every answer will say so then."""
        from peers import module_of
        try:
            importlib.import_module(module_of(self.peer))
            return self.version(self.peer)
        except Exception as error:
            return repr(error)[:300]

    def answer(self, request):
        from cases import parse
        case, label = parse(request["case"]), request.get("variant")
        row = self.row | {"case": case.name}
        try:
            if label is not None and self.kept and self.kept[:2] == (case.name, label):
                return [row | {"variant": label, "version": self.version(self.peer)}
                        | measure(self.kept[2], request["seconds"], case.mode == "step")]
            self.kept = None
            gc.collect()
            return list(self.rows(case, label, request["seconds"], row))
        except Exception as error:
            return [row | {"error": repr(error)[:300]}]

    def rows(self, case, label, seconds, row):
        variants = self.variants(case)
        for found, run, get in variants:
            if label is not None and found != label:
                continue
            row = row | {"variant": found, "version": self.version(self.peer)}
            try:
                errors = self.check(case, run, get)
                yield row | measure(run, seconds, case.mode == "step") | errors
            except Exception as error:
                yield row | {"error": repr(error)[:300]}
            if label is not None:
                self.kept = case.name, label, run, variants  # a generator's settings hold as long as it waits
                return

    def check(self, case, run, get):
        """The errors of a variant that has not run before."""
        from cases import CHECKED_STEPS, check, slopes_along, standard_reference
        want, wanted_slopes = standard_reference(case, self.folder)
        for _ in range(CHECKED_STEPS if case.mode == "step" else 1):
            out = run()
        if case.mode != "train":
            return check(get(out), want)
        y, weights, gradients = get(out)
        return check(y, want, slopes_along(weights, gradients), wanted_slopes)


def main():
    options = parse_options()
    # Answers get a descriptor of their own: libraries print what they like to standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settle_environment(options.threads, options.folder)
    worker = Worker(options.peer, options.threads, options.folder)
    print(json.dumps({"ready": worker.load()}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps({"rows": worker.answer(json.loads(line))}), file=answers, flush=True)


if __name__ == "__main__":
    main()
