"""Results as a page of Markdown: ratios with their intervals, losses included, and what each rival cannot do."""
import datetime
import functools
import json
import platform
import re
import statistics

import numpy as np

import picture
from cases import MODES
from peers import CANNOT, LABELS, can_run

WIN = 1.03  # a ratio counts where all of its interval is beyond this

# Measured apart with sizes fixed at compile time, on a Zen 4 at 3.65 GHz; this library cannot be installed from a registry.
RTNEURAL = {
    "lstm": {"1->8": 57, "16->16": 95, "1->20": 143, "32->32": 288, "32->64": 930, "64->128": 3720},
    "gru": {"1->8": 37, "16->16": 85, "1->20": 101, "32->32": 225, "32->64": 720, "64->128": 2800},
}


# Statistics

def best_looks(journal, case, threads):
    """rival -> the row of its fastest variant with right results, at the first look."""
    best = {}
    for row in journal.of("look", case=case, threads=threads):
        if "median_us" in row and not row.get("void"):
            if row["peer"] not in best or row["median_us"] < best[row["peer"]]["median_us"]:
                best[row["peer"]] = row
    return best


class Rounds:
    """The medians of a case's turns: who -> generation -> turn -> microseconds."""

    def __init__(self, journal, case):
        self.times, self.variants = {}, {}
        for row in journal.of("round", case=case):
            if "median_us" in row and not row.get("void"):
                times = self.times.setdefault((row["peer"], row["threads"]), {})
                times.setdefault(row["generation"], {})[row["turn"]] = row["median_us"]
                self.variants[row["peer"], row["threads"]] = row.get("variant", "")

    def name(self, who):
        """The library, its way to run, and the number of threads where it is not one."""
        peer, threads = who
        details = ", ".join(filter(None, [self.variants[who], f"{threads} threads" if threads > 1 else ""]))
        return LABELS.get(peer, peer) + (f" ({details})" if details else "")

    def median(self, who):
        return statistics.median(t for turns in self.times[who].values() for t in turns.values())

    def ratio(self, ours, rivals, samples=2000):
        """(median of the fastest rival over ours, low, high, that rival), or None.

        95 % interval by a bootstrap in two levels: generations are drawn, then turns of each; in every sample the rival
        that is the fastest there counts.
        """
        rivals = [who for who in rivals if who in self.times]
        if ours not in self.times or not rivals:
            return None
        rng = np.random.default_rng(1)
        drawn = [self.sampled_medians(who, rng, samples) for who in (ours, *rivals)]
        ratios = np.min(drawn[1:], axis=0) / drawn[0]
        best = min(rivals, key=self.median)
        low, high = np.percentile(ratios, [2.5, 97.5])
        return self.median(best) / self.median(ours), low, high, best

    def sampled_medians(self, who, rng, samples):
        generations = [np.array(list(turns.values())) for turns in self.times[who].values()]
        if len(generations) == 1:
            values = generations[0]
            return np.median(values[rng.integers(len(values), size=(samples, len(values)))], axis=1)
        medians = np.empty(samples)
        for i in range(samples):
            chosen = (generations[g] for g in rng.integers(len(generations), size=len(generations)))
            medians[i] = np.median(np.concatenate([v[rng.integers(len(v), size=len(v))] for v in chosen]))
        return medians


# Text

def time_text(us):
    for limit, unit, name in ((1, 1e-3, "ns"), (1e3, 1, "us"), (1e6, 1e3, "ms"), (float("inf"), 1e6, "s")):
        if us < limit:
            value = us / unit
            return f"{value:.0f} {name}" if value >= 99.5 else f"{value:.3g} {name}"


def ratio_text(value):
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def verdict(low, high):
    return "**faster**" if low > WIN else "slower" if high < 1 / WIN else "even"


