"""How much each doubling of the corpus buys: train on nested shares of passages, and of the lexicon.

    python training/experiments/learning_curve.py [--wild FILE]

Writes data/learning-curve.tsv and data/learning-curve.png. Each share is drawn three times, by units;
a smaller share is part of the larger one. `make learning-curve WILD=FILE` runs it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.progress import track

from dutch_topics import load_corpus
from dutch_topics.evaluation import evaluate
from dutch_topics.files import write_text
from dutch_topics.fitting import fit
from dutch_topics.labelled import Labelled, read_labelled

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
RANDOM_STATES = (0, 1, 2)
COLUMNS = ("varied", "share", "rows", "random_state", "set", "macro_f1", "false_alarm_rate")
DATA = Path("data")


def chosen_rows(
    kinds: list[str], units: list[str], varied: str, share: float, random_state: int
) -> list[int]:
    """The rows of train when only `share` of the units of the passages, or of the lexicon, is there."""
    is_varied = [(kind == "lexicon") == (varied == "lexicon") for kind in kinds]
    names = sorted({unit for unit, inside in zip(units, is_varied, strict=True) if inside})
    random.Random(random_state).shuffle(names)
    kept = set(names[: max(1, round(share * len(names)))])
    return [i for i, unit in enumerate(units) if not is_varied[i] or unit in kept]


def runs() -> Iterator[tuple[str, float, int]]:
    """What is varied, the share that is left of it, and the random state of the draw."""
    for varied in ("passages", "lexicon"):
        for share in SHARES:
            for random_state in RANDOM_STATES if share < 1 else RANDOM_STATES[:1]:
                yield varied, share, random_state


def measure(sets: dict[str, Labelled]) -> list[dict[str, object]]:
    """Train on every share and measure on every set."""
    corpus = load_corpus(DATA)
    kinds, units = list(corpus["train"]["kind"]), list(corpus["train"]["unit"])
    console = Console(stderr=True)
    found: list[dict[str, object]] = []
    for varied, share, random_state in track(list(runs()), "training", console=console):
        rows = chosen_rows(kinds, units, varied, share, random_state)
        model = fit(corpus["train"].select(rows), corpus["validation"])
        for name, data in sets.items():
            report = evaluate(model.predict(data.texts), data.labels, model.thresholds, data.units)
            values = (varied, share, len(rows), random_state, name, report.macro_f1, report.false_alarm_rate)
            found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def draw(found: list[dict[str, object]], path: Path) -> None:
    """Draw macro-F1 and false alarms over the share of what is varied, means of the draws."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharex=True, layout="constrained")
    for axis, measured in zip(axes, ("macro_f1", "false_alarm_rate"), strict=True):
        for varied, style in (("passages", "-"), ("lexicon", "--")):
            for name, colour in (("test", "C0"), ("real text", "C1")):
                points = [r for r in found if r["varied"] == varied and r["set"] == name]
                if not points:
                    continue
                heights = [
                    mean(float(str(r[measured])) for r in points if r["share"] == share) for share in SHARES
                ]
                axis.plot(SHARES, heights, style, color=colour, marker="o", label=f"{name}, {varied} varied")
        axis.set_xscale("log", base=2)
        axis.set_xticks(SHARES, ["1/16", "1/8", "1/4", "1/2", "all"])
        axis.set_title(measured.replace("_", " ").replace("macro f1", "macro-F1"))
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, write the table, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wild", type=Path, help="labelled real text, to measure on besides test")
    wild = parser.parse_args().wild
    sets = {"test": read_labelled(DATA / "test.jsonl")}
    if wild:
        sets["real text"] = read_labelled(wild)
    found = measure(sets)
    lines = [COLUMNS, *(row.values() for row in found)]
    write_text(DATA / "learning-curve.tsv", "".join("\t".join(map(str, line)) + "\n" for line in lines))
    draw(found, DATA / "learning-curve.png")


if __name__ == "__main__":
    main()
