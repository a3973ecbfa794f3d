"""The text that the benchmarks train on when none is given: this repository's Swift sources, joined in the order of their paths."""
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "Sources"


def write_sources_text(folder, least=200_000):
    """Writes `sources.txt` of at least `least` bytes into `folder`, by repeating the sources if they are shorter."""
    text = "".join(path.read_text("utf-8") for path in sorted(SOURCES.rglob("*.swift")))
    path = Path(folder) / "sources.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text * -(-least // len(text)), "utf-8", newline="\n")
    return path
