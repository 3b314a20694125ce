"""Cutting a file changes nothing that is read from it, and the memory for it is bounded."""

import gzip
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dutch_topics import InputError, blocks
from dutch_topics.blocks import read_blocks
from dutch_topics.tables import read_records

PIECES = [
    "een,twee\n",
    '"een\n\nnog een",',
    '5",',
    '5"",6\n',
    '"",',
    '"a""b\n"',
    ",",
    ";",
    '"',
    "\n",
    "\r\n",
    "\r",
]


def outcome(path: Path) -> object:
    """The rows with their places, or what is wrong with the file."""
    try:
        return list(read_records(path, ()))
    except InputError as error:
        return str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 12))
def test_csv_cut_anywhere_is_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[str], size: int
) -> None:
    path = tmp_path / "rijen.csv"
    path.write_bytes(("a,b\n" + "".join(pieces)).encode())
    whole = outcome(path)
    with monkeypatch.context() as patch:
        patch.setattr(blocks, "BYTES", size)
        assert outcome(path) == whole


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "rijen.csv",
            'id,text\n1,"a\n2,""b"",\n"\n2,5" lang\n3,"vier\nof vijf"\n4,6"" lang\n5,"zes\nof zeven"\n',
        ),
        ("rijen.csv", '"i\nd","text"\r\n"","a,\r\n"\r\n5",b\r\n'),
        ("rijen.jsonl", '{"id": 1, "text": "a"}\n\n \n{"id": 2, "text": "b"}'),
        ("rijen.txt", "een\n\ntwee\r\ndrie"),
    ],
)
@pytest.mark.parametrize("codec", ["", ".gz", ".zst"])
def test_a_cut_file_is_read_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, rows: str, codec: str
) -> None:
    data = b"\xef\xbb\xbf" + rows.encode()
    path = tmp_path / (name + codec)
    if codec:
        data = gzip.compress(data) if codec == ".gz" else pyarrow.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    whole = outcome(path)
    assert isinstance(whole, list)
    monkeypatch.setattr(blocks, "BYTES", 8)
    assert outcome(path) == whole
    cut = list(read_blocks(path))
    assert len(cut) > 1
    assert cut[-1].share == 1


def test_a_record_without_end_is_named_by_the_line_where_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BYTES", 10)
    monkeypatch.setattr(blocks, "LONGEST_RECORD", 40)
    path = tmp_path / "rijen.csv"
    path.write_text("text\na\n" + '"b\n' + "b\n" * 20)
    with pytest.raises(InputError, match=r"csv:3: a record of more than 40 bytes begins here, or a quote is"):
        list(read_blocks(path))


def test_parquet_is_cut_and_joined_to_blocks_of_one_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "ROWS", 100)
    path = tmp_path / "rijen.parquet"
    table = pyarrow.table({"text": [f"tekst {n}" for n in range(450)]})
    for row_group in (450, 30):
        pyarrow.parquet.write_table(table, path, row_group_size=row_group)
        found = list(read_blocks(path))
        assert pyarrow.concat_tables([block.data for block in found]) == table
        assert [block.before for block in found] == [
            sum(map(len, (b.data for b in found[:n]))) for n in range(len(found))
        ]
        assert all(100 <= len(block.data) < 200 for block in found[:-1])
    monkeypatch.setattr(blocks, "BYTES", 500)
    assert all(len(block.data) < 50 for block in read_blocks(path))
