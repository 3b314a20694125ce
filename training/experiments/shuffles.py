"""Text that no model was trained on: the passages of validation and test, and shuffles of their words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from dutch_topics import load_corpus


def passages_of(data: Path) -> list[str]:
    """The passages of validation and test of the corpus in `data`."""
    corpus = load_corpus(data)
    return [text for split in ("validation", "test") for text in corpus[split]["text"][:]]


def shuffled(passages: Sequence[str], n: int, random_state: int = 0) -> list[str]:
    """`n` texts of the words of `passages` in a random order, as long as passages are."""
    draw = random.Random(random_state)
    words = [word for passage in passages for word in passage.split()]
    lengths = [len(passage.split()) for passage in passages]
    return [" ".join(draw.choices(words, k=draw.choice(lengths))) for _ in range(n)]
