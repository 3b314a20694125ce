"""The trained classifier as other code uses it: texts in, topics and scores out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

# A passage is a sentence or a paragraph. A text beyond this is a file that lost its line breaks, and
# would cost hundreds of bytes of memory a character.
LONGEST_TEXT = 200_000


@dataclass(frozen=True)
class Prediction:
    """What the model says of one passage."""

    text: str
    topics: tuple[str, ...]  # those at or above their thresholds, in the order of TOPICS; or none
    scores: dict[str, float]  # the probability of every topic, in [0, 1]


@dataclass(frozen=True)
class TopicModel:
    """A pipeline from text to four probabilities, and the threshold from which a topic is given."""

    pipeline: Pipeline
    thresholds: dict[str, float]  # by topic, each in [0, 1]
    config: Mapping[str, Any]  # how it was made: versions, corpus, training arguments

    def predict(
        self, texts: Iterable[str], thresholds: Mapping[str, float] | None = None
    ) -> list[Prediction]:
        """Label `texts`, one `Prediction` each, in order; a text about nothing gets no topic.

        `thresholds` replaces the model's own for the topics that it names. Raises `InputError` for
        a text that cannot be one (see `check_text`) or an unknown topic.
        """
        limits = self.limits(thresholds)
        texts = checked_texts(texts)
        probabilities = self.predict_proba(texts)
        return [
            Prediction(
                text,
                tuple(t for t, p in zip(TOPICS, row, strict=True) if text.strip() and p >= limits[t]),
                dict(zip(TOPICS, row, strict=True)),
            )
            for text, row in zip(texts, probabilities.tolist(), strict=True)
        ]

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """The probability of each topic: array of shape (n_samples, 4), columns as in `TOPICS`.

        Raises `InputError` for a text that cannot be one (see `check_text`).
        """
        import numpy as np

        texts = checked_texts(texts)
        if not texts:
            return np.empty((0, len(TOPICS)))
        probabilities: NDArray[np.float64] = self.pipeline.predict_proba(texts)
        return probabilities

    def with_config(self, **values: Any) -> TopicModel:
        """The same model with more said about how it was made."""
        return replace(self, config={**self.config, **values})

    def limits(self, thresholds: Mapping[str, float] | None = None) -> dict[str, float]:
        """The thresholds in force when `thresholds` replaces some; raises `InputError` for bad ones."""
        limits = dict(self.thresholds)
        for topic, threshold in (thresholds or {}).items():
            if topic not in limits:
                raise InputError(f"unknown topic {topic!r}; use one of {', '.join(TOPICS)}")
            if not 0 <= threshold <= 1:
                raise InputError(f"threshold {threshold} for {topic}: use a number from 0 to 1")
            limits[topic] = threshold
        return limits


def checked_texts(texts: Iterable[str]) -> list[str]:
    """`texts` as a list, each of them checked; raises `InputError` (see `check_text`)."""
    if isinstance(texts, str):
        raise InputError("texts must be a list of texts, not one text: use [text]")
    return [check_text(text, f"texts[{number}]") for number, text in enumerate(texts)]


def check_text(text: object, place: str) -> str:
    """`text` if a model can read it; else raises `InputError` that names `place` and the reason.

    It must be a `str` of at most `LONGEST_TEXT` characters, without NUL and without surrogates.
    Empty text is fine, and has no topics.
    """
    if not isinstance(text, str):
        raise InputError(f"{place}: text must be a string, not {type(text).__name__}")
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"{place}: {len(text):,} characters in one text, more than {LONGEST_TEXT:,}; "
            "put one passage on a line"
        )
    if "\0" in text:
        raise InputError(f"{place}: a NUL byte; this is not plain text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{place}: half a surrogate pair; this is not valid Unicode") from None
    return text
