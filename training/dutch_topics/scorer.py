"""The scores of a trained pipeline by a shorter way: from text to probabilities on arrays that are mapped.

scikit-learn's analysers take most of the time, its import most of the start. Dutch repeats its tokens,
though, and what a token adds to a text's row is a function of the token alone: so it is worked out once
and remembered. `kernel.c` does the whole way where it could be compiled; `numpy_scorer.py` elsewhere.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .coverage import WORD
from .hashing import hashed
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

WIDTH = len(TOPICS) + 1  # numbers a text: the probabilities, and the coverage
ROW = [("idf", "<f8"), ("weights", "<f4", (len(TOPICS),))]  # what a column has
Buffer = Any  # bytes-like: mmap, memoryview, NumPy array

try:
    from . import _kernel
except ImportError:  # there was no compiler
    _kernel = None  # type: ignore[assignment]
HAS_KERNEL = _kernel is not None and sys.byteorder == "little"


@dataclass(frozen=True)
class Settings:
    """What a scorer has to know besides its arrays."""

    intercepts: tuple[float, ...]  # of the topics
    word_columns: int  # columns of the word n-grams; those of the character n-grams follow
    word_ngrams: tuple[int, int]  # shortest and longest
    character_ngrams: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """The settings of `to_dict`; raises `LookupError`, `TypeError` or `ValueError` for others."""
        return cls(
            tuple(float(value) for value in values["intercepts"]),
            int(values["word_columns"]),
            (int(values["word_ngrams"][0]), int(values["word_ngrams"][1])),
            (int(values["character_ngrams"][0]), int(values["character_ngrams"][1])),
        )


class Scorer:
    """A trained pipeline as two arrays, and the words that training met.

    `slots` has an int32 for each column, the number of its row in `rows`; `rows` has an idf (float64)
    and a weight for each topic (float32). Both are little-endian, and may be mapped files. Columns of
    words come first, each with the row of its own number. `vocabulary` has the known words in UTF-8, a
    line feed behind each. `compiled` says whether to use the kernel: by default where there is one.
    """

    def __init__(
        self,
        slots: Buffer,
        rows: Buffer,
        vocabulary: Buffer,
        settings: Settings,
        compiled: bool | None = None,
    ) -> None:
        self.compiled = HAS_KERNEL if compiled is None else compiled
        self.slots, self.rows, self.vocabulary, self.settings = slots, rows, vocabulary, settings
        self._score = _compiled(self) if self.compiled else _in_numpy(self)

    def score(self, texts: Sequence[str]) -> list[list[float]]:
        """Five numbers for each of `texts`, all in [0, 1].

        They are the probability of each topic, in the order of `TOPICS`, and the coverage.
        """
        values = self._score([text.lower() for text in texts]).tolist()
        return [values[first : first + WIDTH] for first in range(0, len(values), WIDTH)]

    def score_array(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As `score`, but as an array of shape (n_samples, 5)."""
        import numpy as np

        flat = self._score([text.lower() for text in texts])
        return np.asarray(flat, dtype=np.float64).reshape(len(texts), WIDTH)

    def columns(self, ngrams: Sequence[str], part: str) -> NDArray[np.int64]:
        """The column of each n-gram of a `part`, words or characters: array of shape (n_ngrams,)."""

        words = self.settings.word_columns
        first, width = (0, words) if part == "words" else (words, memoryview(self.slots).nbytes // 4 - words)
        return first + hashed(ngrams, width)

    def lookup(self, columns: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """The idf and the weights of `columns`: structured array of shape (n_columns,)."""
        import numpy as np

        rows: NDArray[Any] = np.frombuffer(self.rows, np.dtype(ROW))
        return np.asarray(rows[np.frombuffer(self.slots, "<i4")[columns]])


def build_scorer(pipeline: Pipeline, vocabulary: Iterable[str]) -> Scorer:
    """The scorer that gives the probabilities of a trained `pipeline` (see `fitting.fit`).

    `vocabulary` has the words that training met, in lower case.

    Columns of characters without a weight share a row with those of the same idf.
    """
    import numpy as np

    parts = [transformer.named_steps for _, transformer in pipeline.named_steps["features"].transformer_list]
    hashing = [part["hash"] for part in parts]
    estimators = pipeline.named_steps["topics"].estimators_
    weights = np.column_stack([estimator.coef_[0] for estimator in estimators]).astype("<f4")
    idf = np.concatenate([part["tfidf"].idf_ for part in parts])
    own = np.asarray(weights.any(axis=1))  # whether a column has a row of its own
    own[: hashing[0].n_features] = True
    shared, place = np.unique(idf[~own], return_inverse=True)
    n_own = int(own.sum())
    rows = np.zeros(n_own + len(shared), ROW)
    rows["idf"] = np.concatenate([idf[own], shared])
    rows["weights"][:n_own] = weights[own]
    slots = np.empty(len(idf), "<i4")
    slots[own] = np.arange(n_own)
    slots[~own] = n_own + place
    settings = Settings(
        intercepts=tuple(float(estimator.intercept_[0]) for estimator in estimators),
        word_columns=hashing[0].n_features,
        word_ngrams=hashing[0].ngram_range,
        character_ngrams=hashing[1].ngram_range,
    )
    return Scorer(slots, rows, "".join(f"{word}\n" for word in sorted(vocabulary)).encode(), settings)


def _compiled(scorer: Scorer) -> Callable[[list[str]], array[float]]:
    settings = scorer.settings
    kernel = _kernel.prepare(
        scorer.slots,
        scorer.rows,
        scorer.vocabulary,
        array("d", settings.intercepts),
        settings.word_columns,
        settings.word_ngrams[1],
        *settings.character_ngrams,
    )

    def score(lowered: list[str]) -> array[float]:
        out = array("d", bytes(8 * WIDTH * len(lowered)))
        _kernel.score(kernel, lowered, out)
        return out

    return score


def _in_numpy(scorer: Scorer) -> Callable[[list[str]], array[float]]:
    import numpy as np

    from .numpy_scorer import NumpyScorer

    settings = scorer.settings
    return NumpyScorer(
        np.frombuffer(scorer.slots, "<i4"),
        np.frombuffer(scorer.rows, np.dtype(ROW)),
        frozenset(bytes(scorer.vocabulary).decode().split("\n")),
        settings.intercepts,
        settings.word_columns,
        settings.word_ngrams[1],
        *settings.character_ngrams,
    ).score


def word_ngrams(lowered: str, settings: Settings) -> list[str]:
    """The words of a text in lower case, and its pairs of words where the model has those."""
    words = WORD.findall(lowered)
    if settings.word_ngrams[1] == 1:
        return words
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def character_ngrams(token: str, shortest: int, longest: int) -> list[str]:
    """The n-grams of a token with a blank at either end; of a shorter token, the whole once."""
    token = f" {token} "
    found = []
    for n in range(shortest, longest + 1):
        last = max(len(token) - n, 0)
        found += [token[i : i + n] for i in range(last + 1)]
        if last == 0:
            break
    return found
