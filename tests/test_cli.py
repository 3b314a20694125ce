"""The program as its users meet it: whole outputs, exit codes, and bad input in one line."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from typer.main import get_command

from dutch_topics import TOPICS, TopicModel
from dutch_topics.cli import app, parse_thresholds
from dutch_topics.errors import InputError
from dutch_topics.ngrams import strongest_ngrams
from dutch_topics.store import save_model

from .conftest import FRAMES, ROOT, Run, toy_rows, toy_split

LEGER, MEREL = "Rond het leger bleef het stil", "Over een merel ging het"


@pytest.fixture(autouse=True)
def _model(model_directory: Path) -> None:
    """The toy model lies in `model`, in the folder where `run` works."""


def test_texts_are_printed_with_their_topics(run: Run) -> None:
    done = run("predict", "--model", "model", LEGER, MEREL)
    assert (done.stdout, done.stderr) == (f"military\t{LEGER}\n-\t{MEREL}\n", "")


def test_lines_on_stdin_give_a_line_each_blank_ones_included(run: Run) -> None:
    for how in ([], ["--input", "-"]):
        done = run("predict", "--model", "model", *how, stdin=f"{LEGER}\n\n{MEREL}\r\n")
        assert done.stdout == f"military\t{LEGER}\n-\t\n-\t{MEREL}\n"


def test_nothing_on_stdin_gives_nothing(run: Run) -> None:
    done = run("predict", "--model", "model")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_json_has_the_text_the_topics_and_all_four_scores(run: Run) -> None:
    done = run("predict", "--model", "model", "--json", LEGER)
    value = json.loads(done.stdout)
    assert list(value) == ["text", "topics", "scores", "coverage", "readable", "detected_language"]
    assert (value["text"], value["topics"]) == (LEGER, ["military"])
    assert list(value["scores"]) == ["sovereignty", "military", "economy", "diplomacy"]


def test_a_threshold_can_be_set_for_all_topics_or_for_one(run: Run) -> None:
    done = run("predict", "--model", "model", "--threshold", "0", "--threshold", "military=1", MEREL)
    assert done.stdout == f"sovereignty,economy,diplomacy\t{MEREL}\n"
    assert parse_thresholds(["0.5", "economy=0.2"])["economy"] == 0.2
    for bad in ("high", "economy=", "economy"):
        with pytest.raises(InputError, match=r"use 0\.6 or military=0\.6"):
            parse_thresholds([bad])


def test_jsonl_keeps_ids_and_other_columns_in_order(run: Run, tmp_path: Path) -> None:
    rows = [{"id": n, "text": t, "bron": None} for n, t in enumerate([MEREL, LEGER] * 700)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("predict", "--model", "model", "--input", "in.jsonl", "--output", "uit.jsonl")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    out = [json.loads(line) for line in (tmp_path / "uit.jsonl").read_text().splitlines()]
    assert [{k: row[k] for k in ("id", "text", "bron")} for row in out] == rows
    assert [row["topics"] for row in out[:2]] == [[], ["military"]]


def test_csv_and_parquet_get_a_column_for_the_topics_and_one_a_score(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"id;text\n7;{LEGER}\n")
    run("predict", "--model", "model", "--input", "in.csv", "--output", "uit.csv")
    header, row = (tmp_path / "uit.csv").read_text().splitlines()
    scores = "score_sovereignty,score_military,score_economy,score_diplomacy"
    assert header == f"id,text,topics,coverage,readable,detected_language,{scores}"
    cells = row.split(",")
    assert cells[:6] == ["7", LEGER, "military", "0.5", "True", "nl"]
    assert [float(cell) >= 0.5 for cell in cells[6:]] == [False, True, False, False]
    run("predict", "--model", "model", "--input", "in.csv", "--output", "uit.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "uit.parquet")
    assert table.column_names == header.split(",")
    assert table["topics"].to_pylist() == [["military"]]


def test_text_that_cannot_be_read_is_marked(run: Run) -> None:
    texts = ["The army marched to the northern border.", "Kwikstaart!", LEGER]
    done = run("predict", "--model", "model", *texts)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["?", "?", "military"]
    found = [
        json.loads(line) for line in run("predict", "--model", "model", "--json", *texts).stdout.splitlines()
    ]
    assert [row["readable"] for row in found] == [False, False, True]
    assert [row["detected_language"] for row in found] == ["en", "nl", "nl"]


def test_a_precision_asked_for_leaves_topics_open(run: Run, toy_model: TopicModel, tmp_path: Path) -> None:
    sure = {**toy_model.precision, **{key: [0.9] for key in TOPICS}} | {"military": [0.5] * 98 + [0.9]}
    save_model(replace(toy_model, precision=sure), {}, [], "", tmp_path / "model")
    done = run("predict", "--model", "model", "--precision", "0.9", LEGER, MEREL)
    assert done.stdout == f"military?\t{LEGER}\n-\t{MEREL}\n"
    assert done.stderr == "unsure: 1 of 2 passages (50.0%)\n"
    done = run("predict", "--model", "model", "--precision", "0.9", "--json", LEGER)
    assert (json.loads(done.stdout)["topics"], json.loads(done.stdout)["unsure"]) == ([], ["military"])
    (tmp_path / "proef.csv").write_text(f"text,labels\n{LEGER},military\n")
    done = run("evaluate", "--model", "model", "--data", "proef.csv", "--precision", "0.9")
    assert "unsure: 100.0%" in done.stdout
    done = run("predict", "--model", "model", "--precision", "0.99", LEGER)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: precision 0.99 is out of reach for sovereignty: at most 0.9\n"


def test_model_show_lists_what_speaks_for_and_against(
    run: Run, toy_model: TopicModel, tmp_path: Path
) -> None:
    ngrams = strongest_ngrams(toy_model.scorer, toy_split(FRAMES[:3]), 3)
    save_model(toy_model, {}, ngrams, "", tmp_path / "model")
    shown = run("model", "show", "--model", "model", "--top", "1").stdout
    assert re.search(r"^military \(20\.0% of the passages trained on\)$", shown, re.M)
    assert re.search(r"^for +words +\S+ +\+\d+\.\d +3 +100\.0%$", shown, re.M)
    value = json.loads(run("model", "show", "--model", "model", "--json").stdout)
    assert value["shares"]["military"] == 0.2
    # The other scorer is there too, where the kernel is not.
    code = "import sys; sys.modules['dutch_topics._kernel'] = None; from dutch_topics.cli import main; main()"
    command = [sys.executable, "-c", code, "model", "show", "--model", str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("runs on NumPy")
    assert shown.startswith("runs on the kernel in C" if value["runs_on"] == "kernel" else "runs on NumPy")
    assert {"topic", "part", "ngram", "weight", "with_topic", "without"} == set(value["ngrams"][0])


def test_model_diff_lists_the_passages_answered_otherwise(
    run: Run, toy_model: TopicModel, tmp_path: Path
) -> None:
    stricter = replace(toy_model, thresholds=toy_model.thresholds | {"military": 1.0})
    save_model(stricter, {}, [], "", tmp_path / "strict")
    (tmp_path / "proef.csv").write_text(f"text,labels\n{LEGER},military\n{MEREL},\n")
    done = run("model", "diff", "model", "strict", "--data", "proef.csv")
    assert done.stdout == f"military\t-\tmilitary\t{LEGER}\n"
    done = run("model", "diff", "model", "strict", "--data", "proef.csv", "--json")
    assert json.loads(done.stdout) == {"a": ["military"], "b": [], "labels": ["military"], "text": LEGER}


def test_train_refuses_a_model_that_unlearned_something(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for split, frames in (("train", FRAMES[:3]), ("validation", FRAMES[3:]), ("test", FRAMES[3:])):
        rows = [json.dumps(row | {"id": row["text"]}) + "\n" for row in toy_rows(frames)]
        (tmp_path / f"data/{split}.jsonl").write_text("".join(rows))
    tests = tmp_path / "tests/behaviour"
    tests.mkdir(parents=True)
    (tests / "codebook.tsv").write_text(
        "clause\tlabels\ttext\nx\tmilitary\tOver de merel ging het\nx\t-\tOver het leger ging het\n"
    )
    (tests / "invariance.tsv").write_text(f"change\ttext\noriginal\t{MEREL}\nx\t{MEREL}\n")
    (tests / "scores.tsv").write_text("suite\tshare\ncodebook\t1.0\n")
    done = run("train", "--output", "new")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: codebook: 0.0% of its tests passed, 100.0% before",
        "error: not saved; to have it all the same, train with --accept",
    ]
    assert not (tmp_path / "new").exists()
    done = run("train", "--output", "new", "--accept")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tests / "scores.tsv").read_text() == "suite\tshare\ncodebook\t0.0000\ninvariance\t1.0000\n"
    assert run("predict", "--model", "new", LEGER).stdout.startswith("military\t")


def test_evaluate_reports_as_a_table_and_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "proef.csv").write_text(f"text,labels,source\n{LEGER},military,krant\n{MEREL},,web\n")
    table = run("evaluate", "--model", "model", "--data", "proef.csv", "--by", "source").stdout
    assert re.search(r"^military +1\.00 +1\.00 +1\.00 +1\.00-1\.00 +1 +0\.\d\d +0\.\d+$", table, re.M)
    assert "all topics right: 100.0%   false alarms: 0.0%" in table
    assert [line.split()[0] for line in table.splitlines()[-3:]] == ["source", "krant", "web"]
    done = run("evaluate", "--model", "model", "--data", "proef.csv", "--by", "source", "--json")
    value = json.loads(done.stdout)
    assert (value["n"], value["macro_f1"], value["micro_f1"], value["false_alarm_rate"]) == (2, 1, 1, 0)
    assert value["topics"]["military"]["f1"] == 1
    assert {"precision", "recall", "f1", "support", "threshold"} <= set(value["topics"]["economy"])
    assert value["by"]["source"]["krant"]["n"] == 1


def test_data_build_and_check(run: Run, seeds: Path, tmp_path: Path) -> None:
    done = run("data", "build")
    assert re.fullmatch(
        r"data: train \d+, validation \d+, test \d+ rows; 0 near-duplicates left out\n", done.stdout
    )
    assert "split: validation" in (tmp_path / "data/README.md").read_text()
    report = json.loads(run("data", "check", "--json").stdout)
    assert (report["lexicon_terms"], report["left_out"]) == (5, [])
    (seeds / "articles/gas.tsv").write_text("labels\ttext\nsport\tEen doelpunt.\n")
    for command in ("build", "check"):
        done = run("data", command)
        assert done.returncode == 2
        assert done.stderr.startswith("error: seeds/articles/gas.tsv:2: unknown label 'sport'; use sov")


BAD_CALLS = {
    "no such file": ["--input", "weg.txt"],
    "this is a directory; name a file": ["--input", "model"],
    "empty file": ["--input", "leeg.txt"],
    "latijn.txt:2: not UTF-8; save the file as UTF-8": ["--input", "latijn.txt"],
    "no column 'text' among tekst": ["--input", "tekst.csv"],
    "nul.txt:1: a NUL byte; this is not plain text": ["--input", "nul.txt"],
    "half.jsonl:1: half a surrogate pair; this is not valid Unicode": ["--input", "half.jsonl"],
    "lang.txt:1: 5,000,000 characters in one text, more than 200,000": ["--input", "lang.txt"],
    "column 'topics' is in the way; rename it": ["--input", "bezet.jsonl"],
    "uit.docx: unknown kind of file; use .jsonl, .csv, .parquet": ["tekst", "--output", "uit.docx"],
    "weg/uit.csv: cannot be written (No such file or directory)": ["tekst", "--output", "weg/uit.csv"],
    "give texts or --input, not both": ["tekst", "--input", "leeg.txt"],
    "unknown topic 'sport'; use one of": ["tekst", "--threshold", "sport=1"],
    "threshold 2.0 for military: use a number from 0 to 1": ["tekst", "--threshold", "military=2"],
    "nergens: no model here; train one with `make train`": ["tekst", "--model", "nergens"],
}


@pytest.mark.parametrize("problem", BAD_CALLS)
def test_bad_input_is_one_line_exit_code_2_and_nothing_written(
    run: Run, tmp_path: Path, problem: str
) -> None:
    files = {
        "leeg.txt": b"",
        "latijn.txt": b"een\nvri\xebnd\n",
        "tekst.csv": b"tekst\na\n",
        "nul.txt": b"a\0b\n",
        "half.jsonl": b'{"text": "\\ud83d"}\n',
        "lang.txt": b"a " * 2_500_000,
        "bezet.jsonl": b'{"text": "a", "topics": []}\n',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    arguments = BAD_CALLS[problem]
    model = [] if "--model" in arguments else ["--model", "model"]
    output = [] if "--output" in arguments else ["--output", "uit.jsonl"]
    done = run("predict", *model, *output, *arguments)
    assert problem in done.stderr
    assert re.fullmatch(r"error: [^\n]+\n", done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(tmp_path.rglob("*")) == before


def test_bytes_that_are_no_text_on_the_command_line_are_refused(run: Run) -> None:
    done = run("predict", "--model", "model", os.fsdecode(b"vri\xebnd"))
    assert (done.returncode, done.stderr) == (
        2,
        "error: text 1: half a surrogate pair; this is not valid Unicode\n",
    )


def test_a_damaged_model_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model/config.json").write_text("{}")
    done = run("predict", "--model", "model", "tekst")
    expected = "error: model: config.json was changed or cut short; train it again with `make train`\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_train_refuses_a_folder_of_other_things_before_it_works(run: Run, tmp_path: Path) -> None:
    (tmp_path / "map").mkdir()
    (tmp_path / "map/brief.txt").write_text("Lieve oma")
    done = run("train", "--data", ROOT / "data", "--output", "map")
    assert (done.returncode, done.stderr) == (
        2,
        "error: map: holds other things than a model; name another folder\n",
    )


def test_train_without_a_corpus_says_how_to_get_one(run: Run) -> None:
    done = run("train", "--output", "nieuw")
    assert (done.returncode, done.stderr) == (
        2,
        "error: data: no such folder; build it with `dutch-topics data build`\n",
    )


@pytest.mark.parametrize("command", ["train", "predict"])
def test_ctrl_c_is_one_line_and_changes_nothing(tmp_path: Path, command: str) -> None:
    arguments = {
        "train": ["--data", str(ROOT / "data"), "--output", "nieuw"],
        "predict": ["--model", "model", "--output", "uit.jsonl"],
    }[command]
    before = sorted(tmp_path.rglob("*"))
    process = subprocess.Popen(
        [sys.executable, "-m", "dutch_topics.cli", command, *arguments],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        if command == "predict":  # wait until it has begun to write
            while not list(tmp_path.glob(".uit*")):
                time.sleep(0.05)
        else:
            time.sleep(3)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (2, "error: interrupted; nothing was changed\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_ctrl_c_during_an_import_is_one_line_too(run: Run, tmp_path: Path) -> None:
    # Put in the way of a library, since the moment cannot be met at will.
    (tmp_path / "datasets.py").write_text(
        "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt as error:\n"
        "    raise ImportError('initialization failed') from error\n"
    )
    done = run(
        "train", "--data", ROOT / "data", "--output", "nieuw", env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert (done.returncode, done.stderr) == (2, "error: interrupted; nothing was changed\n")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(f"{LEGER}\n" * 20_000)
    command = f"{sys.executable} -m dutch_topics.cli predict --model model --input in.txt | head -n 1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"military\t{LEGER}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--model", "model", LEGER]])
def test_a_full_disk_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    command = f"{sys.executable} -m dutch_topics.cli {shlex.join(arguments)} > /dev/full"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: output: No space left on device\n")


def test_closed_streams_are_no_traceback(tmp_path: Path) -> None:
    program = f"{sys.executable} -m dutch_topics.cli predict --model model"
    done = subprocess.run(
        f"{program} <&-", shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr[:23]) == (2, "error: nothing to label")
    done = subprocess.run(
        f"{program} '{LEGER}' 2>&-", shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"military\t{LEGER}\n")


def commands() -> list[list[str]]:
    """Every command of the program, and the program itself."""
    found: list[list[str]] = [[]]
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found.append([name])
        found += [[name, sub] for sub in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("command", commands())
def test_help_answers_with_an_example_without_heavy_imports(command: list[str]) -> None:
    code = (
        "import sys\nfrom dutch_topics.cli import main\n"
        f"sys.argv = ['dutch-topics', *{command!r}, '--help']\n"
        "try:\n    main()\nexcept SystemExit as e:\n    assert not e.code\n"
        "heavy = {'numpy', 'scipy', 'sklearn', 'skops', 'datasets', 'pandas', 'pyarrow'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    if command not in ([], ["data"], ["model"]):
        assert f"Example: dutch-topics {' '.join(command)}" in " ".join(done.stdout.split())


def test_the_version_is_that_of_the_distribution(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").stdout == version("dutch-topics") + "\n"
