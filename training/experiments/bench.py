"""How fast it is, as ratios taken in one run: `make bench`.

    python training/experiments/bench.py [--rounds N]

CPU time a passage, medians of interleaved rounds, on passages that no model was trained on: those of
the validation and test splits, and shuffles of their words where more are asked for. A scorer with an
empty memory has met no text; a warm one has met the passages of train. Writes docs/benchmark.md and
docs/benchmark.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cold_start
import fasttext
import growth
from compare import train_fast_text
from rich.console import Console
from rich.progress import track
from shuffles import passages_of, shuffled

from dutch_topics import load_corpus, load_model
from dutch_topics.files import write_text
from dutch_topics.layout import align
from dutch_topics.scorer import Scorer

DATA, TARGET = Path("data"), Path("docs/benchmark.md")
ARTICLE = 30  # sentences
Score = Callable[[list[str]], object]
Row = tuple[str, str, float]  # what, on what, seconds a passage


def seconds(score: Score, texts: list[str]) -> float:
    """CPU time of this process, a text."""
    begun = time.process_time()
    score(texts)
    return (time.process_time() - begun) / len(texts)


def one_by_one(score: Score) -> Score:
    """`score`, a call for each text."""

    def score_each(texts: list[str]) -> None:
        for text in texts:
            score([text])

    return score_each


def ways(fast: dict[str, fasttext.FastText._FastText]) -> dict[str, Callable[[], Score]]:
    """What is compared, each made afresh for a round; what was made before it is warm."""
    model = load_model()
    seen = load_corpus(DATA)["train"]["text"][:]
    made = model.scorer
    arrays = (made.slots, made.rows, made.vocabulary, made.settings)
    warm = {name: Scorer(*arrays, compiled=name == "kernel in C") for name in ("kernel in C", "NumPy")}
    for scorer in warm.values():
        scorer.score(seen)
    found: dict[str, Callable[[], Score]] = {"scikit-learn's pipeline": lambda: model.pipeline.predict_proba}
    for name, scorer in warm.items():
        compiled = name == "kernel in C"
        found[f"{name}, warm"] = lambda scorer=scorer: scorer.score_array  # type: ignore[misc]
        found[f"{name}, empty"] = lambda compiled=compiled: Scorer(*arrays, compiled=compiled).score_array  # type: ignore[misc]
    for name, trained in fast.items():
        found[name] = lambda trained=trained: lambda texts: trained.predict(texts, k=-1)  # type: ignore[misc]
    found["str.lower().split()"] = lambda: lambda texts: [text.lower().split() for text in texts]
    return found


def measure(rounds: int) -> list[Row]:
    """The median of `rounds` for each way on each kind of text."""
    passages = passages_of(DATA)
    texts = {
        "passages": passages,
        f"articles of {ARTICLE}": [
            " ".join(passages[first : first + ARTICLE])
            for first in range(0, len(passages) - ARTICLE, ARTICLE)
        ],
        "200,000 shuffles": shuffled(passages, 200_000),
        "passages, one a call": passages[:1000],
    }
    fast = {
        "fastText, words and bigrams": train_fast_text(dim=10, wordNgrams=2, minn=0, maxn=0),
        "fastText, subwords 3-6": train_fast_text(dim=10, wordNgrams=2, minn=3, maxn=6),
    }
    prepared = ways(fast)
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in track(range(rounds), "rounds", console=Console(stderr=True)):
        for kind, chosen in texts.items():
            for name, make in prepared.items():
                if "shuffles" in kind and "scikit-learn" in name:
                    chosen_now = chosen[:5000]  # its cost a text does not change with the number
                elif "empty" in name and "one a call" in kind:
                    continue
                else:
                    chosen_now = chosen
                score = one_by_one(make()) if "one a call" in kind else make()
                taken.setdefault((name, kind), []).append(seconds(score, chosen_now))
    return [(name, kind, median(values)) for (name, kind), values in taken.items()]


def to_tables(rows: list[Row], starts: dict[str, tuple[float, float]]) -> str:
    """The figures as text, ratios to scikit-learn's pipeline and to an empty Python."""
    slow = {kind: taken for name, kind, taken in rows if name == "scikit-learn's pipeline"}
    table = [["", "on", "µs a text", "times scikit-learn"]]
    table += [[name, kind, f"{taken * 1e6:.1f}", f"{slow[kind] / taken:.1f}"] for name, kind, taken in rows]
    table.sort(key=lambda row: (row[1] != "on", row[1]))
    return f"{align(table)}\n\n{cold_start.to_table(starts)}"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rows, starts = measure(rounds), cold_start.cold_starts(2 * rounds + 1)
    grown = growth.measure(1_000_000, rounds)
    tables = f"{to_tables(rows, starts)}\n\n{growth.to_text(grown)}"
    print(tables)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    write_text(TARGET, f"{HEAD}\n{machine}; medians of {rounds} rounds.\n\n```text\n{tables}\n```\n")
    values = {"scores": rows, "cold_starts": starts, "growth": grown, "rounds": rounds, "machine": machine}
    write_text(TARGET.with_suffix(".json"), json.dumps(values, indent=1) + "\n")


HEAD = """<!-- Written by `make bench`; edit training/experiments/bench.py. -->
# How fast it is

Ratios taken in one run, CPU time, one core. Passages are those of the validation and test splits, which no
model here was trained on; shuffles are their words in random order, so that pairs of words are new. A scorer
with an empty memory has met no text, a warm one those of train. fastText answers one label set a text.
"""

if __name__ == "__main__":
    main()
