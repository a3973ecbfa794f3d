#!/usr/bin/env python3
"""Compares Recurrent with other libraries on this machine, and writes Benchmarks/Results/DATE-CPU.md.

    .venv/bin/python Benchmarks/compare.py --rnn .build/release/rnn

Everything is saved as it is measured: after an interruption, `--continue` goes on; `--report` only writes what is there.

1. References in float64 are computed, ONNX files made, oneDNN's primitives built (skipped if it is not installed), and Recurrent's own
   output and gradients checked.
2. A first look: every rival, every case, every way to run it, checked against float64. Each runs on one core, two rivals at a
   time. What is wrong does not count.
3. Rounds: Recurrent and the rivals that are near the fastest take turns, case by case, each pinned to one core (all of them
   where two threads are meant) and stopped while others are measured. A generation is a new process of each; there are as many as
   the minutes allow.
4. Time to first output and memory of whole processes.
"""
import argparse
import datetime
import functools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's here: references are computed in a process for each core
sys.path.insert(0, str(HERE / "Rivals"))

import preparation  # noqa: E402
import report  # noqa: E402
from cases import parse, standard_cases  # noqa: E402
from peers import PEERS, can_run  # noqa: E402
from processes import Ours, Rival, Silence  # noqa: E402

QUICK_CASES = ("lstm-step-b1-t1-i1-h8-l1", "lstm-step-b1-t1-i64-h128-l1", "rnn-seq-b2-t4-i5-h8-l1-bi",
               "gru-seq-b1-t100-i64-h128-l1", "rnn-train-b50-t50-i128-h128-l2")
NEAR = 1.35        # rivals within this factor of the fastest take part in the rounds
AT_MOST = 3        # so many of them
TWO_THREADS = 2.5  # rivals within this factor on one thread are looked at on two


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rnn", type=Path, default=Path(".build/release/rnn"), help="the tool, built with `swift build -c release`")
    parser.add_argument("--peers", default=",".join(PEERS), help="rivals, with commas between (default: all)")
    parser.add_argument("--case", action="append", default=[], help="a case, or part of the names of known ones; may be given several times")
    parser.add_argument("--minutes", type=float, default=18, help="time for everything (default: 18); at least one generation is done")
    parser.add_argument("--seconds", type=float, default=0.1, help="of one turn (default: 0.1)")
    parser.add_argument("--turns", type=int, default=4, help="of each in a generation (default: 4)")
    parser.add_argument("--generations", type=int, default=6, help="at most (default: 6)")
    parser.add_argument("--quick", action="store_true", help="five cases, one generation: a few minutes")
    parser.add_argument("--continue", action="store_true", dest="resume", help="go on with what was measured before")
    parser.add_argument("--report", action="store_true", help="measure nothing; write the report of what was measured")
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="folder for what is made on the way")
    parser.add_argument("--results", type=Path, default=HERE / "Results", help="folder for the report")
    options = parser.parse_args()
    if options.quick:
        options.case = options.case or list(QUICK_CASES)
        options.generations, options.turns = 1, 3
    return options


def chosen_cases(choices):
    known = standard_cases()
    cases = []
    for choice in choices:
        found = [case for case in known if choice == case.name] or [case for case in known if choice in case.name]
        cases += found or [parse(choice)]
    return list(dict.fromkeys(cases)) if choices else known


class Journal:
    """What was measured, one JSON object a line, written at once."""

    def __init__(self, path, resume):
        self.path, self.rows, self.lock = path, [], threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if resume and path.exists():
            self.rows = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        elif path.exists():
            path.replace(path.with_suffix(".previous.jsonl"))

    def add(self, stage, row):
        with self.lock:
            self.rows.append({"stage": stage} | row)
            with open(self.path, "a") as file:
                file.write(json.dumps(self.rows[-1]) + "\n")

    def of(self, stage, **values):
        with self.lock:
            return [row for row in self.rows
                    if row["stage"] == stage and all(row.get(key) == value for key, value in values.items())]


