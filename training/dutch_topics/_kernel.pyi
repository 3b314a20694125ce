"""kernel.c, compiled."""

from array import array
from typing import Any

def prepare(
    slots: Any,
    rows: Any,
    vocabulary: Any,
    intercepts: array[float],
    word_columns: int,
    longest_words: int,
    shortest: int,
    longest: int,
    /,
) -> object: ...
def score(kernel: object, texts: list[str], out: array[float], /) -> None: ...
