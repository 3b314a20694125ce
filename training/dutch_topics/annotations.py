"""Two labellings of every passage, made apart, and how far they agree.

`seeds/annotations/` mirrors the seed files: for each passage a row `id, first, second`, the labels given
when it was written and those given by a reader who saw the passage and the codebook alone. Where the two
differ, the labels in the seed file itself are those of a third reading. `seeds/wholes.tsv` has the same for
each article as a whole: a topic is one of its topics where a headed section or about a tenth of its
sentences, together or coming back, is about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .corpus import identity
from .seeds import Passage, read_labels, read_rows
from .topics import TOPICS, to_indicator


@dataclass(frozen=True)
class Annotation:
    """What two readers said of one passage, and where that is written."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    place: str  # file:line


@dataclass(frozen=True)
class Agreement:
    """How far two labellings of the same passages agree."""

    n: int
    same: float  # share of passages with the same labels, in [0, 1]
    kappa: dict[str, float]  # Cohen's kappa by topic, in [-1, 1]


def read_annotations(directory: Path) -> dict[str, Annotation]:
    """The annotations under `directory`/annotations by the id of the passage; none where none are.

    Raises `SeedError` naming the file and line that breaks the format.
    """
    found = {}
    for path in sorted((directory / "annotations").rglob("*.tsv")):
        for line, cells in read_rows(path, "annotations"):
            first, second = (read_labels(path, line, cells[name]) for name in ("first", "second"))
            found[cells["id"]] = Annotation(first, second, f"{path}:{line}")
    return found


@dataclass(frozen=True)
class Whole:
    """What an article is about as a whole, and what two readers said of it."""

    file: str  # as in the index
    labels: tuple[str, ...]
    readings: Annotation


def read_wholes(directory: Path) -> list[Whole]:
    """The articles of `directory`/wholes.tsv; none where there is no such file.

    Raises `SeedError` naming the file and line that breaks the format.
    """
    path = directory / "wholes.tsv"
    if not path.is_file():
        return []
    found = []
    for line, cells in read_rows(path, "wholes"):
        labels, first, second = (read_labels(path, line, cells[n]) for n in ("labels", "first", "second"))
        found.append(Whole(cells["file"], labels, Annotation(first, second, f"{path}:{line}")))
    return found


def whole_problems(articles: Iterable[str], wholes: Iterable[Whole]) -> list[str]:
    """Articles whose topics as a whole are not told, told twice, or told against two readers who agree."""
    found = []
    left = set(articles)
    for whole in wholes:
        if whole.file not in left:
            found.append(f"{whole.readings.place}: {whole.file} is no article, or stands twice")
        if whole.readings.first == whole.readings.second != whole.labels:
            found.append(f"{whole.readings.place}: labels against both readings")
        left.discard(whole.file)
    return found + [f"{name}: not in wholes.tsv, which says what it is about" for name in sorted(left)]


def agreement(annotations: Iterable[Annotation]) -> Agreement:
    """How far the two labellings agree; at least one annotation is needed.

    J. Cohen, "A coefficient of agreement for nominal scales" (1960). Kappa is undefined, and left
    out, for a topic that both readings give to every passage or to none.
    """
    from sklearn.metrics import cohen_kappa_score

    given: Sequence[Annotation] = list(annotations)
    first = to_indicator([annotation.first for annotation in given])  # (n, 4)
    second = to_indicator([annotation.second for annotation in given])
    return Agreement(
        n=len(given),
        same=float((first == second).all(axis=1).mean()),
        kappa={
            topic: float(cohen_kappa_score(first[:, i], second[:, i]))
            for i, topic in enumerate(TOPICS)
            if 0 < first[:, i].sum() + second[:, i].sum() < 2 * len(given)
        },
    )


def annotation_problems(passages: Iterable[Passage], annotations: dict[str, Annotation]) -> list[str]:
    """Passages labelled against two readers who agree, or read once; annotations of no passage."""
    found = []
    left = dict(annotations)
    once = 0
    for passage in passages:
        number = identity(passage.text)
        annotation = annotations.get(number)
        left.pop(number, None)
        if annotation is None:
            once += 1
        elif annotation.first == annotation.second != passage.labels:
            found.append(f"{passage.file}:{passage.line}: labels against both of {annotation.place}")
    if once:
        found.append(f"{once} passages read once; a second reading is in seeds/annotations")
    found += [f"{annotation.place}: no passage has this id" for annotation in left.values()]
    return found
