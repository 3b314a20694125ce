"""Rows of files come in and go out whole, with all their columns, and bad ones are named."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from dutch_topics import InputError
from dutch_topics.tables import Record, batches, read_lines, read_records, write_records

ROWS: list[Record] = [{"id": 1, "text": "Een „tekst”, met komma"}, {"id": 2, "text": "regel\neen"}]


def read(path: Path) -> list[Record]:
    return [record for _, record in read_records(path)]


@pytest.mark.parametrize("suffix", [".jsonl", ".JSONL.gz", ".jsonl.zst", ".parquet"])
def test_rows_come_back_as_they_went_out(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rijen{suffix}"
    write_records(path, ROWS)
    assert read(path) == ROWS


def test_csv_keeps_commas_quotes_and_line_breaks_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rijen.csv"
    write_records(path, [row | {"topics": ["military", "economy"]} for row in ROWS])
    assert read(path) == [
        {"id": str(row["id"]), "text": row["text"], "topics": "military,economy"} for row in ROWS
    ]


def test_a_spreadsheet_that_exports_semicolons_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "blad.csv"
    path.write_bytes('\ufeffid;text\r\n7;"puntkomma; hier"\r\n8;slot'.encode())
    assert read(path) == [{"id": "7", "text": "puntkomma; hier"}, {"id": "8", "text": "slot"}]


def test_lines_keep_their_number_and_blank_ones_count() -> None:
    found = list(read_lines([b"een\r\n", b"\n", "dri\u00eb".encode()], "stdin"))
    assert found == [("stdin:1", {"text": "een"}), ("stdin:2", {"text": ""}), ("stdin:3", {"text": "drië"})]


def test_batches_are_full_but_for_the_last() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("leeg.txt", b"", r"leeg\.txt: empty file"),
        ("kop.csv", b"id,text\n", r"kop\.csv: no rows"),
        ("latijn.txt", b"een\nvri\xebnd\n", r"latijn\.txt:2: not UTF-8; save the file as UTF-8"),
        ("latijn.csv", b"text\nvri\xebnd\n", r"latijn\.csv:2: not UTF-8; save the file as UTF-8"),
        ("zonder.csv", b"id,tekst\n1,a\n", r"zonder\.csv:2: no column 'text' among id, tekst"),
        ("kort.csv", b"id,text\n1\n", r"kort\.csv:2: 1 cells under 2 columns"),
        ("dubbel.csv", b"text,text\n1,2\n", r"dubbel\.csv:1: a column named twice: text, text"),
        ("open.csv", b'text\n"a\nb\n', r"open\.csv:3: not CSV \(unexpected end of data\)"),
        ("mis.jsonl", b'{"text": "a"}\n{"text"}\n', r"mis\.jsonl:2: not a JSON object \("),
        ("groot.jsonl", b'{"text": "a", "n": 1e999}', r"groot\.jsonl:1: .*1e999 is too large a number"),
        ("diep.jsonl", b"[" * 100_000, r"diep\.jsonl:1: not a JSON object \("),
        ("nep.parquet", b"nep", r"nep\.parquet: not a Parquet file \("),
        ("nep.txt.gz", b"nep", r"nep\.txt\.gz: not gzip, or cut short \("),
        (
            "kort.csv.zst",
            pyarrow.compress(b"text\na\n", "zstd", asbytes=True)[:-4],
            r"kort\.csv\.zst: not zstd, or cut short \(",
        ),
        ("dubbel.parquet.gz", b"nep", r"dubbel\.parquet\.gz: unknown kind of file; use \.txt"),
        ("soort.docx", b"nep", r"soort\.docx: unknown kind of file; use \.txt, \.jsonl, \.csv, \.parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=problem):
        read(path)


def test_a_missing_file_and_a_directory_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "weg.txt")
    with pytest.raises(InputError, match="this is a directory"):
        read(tmp_path)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "uit.jsonl"
    path.write_text("oud")

    def rows() -> Iterator[Record]:
        yield {"text": "a"}
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match=r"uit\.jsonl: cannot be written \(No space left on device\)"):
        write_records(path, rows())
    assert path.read_text() == "oud"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "uit.csv"
    path.write_text("oud")

    def rows() -> Iterator[Record]:
        yield {"text": "a"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_records(path, rows())
    assert path.read_text() == "oud"
    assert list(tmp_path.iterdir()) == [path]


def test_rows_of_different_columns_do_not_fit_a_table(tmp_path: Path) -> None:
    rows: list[Record] = [{"text": "a"}, {"text": "b", "id": 1}]
    with pytest.raises(InputError, match=r"write \.jsonl instead of \.csv"):
        write_records(tmp_path / "uit.csv", rows)
    write_records(tmp_path / "uit.jsonl", rows)
    assert read(tmp_path / "uit.jsonl") == rows


def test_a_column_of_parquet_may_begin_with_nothing(tmp_path: Path) -> None:
    path = tmp_path / "uit.parquet"
    write_records(
        path, ({"text": "t", "topics": ["military"] if n == 1500 else [], "b": None} for n in range(1600))
    )
    found = read(path)
    assert [row["topics"] for row in found[1499:1502]] == [[], ["military"], []]
    write_records(path, ({"text": "t", "b": "tekst" if n == 1500 else None} for n in range(1600)))
    assert read(path)[1500] == {"text": "t", "b": "tekst"}


@pytest.mark.parametrize(
    ("first", "later", "problem"),
    [
        ({"b": 1}, {"b": 1.5}, "a fraction in a column that began with whole numbers"),
        ({"b": 1}, {"b": "x"}, "rows that do not fit Parquet"),
        ({"b": 1}, {"b": 1, "c": 2}, "rows with different columns: write .jsonl instead"),
        ({"b": 1}, {"c": 2}, "rows with different columns: write .jsonl instead"),
        ({"b": 1}, {"b": 10**30}, "rows that do not fit Parquet"),
        ({"b": 10**30}, {"b": 1}, "rows that do not fit Parquet"),
    ],
)
def test_what_parquet_would_lose_is_refused(
    tmp_path: Path, first: Record, later: Record, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        write_records(tmp_path / "uit.parquet", [*[first] * 1500, later])
    assert list(tmp_path.iterdir()) == []


def test_parquet_that_python_cannot_hold_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rijen.parquet"
    for column in (
        pyarrow.array([2**30], pyarrow.date32()),
        pyarrow.array([2**60], pyarrow.timestamp("us")),
        pyarrow.Array.from_buffers(
            pyarrow.string(),
            1,
            [None, pyarrow.py_buffer(b"\0\0\0\0\2\0\0\0"), pyarrow.py_buffer(b"\xff\xfe")],
        ),
    ):
        pyarrow.parquet.write_table(pyarrow.table({"text": column}), path)
        with pytest.raises(InputError, match=r"rijen.parquet: a value that cannot be read"):
            read(path)
    twice = pyarrow.table([pyarrow.array(["a"]), pyarrow.array(["b"])], names=["text", "text"])
    pyarrow.parquet.write_table(twice, path)
    with pytest.raises(InputError, match=r"rijen.parquet: a column named twice: text, text"):
        read(path)
    path.write_bytes(b"PAR1 nee")
    with pytest.raises(InputError, match=r"rijen.parquet: not a Parquet file"):
        read(path)


def test_half_a_surrogate_pair_in_any_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rijen.jsonl"
    for line in ('{"text": "a", "b": "\\ud800"}', '{"text": "a", "\\udfff": 1}'):
        path.write_text(line)
        with pytest.raises(InputError, match=r"rijen.jsonl:1: half a surrogate pair"):
            read(path)
    path.write_text('{"text": "\\ud83d\\ude00"}')
    assert read(path) == [{"text": "😀"}]
