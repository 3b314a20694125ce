"""This model beside others on the same splits: `make compare`, with WILD=FILE for real text too.

    python training/experiments/compare.py [--model DIR] [--wild FILE] [--autotune SECONDS]

The others are trained on the same train split, its lexicon included. Where one needs a threshold, it
is the one with the best F1 on the validation split, a topic each. Writes docs/compare.md.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import log
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from dutch_topics import TOPICS, coverage, load_corpus, load_model
from dutch_topics.coverage import words
from dutch_topics.evaluation import Report, evaluate
from dutch_topics.files import write_text
from dutch_topics.fitting import best_threshold
from dutch_topics.labelled import Labelled, read_labelled
from dutch_topics.layout import interval, number, percent
from dutch_topics.model import TopicModel
from dutch_topics.prediction import Prediction
from dutch_topics.topics import to_indicator

DATA, TARGET, PICTURE = Path("data"), Path("docs/compare.md"), Path("docs/images/reliability.png")
LABEL = "__label__"
KEYWORDS = 100  # a topic, in the keyword list
ASKED = (0.7, 0.75, 0.8, 0.85, 0.9)  # precisions
Floats = NDArray[np.float64]
Scorer = Callable[[Sequence[str]], Floats]  # texts to scores in [0, 1] of shape (n_samples, 4)


def linear_svc(texts: list[str], Y: NDArray[np.int64]) -> Scorer:
    """TfidfVectorizer and LinearSVC as scikit-learn has them by default."""
    pipeline = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LinearSVC())).fit(texts, Y)
    return lambda texts: np.asarray(pipeline.decision_function(texts) > 0, dtype=float)


def fast_text(**options: Any) -> Scorer:
    """fastText's supervised classifier with a loss of its own for every label."""
    model = train_fast_text(**options)

    def score(texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), len(TOPICS)))
        for row, text in zip(found, texts, strict=True):
            for label, probability in zip(*model.predict(_one_line(text), k=-1), strict=True):
                if (topic := label.removeprefix(LABEL)) in TOPICS:
                    row[TOPICS.index(topic)] = min(probability, 1.0)
        return found

    return score


