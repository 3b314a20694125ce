"""The n-grams behind a model's columns: which of them speak most for and against each topic.

Hashing forgets the n-grams; the rows that have a column remember them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .layout import align, percent
from .scorer import hashed
from .topics import TOPICS, to_indicator

if TYPE_CHECKING:
    from datasets import Dataset
    from sklearn.pipeline import Pipeline

STRONGEST = 30  # of each part, for and against each topic
ROWS = 30  # looked into for the n-gram behind a column


@dataclass(frozen=True)
class Ngram:
    """An n-gram that the model goes by."""

    topic: str
    part: str  # words or characters
    ngram: str
    weight: float  # times its TF-IDF: what it adds to the logit of the topic
    with_topic: int  # passages of train with the n-gram that are about the topic
    without: int  # passages of train with it that are not

    def to_dict(self) -> dict[str, Any]:
        """The n-gram as a plain dict, for JSON."""
        return asdict(self)


def strongest_ngrams(pipeline: Pipeline, train: Dataset, strongest: int = STRONGEST) -> list[Ngram]:
    """The n-grams that weigh most in a trained `pipeline`, for and against each topic, in each part.

    `train` is what it was trained on. Columns that no passage of it has are left out, and so is all
    but the most frequent of n-grams that share a column.
    """
    import numpy as np

    passages = [row for row, kind in enumerate(train["kind"]) if kind != "lexicon"]
    texts = list(train.select(passages)["text"])
    Y = to_indicator([[TOPICS[n] for n in labels] for labels in train.select(passages)["labels"]])

    found = []
    first = 0  # column of the whole with which the part begins
    for part, transformer in pipeline.named_steps["features"].transformer_list:
        hashing = transformer.named_steps["hash"]
        X = hashing.transform(texts).tocsc()  # (n_samples, n_features of the part)
        met = np.diff(X.indptr) > 0
        for number, topic in enumerate(TOPICS):
            coefficients = pipeline.named_steps["topics"].estimators_[number].coef_[0]
            weights = np.where(met, coefficients[first : first + hashing.n_features], 0.0)
            order = np.argsort(weights, kind="stable")
            for column in [*order[::-1][:strongest], *order[:strongest][::-1]]:
                if not weights[column]:
                    continue
                rows = X.indices[X.indptr[column] : X.indptr[column + 1]]
                about = int(Y[rows, number].sum())
                ngram = _ngram(hashing, [texts[row] for row in rows[:ROWS]], int(column))
                found.append(Ngram(topic, part, ngram, float(weights[column]), about, len(rows) - about))
        first += hashing.n_features
    return found


def _ngram(hashing: Any, texts: Sequence[str], column: int) -> str:
    """The n-gram that most of `texts` have in `column`."""
    analyze = hashing.build_analyzer()
    counts: Counter[str] = Counter(ngram for text in texts for ngram in set(analyze(text)))
    columns = hashed(list(counts), hashing.n_features).tolist()
    here = [ngram for ngram, place in zip(counts, columns, strict=True) if place == column]
    return max(here, key=lambda ngram: (counts[ngram], ngram))


def to_tables(ngrams: Sequence[Ngram], shares: Mapping[str, float], strongest: int) -> str:
    """The n-grams as text for a terminal: for and against each topic, the strongest first.

    `shares` are those of the passages of train that are about each topic.
    """
    blocks = []
    for topic in TOPICS:
        rows = [["", "", "n-gram", "weight", "passages", "of the topic"]]
        for side, sign in (("for", 1), ("against", -1)):
            for part in ("words", "characters"):
                own = [n for n in ngrams if (n.topic, n.part) == (topic, part) and n.weight * sign > 0]
                rows += [_row(n, side) for n in sorted(own, key=lambda n: -n.weight * sign)[:strongest]]
        blocks.append(f"{topic} ({percent(shares[topic])} of the passages trained on)\n{align(rows)}")
    return "\n\n".join(blocks)


def _row(entry: Ngram, side: str) -> list[str]:
    # Within a word, a blank stands for its edge.
    shown = entry.ngram.replace(" ", "_") if entry.part == "characters" else entry.ngram
    n = entry.with_topic + entry.without
    return [side, entry.part, shown, f"{entry.weight:+.1f}", f"{n:,}", percent(entry.with_topic / n)]
