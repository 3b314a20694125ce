"""The corpus follows from the seeds alone: nothing doubled, nothing torn apart, nothing moved."""

import json
from dataclasses import asdict
from pathlib import Path

import datasets
import pytest

from dutch_topics import InputError, load_corpus
from dutch_topics.corpus import (
    SPLITS,
    Corpus,
    build_corpus,
    features,
    read_corpus,
    split_of,
    to_jsonl,
    write_corpus,
)
from dutch_topics.duplicates import Seen, grams, words
from dutch_topics.seeds import read_seeds

from .conftest import PASSAGE_HEADER, ROOT

PASSAGE = "-\tgas\teast\t2010-\tagency\t"


def build(seeds: Path) -> Corpus:
    return build_corpus(read_seeds(seeds))


def rows(corpus: Corpus) -> dict[str, tuple[str, dict[str, object]]]:
    return {row.text: (split, asdict(row)) for split, found in corpus.splits.items() for row in found}


def append_passage(seeds: Path, text: str, labels: str = "-") -> None:
    with (seeds / "passages/los.tsv").open("a") as file:
        file.write(f"{labels}\tgas\teast\t2010-\tagency\t{text}\n")


def test_resemblance_is_the_jaccard_index_of_word_4_grams() -> None:
    assert words("’s Avonds, om 8 uur!") == ["s", "avonds", "om", "8", "uur"]
    assert grams(["a", "b"]) == {("a", "b")}
    seen = Seen()
    seen.add("een twee drie vier vijf")
    seen.add("geheel iets anders dan dat")
    assert seen.nearest("EEN twee drie vier zes") == (0, 1 / 3)
    assert seen.nearest("niets van dit alles") == (-1, 0.0)


def test_the_same_seeds_give_the_same_bytes(seeds: Path) -> None:
    first, second = build(seeds), build(seeds)
    assert [to_jsonl(first.splits[s]) for s in SPLITS] == [to_jsonl(second.splits[s]) for s in SPLITS]


def test_an_article_and_a_group_of_contrasts_stay_in_one_split(seeds: Path) -> None:
    units: dict[object, set[str]] = {}
    for split, row in rows(build(seeds)).values():
        units.setdefault(row["unit"], set()).add(split)
    assert all(len(splits) == 1 for splits in units.values())


def test_a_new_article_moves_nobody(seeds: Path) -> None:
    before = rows(build(seeds))
    (seeds / "articles/aaa.tsv").write_text("labels\ttext\n-\tEen merel zong op het dak.\n")
    index = seeds / "index.tsv"
    header, rest = index.read_text().split("\n", 1)
    index.write_text(f"{header}\narticles/aaa.tsv\tA\t1990\teast\tblog\tnl\ttoy\n{rest}")
    after = rows(build(seeds))
    assert len(after) == len(before) + 1
    assert {text: after[text] for text in before} == before


def test_splits_are_drawn_one_in_ten_for_test_and_one_in_ten_for_validation() -> None:
    drawn = [split_of(f"eenheid {number}") for number in range(5000)]
    assert {s: round(drawn.count(s) / 5000, 1) for s in SPLITS} == {
        "train": 0.8,
        "validation": 0.1,
        "test": 0.1,
    }


def test_duplicates_and_near_duplicates_are_left_out_and_told(seeds: Path) -> None:
    append_passage(seeds, "Minsk en Moskou spreken over de gasprijs.", "economy,diplomacy")
    append_passage(seeds, "Minsk en Moskou spreken over de gasprijs vandaag.")
    corpus = build(seeds)
    assert [(d.passage.line, d.original.line) for d in corpus.dropped] == [(4, 2), (5, 2)]
    assert [d.resemblance for d in corpus.dropped] == [1.0, pytest.approx(4 / 5)]
    assert sum(len(found) for found in corpus.splits.values()) == len(rows(corpus))


