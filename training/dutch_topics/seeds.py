"""Read `seeds/`: articles, passages, contrasts and lexicon, each line checked as it is read.

    seeds/index.tsv          file, title, date, region, genre, variety, origin: one row a file
    seeds/plan/*.tsv         subtopic, description: the subjects that passages and lexicon visit
    seeds/articles/*.tsv     labels, text: one sentence a line, in the order of the page
    seeds/passages/*.tsv     labels, subtopic, region, period, genre, text: one situation a line
    seeds/contrasts/*.tsv    the same columns; a blank line parts the groups of look-alikes
    seeds/lexicon/*.tsv      labels, subtopic, terms: related terms, separated by a comma
    seeds/annotations/**.tsv id, first, second: two readings of each passage (annotations.py)
    seeds/wholes.tsv         file, labels, first, second: what each article is about as a whole

Every file starts with a header line that names its columns. Labels are topic names joined by
commas, or `-` for a passage without a topic.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError, SeedError
from .files import read_text
from .topics import TOPICS, in_order, unknown_topics

NO_LABEL = "-"
FOLDERS = ("articles", "passages", "contrasts", "lexicon")
COLUMNS = {
    "index": ("file", "title", "date", "region", "genre", "variety", "origin"),
    "plan": ("subtopic", "description"),
    "articles": ("labels", "text"),
    "passages": ("labels", "subtopic", "region", "period", "genre", "text"),
    "contrasts": ("labels", "subtopic", "region", "period", "genre", "text"),
    "lexicon": ("labels", "subtopic", "terms"),
    "annotations": ("id", "first", "second"),
    "wholes": ("file", "labels", "first", "second"),
}
# East: Russia, Belarus, Ukraine, Moldova, the Caucasus, the Baltics. World: no place in particular.
REGIONS = (
    "east",
    "low-countries",
    "europe",
    "middle-east",
    "africa",
    "asia",
    "americas",
    "oceania",
    "world",
)
PERIODS = (
    "antiquity",
    "medieval",
    "early-modern",
    "nineteenth",
    "1900-1945",
    "1946-1989",
    "1990-2009",
    "2010-",
)
GENRES = (
    "agency",
    "reportage",
    "analysis",
    "interview",
    "column",
    "explainer",
    "chronology",
    "letter",
    "communique",
    "encyclopedia",
    "history",
    "obituary",
    "company",
    "blog",
    "liveblog",
    "report",
    "speech",
    "review",
    "forum",
    "notice",
    "narrative",
)
VARIETIES = ("nl", "be")
FEWEST_TERMS, MOST_TERMS = 2, 24


@dataclass(frozen=True)
class SeedFile:
    """A row of the index: where a file's passages come from."""

    file: str
    title: str
    date: str
    region: str
    genre: str
    variety: str
    origin: str

    @property
    def kind(self) -> str:
        """The folder: articles, passages, contrasts or lexicon."""
        return self.file.partition("/")[0]


@dataclass(frozen=True)
class Passage:
    """A labelled line of a seed file, with all that is known about it."""

    text: str
    labels: tuple[str, ...]
    kind: str
    file: str
    line: int
    unit: str  # what must stay in one split: an article, a group of contrasts, or the line itself
    subtopic: str
    region: str
    period: str
    genre: str
    variety: str


@dataclass(frozen=True)
class Terms:
    """A line of the lexicon: related terms that share their labels."""

    terms: tuple[str, ...]
    labels: tuple[str, ...]
    file: str
    line: int
    subtopic: str
    variety: str


@dataclass(frozen=True)
class Seeds:
    """All that `seeds/` holds, in the order of the index."""

    files: tuple[SeedFile, ...]
    plan: dict[str, str]
    passages: tuple[Passage, ...]
    lexicon: tuple[Terms, ...]


def read_seeds(directory: Path) -> Seeds:
    """Read and check every seed file under `directory`.

    Raises `InputError` (`SeedError` with file and line) at the first thing that is not right: a
    file that the index does not name or that is not there, a wrong header or number of columns, an
    unknown label, subtopic, region, period or genre, text that is empty or not plain.
    """
    files = tuple(_read_index(directory))
    plan = {
        cells["subtopic"]: cells["description"]
        for path in sorted((directory / "plan").glob("*.tsv"))
        for _, cells in read_rows(path, "plan")
    }
    passages: list[Passage] = []
    lexicon: list[Terms] = []
    for entry in files:
        path = directory / entry.file
        if entry.kind == "lexicon":
            lexicon.extend(_read_lexicon(path, entry, plan))
        elif entry.kind == "articles":
            passages.extend(_read_article(path, entry))
        else:
            passages.extend(_read_passages(path, entry, plan))
    return Seeds(files, plan, tuple(passages), tuple(lexicon))


def _read_index(directory: Path) -> Iterator[SeedFile]:
    path = directory / "index.tsv"
    named: set[str] = set()
    for line, cells in read_rows(path, "index"):
        entry = SeedFile(**cells)
        if entry.kind not in FOLDERS:
            raise SeedError(path, line, f"{entry.file}: not in one of {', '.join(FOLDERS)}")
        if entry.file in named:
            raise SeedError(path, line, f"{entry.file}: named twice")
        if not (directory / entry.file).is_file():
            raise SeedError(path, line, f"{entry.file}: no such file")
        _one_of(path, line, "variety", entry.variety, VARIETIES)
        if entry.kind == "articles":
            _one_of(path, line, "region", entry.region, REGIONS)
            _one_of(path, line, "genre", entry.genre, GENRES)
            period_of(path, line, entry.date)
        named.add(entry.file)
        yield entry
    for folder in FOLDERS:
        for found in sorted((directory / folder).glob("*")):
            if f"{folder}/{found.name}" not in named:
                raise InputError(f"{found}: not in {path}; add a line for it")


