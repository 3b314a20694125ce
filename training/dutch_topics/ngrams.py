"""The n-grams behind a model's columns: which of them speak most for and against each topic.

Hashing forgets the n-grams; the rows that have a column remember them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .layout import align, percent
from .scorer import Scorer, Settings, character_ngrams, word_ngrams
from .topics import TOPICS, to_indicator

if TYPE_CHECKING:
    from datasets import Dataset

STRONGEST = 30  # of each part, for and against each topic


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


def strongest_ngrams(scorer: Scorer, train: Dataset, strongest: int = STRONGEST) -> list[Ngram]:
    """The n-grams that weigh most in a trained `scorer`, for and against each topic, in each part.

    `train` is what it was trained on. Columns that no passage of it has are left out, and so is all
    but the most frequent of n-grams that share a column.
    """
    import numpy as np

    passages = train.select(np.flatnonzero(np.array(train["kind"][:]) != "lexicon"))
    texts = [text.lower() for text in passages["text"][:]]
    Y = to_indicator([[TOPICS[n] for n in labels] for labels in passages["labels"][:]])

    found = []
    for part in ("words", "characters"):
        rows_of = _rows_of_pieces(texts, part, scorer.settings)
        pieces = [
            (ngram, piece) for piece in rows_of for ngram in set(_ngrams_of(piece, part, scorer.settings))
        ]
        columns = scorer.columns([ngram for ngram, _ in pieces], part)
        met, place = np.unique(columns, return_inverse=True)
        by_column = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place))
        weights = scorer.lookup(met)["weights"]  # (n_columns met, 4)
        for number, topic in enumerate(TOPICS):
            order = np.argsort(weights[:, number], kind="stable")
            for column in [*order[::-1][:strongest], *order[:strongest][::-1]]:
                if not weights[column, number]:
                    continue
                here = by_column[ends[column - 1] if column else 0 : ends[column]].tolist()
                ngram, rows = _most_frequent([pieces[i] for i in here], rows_of)
                about = int(Y[rows, number].sum())
                weight = float(weights[column, number])
                found.append(Ngram(topic, part, ngram, weight, about, len(rows) - about))
    return found


def _rows_of_pieces(texts: Sequence[str], part: str, settings: Settings) -> dict[str, list[int]]:
    """The rows in which each word n-gram stands; for characters each token, where its n-grams stand."""
    rows_of: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        for piece in set(word_ngrams(text, settings) if part == "words" else text.split()):
            rows_of.setdefault(piece, []).append(row)
    return rows_of


def _ngrams_of(piece: str, part: str, settings: Settings) -> list[str]:
    return [piece] if part == "words" else character_ngrams(piece, *settings.character_ngrams)


def _most_frequent(
    pieces: Sequence[tuple[str, str]], rows_of: Mapping[str, list[int]]
) -> tuple[str, list[int]]:
    """Of n-grams that share a column, given with their pieces, the one in most rows; and the rows of all."""
    rows: dict[str, set[int]] = {}
    for ngram, piece in pieces:
        rows.setdefault(ngram, set()).update(rows_of[piece])
    return max(rows, key=lambda ngram: (len(rows[ngram]), ngram)), sorted(set().union(*rows.values()))


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
