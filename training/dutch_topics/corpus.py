"""Build the corpus in `data/` from the seeds, read it back, and hand it to `datasets`.

A corpus is three files of JSON lines, `train`, `validation` and `test`. Each line is a `Row`. The
split is drawn by a hash of the row's unit (an article, a group of contrasts, a single passage), so
that a unit never straddles two splits and new seeds move no old ones. Rows that resemble an earlier
row of another unit are dropped. The lexicon becomes rows of `train` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .duplicates import NEAR, Seen
from .errors import InputError
from .files import read_text, sha256, write_text
from .seeds import Passage, Seeds
from .tables import parse_object
from .topics import TOPICS, in_order, unknown_topics

if TYPE_CHECKING:
    import datasets

SPLITS = ("train", "validation", "test")
VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1
TERMS_PER_ROW = 4  # lexicon terms in one training row


@dataclass(frozen=True)
class Row:
    """One line of the corpus."""

    id: str  # 12 hexadecimal digits of the text's SHA-256
    text: str
    labels: tuple[str, ...]  # topic names, in the order of TOPICS; empty for none
    kind: str  # article, passage, contrast or lexicon
    unit: str  # what stays in one split
    source: str  # the seed file, relative to seeds/
    subtopic: str
    region: str
    period: str
    genre: str
    variety: str


@dataclass(frozen=True)
class Dropped:
    """A passage left out because it resembles an earlier one."""

    passage: Passage
    original: Passage
    resemblance: float  # in (NEAR, 1]


@dataclass(frozen=True)
class Corpus:
    """The rows of each split, and what was left out of them."""

    splits: dict[str, list[Row]]
    dropped: tuple[Dropped, ...] = ()


def build_corpus(seeds: Seeds, terms_per_row: int = TERMS_PER_ROW) -> Corpus:
    """Turn seeds into a corpus; the same seeds give the same corpus.

    Raises `InputError` where one text stands twice with different labels.
    """
    kept, dropped = _without_duplicates(seeds.passages)
    splits: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for passage in kept:
        splits[split_of(passage.unit)].append(_passage_row(passage))
    splits["train"].extend(_lexicon_rows(seeds, terms_per_row))
    return Corpus(splits, tuple(dropped))


def split_of(unit: str) -> str:
    """The split of a unit, by a hash of its name: no other unit has a say in it."""
    draw = int(sha256(unit.encode())[:16], 16) / 16**16
    if draw < TEST_SHARE:
        return "test"
    return "validation" if draw < TEST_SHARE + VALIDATION_SHARE else "train"


def _without_duplicates(passages: Iterable[Passage]) -> tuple[list[Passage], list[Dropped]]:
    kept: list[Passage] = []
    dropped: list[Dropped] = []
    seen = Seen()
    for passage in passages:
        number, resemblance = seen.nearest(passage.text)
        original = kept[number] if number >= 0 else passage
        same = original.text == passage.text and original is not passage
        if same and original.labels != passage.labels:
            raise InputError(
                f"{passage.file}:{passage.line}: the text of {original.file}:{original.line} "
                "with other labels; settle which are right"
            )
        if same or (resemblance > NEAR and original.unit != passage.unit):
            dropped.append(Dropped(passage, original, resemblance))
            continue
        kept.append(passage)
        seen.add(passage.text)
    return kept, dropped


def identity(text: str) -> str:
    """What names a text for good: the first 12 hexadecimal digits of its SHA-256 sum."""
    return sha256(text.encode())[:12]


def _passage_row(passage: Passage) -> Row:
    return Row(
        id=identity(passage.text),
        text=passage.text,
        labels=passage.labels,
        kind=passage.kind,
        unit=passage.unit if passage.kind == "article" else identity(passage.unit),
        source=passage.file,
        subtopic=passage.subtopic,
        region=passage.region,
        period=passage.period,
        genre=passage.genre,
        variety=passage.variety,
    )


def _lexicon_rows(seeds: Seeds, terms_per_row: int) -> Iterator[Row]:
    for line in seeds.lexicon:
        for start in range(0, len(line.terms), terms_per_row):
            text = ", ".join(line.terms[start : start + terms_per_row])
            yield Row(
                id=identity(f"{line.subtopic}: {text}"),
                text=text,
                labels=line.labels,
                kind="lexicon",
                unit=identity(", ".join(line.terms)),
                source=line.file,
                subtopic=line.subtopic,
                region="",
                period="",
                genre="",
                variety=line.variety,
            )


def write_corpus(corpus: Corpus, directory: Path) -> None:
    """Write the three splits to `directory`, each file whole or not at all."""
    for split in SPLITS:
        write_text(directory / f"{split}.jsonl", to_jsonl(corpus.splits[split]))


def to_jsonl(rows: Iterable[Row]) -> str:
    """The rows as JSON lines, as they stand in `data/`."""
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def read_corpus(directory: Path) -> Corpus:
    """Read a built corpus. Raises `InputError` naming the file and line that is not as declared."""
    if not directory.is_dir():
        raise InputError(f"{directory}: no such folder; build it with `dutch-topics data build`")
    return Corpus({split: read_rows(directory / f"{split}.jsonl") for split in SPLITS})


def read_rows(path: Path) -> list[Row]:
    """Read one split, strictly: the declared columns, all of them, and no others."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line:
            rows.append(_to_row(parse_object(line, f"{path}:{number}"), f"{path}:{number}"))
    if not rows:
        raise InputError(f"{path}: empty; build it with `dutch-topics data build`")
    return rows


def _to_row(values: dict[str, Any], place: str) -> Row:
    names = [field.name for field in fields(Row)]
    if list(values) != names:
        raise InputError(f"{place}: the columns must be {', '.join(names)}")
    labels = values["labels"]
    if not isinstance(labels, list) or unknown_topics(map(str, labels)):
        raise InputError(f"{place}: labels must be a list of {', '.join(TOPICS)}")
    if not all(isinstance(values[name], str) for name in names if name != "labels"):
        raise InputError(f"{place}: every column but labels must be text")
    return Row(**{**values, "labels": in_order(labels)})


def corpus_sums(directory: Path) -> dict[str, str]:
    """The SHA-256 sum of each split's file, to say which corpus a model was trained on."""
    return {split: sha256(read_text(directory / f"{split}.jsonl").encode("utf-8")) for split in SPLITS}


def features() -> datasets.Features:
    """The declared columns of the corpus: strings, and for `labels` a list of class labels."""
    import datasets

    columns: dict[str, Any] = {field.name: datasets.Value("string") for field in fields(Row)}
    columns["labels"] = datasets.List(datasets.ClassLabel(names=list(TOPICS)))
    return datasets.Features(columns)


def load_corpus(directory: str | Path = Path("data")) -> datasets.DatasetDict:
    """Read a built corpus as a `datasets.DatasetDict` of train, validation and test.

    It is read strictly by us and cached by nobody: `datasets.load_dataset(folder)` would serve rows
    of an earlier build. Raises `InputError` naming the file and line that is not as declared.
    """
    import datasets

    return datasets.DatasetDict(
        {
            split: datasets.Dataset.from_list([asdict(row) for row in rows], features=features())
            for split, rows in read_corpus(Path(directory)).splits.items()
        }
    )
