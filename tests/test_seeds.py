"""Seeds are read strictly: what is right comes out whole, what is wrong is named by file and line."""

from pathlib import Path

import pytest

from dutch_topics import InputError, SeedError
from dutch_topics.seeds import PERIODS, period_of, read_seeds

from .conftest import ROOT


def test_an_article_is_read_sentence_by_sentence_and_takes_its_place_and_time_from_the_index(
    seeds: Path,
) -> None:
    first, second = [p for p in read_seeds(seeds).passages if p.kind == "article"]
    assert (first.text, first.labels, first.line) == ("Het gas wordt duurder.", ("economy",), 2)
    assert (first.region, first.period, first.genre, first.variety) == ("east", "2010-", "agency", "nl")
    assert (second.text, second.labels) == ("Buiten vriest het.", ())
    assert first.unit == second.unit == "articles/gas.tsv"


def test_a_passage_is_a_unit_of_its_own_and_labels_come_in_one_order(seeds: Path) -> None:
    one, other = [p for p in read_seeds(seeds).passages if p.kind == "passage"]
    assert one.labels == ("economy", "diplomacy")
    assert one.unit == one.text != other.unit
    assert (other.period, other.variety) == ("1990-2009", "be")


def test_contrasts_without_a_blank_line_between_them_are_one_unit(seeds: Path) -> None:
    units = [p.unit for p in read_seeds(seeds).passages if p.kind == "contrast"]
    assert units[0] == units[1] != units[2] == units[3]


def test_a_lexicon_line_is_a_list_of_terms(seeds: Path) -> None:
    (line,) = read_seeds(seeds).lexicon
    assert line.terms == ("gasprijs", "gaskraan", "aardgas", "gasleiding", "olievat")


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("articles/gas.tsv", "economy\t", "politics\t", "gas.tsv:2: unknown label 'politics'; use sovereign"),
        ("articles/gas.tsv", "economy\t", "economy,economy\t", "gas.tsv:2: a label named twice"),
        ("articles/gas.tsv", "-\tB", "\tB", "gas.tsv:3: labels: empty, or blanks around it"),
        ("articles/gas.tsv", "-\tB", "B", "gas.tsv:3: 1 columns, not 2"),
        ("articles/gas.tsv", "\n-", "\n\n-", "gas.tsv:3: 1 columns, not 2"),
        ("articles/gas.tsv", "labels\ttext", "label\ttext", "gas.tsv:1: the header must be labels<TAB>text"),
        ("articles/gas.tsv", "vriest", "vri\u0000est", "gas.tsv:3: text: a control character"),
        ("articles/gas.tsv", "vriest", "vrie\u0301st", "gas.tsv:3: text: accents not composed"),
        ("articles/gas.tsv", "het.\n", "het.\r\n", "gas.tsv:3: text: empty, or blanks around it"),
        ("passages/los.tsv", "\tgas\teast", "\tgaz\teast", "los.tsv:2: unknown subtopic 'gaz'; add it"),
        ("passages/los.tsv", "east", "oost", "los.tsv:2: unknown region 'oost'; use one of east, low"),
        ("passages/los.tsv", "2010-", "2010", "los.tsv:2: unknown period '2010'"),
        ("passages/los.tsv", "agency", "anp", "los.tsv:2: unknown genre 'anp'"),
        ("lexicon/woorden.tsv", "aardgas, ", "aardgas,, ", "woorden.tsv:2: an empty term"),
        ("lexicon/woorden.tsv", ", gaskraan, aardgas, gasleiding, olievat", "", "1 terms; a line has 2 to"),
        ("index.tsv", "2019-12-19", "19 december", "index.tsv:2: date '19 december': write a year or YYYY"),
        ("index.tsv", "\tbe\t", "\tvl\t", "index.tsv:3: unknown variety 'vl'"),
        ("index.tsv", "articles/gas", "articles/olie", "index.tsv:2: articles/olie.tsv: no such file"),
        ("index.tsv", "passages/los", "articles/gas", "index.tsv:3: articles/gas.tsv: named twice"),
        ("index.tsv", "articles/gas", "../gas", "index.tsv:2: ../gas.tsv: not in one of articles"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(
    seeds: Path, file: str, old: str, new: str, problem: str
) -> None:
    path = seeds / file
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(SeedError) as caught:
        read_seeds(seeds)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_the_index_does_not_name_is_an_error(seeds: Path) -> None:
    (seeds / "articles/nieuw.tsv").write_text("labels\ttext\n-\tTekst.\n")
    with pytest.raises(InputError, match=r"nieuw\.tsv: not in .*index\.tsv; add a line for it"):
        read_seeds(seeds)


def test_a_file_that_is_not_utf8_is_an_error_at_its_line(seeds: Path) -> None:
    path = seeds / "articles/gas.tsv"
    path.write_bytes(path.read_bytes().replace(b"vriest", b"vr\xe9st"))
    with pytest.raises(InputError, match=r"gas\.tsv:3: not UTF-8"):
        read_seeds(seeds)


@pytest.mark.parametrize(
    ("date", "period"),
    [
        ("-480", "antiquity"),
        ("499", "antiquity"),
        ("500", "medieval"),
        ("1648-05-15", "early-modern"),
        ("1815", "nineteenth"),
        ("1945", "1900-1945"),
        ("1989", "1946-1989"),
        ("2010", "2010-"),
    ],
)
def test_a_date_falls_in_a_period(date: str, period: str) -> None:
    assert period in PERIODS
    assert period_of(Path("index.tsv"), 1, date) == period


def test_the_seeds_of_the_project_are_right() -> None:
    seeds = read_seeds(ROOT / "seeds")
    assert len(seeds.passages) > 1200
    assert len(seeds.lexicon) >= 200
