"""An article is about what its sentences are about, often enough."""

import json
from pathlib import Path

import pytest

from dutch_topics import TOPICS, InputError, TopicModel
from dutch_topics.documents import LEAST_MEAN, read_sentences, to_text
from dutch_topics.prediction import Prediction
from dutch_topics.sentences import Sentence

from .conftest import Run

ARTICLE = """# Waarom raketten telt

Nieuws van het leger kwam laat. Dagen vol regen en wind.

Nieuws van de merel kwam laat. Over tanks ging het. Nieuws van zang kwam laat.
"""


def reading_of(scores: list[float], kinds: list[str] | None = None) -> dict[str, object]:
    """The reading of sentences with these scores for military, given from 0.5, and none for the others."""
    kinds = kinds or ["sentence"] * len(scores)
    sentences = [Sentence(n, n + 1, "x", kind) for n, kind in enumerate(kinds)]
    predictions = []
    for score in scores:
        by_topic = {topic: score if topic == "military" else 0.0 for topic in TOPICS}
        predictions.append(Prediction("x", ("military",) if score >= 0.5 else (), by_topic))
    return read_sentences(sentences, predictions, dict.fromkeys(TOPICS, 0.5)).to_dict()


def test_a_tenth_of_the_sentences_makes_a_topic() -> None:
    assert reading_of([1.0] + [0.0] * 9)["topics"] == ["military"]
    assert reading_of([1.0] + [0.0] * 12)["topics"] == []
    assert reading_of([LEAST_MEAN * 3] * 5)["topics"] == []  # no sentence is given it
    assert reading_of([])["topics"] == []
    assert reading_of([0.6, 0.0, 0.0])["profile"] == {**dict.fromkeys(TOPICS, 0.0), "military": 0.3333}


def test_boilerplate_does_not_count_but_is_listed() -> None:
    kinds = ["sentence"] * 3 + ["boilerplate"] * 20
    found = reading_of([1.0, 0.0, 0.0] + [0.0] * 20, kinds)
    assert found["topics"] == ["military"]
    assert found["scores"]["military"] == pytest.approx(1 / 3, abs=1e-6)  # type: ignore[index]
    assert len(found["sentences"]) == 23  # type: ignore[arg-type]
    assert reading_of([1.0], ["boilerplate"])["topics"] == []


def test_the_course_is_the_score_of_a_sentence_and_its_neighbours() -> None:
    course = reading_of([0.0, 0.0, 0.9, 0.0, 0.0])["course"]["military"]  # type: ignore[index]
    assert course == [0.15, 0.225, 0.3, 0.225, 0.15]


def test_an_article_is_read_sentence_by_sentence(toy_model: TopicModel) -> None:
    reading = toy_model.read(ARTICLE)
    assert reading.topics == ("military",)
    for entry in reading.sentences:
        place = entry.sentence
        assert ARTICLE[place.start : place.end].split() == place.text.split()
        assert entry.prediction == toy_model.predict([place.text])[0]
    given = [entry.sentence.text for entry in reading.sentences if entry.prediction.topics]
    assert given == ["Waarom raketten telt", "Nieuws van het leger kwam laat.", "Over tanks ging het."]
    everything = toy_model.read(ARTICLE, dict.fromkeys(TOPICS, 0.0))
    for entry in everything.sentences:
        assert entry.prediction.topics == (TOPICS if entry.prediction.readable else ())
    assert toy_model.read("").sentences == ()


def test_what_cannot_be_a_document_is_an_error(toy_model: TopicModel) -> None:
    with pytest.raises(InputError, match="NUL byte"):
        toy_model.read("a\0b")
    with pytest.raises(InputError, match="more than 5,000,000"):
        toy_model.read("a" * 5_000_001)


def test_the_command_reads_files_and_stdin(run: Run, model_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ARTICLE)
    done = run("predict", "--model", model_directory, "--document", "a.md", "--json")
    values = json.loads(done.stdout)
    assert (done.returncode, values["topics"]) == (0, ["military"])
    done = run("predict", "--model", model_directory, "--document", "-", stdin=ARTICLE)
    lines = done.stdout.splitlines()
    assert lines[0] == "about: military"
    assert "military\tOver tanks ging het." in lines
    for wrong in (["--input", "a.md"], ["tekst"], ["--output", "b.csv"], ["--precision", "0.9"]):
        done = run("predict", "--model", model_directory, "--document", "a.md", *wrong)
        assert (done.returncode, "--document" in done.stderr) == (2, True)
    done = run("predict", "--model", model_directory, "--document", "weg.md")
    assert (done.returncode, done.stderr) == (2, "error: weg.md: no such file\n")


def test_a_long_course_fits_a_terminal(toy_model: TopicModel) -> None:
    text = to_text(toy_model.read("Nieuws van het leger kwam laat. " * 500))
    assert max(map(len, text.splitlines()[:7])) < 110
