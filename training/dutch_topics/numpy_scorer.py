"""What kernel.c does, in NumPy; imported, and NumPy with it, only where there was no compiler.

A batch of texts is one array of bytes that is never parted into Python strings: a token is looked up by
its first bytes, and n-grams are hashed where they stand. As in the kernel, what the n-grams of a token
add up to is worked out once and remembered. Then a text costs a sum over its tokens, a sum over its pairs
of words, and a correction for each column that several of all these n-grams share.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coverage import WORD, is_known
from .hashing import BEHIND, hashed_spans
from .topics import TOPICS

Array = NDArray[Any]

BATCH = 100_000  # characters of texts scored together; a longer text is scored alone
REMEMBERED = 200_000  # tokens, and
REMEMBERED_COLUMNS = 1 << 23  # columns of their n-grams; beyond either, all are forgotten
PLACES = 1 << 20  # for tokens, by their first bytes; a power of two
CELLS = 1 << 19  # for keys, see _repeated; a power of two
STEP = 0x9E3779B1  # from the keys of a text to those of the next: odd, and more than there are columns

# The columns of a sum over n-grams, those of words and those of characters: the squared length, and the
# weights before the length divides them. Then the words that count for the coverage, and those known.
WORDS, CHARACTERS, COUNTED, KNOWN = slice(0, 5), slice(5, 10), 10, 11
PART = 8  # bytes of a token that are compared at once
LONGEST = 3 * PART  # bytes of a token that are compared at all, a blank behind it included
TOKEN = np.dtype(
    [
        ("parts", "<u8", LONGEST // PART),  # the token and the blank, cut off or filled up with zeros
        ("column", np.int64),  # where its columns begin, those of its words and its character n-grams;
        ("columns", np.int64),  # how many they are
        ("letter", np.int64),  # where its words begin, in UTF-8 with a blank behind each;
        ("letters", np.int64),  # how many bytes they are
        ("words", np.int64),  # how many words
        ("sums", np.float64, KNOWN + 1),  # of its n-grams, each counted apart
    ]
)

END = "E"  # stands behind each text, and in none: they are in lower case
WIDE_SPACES = [chr(n) for n in range(0x80, 0x3001) if chr(n).isspace()]
TO_BLANKS = bytes(ord(" ") if n < 0x80 and chr(n).isspace() else n for n in range(256))
# For each part, the bits of it that belong to a token, by the size of the token.
MASKS = [
    np.array([256 ** min(max(size - first, 0), PART) - 1 for size in range(LONGEST + 1)], np.uint64)
    for first in range(0, LONGEST, PART)
]
FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


class NumpyScorer:
    """A trained pipeline: `slots` and `rows` as `Scorer` has them, but arrays; the rest as in `Settings`."""

    def __init__(
        self,
        slots: Array,
        rows: Array,
        known: frozenset[str],
        intercepts: Sequence[float],
        word_columns: int,
        longest_words: int,
        shortest: int,
        longest: int,
    ) -> None:
        self.slots, self.rows, self.known, self.intercepts = slots, rows, known, np.array(intercepts)
        self.word_columns, self.longest_words = word_columns, longest_words
        self.character_ngrams = np.arange(shortest, longest + 1)
        self.cells = np.empty(CELLS, np.int32)
        self.lock = Lock()  # of all that changes with a text
        self.forget()

    def forget(self) -> None:
        """Forget all tokens."""
        self.numbers: dict[bytes, int] = {}  # of the tokens
        self.places = np.zeros(PLACES, np.int32)  # numbers of tokens, by their first bytes
        self.tokens, self.columns, self.letters = _Growing(TOKEN), _Growing(np.int32), _Growing(np.uint8)
        self.tokens.extend(np.zeros(1, TOKEN))  # number 0, which free places have

    def score(self, lowered: Sequence[str]) -> array[float]:
        """The probabilities and the coverage of texts in lower case, five numbers a text."""
        out = array("d")
        with self.lock:
            for batch in _batches(lowered):
                if len(self.numbers) > REMEMBERED or self.columns.used > REMEMBERED_COLUMNS:
                    self.forget()
                out.frombytes(self._score(batch).tobytes())
        return out

    def _score(self, texts: Sequence[str]) -> Array:
        n = len(texts)
        data, starts, ends, text = _split(texts)
        tokens = self._recall(data, starts, ends)
        pairs, text_of_pair = self._pairs(tokens, text)
        sums = _by_text(tokens["sums"], text, n)
        sums[:, WORDS] += _by_text(_values(self.rows.take(pairs)), text_of_pair, n)
        keys = (text * STEP).repeat(tokens["columns"])
        keys += self.columns.data.take(_ranges(tokens["column"], tokens["columns"]))
        self._correct(sums, np.concatenate([keys, text_of_pair * STEP + pairs]))

        parts = sums[:, :COUNTED].reshape(n, 2, -1)
        norms = np.sqrt(parts[:, :, :1])
        norms[norms == 0] = 1
        logits = self.intercepts + (parts[:, :, 1:] / norms).sum(axis=1)
        scores = np.ones((n, len(TOPICS) + 1))
        scores[:, :-1] = 1 / (1 + np.exp(-logits))
        np.divide(sums[:, KNOWN], sums[:, COUNTED], out=scores[:, -1], where=sums[:, COUNTED] > 0)
        return scores

    def _recall(self, data: Array, starts: Array, ends: Array) -> Array:
        """What is remembered of the tokens that stand in `data`: array of `TOKEN`."""
        sizes = ends - starts + 1
        parts = np.ndarray(len(data) - PART + 1, "<u8", data, strides=(1,)).copy()  # one from each byte on
        own = [parts.take(starts + i * PART) & mask.take(sizes, mode="clip") for i, mask in enumerate(MASKS)]
        mixed = own[0] * FACTORS[0]
        for part, factor in zip(own[1:], FACTORS[1:], strict=True):
            mixed += part * factor
        places = (mixed >> np.uint64(40)).view(np.int64) & (PLACES - 1)
        tokens: Array = self.tokens.data.take(self.places.take(places))
        same = sizes <= LONGEST
        for i, part in enumerate(own):
            same &= tokens["parts"][:, i] == part
        missed = (~same).nonzero()[0]
        if len(missed):  # tokens that are new, or long, or whose place another took
            spans = zip(starts[missed].tolist(), ends[missed].tolist(), strict=True)
            spelled = [data[start:end].tobytes() for start, end in spans]
            new = list(dict.fromkeys(token for token in spelled if token not in self.numbers))
            if new:
                self._learn(new)
            found = [self.numbers[token] for token in spelled]
            self.places[places[missed]] = found
            tokens[missed] = self.tokens.data.take(found)
        return tokens

    def _learn(self, new: Sequence[bytes]) -> None:
        """Work out what there is to know of tokens, and remember it."""
        n = len(new)
        tokens = np.zeros(n, TOKEN)
        sums = tokens["sums"]
        first_bytes = np.array([token[:LONGEST] + b" " for token in new], f"S{LONGEST}")
        tokens["parts"] = first_bytes.view("<u8").reshape(n, -1)

        words = [WORD.findall(token.decode()) for token in new]
        counted = [[word for word in found if not word.isdigit()] for found in words]
        sums[:, COUNTED] = [len(found) for found in counted]
        sums[:, KNOWN] = [sum(is_known(word, self.known) for word in found) for found in counted]
        spelled = ["".join(f"{word} " for word in found).encode() for found in words]
        tokens["words"], tokens["letters"] = list(map(len, words)), list(map(len, spelled))
        tokens["letter"] = self.letters.used + _firsts(tokens["letters"])
        letters = np.frombuffer(b"".join(spelled) + bytes(BEHIND), np.uint8)
        starts, ends = _words(letters)
        columns_of_words = hashed_spans(letters, starts, ends - starts, self.word_columns)
        token_of_word = np.arange(n).repeat(tokens["words"])
        sums[:, WORDS] = _by_text(_values(self.rows.take(columns_of_words)), token_of_word, n)

        data, starts, sizes, token_of_ngram = _character_ngrams(new, self.character_ngrams)
        columns = hashed_spans(data, starts, sizes, len(self.slots) - self.word_columns) + self.word_columns
        sums[:, CHARACTERS] = _by_text(_values(self.rows.take(self.slots.take(columns))), token_of_ngram, n)
        token = np.concatenate([token_of_word, token_of_ngram])
        tokens["columns"] = np.bincount(token)
        tokens["column"] = self.columns.used + _firsts(tokens["columns"])

        self.columns.extend(np.concatenate([columns_of_words, columns])[token.argsort(kind="stable")])
        self.letters.extend(letters[:-BEHIND])
        self.tokens.extend(tokens)
        # Last, so that a token is there as a whole whatever interrupts this.
        self.numbers.update(zip(new, range(self.tokens.used - n, self.tokens.used), strict=True))

    def _pairs(self, tokens: Array, text: Array) -> tuple[Array, Array]:
        """The columns of the pairs of neighbouring words, and the text of each."""
        if self.longest_words == 1:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        letters = self.letters.data.take(_ranges(tokens["letter"], tokens["letters"]))
        letters = np.concatenate([letters, np.zeros(BEHIND, np.uint8)])
        starts, ends = _words(letters)
        text = text.repeat(tokens["words"])
        first = (text[1:] == text[:-1]).nonzero()[0]
        starts, ends = starts.take(first), ends.take(first + 1)
        return hashed_spans(letters, starts, ends - starts, self.word_columns), text.take(first)

    def _correct(self, sums: Array, keys: Array) -> None:
        """Count n-grams of one key, that is of one text and column, together: in `sums` each is apart."""
        n = np.bincount(self._repeated(keys))
        places = (n > 0).nonzero()[0]
        n = n.take(places) + 1
        tf = 1 + np.log(n)
        text, columns = np.divmod(keys.take(places), STEP)
        values = _values(self.rows.take(self.slots.take(columns)))
        values[:, 0] *= tf**2 - n
        values[:, 1:] *= (tf - n)[:, None]
        first = text * sums.shape[1] + np.where(columns < self.word_columns, WORDS.start, CHARACTERS.start)
        np.add.at(sums.reshape(-1), (first[:, None] + np.arange(values.shape[1])).ravel(), values.ravel())

    def _repeated(self, keys: Array) -> Array:
        """For each key that equals another, but for one of them, the place of that one in `keys`.

        Each key writes its place into a cell. Who then reads another place there has met an equal, or a
        stranger; those who met strangers try again among themselves.
        """
        places, left = np.arange(len(keys), dtype=np.int32), keys
        repeated = [np.empty(0, np.int32)]
        while len(left):
            cells = left & (CELLS - 1)
            self.cells[cells] = places
            found = self.cells.take(cells)
            lost = (found != places).nonzero()[0]
            found, places, left = found.take(lost), places.take(lost), left.take(lost)
            same = keys.take(found) == left
            repeated.append(found[same])
            again = (~same).nonzero()[0]
            places, left = places.take(again), left.take(again)
        return np.concatenate(repeated)


class _Growing:
    """An array that grows at its end."""

    def __init__(self, dtype: Any) -> None:
        self.data, self.used = np.empty(1024, dtype), 0

    def extend(self, values: Array) -> None:
        used = self.used + len(values)
        if used > len(self.data):
            larger = np.empty(2 * used, self.data.dtype)
            larger[: self.used] = self.data[: self.used]
            self.data = larger
        self.data[self.used : used] = values
        self.used = used


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    ends = list(accumulate(map(len, texts)))
    first = size = 0
    while first < len(texts):
        last = max(bisect_right(ends, size + BATCH), first + 1)
        yield texts[first:last]
        first, size = last, ends[last - 1]


def _split(texts: Sequence[str]) -> tuple[Array, Array, Array, Array]:
    """The texts as one array of bytes, where tokens start and end in it, and the text of each token."""
    joined = f" {END}".join([*texts, ""])
    if not joined.isascii():
        for space in WIDE_SPACES:
            joined = joined.replace(space, " ")
    data = np.frombuffer(b" " + joined.encode().translate(TO_BLANKS) + b" " * LONGEST, np.uint8)
    end = data == ord(END)
    between = end | (data == ord(" "))
    edges = (between[1:] != between[:-1]).nonzero()[0] + 1
    starts, ends = edges[::2], edges[1::2]
    counts = starts.searchsorted(end.nonzero()[0])
    counts[1:] -= counts[:-1].copy()
    return data, starts, ends, np.arange(len(texts)).repeat(counts)


def _words(letters: Array) -> tuple[Array, Array]:
    """Where words start and end that have a blank behind each."""
    ends = (letters == ord(" ")).nonzero()[0]
    starts = np.zeros(len(ends), np.int64)
    starts[1:] = ends[:-1] + 1
    return starts, ends


def _character_ngrams(tokens: Sequence[bytes], sizes: Array) -> tuple[Array, Array, Array, Array]:
    """The n-grams of tokens with a blank at either end; of a shorter token, the whole once.

    An array of bytes, where n-grams of so many characters start in it, their sizes in bytes, and the
    token of each, in ascending order.
    """
    data = np.frombuffer(b"".join(b" %b " % token for token in tokens) + bytes(BEHIND), np.uint8)
    bounds = ((data & 0xC0) != 0x80).nonzero()[0]  # of characters
    ends = bounds.searchsorted(np.cumsum([len(token) + 2 for token in tokens]))
    starts = np.concatenate([[0], ends[:-1]])
    token = np.arange(len(tokens)).repeat(ends - starts)
    left = ends.take(token) - np.arange(len(token))  # characters from each on to the end of its token
    fits = left[:, None] >= sizes
    fits[starts, 0] = True
    at, size = fits.nonzero()
    until = at + np.minimum(sizes.take(size), left.take(at))
    return data, bounds.take(at), bounds.take(until) - bounds.take(at), token.take(at)


def _values(rows: Array) -> Array:
    """What n-grams of these `rows` add to a sum: array of shape (n_ngrams, 5)."""
    idf = rows["idf"]
    values = np.empty((len(rows), 1 + len(TOPICS)))
    values[:, 0] = idf
    values[:, 1:] = rows["weights"]
    values *= idf[:, None]
    return values


def _by_text(values: Array, text: Array, n: int) -> Array:
    """Sums of the rows of `values` by their `text`, which ascends: array of shape (n, n_columns)."""
    new = np.ones(len(text), bool)
    np.not_equal(text[1:], text[:-1], out=new[1:])
    firsts = new.nonzero()[0]
    sums = np.zeros((n, values.shape[1]))
    # NumPy adds up pairwise along rows, which keeps a word that stands 100,000 times in a text exact.
    sums[text.take(firsts)] = np.add.reduceat(np.ascontiguousarray(values.T), firsts, axis=1).T
    return sums


def _firsts(sizes: Array) -> Array:
    """Where pieces of these sizes begin that stand one behind the other."""
    firsts: Array = sizes.cumsum() - sizes
    return firsts


def _ranges(starts: Array, sizes: Array) -> Array:
    """The numbers from each start on, as many as its size says."""
    numbers: Array = (starts - _firsts(sizes)).repeat(sizes)
    numbers += np.arange(len(numbers))
    return numbers
