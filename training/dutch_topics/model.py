"""The trained classifier as other code uses it: texts in, topics and scores out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .prediction import Prediction, make_prediction
from .scorer import Scorer
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

    from .documents import Reading
    from .explanation import Explanation
    from .neighbours import Neighbourhood

# A passage is a sentence or a paragraph. A text beyond this is a file that lost its line breaks, and
# would cost hundreds of bytes of memory a character.
LONGEST_TEXT = 200_000
GRID = tuple(step / 100 for step in range(1, 100))  # the thresholds a model chooses from


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
        limits, sure = self.bars(thresholds, precision)
        texts = checked_texts(texts)
        return [
            make_prediction(text, row, limits, sure)
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

    def read(self, text: str, thresholds: Mapping[str, float] | None = None) -> Reading:
        """What an article is about, as a whole and sentence by sentence: see `documents.Reading`.

        `text` is plain text or Markdown. `thresholds`, of the sentences, replaces the model's own for
        the topics that it names. Raises `InputError` for a text that cannot be one, or is too long.
        """
        from .documents import read_sentences
        from .sentences import LONGEST_DOCUMENT, split_sentences

        limits = self.limits(thresholds)
        sentences = split_sentences(check_text(text, "text", LONGEST_DOCUMENT))
        predictions = self.predict([sentence.text for sentence in sentences], limits)
        return read_sentences(sentences, predictions, limits)

    def explain(self, text: str, thresholds: Mapping[str, float] | None = None) -> Explanation:
        """Why `text` gets its scores: see `explanation.Explanation`.

        `thresholds` replaces the model's own for the topics that it names. Raises `InputError` for a
        text that cannot be one (see `check_text`), or is too long to explain.
        """
        from .explanation import explain

        limits = self.limits(thresholds)
        text = check_text(text, "text")
        return explain(self.scorer, text, limits, self.neighbourhood.nearest(self.scorer, text))

    def bars(
        self, thresholds: Mapping[str, float] | None = None, precision: float | None = None
    ) -> tuple[dict[str, float], dict[str, float]]:
        """The thresholds from which a topic is likely, and those from which it is given.

        Raises `InputError` as `limits` and `sure_limits` do.
        """
        limits = self.limits(thresholds)
        return limits, self.sure_limits(limits, precision) if precision is not None else limits

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


def checked_texts(texts: Iterable[str]) -> list[str]:
    """`texts` as a list, each of them checked; raises `InputError` (see `check_text`)."""
    if isinstance(texts, str):
        raise InputError("texts must be a list of texts, not one text: use [text]")
    return [check_text(text, f"texts[{number}]") for number, text in enumerate(texts)]


def check_text(text: object, place: str, longest: int = LONGEST_TEXT) -> str:
    """`text` if a model can read it; else raises `InputError` that names `place` and the reason.

    It must be a `str` of at most `longest` characters, without NUL and without surrogates.
    Empty text is fine, and has no topics.
    """
    if not isinstance(text, str):
        raise InputError(f"{place}: text must be a string, not {type(text).__name__}")
    if len(text) > longest:
        raise InputError(
            f"{place}: {len(text):,} characters in one text, more than {longest:,}; put one passage on a line"
        )
    if "\0" in text:
        raise InputError(f"{place}: a NUL byte; this is not plain text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{place}: half a surrogate pair; this is not valid Unicode") from None
    return text
