"""The checks find what writing by the yard leaves behind."""

from pathlib import Path

import pytest

from dutch_topics.annotations import annotation_problems, read_annotations
from dutch_topics.checks import describe, lexicon_problems, problems, skeleton, stale_splits, to_table
from dutch_topics.corpus import Corpus, Row, build_corpus, write_corpus
from dutch_topics.seeds import read_seeds

from .conftest import ROOT


def corpus_of(*texts: str, labels: tuple[str, ...] = ()) -> Corpus:
    rows = [Row(t, t, labels, "passage", t, "s.tsv", "gas", "east", "2010-", "blog", "nl") for t in texts]
    return Corpus({"train": rows, "validation": [], "test": []})


def test_statistics_count_passages_units_and_lexicon(seeds: Path) -> None:
    statistics = describe(build_corpus(read_seeds(seeds)))
    assert sum(group.n for group in statistics.splits) == 8
    assert statistics.units == 5
    assert (statistics.lexicon_terms, statistics.lexicon_rows) == (5, 2)
    assert statistics.pairs == {"economy + diplomacy": 1}
    by_kind = {group.name: (group.n, group.none) for group in statistics.groups["kind"]}
    assert by_kind == {"article": (2, 0.5), "contrast": (4, 0.5), "passage": (2, 0.5)}
    assert "lexicon: 5 terms in 2 rows" in to_table(statistics)


def test_a_skeleton_is_the_same_for_two_fillings_of_a_template() -> None:
    one = skeleton("In Minsk tekende president Loekasjenko op 8 mei een wet.")
    assert one == skeleton("In Den Haag tekende president Van Dam op 12 mei een wet.")
    assert one == "in # tekende president # op # mei een wet."


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (
            [f"{name} zag dat het in de stad bleef." for name in ("Jan", "Piet", "Klaas")],
            "phrase in 3 passages: dat het in de stad",
        ),
        (
            ["Op die dag stond alles stil", "Op die dag viel regen", "Op die dag zong niemand"],
            "3 passages open with: op die dag",
        ),
        (
            [
                "De heer Jansen uit Breda kocht gisteren 3 fietsen.",
                "De heer Smit uit Goes kocht gisteren 9 fietsen.",
            ],
            "one skeleton: s.tsv and s.tsv: De heer Smit uit Goes kocht gisteren 9 fietsen.",
        ),
    ],
)
def test_writing_by_the_yard_is_a_problem(texts: list[str], problem: str) -> None:
    assert problem in problems(corpus_of(*texts))
    assert problems(corpus_of("Een merel zong.", "Buiten vroor het dat het kraakte.")) == []


def test_a_common_word_that_gives_a_topic_away_is_a_problem() -> None:
    about = corpus_of("aldus het leger", "aldus de tank", labels=("military",)).splits["train"]
    rest = corpus_of("zo zong de merel", "zo viel de regen").splits["train"]
    found = problems(Corpus({"train": about + rest, "validation": [], "test": []}))
    assert "'aldus' is 99.0 times as common in military" in found


def test_a_term_in_two_lines_of_the_lexicon_is_a_problem(seeds: Path) -> None:
    with (seeds / "lexicon/woorden.tsv").open("a") as file:
        file.write("military\tgas\tgifgas, Aardgas\n")
    found = lexicon_problems(read_seeds(seeds).lexicon)
    assert found == ["lexicon/woorden.tsv:3: 'Aardgas' stands in lexicon/woorden.tsv:2 too"]


def test_a_built_corpus_that_the_seeds_have_left_behind_is_stale(seeds: Path, tmp_path: Path) -> None:
    corpus = build_corpus(read_seeds(seeds))
    corpus.splits["validation"] = corpus.splits["test"] = corpus.splits["train"]
    write_corpus(corpus, tmp_path)
    assert stale_splits(corpus, tmp_path) == []
    corpus.splits["test"] = corpus.splits["test"][1:]
    assert stale_splits(corpus, tmp_path) == ["test"]


def test_the_corpus_of_the_project_is_free_of_problems() -> None:
    seeds = read_seeds(ROOT / "seeds")
    assert problems(build_corpus(seeds)) == []
    assert lexicon_problems(seeds.lexicon) == []
    assert annotation_problems(seeds.passages, read_annotations(ROOT / "seeds")) == []