class Comparison:
    def __init__(self, options):
        self.options = options
        self.cases = chosen_cases(options.case)
        self.journal = Journal(options.work / "journal.jsonl", options.resume or options.report)
        self.start = time.monotonic()
        self.cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self.log = None

    def say(self, text):
        minutes, seconds = divmod(int(time.monotonic() - self.start), 60)
        print(f"[{minutes:2d}:{seconds:02d}] {text}", file=sys.stderr, flush=True)

    @property
    def seconds_left(self):
        return self.start + self.options.minutes * 60 - time.monotonic()

    def participant(self, peer, threads, core=-1, timeout=90):
        cpus = self.cores[:threads] if threads > 1 else self.cores[core:][:1]
        arguments = (peer, threads, cpus, self.log, timeout)
        if peer.startswith("recurrent"):
            return Ours(*arguments, tool=self.options.rnn.resolve(), seconds=self.options.seconds)
        return Rival(*arguments, folder=self.options.work.resolve())

    def measure(self):
        with open(self.options.work / "errors.log", "a") as self.log:
            self.prepare()
            self.measure_machine()
            self.look_at_all()
            self.take_rounds()
            self.measure_startup()

    # 1

    def prepare(self):
        self.say("references, ONNX files, oneDNN, and a check of our own results")
        folder, peers = self.options.work.resolve(), self.options.peers.split(",")
        built = preparation.build_onednn(HERE / "Rivals" / "onednn.cpp", folder) if "onednn" in peers else True
        if not built:
            self.say("oneDNN's primitives are left out: no C++ compiler, or no oneDNN 2 (Debian: libdnnl-dev)")
        self.peers = [peer for peer in peers if peer != "onednn" or built]
        with ProcessPoolExecutor(max(1, len(self.cores))) as pool:
            checks = pool.map(functools.partial(preparation.prepare, folder=folder, tool=self.options.rnn.resolve(),
                                                has_onnx=bool({"onnxruntime", "openvino"} & set(peers)),
                                                has_narrow_weights=self.has_narrow_weights), self.cases)
            for row in (row for rows in checks for row in rows):
                self.journal.add("check", row)
                if row.get("void") or "error" in row:
                    self.say(f"{row['case']}: OUR OWN RESULT IS WRONG: {row}")

    def measure_machine(self):
        ours = self.participant("recurrent", max(1, len(self.cores)))
        ours.wait_until_ready()
        ours.stop()
        self.journal.add("machine", ours.machine | {"date": datetime.date.today().isoformat()})

    # 2

    def look_at_all(self):
        self.say("first look at every rival on one thread, two rivals at a time")
        slow_first = sorted(self.peers, key=lambda peer: peer not in ("torch-compile", "tensorflow", "jax"))
        self.look((peer, 1) for peer in slow_first)
        if len(self.cores) > 1:
            self.say("first look at the fastest on two threads")
            self.look(((peer, 2) for peer in self.peers), at_once=1, budget=40)

    def look(self, pairs, at_once=2, budget=170):
        """Asks each pair of a rival and threads for all cases; in `budget` seconds, or the rest is left out."""
        pairs, lock = iter(pairs), threading.Lock()

        def work(core):
            while True:
                with lock:
                    pair = next(pairs, None)
                if pair is None:
                    return
                self.look_at(*pair, core, budget)
        threads = [threading.Thread(target=work, args=(core,), daemon=True) for core in range(min(at_once, max(1, len(self.cores))))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def look_at(self, peer, threads, core, budget):
        done = {row["case"] for row in self.journal.of("look", peer=peer, threads=threads)}
        cases = [case for case in self.cases if case.name not in done and can_run(peer, case)
                 and self.is_worth_a_look(peer, threads, case)]
        if not cases:
            return
        end = time.monotonic() + budget
        rival = self.participant(peer, threads, core)
        for case in cases:
            if time.monotonic() > end:
                rows = [{"case": case.name, "peer": peer, "threads": threads, "error": "left out: the rival's time was over"}]
            else:
                rows = rival.measure(case.name, self.options.seconds)
            for row in rows:
                self.journal.add("look", row)
        rival.stop()
        self.say(f"{peer}, {threads} thread{'s' * (threads > 1)}: done")

    def is_worth_a_look(self, peer, threads, case):
        if threads == 1:
            return True
        if case.mode == "step":
            return False
        times = report.best_looks(self.journal, case.name, 1)
        return peer in times and times[peer]["median_us"] <= TWO_THREADS * min(row["median_us"] for row in times.values())

    # 3

    def contenders(self, case):
        """(rival, threads) -> the variant that was the fastest, for those near the fastest of all."""
        found = {}
        fastest = float("inf")
        for threads in (1, 2):
            times = report.best_looks(self.journal, case.name, threads)
            ranking = sorted(times, key=lambda peer: times[peer]["median_us"])
            fastest = min([fastest, *(row["median_us"] for row in times.values())])
            near = [peer for peer in ranking if times[peer]["median_us"] <= NEAR * fastest]
            found |= {(peer, threads): times[peer]["variant"] for peer in near[:AT_MOST if threads == 1 else 2]}
            if threads == 1 and ranking:  # the ratio for one thread needs one, however much faster two are
                found[ranking[0], 1] = times[ranking[0]]["variant"]
        return found

    def ours(self, case):
        weights = ["recurrent-bfloat16"] if self.has_narrow_weights and case.mode == "step" and case.hidden >= 256 else []
        return [("recurrent", 1), *((peer, 1) for peer in weights),
                *([("recurrent", 2)] if case.mode != "step" and len(self.cores) > 1 else [])]

    @functools.cached_property
    def has_narrow_weights(self):
        help_text = subprocess.run([self.options.rnn, "bench", "--help"], capture_output=True, text=True).stdout
        return "--weights" in help_text

    def take_rounds(self):
        plan = {case: {**{key: None for key in self.ours(case)}, **self.contenders(case)} for case in self.cases}
        first = 1 + max((row["generation"] for row in self.journal.of("round")), default=0)
        for generation in range(first, first + self.options.generations):
            start = time.monotonic()
            self.say(f"rounds, generation {generation}")
            self.take_generation(generation, plan)
            if self.seconds_left < 1.05 * (time.monotonic() - start) + 45:
                break

    def take_generation(self, generation, plan):
        people = {key: self.participant(*key) for variants in plan.values() for key in variants}
        try:
            self.wait_for(people.values())
            for case, variants in plan.items():
                if self.seconds_left < 45 and generation > 1:
                    return
                self.take_turns(generation, case, [(people[key], variant) for key, variant in variants.items()])
        finally:
            for person in people.values():
                person.stop()

    @staticmethod
    def wait_for(people):
        """Loading a library takes seconds of a core: none is measured before all are ready."""
        for person in people:
            person.start()
        for person in people:
            try:
                person.wait_until_ready()
                person.pause()
            except Silence:  # it is started again, or said to fail, where it is asked
                person.stop()

    def take_turns(self, generation, case, people):
        """A B C A B C ...; the first pass builds what is measured and does not count."""
        broken = set()
        for turn in range(self.options.turns + 1):
            start = time.monotonic()
            for person, variant in people:
                if person.key in broken:
                    continue
                rows = person.measure(case.name, self.options.seconds if turn else 0.01, variant)
                person.pause()
                if not rows or any("error" in row for row in rows):
                    broken.add(person.key)
                for row in rows:
                    if turn:
                        self.journal.add("round", row | {"generation": generation, "turn": turn})
            if turn and time.monotonic() - start > 2.5 and turn >= 2:
                return  # long calls: their medians need fewer turns

    # 4

    def measure_startup(self):
        if self.journal.of("startup") or not {"torch", "onnxruntime"} & set(self.peers):
            return
        self.say("time to first output, and memory, of whole processes")
        for row in preparation.startups(self.options.rnn.resolve(), self.options.work.resolve(), self.cores[-1:], rounds=7):
            self.journal.add("startup", row)


def main():
    options = parse_options()
    if not options.report and not shutil.which(str(options.rnn)):
        sys.exit(f"{options.rnn}: no such program; build it with `swift build -c release`, or say where it is with --rnn")
    comparison = Comparison(options)
    try:
        if not options.report:
            comparison.measure()
    except KeyboardInterrupt:
        comparison.say("interrupted; --continue goes on")
    finally:
        path = report.write(comparison.journal, comparison.cases, options.results)
        comparison.say(f"written: {path}")


if __name__ == "__main__":
    main()
