"""Rows of text files as a stream of records, in and out: .txt, .jsonl, .csv and .parquet.

A record is a dict of column name to value. Files are read a block at a time and written whole or not
at all. Whatever is not as it should be raises `InputError` naming the file and the line.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from .blocks import CODECS, INPUTS, Block, delimiter, first_line, kind, read_blocks
from .errors import InputError
from .files import whole_file

if TYPE_CHECKING:
    import pyarrow

Record = dict[str, Any]
T = TypeVar("T")
OUTPUTS = (".jsonl", ".csv", ".parquet")
BATCH = 1000  # rows scored and written together


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
    place = ""
    for block in read_blocks(path):
        for place, record in records_in(block, path, columns):
            yield place, record
    if not place:
        raise InputError(f"{path}: no rows")


def records_in(
    block: Block, path: Path, columns: tuple[str, ...] = ("text",)
) -> Iterator[tuple[str, Record]]:
    """The rows of one block of the file `path`; as `read_records`."""
    readers = {
        ".txt": _read_txt,
        ".jsonl": _read_jsonl,
        ".csv": _read_csv,
        ".parquet": _read_parquet,
    }
    for place, record in readers[kind(path, INPUTS)](block, path):
        require(columns, record, place)
        yield place, record


def require(columns: Iterable[str], names: Collection[str], place: str) -> None:
    """Raise `InputError` naming `place` where one of `columns` is not among `names`."""
    for column in columns:
        if column not in names:
            raise InputError(f"{place}: no column {column!r} among {', '.join(names)}")


def read_lines(lines: Iterable[bytes], name: str, before: int = 0) -> Iterator[tuple[str, Record]]:
    """Plain lines of UTF-8, each a record with the one column `text`; `before` precede them in the file."""
    for number, line in enumerate(lines, start=before + 1):
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


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write `records`, whole or not at all, in the format that the name of `path` asks for."""
    target = kind(path, OUTPUTS)
    with whole_file(path) as temporary:
        if target == ".parquet":
            _write_parquet(temporary, records)
            return
        names: list[str] = []
        with temporary.open("wb") as file:
            for batch in batches(records):
                if target == ".jsonl":
                    data = to_jsonl(batch)
                else:
                    data = to_csv(batch, names or list(batch[0]), header=not names)
                    names = list(batch[0])
                file.write(compressed(data, path))


def _decode(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name}:{number}: not UTF-8; save the file as UTF-8") from None


def _read_txt(block: Block, path: Path) -> Iterator[tuple[str, Record]]:
    return read_lines(BytesIO(block.data), str(path), block.before)


def _read_jsonl(block: Block, path: Path) -> Iterator[tuple[str, Record]]:
    for place, record in _read_txt(block, path):
        if record["text"].strip():
            yield place, parse_object(record["text"], place)


def _read_csv(block: Block, path: Path) -> Iterator[tuple[str, Record]]:
    csv.field_size_limit(sys.maxsize)
    numbered = enumerate(BytesIO(block.data), start=block.before + 1)
    lines = (_decode(line, str(path), number) for number, line in numbered)
    header = next(lines)
    reader = csv.reader(_chain(header, lines), delimiter=delimiter(header), strict=True)
    try:
        names = next(reader)
        if len(set(names)) != len(names):
            raise InputError(f"{path}:1: a column named twice: {', '.join(names)}")
        for cells in reader:
            place = f"{path}:{block.before + reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(names):
                raise InputError(f"{place}: {len(cells)} cells under {len(names)} columns")
            yield place, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{path}:{block.before + reader.line_num}: not CSV ({error})") from None


def _read_parquet(block: Block, path: Path) -> Iterator[tuple[str, Record]]:
    for number, record in enumerate(to_python(block.data, str(path)), start=block.before + 1):
        yield f"{path}:{number}", record


def to_python(data: Any, name: str) -> list[Any]:
    """A table or a column of Arrow as Python values; raises `InputError` where one has none."""
    try:
        values: list[Any] = data.to_pylist()
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name}: a value that cannot be read ({first_line(error)})") from None
    return values


def to_jsonl(records: Iterable[Record]) -> bytes:
    """The records as lines of JSON, in UTF-8."""
    return "".join([to_json(record) + "\n" for record in records]).encode()


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


def to_csv(records: Iterable[Record], names: Sequence[str], header: bool) -> bytes:
    """The records as rows of CSV, in UTF-8, under a header or not.

    Raises `InputError` where one has other columns than `names`.
    """
    text = StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    if header:
        writer.writeheader()
    for record in records:
        if list(record) != list(names):
            raise InputError("rows with different columns: write .jsonl instead of .csv")
        writer.writerow(flat(record))
    return text.getvalue().encode()


def compressed(data: bytes, path: Path) -> bytes:
    """`data` as the name of `path` asks for it; what is compressed in pieces can be joined."""
    codec = CODECS.get(path.suffix.lower())
    if codec is None:
        return data
    import pyarrow

    packed: bytes = pyarrow.Codec(codec).compress(data, asbytes=True)
    return packed


def to_schema(records: Sequence[Record]) -> pyarrow.Schema:
    """The types of the columns that begin with `records`; raises `InputError` where one has none."""
    import pyarrow

    try:
        return pyarrow.schema([(name, _type([row.get(name) for row in records])) for name in records[0]])
    except (pyarrow.ArrowException, OverflowError) as error:
        raise _unfit(error) from None


def to_table(records: Sequence[Record], schema: pyarrow.Schema) -> pyarrow.Table:
    """The records as a table; raises `InputError` where they do not fit `schema`."""
    import pyarrow

    if any(record.keys() != set(schema.names) for record in records):
        raise InputError("rows with different columns: write .jsonl instead of .parquet")
    try:
        columns = [_column([record[field.name] for record in records], field.type) for field in schema]
        return pyarrow.table(columns, schema=schema)
    except (pyarrow.ArrowException, OverflowError) as error:
        raise _unfit(error) from None


def _unfit(error: Exception) -> InputError:
    return InputError(f"rows that do not fit Parquet: write .jsonl instead ({first_line(error)})")


def _write_parquet(path: Path, records: Iterable[Record]) -> None:
    import pyarrow.parquet

    writer = None
    try:
        for batch in batches(records):
            if writer is None:
                schema = to_schema(batch)
                writer = pyarrow.parquet.ParquetWriter(path, schema)
            writer.write_table(to_table(batch, schema))
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
