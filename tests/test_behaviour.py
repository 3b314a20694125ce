"""The behaviour tests: read strictly, counted rightly, and a model that loses by them is refused."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dutch_topics import InputError, TopicModel
from dutch_topics.behaviour import (
    Score,
    accept,
    losses,
    read_accepted,
    read_suite,
    run_suite,
    to_table,
    totals,
)
from dutch_topics.corpus import build_corpus
from dutch_topics.duplicates import NEAR, Seen
from dutch_topics.prediction import Prediction
from dutch_topics.seeds import read_seeds

from .conftest import ROOT

CODEBOOK = """clause\tlabels\ttext
leger\tmilitary\tHet leger won.
leger\t-\tHet elftal won.

handel\teconomy,diplomacy\tZij sloten een verdrag over graan.
handel\teconomy\tZij sloten een koop van graan.
"""
INVARIANCE = """change\ttext
original\tHet leger won in 1914.
year\tHet leger won in 1815.
city\tHet leger won bij Gent.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "codebook.tsv").write_text(CODEBOOK)
    (tmp_path / "invariance.tsv").write_text(INVARIANCE)
    return tmp_path


def answering(topics: Callable[[str], tuple[str, ...]]) -> Callable[[Sequence[str]], list[Prediction]]:
    return lambda texts: [Prediction(text, topics(text), {}) for text in texts]


def test_a_pair_is_told_apart_only_where_both_are_right(folder: Path) -> None:
    suite = read_suite(folder)
    perfect = answering(
        lambda t: (
            ("military",) * ("leger" in t) + ("diplomacy",) * ("verdrag" in t)
        )  # economy is not at stake
    )
    assert [(s.test, s.passed, s.n) for s in run_suite(suite, perfect)] == [
        ("leger", 1, 1),
        ("handel", 1, 1),
        ("year", 1, 1),
        ("city", 1, 1),
    ]
    always = answering(lambda _: ("military", "diplomacy"))
    assert [s.passed for s in run_suite(suite, always)] == [0, 0, 1, 1]
    by_city = answering(lambda t: ("military",) if "Gent" in t else ())
    assert [s.passed for s in run_suite(suite, by_city)] == [0, 0, 1, 0]


def test_totals_are_over_all_tests_of_a_suite() -> None:
    scores = [Score("codebook", "a", 1, 3), Score("codebook", "b", 3, 3), Score("invariance", "c", 4, 5)]
    assert [(t.suite, t.test, t.share) for t in totals(scores)] == [
        ("codebook", "all", 4 / 6),
        ("invariance", "all", 0.8),
    ]
    assert to_table(scores).splitlines()[-1].split() == ["invariance", "all", "4", "5", "80.0%"]


def test_a_loss_of_more_than_two_points_is_told(tmp_path: Path) -> None:
    assert losses([Score("codebook", "a", 1, 100)], read_accepted(tmp_path)) == []  # nothing accepted yet
    accept([Score("codebook", "a", 90, 100), Score("invariance", "b", 50, 100)], tmp_path)
    assert (tmp_path / "scores.tsv").read_text() == "suite\tshare\ncodebook\t0.9000\ninvariance\t0.5000\n"
    accepted = read_accepted(tmp_path)
    assert losses([Score("codebook", "a", 88, 100), Score("invariance", "b", 70, 100)], accepted) == []
    assert losses([Score("codebook", "a", 87, 100), Score("invariance", "b", 40, 100)], accepted) == [
        "codebook: 87.0% of its tests passed, 90.0% before",
        "invariance: 40.0% of its tests passed, 50.0% before",
    ]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("codebook.tsv", "clause\ttext\n", r"codebook.tsv:1: the columns must be clause, labels, text"),
        ("codebook.tsv", CODEBOOK.replace("-\tHet elf", "sport\tHet elf"), r"codebook.tsv:3: .*'sport'"),
        (
            "codebook.tsv",
            CODEBOOK.replace("-\tHet elf", "military\tHet elf"),
            r"codebook.tsv:2: a group has one",
        ),
        ("codebook.tsv", CODEBOOK.replace("\tHet elftal won.", ""), r"codebook.tsv:3: a row has 3 cells"),
        ("invariance.tsv", INVARIANCE.replace("year", "original"), r"invariance.tsv:2: a group has one"),
        (
            "scores.tsv",
            "suite\tshare\ncodebook\tveel\n",
            r"scores.tsv: lines must be a suite, a tab and a share",
        ),
    ],
)
def test_what_is_no_suite_is_refused(folder: Path, name: str, text: str, problem: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=problem):
        losses(run_suite(read_suite(folder), answering(lambda _: ())), read_accepted(folder))


def test_every_clause_has_three_pairs_that_are_not_in_the_corpus() -> None:
    suite = read_suite(ROOT / "tests/behaviour")
    clauses = [group.names[0] for group in suite.codebook]
    assert {clauses.count(clause) for clause in clauses} == {3}
    planned = {slug.removeprefix("c-") for slug in read_seeds(ROOT / "seeds").plan if slug.startswith("c-")}
    assert set(clauses) == planned
    seen = Seen()
    for rows in build_corpus(read_seeds(ROOT / "seeds")).splits.values():
        for row in rows:
            if row.kind != "lexicon":
                seen.add(row.text)
    texts = [text for group in (*suite.codebook, *suite.invariance) for text in group.texts]
    assert [text for text in texts if seen.nearest(text)[1] > NEAR] == []
    changes = [name for group in suite.invariance for name in group.names[1:]]
    assert sum(name in ("country", "person", "city", "year") for name in changes) == 240


def test_a_toy_model_runs_through_the_suite(folder: Path, toy_model: TopicModel) -> None:
    assert sum(score.n for score in run_suite(read_suite(folder), toy_model.predict)) == 4
