"""Label the rows of a stream: one row out for one row in, in order, other columns kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .errors import InputError
from .model import TopicModel, check_text
from .tables import Record, batches
from .topics import TOPICS

ADDED = ("topics", "scores")
SCORE_COLUMNS = {topic: f"score_{topic}" for topic in TOPICS}


def label_records(
    model: TopicModel,
    records: Iterable[tuple[str, Record]],
    thresholds: Mapping[str, float] | None = None,
) -> Iterator[Record]:
    """Yield each record with its `topics` (a list) and `scores` (a dict of all four) added.

    `records` come with their places, as `tables.read_records` gives them, and have a column `text`.
    Raises `InputError` naming the place of a text that cannot be read, or of a column in the way.
    """
    for batch in batches(records):
        for place, record in batch:
            check_text(record["text"], place)
            in_the_way = [name for name in record if name in ADDED or name in SCORE_COLUMNS.values()]
            if in_the_way:
                raise InputError(f"{place}: column {in_the_way[0]!r} is in the way; rename it")
        predictions = model.predict([record["text"] for _, record in batch], thresholds)
        for (_, record), prediction in zip(batch, predictions, strict=True):
            scores = {topic: round(score, 6) for topic, score in prediction.scores.items()}
            yield {**record, "topics": list(prediction.topics), "scores": scores}


def with_score_columns(records: Iterable[Record]) -> Iterator[Record]:
    """The records with a column a score instead of the dict, as tables want it."""
    for record in records:
        flat = {name: value for name, value in record.items() if name != "scores"}
        yield flat | {SCORE_COLUMNS[topic]: score for topic, score in record["scores"].items()}
