"""The n-grams behind the columns are found again, with what the corpus says of them."""

import numpy as np

from dutch_topics import TopicModel
from dutch_topics.ngrams import Ngram, strongest_ngrams, to_tables

from .conftest import FRAMES, TOY, toy_split


def test_the_strongest_ngrams_of_a_topic_are_its_words(toy_model: TopicModel) -> None:
    found = strongest_ngrams(toy_model.scorer, toy_split(FRAMES[:3]), 5)
    for topic, names in TOY.items():
        if topic:
            own = [n for n in found if (n.topic, n.part) == (topic, "words") and n.weight > 0]
            assert own
            assert any(name in ngram.ngram for ngram in own for name in names)
            assert all(ngram.with_topic > ngram.without for ngram in own)


def test_a_weight_is_the_coefficient_of_the_ngrams_column(toy_model: TopicModel) -> None:
    found = strongest_ngrams(toy_model.scorer, toy_split(FRAMES[:3]), 3)
    features, topics = toy_model.pipeline.named_steps.values()
    for ngram in found:
        if ngram.part == "words":
            (column,) = {c for c in features.transform([ngram.ngram]).indices if _is(topics, ngram, c)}
            assert column < 2**18


def _is(topics: object, ngram: Ngram, column: int) -> bool:
    number = ["sovereignty", "military", "economy", "diplomacy"].index(ngram.topic)
    coefficient = topics.estimators_[number].coef_[0, column]  # type: ignore[attr-defined]
    return bool(np.isclose(coefficient, ngram.weight)) and column < 2**18


def test_lexicon_rows_are_no_passages(toy_model: TopicModel) -> None:
    train = toy_split(FRAMES[:3]).map(lambda row: {"kind": "lexicon"} if 1 in row["labels"] else {})
    found = strongest_ngrams(toy_model.scorer, train, 5)
    assert all(n.with_topic == 0 for n in found if n.topic == "military")


def test_the_tables_show_for_and_against_each_topic() -> None:
    ngrams = [
        Ngram("military", "words", "het leger", 3.25, 9, 1),
        Ngram("military", "characters", " spel", -2.0, 0, 4),
        Ngram("economy", "words", "euro", 1.0, 1, 0),
    ]
    shares = dict.fromkeys(["sovereignty", "military", "economy", "diplomacy"], 0.25)
    blocks = to_tables(ngrams, shares, 8).split("\n\n")
    assert blocks[1].splitlines() == [
        "military (25.0% of the passages trained on)",
        "                        n-gram  weight  passages  of the topic",
        "for           words  het leger    +3.2        10         90.0%",
        "against  characters      _spel    -2.0         4          0.0%",
    ]
