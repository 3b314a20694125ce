"""Find texts that say nearly the same, by the word 4-grams they share.

Method: A. Broder, "On the resemblance and containment of documents" (1997), computed exactly: the
resemblance of two texts is the Jaccard index of their sets of word 4-grams.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

GRAM = 4
NEAR = 0.3  # from here on two texts count as near-duplicates


def words(text: str) -> list[str]:
    """The words of `text` in lower case, without punctuation."""
    return re.findall(r"\w+", text.lower())


def grams(tokens: list[str], n: int = GRAM) -> frozenset[tuple[str, ...]]:
    """The word n-grams of a text; a text of fewer than n words is one gram of its own."""
    if len(tokens) < n:
        return frozenset([tuple(tokens)])
    return frozenset(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


class Seen:
    """The texts met so far, to ask which of them a new text resembles."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._with_gram: dict[tuple[str, ...], list[int]] = defaultdict(list)

    def nearest(self, text: str) -> tuple[int, float]:
        """The text added before that resembles `text` most, as (its number from 0, resemblance).

        The resemblance is in [0, 1]; where nothing is shared the answer is (-1, 0.0).
        """
        own = grams(words(text))
        shared = Counter(number for gram in own for number in self._with_gram.get(gram, ()))
        best, closest = -1, 0.0
        for number, count in shared.items():
            resemblance = count / (len(own) + self._sizes[number] - count)
            if resemblance > closest or (resemblance == closest and number < best):
                best, closest = number, resemblance
        return best, closest

    def add(self, text: str) -> None:
        """Remember `text`; texts are numbered from 0 in the order in which they are added."""
        own = grams(words(text))
        for gram in own:
            self._with_gram[gram].append(len(self._sizes))
        self._sizes.append(len(own))
