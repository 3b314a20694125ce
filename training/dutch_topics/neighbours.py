"""The passages trained on that are nearest to a text, by the words that they share.

Nearness is the cosine of the words' TF-IDF (sublinear, with the idf of the model), so that a rare word in
common counts for more than many common ones.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .coverage import WORD
from .scorer import Buffer, Scorer, hashed
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

POSTING = [("column", "<i4"), ("passage", "<i4"), ("value", "<f4")]


@dataclass(frozen=True)
class Neighbour:
    """A passage trained on, and how near it is."""

    text: str
    topics: tuple[str, ...]  # its labels
    similarity: float  # in (0, 1]

    def to_dict(self) -> dict[str, Any]:
        """The neighbour as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Neighbourhood:
    """An index of passages by their words.

    `passages` has a JSON line each, text and topics; `postings` is an array of `POSTING`, sorted by
    column: which passage has the column, and its TF-IDF there in a row of norm 1.
    """

    passages: Buffer
    postings: Buffer

    def nearest(self, scorer: Scorer, text: str, n: int = 3) -> list[Neighbour]:
        """The `n` nearest passages, nearest first; fewer where fewer share a word with `text`."""
        import numpy as np

        lines = bytes(self.passages).splitlines()
        postings = np.frombuffer(self.postings, np.dtype(POSTING))
        near = np.zeros(len(lines))
        columns, values = _row(scorer, text)
        firsts = np.searchsorted(postings["column"], columns, "left").tolist()
        lasts = np.searchsorted(postings["column"], columns, "right").tolist()
        for first, last, value in zip(firsts, lasts, values.tolist(), strict=True):
            found = postings[first:last]
            near[found["passage"]] += value * found["value"]
        order = np.argsort(-near, kind="stable")[:n]
        return [_neighbour(lines[place], float(near[place])) for place in order.tolist() if near[place] > 0]


def _neighbour(line: bytes, similarity: float) -> Neighbour:
    values = json.loads(line)
    return Neighbour(values["text"], tuple(values["topics"]), min(similarity, 1.0))


def build_neighbourhood(scorer: Scorer, train: Dataset) -> Neighbourhood:
    """The index of the passages of `train`; terms of the lexicon are none."""
    import numpy as np

    passages = train.select([row for row, kind in enumerate(train["kind"]) if kind != "lexicon"])
    lines, rows = [], []
    for number, (text, labels) in enumerate(zip(passages["text"], passages["labels"], strict=True)):
        topics = [TOPICS[label] for label in labels]
        lines.append(json.dumps({"text": text, "topics": topics}, ensure_ascii=False))
        columns, values = _row(scorer, text)
        row = np.empty(len(columns), np.dtype(POSTING))
        row["column"], row["passage"], row["value"] = columns, number, values
        rows.append(row)
    postings = np.concatenate([np.empty(0, np.dtype(POSTING)), *rows])
    postings = postings[np.argsort(postings["column"], kind="stable")]
    return Neighbourhood("".join(f"{line}\n" for line in lines).encode(), postings)


def _row(scorer: Scorer, text: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The columns of a text's words and their TF-IDF at norm 1, both of shape (n_words,)."""
    import numpy as np

    counts = Counter(WORD.findall(text.lower()))
    columns, place = np.unique(hashed(list(counts), scorer.settings.word_columns), return_inverse=True)
    tf = 1 + np.log(np.maximum(np.bincount(place, list(counts.values()), len(columns)), 1))
    values = tf * scorer.lookup(columns)["idf"]
    return columns, values / (np.linalg.norm(values) or 1)
