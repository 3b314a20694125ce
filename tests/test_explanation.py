"""An explanation adds up to the score it explains, and points at the text as it was given."""

import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from dutch_topics import TOPICS, InputError, TopicModel
from dutch_topics.explanation import LONGEST_EXPLAINED, Explanation

from .conftest import Run
from .test_scorer import HOSTILE, TEXTS

SENTENCE = "Nieuws van het leger, de ambassadeur en het VERDRAG kwam laat"


def assert_adds_up(model: TopicModel, text: str) -> Explanation:
    explanation = model.explain(text)
    expected = model.pipeline.predict_proba([text])[0]
    for number, topic in enumerate(TOPICS):
        found = explanation.topics[topic]
        by_words = found.intercept + sum(word.contribution for word in found.words)
        by_ngrams = found.intercept + sum(ngram.contribution for ngram in found.ngrams)
        assert by_words == pytest.approx(found.logit, abs=1e-6)
        assert by_ngrams == pytest.approx(found.logit, abs=1e-6)
        assert 1 / (1 + math.exp(-found.logit)) == pytest.approx(expected[number], abs=1e-9)
        assert [word.text for word in found.words] == text.split()
        for word in found.words:
            assert text[word.start : word.end] == word.text
        for ngram in found.ngrams:
            for start, end in ngram.spans:
                there = text[start:end].casefold()
                # Of a pair of words, what parts them in the text may be more than a blank.
                if ngram.part == "words":
                    words = ngram.ngram.casefold().split()
                    assert there.startswith(words[0])
                    assert there.endswith(words[-1])
                else:
                    assert there == ngram.ngram.strip(" ").casefold()
    return explanation


def test_contributions_and_intercept_are_the_logit(toy_model: TopicModel) -> None:
    explanation = assert_adds_up(toy_model, SENTENCE)
    military = explanation.topics["military"]
    assert max(military.words, key=lambda word: word.contribution).text == "leger,"
    assert min(military.words, key=lambda word: word.contribution).contribution < 0


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) < 2000 and "\0" not in text])
def test_they_are_in_hostile_texts_too(toy_model: TopicModel, text: str) -> None:
    # Where lower case is longer than the text, an n-gram may begin inside a character of it.
    if "İ" in text:
        text = text.replace("İ", "I")
    assert_adds_up(toy_model, text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_they_are_in_any_text(toy_model: TopicModel, text: str) -> None:
    assert_adds_up(toy_model, text.replace("İ", "I").replace("\0", ""))


def test_spans_point_into_the_text_where_lower_case_is_longer(toy_model: TopicModel) -> None:
    text = "İİ leger İzmir"
    found = toy_model.explain(text).topics["military"]
    assert [text[w.start : w.end] for w in found.words] == ["İİ", "leger", "İzmir"]
    leger = next(n for n in found.ngrams if n.ngram == "leger" and n.part == "words")
    assert [text[start:end] for start, end in leger.spans] == ["leger"]


def test_leaving_out_the_words_of_a_flip_changes_the_answer(toy_model: TopicModel) -> None:
    for text in (SENTENCE, "Nieuws van tanks en raketten kwam laat", "tanks " * 70):
        for topic, found in toy_model.explain(text).topics.items():
            if found.flip is None:
                assert not found.given
                continue
            places = {word.start for word in found.flip.left_out}
            left = " ".join(word.text for word in found.words if word.start not in places)
            score = toy_model.predict([left])[0].scores[topic]
            assert score == pytest.approx(found.flip.score, abs=1e-12)
            assert (score >= found.threshold) != found.given
            for put_back in places:  # none of them could have stayed
                some = " ".join(w.text for w in found.words if w.start not in places - {put_back})
                assert (toy_model.predict([some])[0].scores[topic] >= found.threshold) == found.given


def test_one_word_is_preferred_to_two(toy_model: TopicModel) -> None:
    found = toy_model.explain("Nieuws van het leger kwam laat").topics["military"]
    assert found.given
    assert found.flip is not None
    assert [word.text for word in found.flip.left_out] == ["leger"]


def test_the_nearest_passages_share_the_rarest_words(toy_model: TopicModel) -> None:
    nearest = toy_model.explain("Hij zag het leger in de regen").nearest
    assert len(nearest) == 3
    assert all("leger" in neighbour.text or "regen" in neighbour.text for neighbour in nearest)
    assert {("military",), ()} >= {neighbour.topics for neighbour in nearest}
    similarities = [neighbour.similarity for neighbour in nearest]
    assert similarities == sorted(similarities, reverse=True)
    assert toy_model.explain("Over leger ging het").nearest[0].similarity == pytest.approx(1)
    assert toy_model.explain("xylofoon").nearest == ()


def test_what_is_left_out_of_json_is_told_as_a_sum(toy_model: TopicModel) -> None:
    explanation = toy_model.explain(SENTENCE)
    values = explanation.to_dict(strongest=2)["topics"]["military"]
    assert sorted(ngram["contribution"] > 0 for ngram in values["ngrams"]) == [False, False, True, True]
    shown = sum(ngram["contribution"] for ngram in values["ngrams"])
    assert values["intercept"] + shown + values["other_ngrams"] == pytest.approx(values["logit"], abs=1e-9)


def test_a_text_too_long_to_explain_is_an_error(toy_model: TopicModel) -> None:
    with pytest.raises(InputError, match="10,001 characters to explain"):
        toy_model.explain("a" * (LONGEST_EXPLAINED + 1))


def test_the_command_prints_json_text_and_a_page(run: Run, model_directory: object, tmp_path: object) -> None:
    hostile = "Het leger <script>alert(1)</script> [bold]trok[/bold] op"
    done = run("explain", "--model", model_directory, "--json", hostile)
    values = json.loads(done.stdout)
    assert (done.returncode, values["text"]) == (0, hostile)
    assert np.isfinite(values["topics"]["military"]["logit"])
    done = run("explain", "--model", model_directory, hostile)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[bold]trok[/bold]" in done.stdout
    assert "without" in done.stdout
    assert "\x1b" not in done.stdout
    done = run("explain", "--model", model_directory, "--html", "why.html", "-", stdin=hostile)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = (tmp_path / "why.html").read_text()  # type: ignore[operator]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    done = run("explain", "--model", model_directory, "--html", "why.html", "--json", hostile)
    assert (done.returncode, done.stderr) == (2, "error: give --json or --html, not both\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_page_takes_the_place_of_files_only(run: Run, model_directory: object, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = run("explain", "--model", model_directory, "--html", "pipe", SENTENCE)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "link.html").symlink_to("why.html")
    done = run("explain", "--model", model_directory, "--html", "link.html", SENTENCE)
    assert (done.returncode, (tmp_path / "link.html").is_symlink()) == (0, True)
    assert (tmp_path / "why.html").read_text().startswith("<!doctype html>")
