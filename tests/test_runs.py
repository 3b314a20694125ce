"""Large files: the same rows whatever the way, whole after a kill, and nothing left after bad input."""

import errno
import json
import multiprocessing
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from dutch_topics import DutchTopicsError, InputError, OutputError, TopicModel, blocks
from dutch_topics.bulk import label_records, with_score_columns
from dutch_topics.parts import Part, Parts, kept_parts
from dutch_topics.runs import label_file
from dutch_topics.store import load_model, save_model
from dutch_topics.tables import Record, read_records, write_records

WORDS = ("leger", "merel", "verdrag", 'de "lonen"', "grenswet\nen regen")
ROWS: list[Record] = [
    {"id": n, "text": f"Over {WORDS[n % 5]} ging het, {n}", "bron": None} for n in range(120)
]
LINES: list[Record] = [{"text": row["text"].replace("\n", " ")} for row in ROWS]
# The program with small blocks, which a signal ends when a number of parts is done.
PROGRAM = """
import os, signal, sys
from dutch_topics import blocks, parts
from dutch_topics.cli import main
blocks.BYTES, blocks.ROWS = 1000, 20
append, last, number = parts.Parts.append, int(sys.argv[1]), getattr(signal, sys.argv[2])
def append_or_end(self, part):
    append(self, part)
    if self.n == last:
        os.kill(os.getpid(), number)
parts.Parts.append = append_or_end
sys.argv = ["dutch-topics", "predict", *sys.argv[3:]]
main()
"""
Predict = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def model(toy_model: TopicModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy model."""
    directory = tmp_path_factory.mktemp("toy") / "model"
    save_model(toy_model, {}, [], "", directory)
    return directory


@pytest.fixture(autouse=True)
def _small_blocks(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy model is the default, and the current folder is empty."""
    monkeypatch.setenv("DUTCH_TOPICS_MODEL", str(model))
    monkeypatch.setattr(blocks, "BYTES", 1000)
    monkeypatch.setattr(blocks, "ROWS", 20)
    monkeypatch.chdir(tmp_path)


def predict(*arguments: object, ends: tuple[int, str] = (0, "SIGKILL")) -> "subprocess.CompletedProcess[str]":
    """Run the program, and wait for it and for what it started: they all hold the pipes open."""
    command = [sys.executable, "-c", PROGRAM, *map(str, ends), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def written(name: str) -> Path:
    """A file of rows of the kind that `name` asks for."""
    path = Path(name)
    if ".txt" in name:
        path.write_text("".join(row["text"] + "\n" for row in LINES))
    else:
        write_records(path, ROWS)
    return path


@pytest.mark.parametrize("target", ["uit.jsonl", "uit.csv", "uit.parquet"])
@pytest.mark.parametrize("source", ["in.txt", "in.jsonl", "in.csv", "in.parquet"])
def test_a_file_gets_what_its_records_get_one_by_one(source: str, target: str) -> None:
    path, output, expected = written(source), Path(target), Path("een-voor-een" + target)
    model = load_model()
    records = label_records(model, read_records(path))
    write_records(expected, records if target == "uit.jsonl" else with_score_columns(records))
    shares: list[float] = []
    counts = label_file(path, output, report=lambda _, share: shares.append(share))
    assert counts == (120, 0)
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert (len(shares) > 4, shares[-1]) == (True, 1)
    if target == "uit.parquet":
        assert (
            pyarrow.parquet.read_table(output).to_pylist() == pyarrow.parquet.read_table(expected).to_pylist()
        )
    else:
        assert output.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("in.txt.gz", "uit.jsonl.zst"),
        ("in.csv.zst", "uit.csv.gz"),
        ("in.jsonl", "uit.parquet"),
        ("in.parquet", "uit.parquet"),
    ],
)
def test_two_processes_give_what_one_gives(source: str, target: str) -> None:
    path, output, alone = written(source), Path(target), Path("alleen-" + target)
    if source == "in.txt.gz":
        path.write_bytes(pyarrow.compress(path.read_bytes(), "gzip", asbytes=True))
    blocks.BYTES = path.stat().st_size // 3  # compressed bytes decide whether a file is large
    label_file(path, alone)
    busy: list[int] = []
    label_file(path, output, jobs=2, report=lambda *_: busy.append(len(multiprocessing.active_children())))
    assert busy[0] == 1  # besides this one
    assert output.read_bytes() == alone.read_bytes()
    assert [row["text"] for _, row in read_records(output)] == [row["text"] for _, row in read_records(path)]