def train_fast_text(autotune: int = 0, **options: Any) -> Any:
    """fastText trained on the train split; `autotune` is how many seconds it may search for settings."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for split in ("train", "validation"):
            data = read_labelled(DATA / f"{split}.jsonl")
            lines = [
                f"{' '.join(LABEL + label for label in labels or ('none',))} {_one_line(text)}\n"
                for text, labels in zip(data.texts, data.labels, strict=True)
            ]
            paths[split] = Path(folder) / f"{split}.txt"
            paths[split].write_text("".join(lines), encoding="utf-8")
        if autotune:
            options |= {"autotuneValidationFile": str(paths["validation"]), "autotuneDuration": autotune}
        else:
            options = {"epoch": 25, "lr": 0.5} | options
        return fasttext.train_supervised(
            str(paths["train"]), loss="ova", thread=2, seed=0, verbose=0, **options
        )


def _one_line(text: str) -> str:
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def keyword_list(texts: list[str], Y: NDArray[np.int64]) -> Scorer:
    """The words that tell each topic best from the rest of train; one of them is enough."""
    inside: dict[int, Counter[str]] = defaultdict(Counter)
    everywhere: Counter[str] = Counter()
    for text, row in zip(texts, Y, strict=True):
        found = set(words(text))
        everywhere.update(found)
        for n in np.flatnonzero(row).tolist():
            inside[n].update(found)
    lists = []
    for n in range(len(TOPICS)):
        size, others = int(Y[:, n].sum()), int((1 - Y[:, n]).sum())
        value = {
            word: count * (log((count + 1) / size) - log((everywhere[word] - count + 1) / others))
            for word, count in inside[n].items()
        }
        lists.append(set(sorted(value, key=lambda word: (-value[word], word))[:KEYWORDS]))

    def score(texts: Sequence[str]) -> Floats:
        return np.array([[float(bool(one & set(words(text)))) for one in lists] for text in texts])

    return score


def always_none(texts: Sequence[str]) -> Floats:
    """No topic for any text."""
    return np.zeros((len(texts), len(TOPICS)))


def measured(scorer: Scorer, sets: dict[str, Labelled]) -> dict[str, Report]:
    """The reports of a scorer on each set, thresholds set on the validation split."""
    validation = read_labelled(DATA / "validation.jsonl")
    scores, truth = scorer(validation.texts), to_indicator(validation.labels)
    even = np.ones(len(truth))
    thresholds = {t: best_threshold(scores[:, n], truth[:, n], even) for n, t in enumerate(TOPICS)}
    reports = {}
    for name, data in sets.items():
        predictions = [
            Prediction(
                text,
                tuple(t for t, s in zip(TOPICS, row, strict=True) if s >= thresholds[t]),
                dict(zip(TOPICS, row, strict=True)),
            )
            for text, row in zip(data.texts, scorer(data.texts).tolist(), strict=True)
        ]
        reports[name] = evaluate(predictions, data.labels, thresholds, data.units)
    return reports


def to_markdown(found: dict[str, tuple[dict[str, Report], float]], sets: dict[str, Labelled]) -> str:
    """The table of all reports."""
    header = ["", *(f"{name}: {what}" for name in sets for what in ("macro-F1", "micro-F1", "false alarms"))]
    lines = ["| " + " | ".join([*header, "seconds to train"]) + " |", "|---|" + "---:|" * len(header)]
    for name, (reports, seconds) in found.items():
        cells = [name]
        for report in reports.values():
            f1 = f"{number(report.macro_f1)} ({interval(report.macro_f1_interval)})"
            cells += [f1, number(report.micro_f1), percent(report.false_alarm_rate)]
        lines.append("| " + " | ".join([*cells, "-" if seconds != seconds else f"{seconds:.0f}"]) + " |")
    return "\n".join(lines)


def precision_table(model: TopicModel, sets: dict[str, Labelled]) -> str:
    """What `--precision` promises and what comes of it."""
    header = [
        "asked for",
        *(f"{n}: {w}" for n in sets for w in ("precision", "recall", "passages left unsure")),
    ]
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    for asked in ASKED:
        cells = [f"{asked:.2f}"]
        for data in sets.values():
            predictions = model.predict(data.texts, precision=asked)
            given, wanted = to_indicator([p.topics for p in predictions]), to_indicator(data.labels)
            hits = (given * wanted).sum()
            cells += [number(hits / given.sum()), number(hits / wanted.sum())]
            cells.append(percent(float(np.mean([bool(p.unsure) for p in predictions]))))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(reports: dict[str, Report], path: Path) -> None:
    """Draw how often what the model gave each probability came true."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(4.2, 4), layout="constrained")
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, report in reports.items():
        bins = report.reliability
        label = f"{name}: ECE {report.ece:.3f}"
        axis.plot([b.probability for b in bins], [b.frequency for b in bins], marker="o", label=label)
    axis.set_xlabel("probability given")
    axis.set_ylabel("share that came true")
    axis.grid(alpha=0.3)
    axis.legend(loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Train and measure all of them, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder of the model [default: models/dutch-topics]")
    parser.add_argument("--wild", type=Path, help="labelled real text, to measure on besides test")
    parser.add_argument("--autotune", type=int, default=300, help="seconds that fastText may search")
    arguments = parser.parse_args()
    sets = {"test": read_labelled(DATA / "test.jsonl")}
    if arguments.wild:
        sets["real text"] = read_labelled(arguments.wild)
    train = load_corpus(DATA)["train"]
    texts = list(train["text"])
    Y = to_indicator([[TOPICS[number] for number in labels] for labels in train["labels"]])
    peers: dict[str, Callable[[], Scorer]] = {
        "scikit-learn's defaults: TfidfVectorizer, LinearSVC": lambda: linear_svc(texts, Y),
        "fastText, words and pairs": lambda: fast_text(wordNgrams=2, minn=0, maxn=0),
        "fastText, subwords 3-6": lambda: fast_text(wordNgrams=2, minn=3, maxn=6),
        f"fastText, autotuned {arguments.autotune} s": lambda: fast_text(autotune=arguments.autotune),
        f"keyword list, {KEYWORDS} a topic": lambda: keyword_list(texts, Y),
        "always none": lambda: always_none,
    }
    # fastText stands where the detector of the language extra looks for a fasttext of its own.
    setattr(coverage, "detects_language", lambda: False)  # noqa: B010
    model = load_model(arguments.model)
    ours = {
        name: evaluate(model.predict(data.texts), data.labels, model.thresholds, data.units)
        for name, data in sets.items()
    }
    found = {"dutch-topics": (ours, float("nan"))}
    for name, train_peer in track(peers.items(), "training", console=Console(stderr=True)):
        begun = time.perf_counter()
        scorer = train_peer()
        seconds = time.perf_counter() - begun
        found[name] = (measured(scorer, sets), seconds)
    draw(ours, PICTURE)
    write_text(TARGET, f"{HEAD}\n{to_markdown(found, sets)}\n")
    write_text(POINTS, f"{POINTS_HEAD}\n{precision_table(model, sets)}\n")


HEAD = """<!-- Written by `make compare`; edit training/experiments/compare.py. -->
# Beside others

All were trained on the same train split, lexicon included, and measured on the same passages. Those with
scores had their thresholds set on the validation split; LinearSVC decides by itself. Macro-F1 comes with
its 95% interval, drawn by article. The autotuned fastText searches by the clock: it differs from run to run.
"""

POINTS = Path("docs/operating-points.md")
POINTS_HEAD = """<!-- Written by `make compare`; edit training/experiments/compare.py. -->
# Where to set the bar

## Probabilities

The corpus has each topic in about every sixth passage; the news in every tenth. Probabilities are therefore
calibrated, and thresholds chosen, as if a tenth were about each topic (`prior`). The diagram shows how
often what was given a probability came true, all topics together. On the test split, which has more of
each topic than real text, frequencies lie above the probabilities for that reason.

![reliability](images/reliability.png)

## Precision asked for

`--precision 0.9` gives a topic only where nine in ten should be right, and marks the other likely ones as
unsure. How surely a score speaks is learned on out-of-fold passages of the corpus. On real text a given
topic was wrong 2.4 to 3.0 times as often as there, topics weighted to a tenth; so the model asks itself for
a third of the errors (`error_ratio`). What then comes of it:
"""

if __name__ == "__main__":
    main()
