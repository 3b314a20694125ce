"""Why a text gets its scores: what each word and n-gram adds to them, and what it would take to change them.

A model is linear in its features, so a topic's logit is its intercept plus what each n-gram contributes:
its TF-IDF, divided by the length of its half of the row, times the weight of its column. Nothing is
approximated; the contributions and the intercept add up to the logit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import combinations, islice, pairwise
from typing import TYPE_CHECKING, Any

from .coverage import WORD
from .errors import InputError
from .neighbours import Neighbour
from .scorer import Scorer
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_EXPLAINED = 10_000  # characters
PAIRS = 60  # words of a text up to which each pair of them is left out in turn
TOGETHER = 50  # texts scored at once, while other threads wait
Places = tuple[int, ...]  # of words in the text
Rows = Iterable[tuple[Places, list[float]]]  # what is left out, and the scores of the rest
Scores = Callable[[Iterable[Places]], Rows]
Span = tuple[int, int]  # of characters in the text as it was given, the end not included


@dataclass(frozen=True)
class Word:
    """A piece of text between blanks, and what the n-grams in it add to a logit."""

    start: int
    end: int
    text: str
    contribution: float  # of its own n-grams, and half of each pair of words that it is part of


@dataclass(frozen=True)
class NgramContribution:
    """An n-gram, where it stands in the text, and what it adds to a logit."""

    part: str  # words or characters
    ngram: str  # in lower case; in characters, a blank stands for the edge of a word
    spans: tuple[Span, ...]
    contribution: float  # of all places together


@dataclass(frozen=True)
class Flip:
    """The words without which the answer for a topic is the other one."""

    left_out: tuple[Word, ...]
    score: float  # of the text without them, in [0, 1]


@dataclass(frozen=True)
class TopicExplanation:
    """Why a topic got its score."""

    score: float  # in [0, 1]
    logit: float
    intercept: float  # the logit of a text without a single n-gram
    threshold: float
    words: tuple[Word, ...]  # in order; their contributions and the intercept add up to the logit
    ngrams: tuple[NgramContribution, ...]  # strongest first; so do theirs
    flip: Flip | None  # None where no words can be left out to that effect

    @property
    def given(self) -> bool:
        """Whether the score reaches the threshold."""
        return self.score >= self.threshold

    def strongest(self, n: int) -> tuple[NgramContribution, ...]:
        """The `n` n-grams that add most and the `n` that take most, strongest first."""
        left = {True: n, False: n}
        found = []
        for ngram in self.ngrams:
            if ngram.contribution and left[ngram.contribution > 0]:
                left[ngram.contribution > 0] -= 1
                found.append(ngram)
        return tuple(found)


@dataclass(frozen=True)
class Explanation:
    """Why a text got its scores."""

    text: str
    topics: dict[str, TopicExplanation]
    nearest: tuple[Neighbour, ...]  # passages trained on, nearest first

    def to_dict(self, strongest: int | None = None) -> dict[str, Any]:
        """The explanation as plain values, for JSON.

        With `strongest`, only so many n-grams for a topic and as many against it; `other_ngrams` has the
        sum of the rest.
        """
        topics = {}
        for name, topic in self.topics.items():
            shown = topic.strongest(strongest) if strongest is not None else topic.ngrams
            left_out = sum(n.contribution for n in topic.ngrams) - sum(n.contribution for n in shown)
            topics[name] = {
                "given": topic.given,
                **asdict(replace(topic, ngrams=shown)),
                "other_ngrams": left_out,
            }
        return {"topics": topics, "nearest": [neighbour.to_dict() for neighbour in self.nearest]}


@dataclass(frozen=True)
class _Occurrence:
    part: str
    ngram: str
    span: Span
    tokens: tuple[int, ...]  # the pieces that share its contribution


def explain(
    scorer: Scorer, text: str, thresholds: Mapping[str, float], nearest: Iterable[Neighbour] = ()
) -> Explanation:
    """Explain the score of every topic for `text`.

    Raises `InputError` for a text of more than `LONGEST_EXPLAINED` characters.
    """
    import numpy as np

    if len(text) > LONGEST_EXPLAINED:
        raise InputError(
            f"{len(text):,} characters to explain, more than {LONGEST_EXPLAINED:,}; give a passage of it"
        )
    tokens = _tokens(text)
    occurrences = [*_words(text, scorer), *_characters(text, scorer)]
    values = _contributions(occurrences, scorer)  # (n_occurrences, 4)
    by_token = np.zeros((len(tokens), len(TOPICS)))
    for occurrence, value in zip(occurrences, values, strict=True):
        for token in occurrence.tokens:
            by_token[token] += value / len(occurrence.tokens)
    logits = np.array(scorer.settings.intercepts) + values.sum(axis=0)
    scores = scorer.score([text])[0]
    without = _scores_without(scorer, [text[start:end] for start, end in tokens])
    # Each word, or each pair, left out in turn: the same for all topics.
    few = cache(lambda size: list(without(combinations(range(len(tokens)), size))))
    topics = {}
    for number, topic in enumerate(TOPICS):
        own = by_token[:, number].tolist()
        words = tuple(Word(a, b, text[a:b], own[i]) for i, (a, b) in enumerate(tokens))
        topics[topic] = TopicExplanation(
            score=scores[number],
            logit=float(logits[number]),
            intercept=scorer.settings.intercepts[number],
            threshold=thresholds[topic],
            words=words,
            ngrams=_by_ngram(occurrences, values[:, number].tolist()),
            flip=_flip(without, few, words, number, thresholds[topic], scores[number] >= thresholds[topic]),
        )
    return Explanation(text, topics, tuple(nearest))


class _Lowered:
    """A text in lower case that knows where its characters come from; a few become two."""

    def __init__(self, text: str) -> None:
        self.text = text.lower()
        self.starts = [place for place, c in enumerate(text) for _ in c.lower()]

    def span(self, start: int, end: int) -> Span:
        return self.starts[start], self.starts[end - 1] + 1


def _tokens(text: str) -> list[Span]:
    """The pieces between blanks."""
    lowered = _Lowered(text)
    return [lowered.span(*found.span()) for found in re.finditer(r"\S+", lowered.text)]


def _words(text: str, scorer: Scorer) -> Iterator[_Occurrence]:
    """The word n-grams: each word, and each pair of neighbours where the model has those."""
    lowered = _Lowered(text)
    ends = [found.end() for found in re.finditer(r"\S+", lowered.text)]
    words = []
    token = 0
    for found in WORD.finditer(lowered.text):
        while found.start() >= ends[token]:
            token += 1
        words.append((found.group(), found.span(), token))
    for word, span, token in words:
        yield _Occurrence("words", word, lowered.span(*span), (token,))
    if scorer.settings.word_ngrams[1] > 1:
        for (one, first, left), (other, second, right) in pairwise(words):
            yield _Occurrence("words", f"{one} {other}", lowered.span(first[0], second[1]), (left, right))


def _characters(text: str, scorer: Scorer) -> Iterator[_Occurrence]:
    """The character n-grams of each piece with a blank at either end; of a shorter one, the whole once."""
    lowered = _Lowered(text)
    shortest, longest = scorer.settings.character_ngrams
    for number, found in enumerate(re.finditer(r"\S+", lowered.text)):
        first, last = found.span()
        padded = f" {found.group()} "
        for n in range(shortest, longest + 1):
            places = range(max(len(padded) - n, 0) + 1)
            for place in places:
                start, end = first - 1 + place, first - 1 + place + n
                span = lowered.span(max(start, first), min(end, last))
                yield _Occurrence("characters", padded[place : place + n], span, (number,))
            if len(places) == 1:
                break


def _contributions(occurrences: list[_Occurrence], scorer: Scorer) -> NDArray[np.float64]:
    """What each occurrence adds to the logit of each topic: array of shape (n_occurrences, 4).

    Occurrences of one column share alike what the column adds.
    """
    import numpy as np

    values = np.zeros((len(occurrences), len(TOPICS)))
    for part in ("words", "characters"):
        places = [place for place, occurrence in enumerate(occurrences) if occurrence.part == part]
        found = scorer.columns([occurrences[place].ngram for place in places], part)
        columns, column, counts = np.unique(found, return_inverse=True, return_counts=True)
        rows = scorer.lookup(columns)
        tfidf = (1 + np.log(counts)) * rows["idf"]
        norm = np.linalg.norm(tfidf) or 1.0
        shares = (tfidf / counts / norm)[:, None] * rows["weights"].astype(np.float64)
        values[places] = shares[column]
    return values


def _by_ngram(occurrences: list[_Occurrence], values: list[float]) -> tuple[NgramContribution, ...]:
    spans: dict[tuple[str, str], list[Span]] = {}
    sums: Counter[tuple[str, str]] = Counter()
    for occurrence, value in zip(occurrences, values, strict=True):
        key = occurrence.part, occurrence.ngram
        spans.setdefault(key, []).append(occurrence.span)
        sums[key] += value  # type: ignore[assignment]
    order = sorted(sums, key=lambda key: -abs(sums[key]))
    return tuple(NgramContribution(*key, tuple(spans[key]), float(sums[key])) for key in order)


def _scores_without(scorer: Scorer, pieces: list[str]) -> Scores:
    """A function from sets of places left out to the scores of what is left, as far as they are asked for."""

    def score(left_out: Iterable[Places]) -> Iterator[tuple[Places, list[float]]]:
        waiting = iter(left_out)
        while some := list(islice(waiting, TOGETHER)):
            sets = [frozenset(out) for out in some]
            texts = [" ".join(p for i, p in enumerate(pieces) if i not in out) for out in sets]
            yield from zip(some, scorer.score(texts), strict=True)

    return score


def _flip(
    scores: Scores,
    few: Callable[[int], Rows],
    words: tuple[Word, ...],
    topic: int,
    threshold: float,
    given: bool,
) -> Flip | None:
    """The fewest words without which `topic`, now `given` or not, changes sides.

    One word and, in texts of up to `PAIRS` words, two are found by trying all: `few` has the scores. Beyond,
    words are left out in the order of what they contribute until the answer changes, and then put back where
    they can be.
    """

    def flipped(value: float) -> bool:
        return (value >= threshold) != given

    def best(rows: Rows) -> Flip | None:
        """Of those that change the answer, the one that changes it most clearly."""
        found = [(row[topic], out) for out, row in rows if flipped(row[topic])]
        if not found:
            return None
        value, out = (min if given else max)(found, key=lambda pair: pair[0])
        return Flip(tuple(words[i] for i in out), value)

    if one := best(few(1)):
        return one
    if len(words) <= PAIRS and (two := best(few(2))):
        return two
    order = sorted(range(len(words)), key=lambda i: words[i].contribution, reverse=given)
    growing = (tuple(order[: n + 1]) for n in range(len(words)))
    kept = next((out for out, row in scores(growing) if flipped(row[topic])), None)
    if kept is None:
        return None
    for i in kept:
        fewer = tuple(j for j in kept if j != i)
        if any(flipped(row[topic]) for _, row in scores([fewer])):
            kept = fewer
    return best(scores([tuple(sorted(kept))]))
