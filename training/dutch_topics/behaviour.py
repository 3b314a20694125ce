"""What a model must be able to do, as small tests of behaviour instead of one figure.

    codebook.tsv     clause, labels, text: look-alikes that a clause of the codebook tells apart, in
                     groups parted by a blank line
    invariance.tsv   change, text: groups parted by a blank line, whose first row is the `original` and
                     whose others have something changed that leaves the topics as they are
    scores.tsv       suite, share: what the accepted model reaches

Method: M. Ribeiro et al., "Beyond accuracy: behavioral testing of NLP models with CheckList" (2020).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .files import read_text, write_text
from .layout import align, percent
from .prediction import Prediction
from .seeds import read_labels
from .topics import TOPICS

CODEBOOK, INVARIANCE, SCORES = "codebook.tsv", "invariance.tsv", "scores.tsv"
ORIGINAL = "original"
TOLERANCE = 0.02  # a score may fall by so much before a model is refused
Predict = Callable[[Sequence[str]], list[Prediction]]


@dataclass(frozen=True)
class Group:
    """Passages that belong together: look-alikes, or an original and its variants."""

    names: tuple[str, ...]  # of each passage: its clause, or its change
    labels: tuple[tuple[str, ...], ...] | None  # the right topics of each, for the codebook
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Suite:
    """The tests of a folder."""

    codebook: list[Group]
    invariance: list[Group]


@dataclass(frozen=True)
class Score:
    """How many tests of one kind a model passes."""

    suite: str  # codebook or invariance
    test: str  # the clause, the change, or "all"
    passed: int
    n: int

    @property
    def share(self) -> float:
        """The share of tests passed, in [0, 1]."""
        return self.passed / self.n


def read_suite(directory: Path) -> Suite:
    """Read the tests in `directory`; raises `InputError` naming the file and line that is wrong."""
    codebook = list(_groups(directory / CODEBOOK, ("clause", "labels", "text")))
    invariance = list(_groups(directory / INVARIANCE, ("change", "text")))
    return Suite(codebook, invariance)


def run_suite(suite: Suite, predict: Predict) -> list[Score]:
    """Run all tests on a model; one score for each clause and each kind of change, in their order."""
    texts = [text for group in (*suite.codebook, *suite.invariance) for text in group.texts]
    answers = dict(zip(texts, predict(texts), strict=True))
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for group in suite.codebook:
        found["codebook", group.names[0]].append(_tells_apart(group, answers))
    for group in suite.invariance:
        first, *others = group.texts
        for change, text in zip(group.names[1:], others, strict=True):
            found["invariance", change].append(answers[text].topics == answers[first].topics)
    return [Score(suite, test, sum(passed), len(passed)) for (suite, test), passed in found.items()]


def _tells_apart(group: Group, answers: dict[str, Prediction]) -> bool:
    """Whether all is right about the topics in which the passages of the group differ."""
    assert group.labels is not None
    differ = [t for t in TOPICS if len({t in labels for labels in group.labels}) == 2]
    return all(
        (topic in answers[text].topics) == (topic in labels)
        for text, labels in zip(group.texts, group.labels, strict=True)
        for topic in differ
    )


def totals(scores: Sequence[Score]) -> list[Score]:
    """One score for all tests of each suite."""
    sums: dict[str, tuple[int, int]] = {}
    for score in scores:
        passed, n = sums.get(score.suite, (0, 0))
        sums[score.suite] = (passed + score.passed, n + score.n)
    return [Score(suite, "all", passed, n) for suite, (passed, n) in sums.items()]


def losses(scores: Sequence[Score], accepted: dict[str, float]) -> list[str]:
    """What the accepted model did better by more than `TOLERANCE`, a line each."""
    return [
        f"{total.suite}: {percent(total.share)} of its tests passed, {percent(accepted[total.suite])} before"
        for total in totals(scores)
        if total.share < accepted.get(total.suite, 0.0) - TOLERANCE
    ]


def accept(scores: Sequence[Score], directory: Path) -> None:
    """Write down `scores` as those that the next model is measured by."""
    lines = [f"{total.suite}\t{total.share:.4f}\n" for total in totals(scores)]
    write_text(directory / SCORES, "suite\tshare\n" + "".join(lines))


def to_table(scores: Sequence[Score]) -> str:
    """The scores as lines of text for a terminal, with a total for each suite."""
    rows = [["suite", "test", "passed", "of", "share"]]
    for score in (*scores, *totals(scores)):
        rows.append([score.suite, score.test, str(score.passed), str(score.n), percent(score.share)])
    return align(rows)


def read_accepted(directory: Path) -> dict[str, float]:
    """The share of each suite that the accepted model passed; empty where none was accepted yet.

    Raises `InputError` for a file that does not tell.
    """
    path = directory / SCORES
    if not path.is_file():
        return {}
    rows = [line.split("\t") for line in read_text(path).splitlines()[1:]]
    try:
        shares = {name: float(share) for name, share in rows}
    except ValueError:
        shares = {}
    if not shares or not all(0 <= share <= 1 for share in shares.values()):
        raise InputError(f"{path}: lines must be a suite, a tab and a share from 0 to 1")
    return shares


def _groups(path: Path, columns: tuple[str, ...]) -> Iterator[Group]:
    """The groups of a file, each of at least two rows."""
    header, *lines = read_text(path).split("\n")
    if tuple(header.split("\t")) != columns:
        raise InputError(f"{path}:1: the columns must be {', '.join(columns)}")
    rows: list[list[str]] = []
    for number, line in enumerate([*lines, ""], start=2):
        if line:
            cells = line.split("\t")
            if len(cells) != len(columns) or not all(cells):
                raise InputError(f"{path}:{number}: a row has {len(columns)} cells, none of them empty")
            rows.append(cells)
        elif rows:
            yield _group(rows, columns, path, number - len(rows))
            rows = []


def _group(rows: list[list[str]], columns: tuple[str, ...], path: Path, first: int) -> Group:
    """The group of `rows`, the first of which is line `first` of the file."""
    names = tuple(row[0] for row in rows)
    labels = None
    if "labels" in columns:
        labels = tuple(read_labels(path, line, row[1]) for line, row in enumerate(rows, start=first))
        if len(set(names)) != 1 or len(set(labels)) < 2:
            raise InputError(f"{path}:{first}: a group has one clause, and labels that differ")
    elif names[0] != ORIGINAL or ORIGINAL in names[1:] or len(rows) < 2:
        raise InputError(f"{path}:{first}: a group has one `{ORIGINAL}`, first, and variants of it")
    return Group(names, labels, tuple(row[-1] for row in rows))
