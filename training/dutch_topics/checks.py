"""What the corpus is made of, and what is wrong with it, for people who write it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean, median, pstdev
from typing import Any

from .annotations import Agreement, Annotation, agreement
from .corpus import SPLITS, Corpus, Row, read_rows
from .duplicates import grams, words
from .errors import InputError
from .layout import align, percent
from .seeds import Terms
from .topics import TOPICS

# Limits of print-shop writing, as shares of passages.
PHRASE, PHRASE_SHARE = 5, 0.003
OPENING, OPENING_SHARE = 3, 0.01
SKELETON_WORDS = 6  # shorter lines ("Lees ook: …") are alike by nature
HABIT_WORDS, HABIT_FACTOR = 60, 6.0  # of the commonest words, how much more often in a topic


@dataclass(frozen=True)
class Group:
    """The share of each label among some passages."""

    name: str
    n: int
    none: float  # share of passages without a topic, in [0, 1]
    topics: dict[str, float]  # share of passages with each topic, in [0, 1]


@dataclass(frozen=True)
class Statistics:
    """What a corpus is made of; the lexicon's rows are counted, and nothing else of them."""

    splits: list[Group]
    groups: dict[str, list[Group]]  # by kind, region, period, genre and variety
    pairs: dict[str, int]  # passages with both topics of a pair
    units: int  # articles, groups of contrasts and single passages
    lexicon_rows: int
    lexicon_terms: int
    words_mean: float  # a passage's length in words
    words_median: float
    words_spread: float  # standard deviation
    vocabulary: dict[int, int]  # distinct words after so many passages
    dropped: int  # near-duplicates left out
    agreement: Agreement | None  # of two readings, where there are any

    def to_dict(self) -> dict[str, Any]:
        """The statistics as plain dicts and lists, for JSON."""
        return asdict(self)


def describe(corpus: Corpus, annotations: Iterable[Annotation] = ()) -> Statistics:
    """Count what `corpus` is made of, and how far the two readings of its passages agree."""
    passages = passages_of(corpus)
    lengths = [len(words(row.text)) for row in passages]
    lexicon = [row for rows in corpus.splits.values() for row in rows if row.kind == "lexicon"]
    groups: dict[str, Callable[[Row], str]] = {
        "kind": lambda row: row.kind,
        "region": lambda row: row.region,
        "period": lambda row: row.period,
        "genre": lambda row: row.genre,
        "variety": lambda row: row.variety,
    }
    pairs = Counter(pair for row in passages for pair in combinations(row.labels, 2))
    return Statistics(
        splits=[
            _group(split, [row for row in corpus.splits[split] if row.kind != "lexicon"]) for split in SPLITS
        ],
        groups={name: _groups(passages, key) for name, key in groups.items()},
        pairs={" + ".join(pair): count for pair, count in pairs.most_common()},
        units=len({row.unit for row in passages}),
        lexicon_rows=len(lexicon),
        lexicon_terms=sum(row.text.count(", ") + 1 for row in lexicon),
        words_mean=mean(lengths),
        words_median=median(lengths),
        words_spread=pstdev(lengths),
        vocabulary=_vocabulary(passages),
        dropped=len(corpus.dropped),
        agreement=agreement(given) if (given := list(annotations)) else None,
    )


def passages_of(corpus: Corpus) -> list[Row]:
    """All rows but the lexicon's."""
    return [row for split in SPLITS for row in corpus.splits[split] if row.kind != "lexicon"]


def problems(corpus: Corpus) -> list[str]:
    """Signs that passages were turned out alike, a line each; none in a good corpus."""
    passages = passages_of(corpus)
    return [
        *_frequent_phrases(passages),
        *_frequent_openings(passages),
        *_repeated_skeletons(passages),
        *_habits(passages),
    ]


def lexicon_problems(lexicon: Iterable[Terms]) -> list[str]:
    """Terms that stand in two lines of the lexicon, which may then say two things of them."""
    first: dict[str, Terms] = {}
    found = []
    for line in lexicon:
        for term in line.terms:
            other = first.setdefault(term.lower(), line)
            if other is not line:
                found.append(f"{line.file}:{line.line}: {term!r} stands in {other.file}:{other.line} too")
    return found


