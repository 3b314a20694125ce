"""Two readings of each passage: how far they agree, and where the seeds go against both."""

from pathlib import Path

import pytest

from dutch_topics import SeedError
from dutch_topics.annotations import (
    Annotation,
    agreement,
    annotation_problems,
    read_annotations,
    read_wholes,
    whole_problems,
)
from dutch_topics.corpus import identity
from dutch_topics.seeds import read_seeds

HEADER = "id\tfirst\tsecond\n"


def write(seeds: Path, rows: str) -> None:
    path = seeds / "annotations/articles/gas.tsv"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + rows)


def test_kappa_corrects_agreement_for_chance() -> None:
    military, nothing = ("military",), ()
    pairs = [(military, military)] * 4 + [(military, nothing)] + [(nothing, nothing)] * 5
    found = agreement(Annotation(first, second, "") for first, second in pairs)
    assert (found.n, found.same) == (10, 0.9)
    assert found.kappa["military"] == pytest.approx(0.8)  # (0.9 - 0.5) / (1 - 0.5)


def test_labels_against_two_readers_who_agree_are_a_problem(seeds: Path) -> None:
    gas, frost = identity("Het gas wordt duurder."), identity("Buiten vriest het.")
    write(seeds, f"{gas}\tmilitary\tmilitary\n{frost}\t-\tmilitary\n")
    problems = annotation_problems(read_seeds(seeds).passages, read_annotations(seeds))
    assert len(problems) == 2
    assert problems[0].startswith("articles/gas.tsv:2: labels against both of ")
    assert problems[1] == "6 passages read once; a second reading is in seeds/annotations"


def test_an_annotation_of_no_passage_is_a_problem(seeds: Path) -> None:
    write(seeds, "0123456789ab\t-\t-\n")
    problems = annotation_problems(read_seeds(seeds).passages, read_annotations(seeds))
    assert problems[-1].endswith("gas.tsv:2: no passage has this id")


def test_a_bad_annotation_is_named_by_file_and_line(seeds: Path) -> None:
    write(seeds, "0123456789ab\t-\tsport\n")
    with pytest.raises(SeedError, match=r"gas\.tsv:2: unknown label 'sport'"):
        read_annotations(seeds)


def test_an_article_must_be_labelled_as_a_whole(seeds: Path) -> None:
    (whole,) = read_wholes(seeds)
    assert (whole.file, whole.labels) == ("articles/gas.tsv", ("economy",))
    assert whole_problems(["articles/gas.tsv"], [whole]) == []
    assert whole_problems(["articles/gas.tsv", "articles/olie.tsv"], [whole]) == [
        "articles/olie.tsv: not in wholes.tsv, which says what it is about"
    ]
    assert whole_problems(["articles/gas.tsv"], [whole, whole])[0].endswith("is no article, or stands twice")
    (seeds / "wholes.tsv").write_text(
        "file\tlabels\tfirst\tsecond\narticles/gas.tsv\t-\tmilitary\tmilitary\n"
    )
    assert "against both" in whole_problems(["articles/gas.tsv"], read_wholes(seeds))[0]