def _read_article(path: Path, entry: SeedFile) -> Iterator[Passage]:
    period = period_of(path, 1, entry.date)
    for line, cells in read_rows(path, "articles"):
        yield Passage(
            text=cells["text"],
            labels=read_labels(path, line, cells["labels"]),
            kind="article",
            file=entry.file,
            line=line,
            unit=entry.file,
            subtopic="",
            region=entry.region,
            period=period,
            genre=entry.genre,
            variety=entry.variety,
        )


def _read_passages(path: Path, entry: SeedFile, plan: dict[str, str]) -> Iterator[Passage]:
    contrast = entry.kind == "contrasts"
    group, last = "", 0
    for line, cells in read_rows(path, entry.kind):
        _one_of(path, line, "region", cells["region"], REGIONS)
        _one_of(path, line, "period", cells["period"], PERIODS)
        _one_of(path, line, "genre", cells["genre"], GENRES)
        _subtopic(path, line, cells["subtopic"], plan)
        if not contrast or line != last + 1:  # a contrast's unit goes by its group's first text
            group = cells["text"]
        last = line
        yield Passage(
            text=cells["text"],
            labels=read_labels(path, line, cells["labels"]),
            kind="contrast" if contrast else "passage",
            file=entry.file,
            line=line,
            unit=group,
            subtopic=cells["subtopic"],
            region=cells["region"],
            period=cells["period"],
            genre=cells["genre"],
            variety=entry.variety,
        )


def _read_lexicon(path: Path, entry: SeedFile, plan: dict[str, str]) -> Iterator[Terms]:
    for line, cells in read_rows(path, "lexicon"):
        terms = tuple(cells["terms"].split(", "))
        if not FEWEST_TERMS <= len(terms) <= MOST_TERMS:
            raise SeedError(path, line, f"{len(terms)} terms; a line has {FEWEST_TERMS} to {MOST_TERMS}")
        if any(not term.strip(" ,") or term != term.strip(" ,") for term in terms):
            raise SeedError(path, line, "an empty term; terms are separated by a comma and a blank")
        _subtopic(path, line, cells["subtopic"], plan)
        labels = read_labels(path, line, cells["labels"])
        yield Terms(terms, labels, entry.file, line, cells["subtopic"], entry.variety)


def read_rows(path: Path, kind: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a seed file as (line number from 1, cells by column), checked for form.

    `kind` is a key of `COLUMNS`. Raises `SeedError` naming the file and line that is not right.
    """
    columns = COLUMNS[kind]
    lines = read_text(path).split("\n")
    if lines[0] != "\t".join(columns):
        raise SeedError(path, 1, f"the header must be {'<TAB>'.join(columns)}")
    for number, line in enumerate(lines[1:], start=2):
        if not line and (kind == "contrasts" or number == len(lines)):
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise SeedError(path, number, f"{len(cells)} columns, not {len(columns)}")
        for column, cell in zip(columns, cells, strict=True):
            if not cell or cell != cell.strip():
                raise SeedError(path, number, f"{column}: empty, or blanks around it")
            if any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in cell):
                raise SeedError(path, number, f"{column}: a control character; use plain text")
            if unicodedata.normalize("NFC", cell) != cell:
                raise SeedError(path, number, f"{column}: accents not composed; save as NFC")
        yield number, dict(zip(columns, cells, strict=True))


def read_labels(path: Path, line: int, cell: str) -> tuple[str, ...]:
    """The topics of a `labels` cell, in the order of `TOPICS`; raises `SeedError` for other names."""
    names = [] if cell == NO_LABEL else cell.split(",")
    unknown = unknown_topics(names)
    if unknown:
        known = ", ".join(TOPICS)
        raise SeedError(path, line, f"unknown label {unknown[0]!r}; use {known}, or {NO_LABEL}")
    if len(set(names)) != len(names):
        raise SeedError(path, line, f"a label named twice: {cell}")
    return in_order(names)


def _subtopic(path: Path, line: int, name: str, plan: dict[str, str]) -> None:
    if name not in plan:
        raise SeedError(path, line, f"unknown subtopic {name!r}; add it to a file in plan/")


def _one_of(path: Path, line: int, column: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SeedError(path, line, f"unknown {column} {value!r}; use one of {', '.join(allowed)}")


def period_of(path: Path, line: int, date: str) -> str:
    """The period of a date: a year (`1815`, `-480`) or the start of an ISO date (`2019-12-19`)."""
    match = re.fullmatch(r"(-?\d{1,4})(-\d\d(-\d\d)?)?", date)
    if match is None:
        raise SeedError(path, line, f"date {date!r}: write a year or YYYY-MM-DD")
    year = int(match[1])
    ends = (499, 1499, 1799, 1899, 1945, 1989, 2009, 9999)
    return next(period for period, end in zip(PERIODS, ends, strict=True) if year <= end)