def to_table(statistics: Statistics) -> str:
    """The statistics as lines of text for a terminal, columns aligned."""
    sections = {"split": statistics.splits, **statistics.groups}
    tables = []
    for name, groups in sections.items():
        rows = [[name, "passages", "none", *TOPICS]]
        for group in groups:
            shares = [percent(share) for share in (group.none, *group.topics.values())]
            rows.append([group.name, f"{group.n:,}", *shares])
        tables.append(align(rows) + "\n")
    growth = ", ".join(f"{size:,} after {n:,}" for n, size in statistics.vocabulary.items())
    pairs = ", ".join(f"{pair} {count:,}" for pair, count in statistics.pairs.items())
    return "\n".join(
        [
            *tables,
            f"units: {statistics.units:,} articles, groups of contrasts and single passages",
            f"lexicon: {statistics.lexicon_terms:,} terms in {statistics.lexicon_rows:,} rows",
            f"words a passage: mean {statistics.words_mean:.1f}, median "
            f"{statistics.words_median:.0f}, standard deviation {statistics.words_spread:.1f}",
            f"distinct words: {growth}",
            f"topics together: {pairs}",
            f"near-duplicates left out: {statistics.dropped}",
            f"read twice: {agreement_text(statistics.agreement)}",
        ]
    )


def agreement_text(found: Agreement | None) -> str:
    """The agreement of two readings in a line."""
    if found is None:
        return "no second reading yet"
    kappas = ", ".join(f"{topic} {kappa:.2f}" for topic, kappa in found.kappa.items())
    return f"{found.n:,} passages, the same labels for {percent(found.same)}; Cohen's kappa: {kappas}"


def stale_splits(corpus: Corpus, directory: Path) -> list[str]:
    """The splits in `directory` that are missing or not what the seeds now give."""
    stale = []
    for split in SPLITS:
        try:
            same = read_rows(directory / f"{split}.jsonl") == corpus.splits[split]
        except InputError:
            same = False
        if not same:
            stale.append(split)
    return stale


def _group(name: str, rows: Sequence[Row]) -> Group:
    total = max(len(rows), 1)
    return Group(
        name,
        len(rows),
        sum(not row.labels for row in rows) / total,
        {topic: sum(topic in row.labels for row in rows) / total for topic in TOPICS},
    )


def _groups(rows: Sequence[Row], key: Callable[[Row], str]) -> list[Group]:
    members: dict[str, list[Row]] = {}
    for row in rows:
        members.setdefault(key(row), []).append(row)
    found = [_group(name, group) for name, group in members.items()]
    return sorted(found, key=lambda group: (-group.n, group.name))


def _vocabulary(rows: Sequence[Row]) -> dict[int, int]:
    """Distinct words after an eighth, a quarter, half and all of the passages, in order of id."""
    marks = {len(rows) // share for share in (8, 4, 2, 1)}
    known: set[str] = set()
    growth = {}
    for number, row in enumerate(sorted(rows, key=lambda row: row.id), start=1):
        known.update(words(row.text))
        if number in marks:
            growth[number] = len(known)
    return growth


def _frequent_phrases(rows: Sequence[Row]) -> Iterable[str]:
    counts = Counter(gram for row in rows for gram in grams(words(row.text), PHRASE))
    limit = max(PHRASE_SHARE * len(rows), 2)
    for gram, count in counts.most_common():
        if count <= limit:
            break
        if len(gram) == PHRASE:
            yield f"phrase in {count} passages: {' '.join(gram)}"


def _frequent_openings(rows: Sequence[Row]) -> Iterable[str]:
    counts = Counter(tuple(words(row.text)[:OPENING]) for row in rows)
    limit = max(OPENING_SHARE * len(rows), 2)
    for opening, count in counts.most_common():
        if count <= limit:
            break
        yield f"{count} passages open with: {' '.join(opening)}"


def skeleton(text: str) -> str:
    """`text` without what sets two fillings of one template apart: names and numbers."""
    masked = re.sub(r"\d[\d.,]*", "#", text)
    return re.sub(r"(?<!^)\b[A-ZÀ-Ý][\w’'-]*(\s+[A-ZÀ-Ý][\w’'-]*)*", "#", masked).lower()


def _repeated_skeletons(rows: Sequence[Row]) -> Iterable[str]:
    first: dict[str, Row] = {}
    for row in rows:
        form = skeleton(row.text)
        if len(words(form)) < SKELETON_WORDS:
            continue
        if form in first and first[form].unit != row.unit:
            yield f"one skeleton: {first[form].source} and {row.source}: {row.text}"
        first.setdefault(form, row)


def _habits(rows: Sequence[Row]) -> Iterable[str]:
    """Common words that a topic has far more often than the rest: habits of writing, not subjects."""
    present = [frozenset(words(row.text)) for row in rows]
    frequency = Counter(word for found in present for word in found)
    for topic in TOPICS:
        inside = [found for row, found in zip(rows, present, strict=True) if topic in row.labels]
        outside = [found for row, found in zip(rows, present, strict=True) if topic not in row.labels]
        if not inside or not outside:
            continue
        for word, _ in frequency.most_common(HABIT_WORDS):
            share = sum(word in found for found in inside) / len(inside)
            other = sum(word in found for found in outside) / len(outside)
            if share > HABIT_FACTOR * other:
                yield f"{word!r} is {share / other if other else 99:.1f} times as common in {topic}"
