"""The four topics, named once, and the passage from label names to indicator arrays and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOPICS: tuple[str, ...] = ("sovereignty", "military", "economy", "diplomacy")


def unknown_topics(labels: Iterable[str]) -> list[str]:
    """The names among `labels` that are no topic, in the order given."""
    return [label for label in labels if label not in TOPICS]


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """`labels` without repeats, in the order of `TOPICS`; names that are no topic are dropped."""
    given = set(labels)
    return tuple(topic for topic in TOPICS if topic in given)


def to_indicator(labels: Sequence[Iterable[str]]) -> NDArray[np.int64]:
    """Turn one collection of names per passage into an array of shape (n_samples, 4) of 0 and 1."""
    import numpy as np

    rows = [[int(topic in given) for topic in TOPICS] for given in map(set, labels)]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(TOPICS))