def test_parquet_columns_come_through_untouched() -> None:
    columns = {
        "text": pyarrow.array([row["text"] for row in ROWS], pyarrow.large_string()),
        "dag": pyarrow.array([2**30] * 120, pyarrow.date32()),  # beyond what Python can hold
        "soort": pyarrow.array(["krant", None] * 60).dictionary_encode(),
        "n": pyarrow.array([None, 1] * 60, pyarrow.int8()),
        "lijst": pyarrow.array([[{"a": 1}], None] * 60),
    }
    table = pyarrow.table(columns).replace_schema_metadata({"maker": "krant"})
    pyarrow.parquet.write_table(table, "in.parquet")
    label_file(Path("in.parquet"), Path("uit.parquet"))
    found = pyarrow.parquet.read_table("uit.parquet")
    assert found.schema.metadata[b"maker"] == b"krant"
    assert found.select(table.column_names).equals(pyarrow.parquet.read_table("in.parquet"))


@pytest.mark.parametrize(
    ("source", "target", "jobs"),
    [("in.csv", "uit.csv.gz", 1), ("in.jsonl", "uit.parquet", 1), ("in.parquet", "uit.parquet", 2)],
)
def test_a_killed_run_is_taken_up_again(source: str, target: str, jobs: int) -> None:
    path = written(source)
    label_file(path, Path("ongestoord-" + target))
    arguments = ("--input", source, "--output", target, "--jobs", jobs)
    done = predict(*arguments, ends=(3, "SIGKILL"))
    assert (done.returncode, done.stderr, Path(target).exists()) == (-signal.SIGKILL, "", False)
    folder = Path(f".{target}.parts")
    kept = {file: file.stat() for file in folder.glob("0*")}
    assert len(kept) == 3

    def look(rows: int, _: float) -> None:
        assert rows >= 3 * 15
        assert {file: file.stat().st_mtime_ns for file in kept} == {f: s.st_mtime_ns for f, s in kept.items()}

    said: list[str] = []
    label_file(path, Path(target), jobs=jobs, report=look, say=said.append)
    assert said == ["resuming after block 3"]
    assert Path(target).read_bytes() == Path("ongestoord-" + target).read_bytes()
    assert not folder.exists()


def test_a_part_that_the_disk_lost_is_made_again() -> None:
    path = written("in.jsonl")
    predict("--input", "in.jsonl", "--output", "uit.jsonl", ends=(3, "SIGKILL"))
    for name, size in (("000001", 100), ("000002", 0)):
        os.truncate(f".uit.jsonl.parts/{name}", size)
    said: list[str] = []
    label_file(path, Path("uit.jsonl"), say=said.append)
    assert said == ["resuming after block 1"]
    assert len(Path("uit.jsonl").read_text().splitlines()) == len(ROWS)


def test_parts_of_another_task_are_not_used() -> None:
    written("in.jsonl")
    arguments = ("--input", "in.jsonl", "--output", "uit.jsonl")
    predict(*arguments, ends=(3, "SIGKILL"))
    done = predict(*arguments, "--threshold", "military=1", ends=(3, "SIGKILL"))
    assert done.stderr == "starting over: the run that was broken off differed in thresholds\n"
    os.utime("in.jsonl", (0, 0))
    done = predict(*arguments, "--threshold", "military=1")
    assert done.stderr == "starting over: the run that was broken off differed in input\n"
    rows = [json.loads(line) for line in Path("uit.jsonl").read_text().splitlines()]
    assert ([row["id"] for row in rows], rows[0]["topics"]) == ([row["id"] for row in ROWS], [])


