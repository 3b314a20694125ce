"""A file as blocks: runs of whole records, each of which can be read, labelled and written on its own.

Text may be compressed; Parquet has its own compression. A record here is a line, or in CSV a row, which
goes on over line breaks between quotes. No more than a block or the longest record is held at a time.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .errors import InputError

INPUTS = (".txt", ".jsonl", ".csv", ".parquet")
CODECS = {".gz": "gzip", ".zst": "zstd"}  # names of Arrow's
BYTES = 4_000_000  # in a block, about
ROWS = 20_000  # of a Parquet file in a block, about, or fewer where they are long
LONGEST_RECORD = 64_000_000  # bytes


@dataclass(frozen=True)
class Block:
    """A run of whole records of a file."""

    data: Any  # bytes of text, in CSV with the file's header before them; or a pyarrow.Table
    before: int  # what to add to the number of a line or row in `data` to have its number in the file
    share: float  # of the file that ends with this block, in (0, 1]


def kind(path: Path, kinds: tuple[str, ...]) -> str:
    """Which of `kinds` the name of `path` asks for: `.csv` for `news.csv.gz`. Raises `InputError`."""
    compressed = path.suffix.lower() in CODECS
    suffix = (path.with_suffix("") if compressed else path).suffix.lower()
    if suffix not in kinds or (compressed and suffix == ".parquet"):
        raise InputError(f"{path}: unknown kind of file; use {', '.join(kinds)}, text also with .gz or .zst")
    return suffix


def read_blocks(path: Path) -> Iterator[Block]:
    """The blocks of a file in order, the same each time.

    Raises `InputError` where the file is missing, a directory, empty or of an unknown kind, and, on the
    way, where it cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a directory; name a file")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    found = kind(path, INPUTS)
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty file")
    return _parquet_blocks(path) if found == ".parquet" else _text_blocks(path, found == ".csv")


def delimiter(header: str) -> str:
    """What parts the cells of a CSV file with this first line."""
    # Spreadsheets set to Dutch or Flemish export with semicolons.
    return ";" if ";" in header and "," not in header else ","


def first_line(error: Exception) -> str:
    """What an error says, on one line."""
    return (str(error) or repr(error)).splitlines()[0]


def _text_blocks(path: Path, is_csv: bool) -> Iterator[Block]:
    size = path.stat().st_size
    header = held = parting = b""
    line = 0  # lines before `held`
    with _opened(path) as file:
        for chunk in _chunks(file, path):
            held = held + chunk if held or line else chunk.removeprefix(codecs.BOM_UTF8)
            if is_csv and not header:
                parting = delimiter(held.partition(b"\n")[0].decode(errors="replace")).encode()
                header = _header(held, parting)
                held, line = held[len(header) :], header.count(b"\n")
            end = 0 if is_csv and not header else _last_end(held, parting)
            if end:
                yield Block(header + held[:end], line - header.count(b"\n"), file.tell() / size)
                line += held.count(b"\n", 0, end)
                held = held[end:]
            if len(held) > LONGEST_RECORD:
                quote = ", or a quote is left open" if is_csv else ""
                raise InputError(
                    f"{path}:{line + 1}: a record of more than {LONGEST_RECORD:,} bytes begins here{quote}"
                )
    if held:
        yield Block(header + held, line - header.count(b"\n"), 1.0)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _chunks(file: IO[bytes], path: Path) -> Iterator[bytes]:
    codec = CODECS.get(path.suffix.lower())
    if codec is None:
        while chunk := file.read(BYTES):
            yield chunk
        return
    import pyarrow

    try:
        stream = pyarrow.CompressedInputStream(file, codec)
        while chunk := stream.read(BYTES):
            yield chunk
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not {codec}, or cut short ({first_line(error)})") from None


def _header(data: bytes, parting: bytes) -> bytes:
    """The first record of a CSV file that begins with `data`; nothing where `data` ends within it."""
    end = 0
    while end := data.find(b"\n", end) + 1:
        if _last_end(data[:end], parting) == end:
            return data[:end]
    return b""


def _last_end(data: bytes, parting: bytes) -> int:
    """Where the last whole record of `data` ends, which begins with one; 0 where none does.

    A line break between the quotes of CSV, whose cells are parted by `parting`, ends no record.
    """
    if not parting or b'"' not in data:
        return data.rfind(b"\n") + 1
    end = start = 0
    quoted, again = False, True  # whether a quote that follows at once opens a cell, or goes on with it
    for piece in data.split(b'"'):
        if quoted:
            quoted, again = False, True
        else:
            if b"\n" in piece:
                end = start + piece.rfind(b"\n") + 1
            # A quote within a cell that began without one is a character like others.
            quoted, again = piece.endswith((parting, b"\n")) if piece else again, False
        start += len(piece) + 1
    return end


def _parquet_blocks(path: Path) -> Iterator[Block]:
    import pyarrow
    import pyarrow.parquet

    try:
        # Not all of a row group at once, which may be the whole file.
        with pyarrow.parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            names = file.schema_arrow.names
            if len(set(names)) != len(names):
                raise InputError(f"{path}: a column named twice: {', '.join(names)}")
            about = file.metadata
            size = sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))
            rows = max(1, min(ROWS, BYTES * about.num_rows // max(size, 1)))
            held, before = [], 0
            for batch in file.iter_batches(batch_size=rows, use_threads=False):
                held.append(batch)
                n = sum(map(len, held))
                if n >= rows or before + n == about.num_rows:
                    yield Block(pyarrow.Table.from_batches(held), before, (before + n) / about.num_rows)
                    held, before = [], before + n
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file ({first_line(error)})") from None
