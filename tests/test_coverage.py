"""What the model can know of a text, and what it does with one it cannot read."""

from pathlib import Path

import pytest

from dutch_topics import TopicModel, load_model
from dutch_topics.coverage import LEAST_COVERAGE, coverage, language, vocabulary, words

KNOWN = frozenset({"gas", "levering", "contract", "prijs", "tekende", "het", "minister"})
FOREIGN = [
    "The ministers signed an agreement on gas prices in Minsk.",
    "Troops were moved to the border while talks went on.",
    "Der Minister unterzeichnete gestern einen Vertrag über die Lieferung von Panzern.",
    "Les deux présidents ont signé un accord sur la frontière commune.",
    "El gobierno anunció ayer nuevas sanciones contra las empresas del país vecino.",
    "Il presidente ha visitato la capitale per discutere del trattato di pace.",
    "Министры подписали соглашение о цене на газ.",
    "两国总统在北京举行会谈。",
    "Rząd ogłosił wczoraj nowe sankcje wobec sąsiedniego kraju.",
    "Hükümet dün komşu ülkeye karşı yeni yaptırımlar açıkladı.",
]
DUTCH = [
    "De ministers tekenden in Minsk een akkoord over de gasprijs.",
    "Gasleveringscontract",
    "Club Brugge won met 2-1 van Anderlecht.",
    "MINISTERS TEKENEN GASAKKOORD",
    "Zij liep naar huis en dacht aan haar moeder.",
    "Wit-Russische president op bezoek bij Poetin",
]


def test_words_are_those_of_the_word_ngrams_without_numbers() -> None:
    assert words("Op 3 mei 1811 at hij 's avonds é, één Öl!") == [
        "op",
        "mei",
        "at",
        "hij",
        "avonds",
        "één",
        "öl",
    ]


def test_the_vocabulary_has_the_words_of_enough_texts() -> None:
    assert vocabulary(["het gas het", "Het contract", "gas"], 2) == {"het", "gas"}


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Het gas", 1),
        ("Het kwik", 1 / 2),
        ("kwik zilver", 0),
        ("leveringscontract", 1),  # of two known words, with the s that joins them
        ("contractprijs", 1),
        ("contract" * 50_000, 0),  # at once
        ("gascontract", 0),  # a part of three letters may be chance
        ("", 1),
        ("1811 - 1914 !", 1),
    ],
)
def test_coverage_is_the_share_of_words_known(text: str, share: float) -> None:
    assert coverage(text, KNOWN) == share


def test_the_language_is_dutch_unless_it_is_clearly_another() -> None:
    assert [language(text) for text in FOREIGN] == [
        "en",
        "en",
        "de",
        "fr",
        "es",
        "it",
        "ru",
        "zh",
        "pl",
        "tr",
    ]
    assert {language(text) for text in (*DUTCH, "", "\n", "42", "ok")} == {"nl"}


def test_text_that_is_not_dutch_is_marked_and_dutch_is_not(
    real_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(real_model)
    for prediction in model.predict(FOREIGN):
        assert not prediction.readable, prediction
        assert prediction.topics == prediction.unsure == ()
    for prediction in model.predict(DUTCH):
        assert prediction.readable, prediction
    # Its words alone give most of them away; English and Italian share too many with Dutch pages.
    monkeypatch.setattr("dutch_topics.coverage.detects_language", lambda: False)
    marked = [prediction for prediction in model.predict(FOREIGN) if not prediction.readable]
    assert len(marked) >= 7
    assert {prediction.language for prediction in marked} == {None}
    assert all(prediction.coverage < LEAST_COVERAGE for prediction in marked)


def test_a_word_that_training_never_met_is_answered_with_a_mark(toy_model: TopicModel) -> None:
    (prediction,) = toy_model.predict(
        ["Xylofoonspeler kwijlt quasi-glazig"], dict.fromkeys(toy_model.thresholds, 0)
    )
    assert (prediction.coverage, prediction.topics, prediction.readable) == (0, (), False)
