#!/usr/bin/env python3
"""Compares the example `pronounce` with the NumPy code of the package whose network it runs, on 1,000 words.

    swift build --package-path Examples -c release --product pronounce
    python Tests/Interop/check_pronunciation.py Examples/.build/release/pronounce /usr/share/dict/words

Needs g2p-en and numpy. The words are every n-th of those in the given files (Debian: wamerican) that are made of letters
only; without files, those of the package's own homographs.en. What the package asks of nltk, a dictionary and a
tagger, has no part in the network, and is left out.
"""
import re
import subprocess
import sys
import types
from pathlib import Path

COUNT = 1000


def package():
    """g2p-en's class, without nltk and its data."""
    for name in ["nltk", "nltk.corpus", "nltk.tokenize"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["nltk"].pos_tag = None
    sys.modules["nltk"].data = types.SimpleNamespace(find=lambda _: None)
    sys.modules["nltk.corpus"].cmudict = types.SimpleNamespace(dict=dict)
    sys.modules["nltk.tokenize"].TweetTokenizer = lambda: types.SimpleNamespace(tokenize=None)
    from g2p_en import g2p

    return g2p.G2p(), Path(g2p.__file__).parent


def words(files):
    found = set()
    for file in files:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
        found |= {line.split("|")[0].lower() for line in lines if not line.startswith("#")}
    plain = sorted(word for word in found if re.fullmatch("[a-z]+", word))
    count = min(COUNT, len(plain))
    return [plain[index * len(plain) // count] for index in range(count)]


def main():
    tool, files = sys.argv[1], sys.argv[2:]
    python, folder = package()
    chosen = words(files or [folder / "homographs.en"])
    result = subprocess.run(
        [tool, folder / "checkpoint20.npz"], input="\n".join(chosen) + "\n", capture_output=True, text=True, check=True)
    ours = dict(line.split("\t") for line in result.stdout.splitlines())
    equal = 0
    for word in chosen:
        theirs = " ".join(python.predict(word))
        if ours.get(word) == theirs:
            equal += 1
        else:
            print(f"{word}: {ours.get(word)}, NumPy's {theirs}")
    print(f"{equal} of {len(chosen)} equal, such as {chosen[0]}: {ours[chosen[0]]}")
    sys.exit(equal != len(chosen))


if __name__ == "__main__":
    main()
