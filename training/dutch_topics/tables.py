"""Rows of text files as a stream of records, in and out: .txt, .jsonl, .csv and .parquet.

A record is a dict of column name to value. Files are read a batch at a time and written whole or not
at all. Whatever is not as it should be raises `InputError` naming the file and the line.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .errors import InputError
from .files import whole_file

Record = dict[str, Any]
T = TypeVar("T")
INPUTS = (".txt", ".jsonl", ".csv", ".parquet")
OUTPUTS = (".jsonl", ".csv", ".parquet")
BATCH = 1000  # rows read, scored and written together


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`items` in lists of `size`, the last one shorter; never an empty one."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def read_records(path: Path, columns: tuple[str, ...] = ("text",)) -> Iterator[tuple[str, Record]]:
    """The rows of a file, each with its place (`file:line`) and all its columns.

    Raises `InputError` where the file is missing, a directory, empty, not UTF-8 or of an unknown
    kind, or lacks one of `columns`.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a directory; name a file")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    readers = {
        ".txt": _read_txt,
        ".jsonl": _read_jsonl,
        ".csv": _read_csv,
        ".parquet": _read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: unknown kind of file; use {', '.join(INPUTS)}")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty file")
    place = ""
    for place, record in reader(path):
        for column in columns:
            if column not in record:
                names = ", ".join(record)
                raise InputError(f"{place}: no column {column!r} among {names}")
        yield place, record
    if not place:
        raise InputError(f"{path}: no rows")


def read_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, Record]]:
    """Plain lines of UTF-8, each a record with the one column `text`."""
    for number, line in enumerate(lines, start=1):
        yield f"{name}:{number}", {"text": _decode(line, name, number).rstrip("\r\n")}


def parse_object(line: str, place: str) -> Record:
    """One JSON object; raises `InputError` for anything else, repeated keys and NaN included."""
    try:
        value = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not a JSON object ({error})") from None
    if not isinstance(value, dict):
        raise InputError(f"{place}: not a JSON object")
    if "\\u" in line:
        try:
            to_json(value).encode()
        except UnicodeEncodeError:
            raise InputError(f"{place}: half a surrogate pair; this is not valid Unicode") from None
    return value


def write_records(path: Path, records: Iterable[Record], like: Path | None = None) -> None:
    """Write `records`, whole or not at all, in the format that the name of `path` asks for.

    `like` names the file that the records came from; the column types of a Parquet file are kept.
    """
    writers: dict[str, Callable[[Path, Iterable[Record]], None]] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": partial(_write_parquet, like=like),
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise InputError(f"{path}: unknown kind of file; use {', '.join(OUTPUTS)}")
    with whole_file(path) as temporary:
        writer(temporary, records)


def _decode(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name}:{number}: not UTF-8; save the file as UTF-8") from None


def _read_txt(path: Path) -> Iterator[tuple[str, Record]]:
    with path.open("rb") as file:
        yield from read_lines(file, str(path))


def _read_jsonl(path: Path) -> Iterator[tuple[str, Record]]:
    with path.open("rb") as file:
        for place, record in read_lines(file, str(path)):
            if record["text"].strip():
                yield place, parse_object(record["text"], place)


def _read_csv(path: Path) -> Iterator[tuple[str, Record]]:
    csv.field_size_limit(sys.maxsize)
    with path.open("rb") as file:
        lines = (_decode(line, str(path), number) for number, line in enumerate(file, start=1))
        header = next(lines)
        # Spreadsheets set to Dutch or Flemish export with semicolons.
        delimiter = ";" if ";" in header and "," not in header else ","
        reader = csv.reader(_chain(header, lines), delimiter=delimiter, strict=True)
        try:
            names = next(reader)
            if len(set(names)) != len(names):
                raise InputError(f"{path}:1: a column named twice: {', '.join(names)}")
            for cells in reader:
                place = f"{path}:{reader.line_num}"
                if not cells:
                    continue
                if len(cells) != len(names):
                    raise InputError(f"{place}: {len(cells)} cells under {len(names)} columns")
                yield place, dict(zip(names, cells, strict=True))
        except csv.Error as error:
            raise InputError(f"{path}:{reader.line_num}: not CSV ({error})") from None


def _read_parquet(path: Path) -> Iterator[tuple[str, Record]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if len(set(names)) != len(names):
                raise InputError(f"{path}: a column named twice: {', '.join(names)}")
            number = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield f"{path}:{number}", record
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file ({_first_line(error)})") from None
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path}: a value that cannot be read ({_first_line(error)})") from None


def _first_line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


def _write_jsonl(path: Path, records: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(to_json(record) + "\n")


def to_json(record: Record) -> str:
    """One line of JSON; values that JSON lacks (dates, decimals) become text."""
    return json.dumps(record, ensure_ascii=False, default=str)


def flat(record: Record) -> Record:
    """`record` as cells of a table: a list of names joined by commas, other nesting as JSON."""
    cells: Record = {}
    for name, value in record.items():
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            cells[name] = ",".join(value)
        elif isinstance(value, list | tuple | dict):
            cells[name] = to_json(value)  # type: ignore[arg-type]
        else:
            cells[name] = value
    return cells


def _write_csv(path: Path, records: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for record in records:
            if writer is None:
                writer = csv.DictWriter(file, list(record), lineterminator="\n")
                writer.writeheader()
            if list(record) != list(writer.fieldnames):
                raise InputError("rows with different columns: write .jsonl instead of .csv")
            writer.writerow(flat(record))


def _write_parquet(path: Path, records: Iterable[Record], like: Path | None) -> None:
    import pyarrow
    import pyarrow.parquet

    writer = None
    try:
        types = {}
        if like is not None and like.suffix.lower() == ".parquet":
            types = {field.name: field.type for field in pyarrow.parquet.read_schema(like)}
        for batch in batches(records):
            if writer is None:
                types = {name: types.get(name) or _type([row[name] for row in batch]) for name in batch[0]}
                writer = pyarrow.parquet.ParquetWriter(path, pyarrow.schema(types.items()))
            if any(row.keys() != types.keys() for row in batch):
                raise InputError("rows with different columns: write .jsonl instead of .parquet")
            writer.write_table(
                pyarrow.table(
                    {name: _column([row[name] for row in batch], kind) for name, kind in types.items()}
                )
            )
    except (pyarrow.ArrowException, OverflowError) as error:
        raise InputError(
            f"rows that do not fit Parquet: write .jsonl instead ({_first_line(error)})"
        ) from None
    finally:
        if writer is not None:
            writer.close()


def _type(values: list[Any]) -> Any:
    """The Arrow type of a column that begins with `values`; text where they do not tell."""
    import pyarrow

    found = pyarrow.array(values).type
    if pyarrow.types.is_null(found):
        return pyarrow.string()
    if pyarrow.types.is_list(found) and pyarrow.types.is_null(found.value_type):
        return pyarrow.list_(pyarrow.string())
    return found


def _column(values: list[Any], kind: Any) -> Any:
    """`values` as a column of type `kind`; raises `ArrowException` where one would lose something."""
    import pyarrow

    column = pyarrow.array(values, kind)
    # Arrow cuts 1.5 to 1 where it was told to expect whole numbers.
    if pyarrow.types.is_integer(kind) and any(isinstance(value, float) for value in values):
        raise pyarrow.ArrowInvalid("a fraction in a column that began with whole numbers")
    return column


def _unique(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key stands twice")
    return record


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"{digits} is too large a number")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