def test_ctrl_c_says_how_to_go_on() -> None:
    written("in.csv")
    arguments = ("--input", "in.csv", "--output", "uit.csv", "--jobs", 2)
    done = predict(*arguments, ends=(2, "SIGINT"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: interrupted; run the same command again to go on\n"
    done = predict(*arguments)
    assert (done.returncode, done.stderr) == (0, "resuming after block 2\n")
    assert [row["id"] for _, row in read_records(Path("uit.csv"))] == [str(row["id"]) for row in ROWS]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_bad_row_is_named_and_nothing_is_left(jobs: int) -> None:
    lines = [json.dumps({"text": "Over het leger ging het " * 5}) + "\n" for _ in range(60)]
    lines[29], lines[45] = '{"text": 7}\n', "geen JSON\n"
    Path("in.jsonl").write_text("".join(lines))
    before = sorted(Path().rglob("*"))
    done = predict("--input", "in.jsonl", "--output", "uit.jsonl", "--jobs", jobs)
    assert (done.returncode, done.stderr) == (2, "error: in.jsonl:30: text must be a string, not int\n")
    assert sorted(Path().rglob("*")) == before


def test_a_file_cut_short_is_named_in_its_turn() -> None:
    lines = b'{"text": "Over het leger ging het"}\n' * 2000
    data = pyarrow.compress(lines.replace(b"leger", b"l\0ger", 1), "zstd", asbytes=True)
    Path("in.jsonl.zst").write_bytes(data + b"rommel")
    blocks.BYTES = 50
    with pytest.raises(InputError, match=r"in\.jsonl\.zst:1: not a JSON object"):
        label_file(Path("in.jsonl.zst"), Path("uit.jsonl"), jobs=2)
    Path("in.jsonl.zst").write_bytes(pyarrow.compress(lines, "zstd", asbytes=True) + b"rommel")
    with pytest.raises(InputError, match=r"in\.jsonl\.zst: not zstd, or cut short"):
        label_file(Path("in.jsonl.zst"), Path("uit.jsonl"))
    assert not list(Path().glob(".uit*"))


def test_two_runs_do_not_write_one_file() -> None:
    written("in.csv")
    with kept_parts(Path("uit.csv"), {}, print):
        done = predict("--input", "in.csv", "--output", "uit.csv")
    assert done.returncode == 2
    assert done.stderr == ("error: uit.csv: another run is writing it; wait for that, or name another file\n")


def test_a_full_disk_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    path, output = written("in.jsonl"), Path("uit.jsonl")
    append = Parts.append

    def append_two(parts: Parts, part: Part) -> None:
        if parts.n == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(parts, part)

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "append", append_two)
        problem = r"^uit\.jsonl: cannot be written \(No space left on device\); run the same command again"
        with pytest.raises(OutputError, match=problem):
            label_file(path, output)
    said: list[str] = []
    label_file(path, output, say=said.append)
    assert said == ["resuming after block 2"]


def test_a_worker_that_dies_is_an_error_of_one_line() -> None:
    def kill(*_: object) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(DutchTopicsError, match=r"^a worker process died, maybe for want of memory: [^\n]+$"):
        label_file(written("in.jsonl"), Path("uit.jsonl"), jobs=2, report=kill)


def test_a_bar_shows_rows_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    written("in.jsonl")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "0", "SIGKILL", "--input", "in.jsonl", "--output", "uit.jsonl"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(ours, 100_000).decode())
    os.close(ours)
    assert done.stdout == b""
    assert re.search(r"100% 120 rows, [\d,]+ a second 0:00:00", shown)


def test_jobs_need_files() -> None:
    done = predict("--jobs", "2", "tekst")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --jobs needs a file to read and one to write")