def table(header, rows, left=1):
    """Markdown; the first `left` columns are aligned to the left."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---" if i < left else "---:" for i in range(len(header))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


class Report:
    def __init__(self, journal, cases):
        self.journal = journal
        self.cases = [case for case in cases if journal.of("round", case=case.name) or journal.of("look", case=case.name)]
        self.machine = (journal.of("machine") or [{}])[-1]

    @functools.cache
    def rounds(self, case):
        return Rounds(self.journal, case)

    def rivals(self, case, threads):
        return [who for who in self.rounds(case).times if who[1] in threads and not who[0].startswith("recurrent")]

    @functools.cache
    def ratio(self, case, ours=("recurrent", 1), threads=(1,)):
        return self.rounds(case).ratio(ours, self.rivals(case, threads))

    def ours_row(self, case, peer="recurrent", threads=1):
        """Ours in the turn that is nearest to the median."""
        rows = self.journal.of("round", case=case, peer=peer, threads=threads)
        median = self.rounds(case).median((peer, threads))
        return min(rows, key=lambda row: abs(row["median_us"] - median))

    def roofline(self, case, threads=1):
        row = self.ours_row(case, threads=threads)
        return row["roofline_us"]

    # Sections

    def text(self, picture_name):
        sections = [self.head(), f"![Time of a step by hidden size: ours, the best rival's, the roofline]({picture_name})\n",
                    self.summary(), self.one_thread(), self.two_threads(), self.narrow_weights(), self.everyone(), self.rtneural(),
                    self.fixed_order(), self.startup(), self.cannot(), self.method()]
        return "\n".join(filter(None, sections))

    def head(self):
        m = self.machine
        reads = ", ".join(f"{size(r['bytes'])} {r['gigabytesPerSecond']:.0f}" for r in m.get("readings", []))
        versions = {}
        for row in self.journal.of("look") + self.journal.of("round"):
            if row.get("version"):
                versions[row["peer"]] = row["version"]
        shown = ", ".join(f"{LABELS.get(p, p)} {v}" for p, v in versions.items() if p not in ("torch-cell", "torch-compile"))
        barrier = m.get("barrierNanoseconds")
        return "\n".join([
            f"# {m.get('cpu', platform.machine())}, {m.get('date', '')}\n",
            f"{m.get('cores', '?')} cores, {m.get('isa', '?')}. Multiply-adds {m.get('fmaGigaflops', 0):.1f} GFLOP/s on one core; reading, GB/s, "
            f"from blocks of {reads}" + (f"; two threads meet in {time_text(barrier / 1e3)}." if barrier else ".") + f" {shown}.\n"])

    def summary(self):
        found = [r for case in self.cases if (r := self.ratio(case.name))]
        if not found:
            return ""
        wins = sum(low > WIN for _, low, _, _ in found)
        losses = sum(high < 1 / WIN for _, _, high, _ in found)
        lines = [f"On one thread, {wins} of {len(found)} cases are faster than every rival's best way, "
                 f"{len(found) - wins - losses} even, {losses} slower.\n"]
        rows = []
        for mode in MODES:
            ratios = [r[0] for case in self.cases if case.mode == mode and (r := self.ratio(case.name))]
            if ratios:
                rows.append([mode, str(len(ratios)), ratio_text(min(ratios)), ratio_text(float(np.exp(np.mean(np.log(ratios))))),
                             ratio_text(max(ratios))])
        return "\n".join([*lines, table(["best rival's time over ours", "cases", "least", "geometric mean", "greatest"], rows)])

    def one_thread(self):
        rows = []
        for case in self.cases:
            found = self.ratio(case.name)
            if not found:
                continue
            ratio, low, high, best = found
            ours, rounds = self.ours_row(case.name), self.rounds(case.name)
            p99 = time_text(ours["p99_us"]) if "p99_us" in ours else ""
            rows.append([case.name, time_text(rounds.median(("recurrent", 1))), p99, f"{ours['gflops']:.1f}", percent(ours["fma_share"]),
                         percent(ours["roofline_share"]), rounds.name(best), time_text(rounds.median(best)), ratio_text(ratio),
                         f"{ratio_text(low)}-{ratio_text(high)}", verdict(low, high)])
        header = ["case", "ours", "99 %", "GFLOP/s", "of FMA", "of roof", "best rival", "its time", "ratio", "95 %", ""]
        return "## One thread\n\n" + table(header, rows) if rows else ""

    def two_threads(self):
        rows, ours = [], ("recurrent", 2)
        for case in self.cases:
            rounds = self.rounds(case.name)
            if ours not in rounds.times:
                continue
            gain = rounds.ratio(ours, [("recurrent", 1)])
            found = self.ratio(case.name, ours, (1, 2))
            row = [case.name, time_text(rounds.median(ours)), f"{ratio_text(gain[0])} ({ratio_text(gain[1])}-{ratio_text(gain[2])})"]
            if found:
                ratio, low, high, best = found
                row += [rounds.name(best), time_text(rounds.median(best)), ratio_text(ratio), f"{ratio_text(low)}-{ratio_text(high)}",
                        verdict(low, high)]
            rows.append(row + [""] * (8 - len(row)))
        header = ["case", "ours", "over our one thread (95 %)", "best rival of one and two", "its time", "ratio", "95 %", ""]
        return "## Two threads\n\n" + table(header, rows) if rows else ""

    def narrow_weights(self):
        rows = []
        for case in self.cases:
            for who in (w for w in self.rounds(case.name).times if w[0].startswith("recurrent-")):
                ratio, low, high, best = self.rounds(case.name).ratio(who, self.rivals(case.name, (1,)))
                full = self.rounds(case.name).ratio(who, [("recurrent", 1)])
                rows.append([case.name, who[0].partition("-")[2], time_text(self.rounds(case.name).median(who)), ratio_text(full[0]),
                             self.rounds(case.name).name(best), ratio_text(ratio), f"{ratio_text(low)}-{ratio_text(high)}", verdict(low, high)])
        header = ["case", "weights", "ours", "over our float32", "best rival (float32)", "ratio", "95 %", ""]
        return "## Steps with weights stored in 16 bits\n\n" + table(header, rows, 2) if rows else ""

    def everyone(self):
        peers = [p for p in LABELS if self.journal.of("look", peer=p)]
        rows = [[case.name, *(self.cell(case, peer) for peer in peers)] for case in self.cases if self.ours_time(case)]
        return "\n".join([
            "## Every rival, one thread\n",
            "Its time over ours; in bold the fastest. Those with ~ are from the first look, beside another process on the other core; the others took "
            "turns with ours. `-`: cannot run it; `wrong`: its result is off; `failed`; `left out`: its time was over.\n",
            table(["case", *(LABELS[p] for p in peers)], rows)]) if rows else ""

    def ours_time(self, case):
        times = self.rounds(case.name).times
        return self.rounds(case.name).median(("recurrent", 1)) if ("recurrent", 1) in times else None

    def cell(self, case, peer):
        ours, rounds = self.ours_time(case), self.rounds(case.name)
        if (peer, 1) in rounds.times:
            text = ratio_text(rounds.median((peer, 1)) / ours)
            best = self.ratio(case.name)
            return f"**{text}**" if best and best[3] == (peer, 1) else text
        looks = self.journal.of("look", case=case.name, peer=peer, threads=1)
        good = best_looks(self.journal, case.name, 1).get(peer)
        if good:
            return f"~{ratio_text(good['median_us'] / ours)}"
        if any(row.get("void") for row in looks):
            return "wrong"
        errors = [row["error"] for row in looks if "error" in row]
        return "-" if not errors else "left out" if all("left out" in error for error in errors) else "failed"

    def rtneural(self):
        rows = []
        for kind, sizes in RTNEURAL.items():
            for arrow, nanoseconds in sizes.items():
                i, h = arrow.split("->")
                name = f"{kind}-step-b1-t1-i{i}-h{h}-l1"
                ours = self.ours_time(next((c for c in self.cases if c.name == name), None)) if name in {c.name for c in self.cases} else None
                rows.append([kind, arrow, time_text(nanoseconds / 1e3), time_text(ours) if ours else ""])
        return "\n".join([
            "## RTNeural: measured apart, on another machine\n",
            "RTNeural (C++ templates, sizes fixed at compile time, inference of one sample at a time) was measured on a **Zen 4 at 3.65 GHz** with "
            "AVX-512, not in this run. Ours are of this run and this machine; the two columns are no ratio unless the machines are the same.\n",
            table(["", "input -> hidden", "RTNeural, Zen 4", "ours, here"], rows, 2)])

    def fixed_order(self):
        path = self.journal.path.with_name("fixed-order.jsonl")
        if not path.exists():
            return ""
        rows = map(json.loads, path.read_text().splitlines())
        return "\n".join([
            "## The fixed order of sums against our own kernel without it\n",
            "`Benchmarks/fixed_order.py`: one step of one row, the fastest of three variants whose sums are split over 2 or 4 chains. 1 or more means that "
            "the order is free.\n",
            table(["step", "fixed order", "free order", "free over fixed"],
                  [[f"{r['kind']} {r['inputs']}->{r['hidden']}", time_text(r["fixed_ns"] / 1e3), time_text(r["free_ns"] / 1e3),
                    f"{r['free_ns'] / r['fixed_ns']:.2f}"] for r in rows])])

    def startup(self):
        rows, first = [], None
        for peer in ("recurrent", "onnxruntime", "torch"):
            runs = [row for row in self.journal.of("startup", peer=peer) if "milliseconds" in row]
            if runs:
                ms, mb = (statistics.median(row[key] for row in runs) for key in ("milliseconds", "megabytes"))
                first = first or (ms, mb)
                name = "`rnn run`" if peer == "recurrent" else f"Python with {LABELS[peer]}"
                rows.append([name, f"{ms:.1f} ms", f"{mb:.0f} MB", ratio_text(ms / first[0]), ratio_text(mb / first[1])])
        text = ("## A whole process\n\nFrom its start to its end: an LSTM 40->64 from a file over 100 steps, the output to a file; warm file cache; "
                "one core; medians.\n\n")
        return text + table(["", "time", "peak memory", "time over ours", "memory over ours"], rows) if rows else ""

    def cannot(self):
        rows = []
        for peer in (p for p in LABELS if self.journal.of("look", peer=p)):
            missing = [case.name for case in self.cases if not can_run(peer, case)]
            failed = {row["case"] for row in self.journal.of("look", peer=peer, threads=1) if "error" in row and "left out" not in row["error"]}
            failed -= {row["case"] for row in self.journal.of("look", peer=peer, threads=1) if "median_us" in row}
            rows.append([LABELS[peer], CANNOT.get(peer, ""), f"{len(missing)}" + (f", {len(failed)} failed" if failed else "")])
        return "## What they cannot run\n\n" + table(["", "has not", "of these cases"], rows, 2) if rows else ""

    def method(self):
        generations = {row["generation"] for row in self.journal.of("round")}
        latest = {(row["case"], row["weights"]): row for row in self.journal.of("check")}
        wrong = [" ".join(key) for key, row in latest.items() if row.get("void") or "error" in row]
        return "\n".join([
            "## How this was measured\n",
            f"`python3 Benchmarks/compare.py` ({len(generations)} generation{'s' * (len(generations) != 1)} of processes), {platform.system()} {platform.release()}. Ours and the "
            "rivals near the fastest take turns on the same core; a turn is the median of runs, each the mean of as many calls as fill 2 ms. "
            "A ratio is the rival's median over ours; its interval is a bootstrap over generations and turns. A case counts as faster where all of "
            f"its interval is over {WIN}. *Of FMA*: share of the multiply-adds that the cores can do. *Of roof*: share of what multiply-adds and reading "
            "weights from their cache allow together; activations are not in it. The 99th percentile is of single calls, the clock's time in it.\n",
            f"Every output and gradient is checked against float64: a rival's that is wrong does not count; ours: {len(latest) - len(wrong)} of {len(latest)} "
            f"right{', WRONG: ' + ', '.join(wrong) if wrong else ''}.\n"])


def size(count):
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"


def percent(share):
    return f"{100 * share:.0f} %"


def write(journal, cases, folder):
    """Writes DATE-CPU.md and its picture; the path."""
    report = Report(journal, cases)
    cpu = re.sub("[^a-z0-9]+", "-", report.machine.get("cpu", platform.machine()).lower()).strip("-")
    name = f"{report.machine.get('date', datetime.date.today().isoformat())}-{cpu}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.svg").write_text(picture.steps_by_hidden_size(report))
    path = folder / f"{name}.md"
    path.write_text(report.text(f"{name}.svg"))
    return path
