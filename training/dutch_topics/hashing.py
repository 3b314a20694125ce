"""The columns of n-grams: the hash that scikit-learn's `FeatureHasher` uses, for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

BEHIND = 8  # bytes that must follow the last n-gram, of any value: they are read in blocks


def hashed(ngrams: Sequence[str], columns: int) -> Array:
    """The column of each n-gram: integers in [0, `columns`), a power of two."""
    import numpy as np

    encoded = [ngram.encode() for ngram in ngrams]
    sizes = np.array([len(data) for data in encoded], np.int64)
    data = np.frombuffer(b"".join(encoded) + bytes(BEHIND), np.uint8)
    return hashed_spans(data, sizes.cumsum() - sizes, sizes, columns)


def hashed_spans(data: Array, starts: Array, sizes: Array, columns: int) -> Array:
    """The columns of n-grams that stand in `data`, in UTF-8, `BEHIND` bytes before its end or earlier.

    `starts` and `sizes`, in bytes, are of shape (n_ngrams,), and so is what is returned. A. Appleby's
    MurmurHash3_x86_32 with seed 0, its absolute value as a signed number, modulo `columns`.
    """
    import numpy as np

    blocks = np.ndarray(len(data) - 3, "<u4", data, strides=(1,)).copy()  # one from each byte on
    mixed = _mixed(blocks)
    whole = sizes >> 2
    counts = np.bincount(whole)
    # The longest first: those that have one more whole block are then the first so many.
    order = (len(counts) - whole).astype(np.min_scalar_type(len(counts))).argsort(kind="stable")
    starts, sizes = starts.take(order), sizes.take(order)
    hashes: Array = np.zeros(len(starts), np.uint32)
    for block, n in enumerate((len(order) - counts.cumsum()).tolist()[:-1]):
        part = hashes[:n]
        part ^= mixed[4 * block :].take(starts[:n])
        part[:] = _rotated(part, 13) * 5 + 0xE6546B64
    rest = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], np.uint32).take(sizes & 3)
    hashes ^= _mixed(blocks.take(starts + (sizes & ~3)) & rest) ^ sizes.astype(np.uint32)
    hashes = (hashes ^ (hashes >> 16)) * 0x85EBCA6B
    hashes = (hashes ^ (hashes >> 13)) * 0xC2B2AE35
    hashes ^= hashes >> 16
    found = np.empty(len(hashes), np.int64)
    found[order] = np.abs(hashes.view(np.int32)) & (columns - 1)
    return found


def _mixed(blocks: Array) -> Array:
    return _rotated(blocks * 0xCC9E2D51, 15) * 0x1B873593


def _rotated(numbers: Array, bits: int) -> Array:
    return (numbers << bits) | (numbers >> 32 - bits)