def test_contrasts_may_resemble_each_other(seeds: Path) -> None:
    path = seeds / "contrasts/paren.tsv"
    one = f"military{PASSAGE[1:]}De minister van Defensie vloog naar de troepen in het oosten.\n"
    other = f"{PASSAGE}De minister van Defensie vloog naar de zon in het oosten.\n"
    path.write_text(PASSAGE_HEADER + one + other)
    corpus = build(seeds)
    assert not corpus.dropped
    splits = {split for text, (split, _) in rows(corpus).items() if "vloog naar" in text}
    assert len(splits) == 1


def test_one_text_with_two_labellings_is_an_error(seeds: Path) -> None:
    append_passage(seeds, "Minsk en Moskou spreken over de gasprijs.", "economy")
    with pytest.raises(InputError, match=r"los\.tsv:4: the text of passages/los\.tsv:2 with other labels"):
        build(seeds)


def test_the_lexicon_becomes_rows_of_train_and_of_nothing_else(seeds: Path) -> None:
    corpus = build(seeds)
    found = [(split, r.text) for split in SPLITS for r in corpus.splits[split] if r.kind == "lexicon"]
    assert found == [("train", "gasprijs, gaskraan, aardgas, gasleiding"), ("train", "olievat")]


def test_what_is_written_is_read_back_the_same(seeds: Path, tmp_path: Path) -> None:
    corpus = build(seeds)
    if not all(corpus.splits.values()):  # toy seeds need not reach every split
        corpus.splits["validation"] = corpus.splits["test"] = corpus.splits["train"]
    write_corpus(corpus, tmp_path)
    assert read_corpus(tmp_path).splits == corpus.splits


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", r"train\.jsonl:2: not a JSON object \("),
        ("[]", r"train\.jsonl:2: not a JSON object$"),
        ('{"id": "1"}', r"train\.jsonl:2: the columns must be id, text, labels, kind"),
        ('{"id": "1", "id": "1"}', r"train\.jsonl:2: not a JSON object \(a key stands twice\)"),
        ('{"id": NaN}', r"train\.jsonl:2: not a JSON object \(NaN is not JSON\)"),
        ('"labels": ["politics"]', r"train\.jsonl:2: labels must be a list of sovereignty"),
        ('"text": 1', r"train\.jsonl:2: every column but labels must be text"),
    ],
)
def test_a_bad_line_of_a_built_corpus_is_named(tmp_path: Path, line: str, problem: str) -> None:
    good = '{"id": "1", "text": "a", "labels": [], "kind": "passage", "unit": "1", "source": "s"'
    good += "".join(f', "{name}": ""' for name in ("subtopic", "region", "period", "genre", "variety")) + "}"
    bad = line if line[0] in "{[" else good.replace('"text": "a"', line).replace('"labels": []', line)
    if line.startswith('"labels"'):
        bad = good.replace('"labels": []', line)
    elif line.startswith('"text"'):
        bad = good.replace('"text": "a"', line)
    (tmp_path / "train.jsonl").write_text(f"{good}\n{bad}\n")
    with pytest.raises(InputError, match=problem):
        read_corpus(tmp_path)


def test_datasets_reads_the_corpus_with_its_declared_features_and_agrees_with_us(tmp_path: Path) -> None:
    ours = load_corpus(ROOT / "data")
    files = {split: str(ROOT / "data" / f"{split}.jsonl") for split in SPLITS}
    plain = datasets.load_dataset("json", data_files=files, features=features(), cache_dir=str(tmp_path))
    assert ours["train"].features == features()
    for split in SPLITS:
        assert ours[split].to_list() == plain[split].to_list()


def test_the_committed_corpus_is_what_the_seeds_give() -> None:
    corpus = build(ROOT / "seeds")
    for split in SPLITS:
        written = (ROOT / "data" / f"{split}.jsonl").read_text("utf-8")
        assert written == to_jsonl(corpus.splits[split]), "run `make data` and commit data/"


def test_no_column_of_the_corpus_is_rewritten_by_the_json_reader_as_a_date() -> None:
    for line in (ROOT / "data/test.jsonl").read_text("utf-8").splitlines():
        assert not any(
            str(value)[:4].isdigit() and str(value)[4:5] == "-" and len(str(value)) == 10
            for value in json.loads(line).values()
        )
