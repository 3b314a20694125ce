"""From the scores of its sentences to what an article is about.

An article is about a topic if the scores of its sentences have a mean of at least `LEAST_MEAN`, which is
to say that about a tenth of it is, and if one sentence is given the topic. docs/documents.md has the ways
that were measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .layout import align, percent
from .prediction import Prediction
from .sentences import Sentence
from .topics import TOPICS

LEAST_MEAN = 0.09
WINDOW = (1, 2, 3, 2, 1)  # weights of a sentence and its neighbours in the course of a topic
BARS = "▁▂▃▄▅▆▇█"
LONGEST_COURSE = 60  # bars in a terminal


@dataclass(frozen=True)
class SentenceReading:
    """A sentence of an article: where it stands, and what the model says of it."""

    sentence: Sentence
    prediction: Prediction

    @property
    def counts(self) -> bool:
        """Whether it says something about the article; boilerplate does not."""
        return self.sentence.kind != "boilerplate"

    def to_dict(self) -> dict[str, Any]:
        """The sentence as plain values, for JSON."""
        where = self.sentence
        place = {"start": where.start, "end": where.end, "text": where.text, "kind": where.kind}
        return {**place, **self.prediction.to_dict()}


@dataclass(frozen=True)
class Reading:
    """What an article is about, as a whole and sentence by sentence."""

    topics: tuple[str, ...]  # in the order of TOPICS
    scores: dict[str, float]  # by topic: the mean of the sentences' scores, in [0, 1]
    profile: dict[str, float]  # by topic: the share of the sentences that are given it, in [0, 1]
    course: dict[str, tuple[float, ...]]  # by topic: a smoothed score in [0, 1] for each sentence
    thresholds: dict[str, float]  # of the sentences
    sentences: tuple[SentenceReading, ...]  # all of them, in order; `counts` tells which made the rest

    def to_dict(self) -> dict[str, Any]:
        """The reading as plain values, for JSON; numbers are rounded."""
        return {
            "topics": list(self.topics),
            "scores": {topic: round(score, 6) for topic, score in self.scores.items()},
            "profile": {topic: round(share, 4) for topic, share in self.profile.items()},
            "course": {t: [round(score, 4) for score in scores] for t, scores in self.course.items()},
            "thresholds": self.thresholds,
            "sentences": [sentence.to_dict() for sentence in self.sentences],
        }


def read_sentences(
    sentences: Sequence[Sentence], predictions: Sequence[Prediction], thresholds: Mapping[str, float]
) -> Reading:
    """What an article of `sentences` is about, by the `predictions` for them at `thresholds`."""
    read = tuple(SentenceReading(*pair) for pair in zip(sentences, predictions, strict=True))
    counted = [entry.prediction for entry in read if entry.counts]
    n = max(len(counted), 1)
    scores = {topic: sum(p.scores[topic] for p in counted) / n for topic in TOPICS}
    profile = {topic: sum(topic in p.topics for p in counted) / n for topic in TOPICS}
    topics = tuple(topic for topic in TOPICS if scores[topic] >= LEAST_MEAN and profile[topic])
    course = {topic: _course(read, topic) for topic in TOPICS}
    return Reading(topics, scores, profile, course, dict(thresholds), read)


def _course(read: Sequence[SentenceReading], topic: str) -> tuple[float, ...]:
    """The score of each sentence, averaged with those of its neighbours that count."""
    scores = [entry.prediction.scores[topic] if entry.counts else None for entry in read]
    half = len(WINDOW) // 2
    found = []
    for place in range(len(scores)):
        near = [
            (weight, score)
            for weight, neighbour in zip(WINDOW, range(place - half, place + half + 1), strict=True)
            if 0 <= neighbour < len(scores) and (score := scores[neighbour]) is not None
        ]
        total = sum(weight for weight, _ in near)
        found.append(sum(weight * score for weight, score in near) / total if total else 0.0)
    return tuple(found)


def to_text(reading: Reading) -> str:
    """The reading for a terminal: a line a topic with its share and course, then the sentences."""
    rows = [["", "sentences", "mean score", "course"]]
    for topic in TOPICS:
        mark = "*" if topic in reading.topics else " "
        share, mean = percent(reading.profile[topic]), f"{reading.scores[topic]:.2f}"
        rows.append([f"{mark} {topic}", share, mean, _bars(reading.course[topic])])
    head = align([row[:3] for row in rows]).splitlines()
    table = "\n".join(f"{line}  {row[3]}".rstrip() for line, row in zip(head, rows, strict=True))
    lines = [f"{_labels(entry)}\t{entry.sentence.text}" for entry in reading.sentences]
    return "\n".join([f"about: {','.join(reading.topics) or '-'}", "", table, "", *lines])


def _labels(entry: SentenceReading) -> str:
    if not entry.counts:
        return "(boilerplate)"
    return ",".join(entry.prediction.topics) or ("-" if entry.prediction.readable else "?")


def _bars(course: Sequence[float]) -> str:
    """A bar a sentence; in longer articles the highest of several."""
    step = max(1, -(-len(course) // LONGEST_COURSE))
    highest = [max(course[first : first + step]) for first in range(0, len(course), step)]
    return "".join(BARS[min(int(score * len(BARS)), len(BARS) - 1)] for score in highest)
