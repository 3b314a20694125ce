"""Labelled passages of any file, to measure a model by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .model import check_text
from .seeds import NO_LABEL
from .tables import read_records
from .topics import TOPICS, in_order, unknown_topics


@dataclass(frozen=True)
class Labelled:
    """Passages with their right labels, to measure a model by."""

    texts: list[str]
    labels: list[tuple[str, ...]]
    units: list[str] | None  # the column `unit`, where the file has one
    groups: list[str] | None  # the column asked for with `by`


def read_labelled(path: Path, by: str | None = None) -> Labelled:
    """Read the columns `text` and `labels` of a .jsonl, .csv or .parquet file.

    Labels are a list of topics, or text: topics joined by commas, a JSON list, or nothing or `-` for
    none. Raises `InputError` naming the file and line that cannot be used.
    """
    rows = list(read_records(path, ("text", "labels", *([by] if by else []))))
    for place, row in rows:
        check_text(row["text"], place)
    return Labelled(
        texts=[row["text"] for _, row in rows],
        labels=[_labels(row["labels"], place) for place, row in rows],
        units=[str(row["unit"]) for _, row in rows] if all("unit" in row for _, row in rows) else None,
        groups=[str(row[by]) for _, row in rows] if by else None,
    )


def _labels(value: object, place: str) -> tuple[str, ...]:
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InputError(f"{place}: the labels are not a JSON list") from None
    if isinstance(value, str):
        names = [name.strip() for name in value.split(",")]
        value = [name for name in names if name not in ("", NO_LABEL)]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise InputError(f"{place}: labels must be a list of topics, or topics joined by commas")
    unknown = unknown_topics(value)
    if unknown:
        raise InputError(f"{place}: unknown label {unknown[0]!r}; use one of {', '.join(TOPICS)}")
    return in_order(value)
