"""The passages trained on that are nearest to a text, by the words that they share.

Nearness is the cosine of the words' TF-IDF (sublinear, with the idf of the model), so that a rare word in
common counts for more than many common ones.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .coverage import WORD
from .scorer import Buffer, Scorer
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

    @cached_property
    def _lines(self) -> list[bytes]:
        return bytes(self.passages).splitlines()

    def nearest(self, scorer: Scorer, text: str, n: int = 3) -> list[Neighbour]:
        """The `n` nearest passages, nearest first; fewer where fewer share a word with `text`."""
        import numpy as np

        lines = self._lines
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

    passages = train.select(np.flatnonzero(np.array(train["kind"][:]) != "lexicon"))[:]
    lines = []
    numbers: dict[str, int] = {}  # of the words
    words, owners = [], []
    for number, (text, labels) in enumerate(zip(passages["text"], passages["labels"], strict=True)):
        values = {"text": text, "topics": [TOPICS[label] for label in labels]}
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
        found = [numbers.setdefault(word, len(numbers)) for word in WORD.findall(text.lower())]
        words += found
        owners += [number] * len(found)
    columns = scorer.columns(list(numbers), "words")[np.array(words, np.int64)]
    keys, counts = np.unique(columns * len(lines) + np.array(owners, np.int64), return_counts=True)
    postings = np.empty(len(keys), np.dtype(POSTING))
    postings["column"], postings["passage"] = np.divmod(keys, max(len(lines), 1))
    tfidf = (1 + np.log(counts)) * scorer.lookup(postings["column"])["idf"]
    norms = np.sqrt(np.bincount(postings["passage"], tfidf**2, len(lines)))
    postings["value"] = tfidf / norms[postings["passage"]]
    return Neighbourhood("".join(lines).encode(), postings)


def _row(scorer: Scorer, text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The columns of a text's words and their TF-IDF at norm 1, both of shape (n_words,)."""
    import numpy as np

    found = scorer.columns(WORD.findall(text.lower()), "words")
    columns, counts = np.unique(found, return_counts=True)
    values = (1 + np.log(counts)) * scorer.lookup(columns)["idf"]
    return columns, values / (np.linalg.norm(values) or 1)
