"""The time of a streaming step by hidden size, as an SVG that is readable on light and dark pages."""
import math

KINDS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
PANEL, HEIGHT, LEFT, TOP, GAP = 250, 300, 64, 62, 26
STYLE = """
  .page { fill: #ffffff } text { fill: #1f2328; font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  .title { font-size: 15px; font-weight: 600 } .kind { font-weight: 600 } .faint { fill: #59636e } .grid { stroke: #d1d9e0; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round } .ours { stroke: #0969da } .rival { stroke: #bc4c00 } .roof { stroke: #59636e; stroke-dasharray: 5 4 }
  .dot.ours { fill: #0969da } .dot.rival { fill: #bc4c00 } text.ours { fill: #0969da; stroke: none } text.rival { fill: #bc4c00; stroke: none }
  text.roof { fill: #59636e; stroke: none }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .faint, text.roof { fill: #9198a1 } .grid { stroke: #3d444d }
    .ours { stroke: #4493f8 } .rival { stroke: #f0883e } .roof { stroke: #9198a1 }
    .dot.ours, text.ours { fill: #4493f8 } .dot.rival, text.rival { fill: #f0883e }
  }
"""


def steps_by_hidden_size(report):
    """One panel for each kind: ours, the best rival's, and the roofline, over H on logarithmic axes."""
    panels = {kind: points(report, kind) for kind in KINDS}
    times = [t for rows in panels.values() for row in rows for t in row[1:]]
    if not times:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    width = LEFT + 3 * PANEL + 2 * GAP + 16
    body = [f'<rect class="page" width="{width}" height="{TOP + HEIGHT + 52}" rx="6"/>',
            f'<text class="title" x="{LEFT}" y="24">One streaming step, one thread</text>', *legend(width)]
    for index, (kind, rows) in enumerate(panels.items()):
        body += panel(LEFT + index * (PANEL + GAP), KINDS[kind], rows, low, high, index == 0)
    size = f'width="{width}" height="{TOP + HEIGHT + 52}" viewBox="0 0 {width} {TOP + HEIGHT + 52}"'
    label = "Time of one streaming step by hidden size: ours, the best rival's and the roofline"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">\n<style>{STYLE}</style>\n'
            + "\n".join(body) + "\n</svg>\n")


def points(report, kind):
    """(H, ours, best rival's, roofline) in microseconds; of several inputs for one H the first."""
    rows = {}
    for case in report.cases:
        found = report.ratio(case.name)
        if case.kind == kind and case.mode == "step" and case.layers == 1 and case.inputs != case.hidden and found:
            rounds = report.rounds(case.name)
            rows.setdefault(case.hidden, (case.hidden, rounds.median(("recurrent", 1)), rounds.median(found[3]), report.roofline(case.name)))
    return sorted(rows.values())


def legend(width):
    parts, x = [], width - 16
    for css, text in (("roof", "roofline"), ("rival", "best rival"), ("ours", "Recurrent")):
        x -= 7.2 * len(text)
        parts.append(f'<text class="{css}" x="{x:.0f}" y="24">{text}</text>')
        parts.append(f'<line class="line {css}" x1="{x - 32:.0f}" x2="{x - 6:.0f}" y1="20" y2="20"/>')
        x -= 50
    return parts


def panel(left, title, rows, low, high, has_labels):
    def y(microseconds):
        return TOP + HEIGHT * (1 - (math.log10(microseconds) - low) / (high - low))

    first, last = math.log2(rows[0][0]) - 0.4 if rows else 0, math.log2(rows[-1][0]) + 0.4 if rows else 1

    def x(hidden):
        return left + PANEL * (math.log2(hidden) - first) / (last - first)
    parts = [f'<text class="kind" x="{left}" y="{TOP - 12}">{title}</text>']
    for power in range(low, high + 1):
        parts.append(f'<line class="grid" x1="{left}" x2="{left + PANEL}" y1="{y(10.0 ** power):.1f}" y2="{y(10.0 ** power):.1f}"/>')
        if has_labels:
            parts.append(f'<text class="faint" text-anchor="end" x="{left - 8}" y="{y(10.0 ** power) + 4:.1f}">{power_text(power)}</text>')
    for hidden, *_ in rows:
        parts.append(f'<text class="faint" text-anchor="middle" x="{x(hidden):.1f}" y="{TOP + HEIGHT + 18}">{hidden}</text>')
    parts.append(f'<text class="faint" text-anchor="middle" x="{left + PANEL / 2}" y="{TOP + HEIGHT + 38}">hidden size</text>')
    for css, column in (("roof", 3), ("rival", 2), ("ours", 1)):
        place = [(x(row[0]), y(row[column])) for row in rows]
        parts.append(f'<polyline class="line {css}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in place)}"/>')
        if css != "roof":
            parts += [f'<circle class="dot {css}" cx="{a:.1f}" cy="{b:.1f}" r="3.4"/>' for a, b in place]
    return parts


def power_text(power):
    """10^power microseconds in a unit of its own."""
    value, unit = (10 ** power, "us") if power >= 0 else (10 ** (power + 3), "ns") if power >= -3 else (10 ** (power + 6), "ps")
    return f"{value // 1000} ms" if unit == "us" and value >= 1000 else f"{value} {unit}"
