"""The scores of a trained pipeline by a shorter way: from text to probabilities on arrays that are mapped.

scikit-learn's analysers take most of the time, its import most of the start. Dutch repeats its tokens,
though, and what a token adds to a text's row is a function of the token alone: so it is worked out once
and remembered. `kernel.c` does the whole way where it could be compiled; NumPy does it elsewhere.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .coverage import WORD, is_known
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    Ints = NDArray[np.int32]

BATCH = 1000  # texts scored together in NumPy
WIDTH = len(TOPICS) + 1  # numbers a text: the probabilities, and the coverage
REMEMBERED = 200_000  # tokens, and pairs of words; beyond that all are forgotten
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
        self._score = _compiled(self) if self.compiled else _NumpyScorer(self).score

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
        import numpy as np

        words = self.settings.word_columns
        first, width = (0, words) if part == "words" else (words, memoryview(self.slots).nbytes // 4 - words)
        return first + hashed(ngrams, width).astype(np.int64)

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


class _NumpyScorer:
    """The same in NumPy, a batch of texts at a time."""

    def __init__(self, scorer: Scorer) -> None:
        import numpy as np

        self.settings = scorer.settings
        self.slots: Ints = np.frombuffer(scorer.slots, "<i4")
        self.rows = np.frombuffer(scorer.rows, np.dtype(ROW))
        self.known = frozenset(bytes(scorer.vocabulary).decode().split("\n"))
        self.character_columns = len(self.slots) - self.settings.word_columns
        self.forget()

    def forget(self) -> None:
        # Words, columns of character n-grams, words that are no numbers, and of these those known.
        self.tokens: dict[str, tuple[list[str], Ints, int, int]] = {}
        self.ngrams: dict[str, int] = {}  # columns of words and of pairs of words

    def score(self, lowered: list[str]) -> array[float]:
        """The probabilities and the coverage of texts in lower case, five numbers a text."""
        out = array("d")
        for first in range(0, len(lowered), BATCH):
            out.frombytes(self._batch(lowered[first : first + BATCH]).tobytes())
        return out

    def _batch(self, lowered: list[str]) -> NDArray[np.float64]:
        import numpy as np

        if len(self.tokens) > REMEMBERED or len(self.ngrams) > REMEMBERED:
            self.forget()
        texts = [text.split() for text in lowered]
        tokens = self.tokens
        self._learn_tokens({token for text in texts for token in text if token not in tokens})
        ngrams = [self._word_ngrams(text) for text in texts]
        numbers = self.ngrams
        self._learn_ngrams({ngram for text in ngrams for ngram in text if ngram not in numbers})
        words = [np.array([numbers[ngram] for ngram in text], np.int32) for text in ngrams]
        nothing = np.empty(0, np.int32)
        characters = [np.concatenate([nothing, *(tokens[token][1] for token in text)]) for text in texts]
        logits = np.array(self.settings.intercepts) + self._add_up(words, 0)
        logits += self._add_up(characters, self.settings.word_columns)
        counted = np.array([sum(tokens[token][2] for token in text) for text in texts])
        known = np.array([sum(tokens[token][3] for token in text) for text in texts])
        coverage = np.where(counted, known / np.maximum(counted, 1), 1.0)
        return np.column_stack([1 / (1 + np.exp(-logits)), coverage])

    def _word_ngrams(self, text: list[str]) -> list[str]:
        words = [word for token in text for word in self.tokens[token][0]]
        if self.settings.word_ngrams[1] == 1:
            return words
        return words + [f"{one} {other}" for one, other in pairwise(words)]

    def _learn_ngrams(self, ngrams: Iterable[str]) -> None:
        new = list(ngrams)
        self.ngrams.update(zip(new, hashed(new, self.settings.word_columns).tolist(), strict=True))

    def _learn_tokens(self, tokens: Iterable[str]) -> None:
        import numpy as np

        new = list(tokens)
        ngrams = [character_ngrams(token, *self.settings.character_ngrams) for token in new]
        columns = hashed([ngram for found in ngrams for ngram in found], self.character_columns)
        ends = np.cumsum([len(found) for found in ngrams])
        for token, found in zip(new, np.split(columns, ends[:-1]) if new else [], strict=True):
            words = WORD.findall(token)
            counted = [word for word in words if not word.isdigit()]
            known = sum(is_known(word, self.known) for word in counted)
            self.tokens[token] = (words, found, len(counted), known)

    def _add_up(self, columns: list[Ints], first: int) -> NDArray[np.float64]:
        """What the n-grams of each text add to its logits, at norm 1: array of shape (n_samples, 4)."""
        import numpy as np

        text = np.repeat(np.arange(len(columns)), [len(found) for found in columns])
        flat = np.concatenate([np.empty(0, np.int32), *columns])
        keys, counts = np.unique(text * len(self.slots) + flat, return_counts=True)
        text, column = np.divmod(keys, len(self.slots))
        rows = self.rows[self.slots[first + column]]
        values = (1 + np.log(counts)) * rows["idf"]
        norms = np.sqrt(np.bincount(text, values**2, len(columns)))
        sums = [np.bincount(text, values * rows["weights"][:, n], len(columns)) for n in range(len(TOPICS))]
        return np.asarray(np.column_stack(sums) / np.where(norms > 0, norms, 1)[:, None])


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


def hashed(ngrams: Sequence[str], columns: int) -> Ints:
    """The column of each n-gram, as scikit-learn's `FeatureHasher` has it; `columns` is a power of two.

    A. Appleby's MurmurHash3_x86_32 with seed 0 of the n-gram in UTF-8, its absolute value as a signed
    number, modulo `columns`. N-grams of the same length are hashed together.
    """
    import numpy as np

    encoded = [ngram.encode() for ngram in ngrams]
    sizes = np.array([len(data) for data in encoded], np.int64)
    found = np.empty(len(encoded), np.int32)
    for size in np.unique(sizes).tolist():
        chosen = np.flatnonzero(sizes == size)
        data = b"".join([encoded[i] for i in chosen.tolist()])
        # Whole blocks of four bytes, and one of what is left, filled up with zeros.
        blocks = np.zeros((len(chosen), -(-size // 4) * 4), np.uint8)
        blocks[:, :size] = np.frombuffer(data, np.uint8).reshape(len(chosen), size)
        hashes = np.zeros(len(chosen), np.uint32)
        for number, block in enumerate(blocks.view("<u4").T):
            mixed = _rotate(block * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
            hashes ^= mixed
            if 4 * (number + 1) <= size:
                hashes = _rotate(hashes, 13) * np.uint32(5) + np.uint32(0xE6546B64)
        hashes ^= np.uint32(size)
        hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        hashes ^= hashes >> np.uint32(16)
        found[chosen] = np.abs(hashes.view(np.int32).astype(np.int64)) & (columns - 1)
    return found


def _rotate(numbers: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    import numpy as np

    return (numbers << np.uint32(bits)) | (numbers >> np.uint32(32 - bits))
