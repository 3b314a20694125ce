"""From text to topics: what the model answers, how it is trained, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from dutch_topics import TOPICS, InputError, TopicModel
from dutch_topics.features import CHARACTER_COLUMNS, WORD_COLUMNS, tfidf_union
from dutch_topics.fitting import (
    TrainingArguments,
    best_threshold,
    fit,
    log_ratios,
    precision_curve,
    prior_weights,
)
from dutch_topics.model import LONGEST_TEXT
from dutch_topics.topics import in_order, to_indicator, unknown_topics

from .conftest import FRAMES, toy_rows, toy_split

TEXTS = ["Rond het leger bleef het stil", "Over een merel ging het", "Het verdrag over de invoer"]


def test_topics_are_named_in_one_order() -> None:
    assert TOPICS == ("sovereignty", "military", "economy", "diplomacy")
    assert in_order(["diplomacy", "military", "military"]) == ("military", "diplomacy")
    assert unknown_topics(["military", "sport"]) == ["sport"]
    assert to_indicator([["economy"], []]).tolist() == [[0, 0, 1, 0], [0, 0, 0, 0]]
    assert to_indicator([]).shape == (0, 4)


def test_features_are_tfidf_of_words_and_of_characters_each_of_norm_1() -> None:
    features = tfidf_union((1, 2), (3, 4))
    X = features.fit_transform(["tank", "tank tank merel", ""]).toarray()
    assert X.shape == (3, WORD_COLUMNS + CHARACTER_COLUMNS)
    assert np.count_nonzero(X[0]) == 1 + 7  # tank; " ta" tan ank "nk " " tan" tank "ank "
    assert np.count_nonzero(X[1, :WORD_COLUMNS]) == 4  # tank, merel, tank tank, tank merel
    assert np.linalg.norm(X[:, :WORD_COLUMNS], axis=1) == pytest.approx([1, 1, 0])
    assert np.linalg.norm(X[:, WORD_COLUMNS:], axis=1) == pytest.approx([1, 1, 0])


def test_a_prediction_has_its_topics_and_all_four_scores(toy_model: TopicModel) -> None:
    first, second, third = toy_model.predict(TEXTS)
    assert (first.text, first.topics) == (TEXTS[0], ("military",))
    assert second.topics == ()
    assert third.topics == ("economy", "diplomacy")
    assert list(first.scores) == list(TOPICS)
    assert all(0 <= score <= 1 for score in first.scores.values())


def test_scores_are_the_pipelines_probabilities(toy_model: TopicModel) -> None:
    probabilities = toy_model.predict_proba(TEXTS)
    assert probabilities.shape == (3, 4)
    assert np.allclose(probabilities, toy_model.pipeline.predict_proba(TEXTS), rtol=0, atol=1e-12)
    assert probabilities.tolist() == [list(p.scores.values()) for p in toy_model.predict(TEXTS)]
    assert toy_model.predict_proba([]).shape == (0, 4)


@pytest.mark.parametrize("text", ["", "  \n\t", "\u00a0"])
def test_text_without_a_character_has_no_topic_whatever_the_threshold(
    toy_model: TopicModel, text: str
) -> None:
    (prediction,) = toy_model.predict([text], dict.fromkeys(TOPICS, 0.0))
    assert prediction.topics == ()


def test_thresholds_can_be_set_for_a_call(toy_model: TopicModel) -> None:
    (all_of_them,) = toy_model.predict(["merel"], dict.fromkeys(TOPICS, 0.0))
    assert all_of_them.topics == TOPICS
    (none,) = toy_model.predict(["leger"], {"military": 1.0})
    assert "military" not in none.topics
    with pytest.raises(InputError, match="unknown topic 'sport'; use one of sovereignty"):
        toy_model.predict(["a"], {"sport": 0.5})
    for bad in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="for military: use a number from 0 to 1"):
            toy_model.predict(["a"], {"military": bad})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("half \ud83d", r"texts\[1\]: half a surrogate pair; this is not valid Unicode"),
        ("nul\0", r"texts\[1\]: a NUL byte; this is not plain text"),
        (7, r"texts\[1\]: text must be a string, not int"),
        (None, r"texts\[1\]: text must be a string, not NoneType"),
        ("a" * (LONGEST_TEXT + 1), r"texts\[1\]: 200,001 characters in one text, more than 200,000"),
    ],
)
def test_what_is_no_text_is_refused(toy_model: TopicModel, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        toy_model.predict(["goed", text])


def test_one_text_instead_of_a_list_is_refused(toy_model: TopicModel) -> None:
    with pytest.raises(InputError, match=r"use \[text\]"):
        toy_model.predict("Het leger")


def test_the_same_rows_give_the_same_model(toy_model: TopicModel) -> None:
    again = fit(toy_split(FRAMES[:3]), toy_split(FRAMES[3:]), TrainingArguments(min_df=1))
    assert np.array_equal(again.predict_proba(TEXTS), toy_model.predict_proba(TEXTS))
    assert again.thresholds == toy_model.thresholds


def test_columns_are_scaled_by_how_far_they_tell_a_topic() -> None:
    X = csr_matrix([[0.3, 0.5, 0.0], [0.9, 0.5, 0.0], [0.0, 0.5, 0.7]])
    ratios = log_ratios(X, np.array([1, 1, 0]), np.ones(3), smoothing=1.0)
    # Of 7 smoothed presences with the topic 3 are in the first column, of 5 without it 1 is.
    assert ratios == pytest.approx(np.abs(np.log([(3 / 7) / (1 / 5), (3 / 7) / (2 / 5), (1 / 7) / (2 / 5)])))


def test_calibration_aside_it_is_scikit_learns_one_vs_rest_on_scaled_columns(
    toy_model: TopicModel,
) -> None:
    rows = toy_rows(FRAMES[:3])
    X = toy_model.pipeline[:-1].transform([row["text"] for row in rows])
    columns = np.flatnonzero(X.getnnz(axis=0))
    X = X[:, columns]
    Y = to_indicator([row["labels"] for row in rows])  # type: ignore[misc]
    single = LogisticRegression(C=TrainingArguments().C, solver="liblinear", dual=True, max_iter=1000)
    for number, ours in enumerate(toy_model.pipeline[-1].estimators_):
        scale = log_ratios(X, Y[:, number], np.ones(len(rows)), TrainingArguments().smoothing)
        theirs = OneVsRestClassifier(single).fit(X.multiply(scale).tocsr(), Y).estimators_[number]
        weights, expected = ours.coef_[0, columns], theirs.coef_[0] * scale
        assert np.count_nonzero(ours.coef_) == np.count_nonzero(weights)
        slope = weights @ expected / (expected @ expected)
        assert slope > 0
        assert weights == pytest.approx(slope * expected, abs=1e-3 * np.abs(weights).max())


def test_the_threshold_is_the_middle_of_the_best() -> None:
    truth = np.array([0, 0, 1, 1])
    assert best_threshold(np.array([0.1, 0.2, 0.405, 0.9]), truth, np.ones(4)) == 0.31
    assert best_threshold(np.array([0.1, 0.6, 0.405, 0.9]), truth, np.ones(4)) == 0.26  # one wrong at best


def test_rows_are_weighed_to_the_share_that_a_topic_has_in_the_news() -> None:
    weights = prior_weights(np.array([1, 1, 0, 0]), 0.1)
    assert weights == pytest.approx([0.2, 0.2, 1.8, 1.8])
    # Where the topic is rare, a row without it given the topic weighs more than one missed.
    probabilities, truth = np.array([0.3, 0.4, 0.5, 0.6]), np.array([0, 1, 0, 1])
    assert best_threshold(probabilities, truth, np.ones(4)) < 0.4
    assert best_threshold(probabilities, truth, prior_weights(truth, 0.1)) > 0.5


def test_the_precision_promised_is_kept_by_all_higher_thresholds() -> None:
    rows = [(0.2, 0)] * 30 + [(0.4, 1)] * 30 + [(0.6, 0)] * 10 + [(0.8, 1)] * 30 + [(0.9, 0)] * 5
    probabilities, truth = map(np.array, zip(*rows, strict=True))
    curve = precision_curve(probabilities, truth, np.ones(len(rows)), error_ratio=1)
    assert len(curve) == 80  # above 0.8 fewer than 20 rows are left
    assert curve[79] == round(30 / 35, 4)
    assert curve[49] == round(30 / 45, 4)
    assert curve[30] == round(30 / 45, 4)  # 60 of 75 there, but less further up
    assert curve[0] == round(60 / 105, 4)
    assert curve == sorted(curve)
    doubled = precision_curve(probabilities, truth, np.ones(len(rows)), error_ratio=2)
    assert doubled[79] == round(25 / 35, 4)
    assert doubled[0] == round(15 / 105, 4)


def test_a_precision_asked_for_raises_the_thresholds(toy_model: TopicModel) -> None:
    curves = {key: [0.5, 0.5, 0.8, 0.95] for key in TOPICS}
    model = replace(toy_model, precision=curves)
    limits = dict.fromkeys(TOPICS, 0.02)
    assert model.sure_limits(limits, 0.7) == dict.fromkeys(TOPICS, 0.03)
    assert model.sure_limits(limits | {"military": 0.5}, 0.7)["military"] == 0.5
    with pytest.raises(InputError, match=r"precision 0.96 is out of reach for sovereignty: at most 0.95"):
        model.sure_limits(limits, 0.96)
    for bad in (0, 1, float("nan")):
        with pytest.raises(InputError, match="use a number between 0 and 1"):
            model.sure_limits(limits, bad)
    with pytest.raises(InputError, match="too few passages of it to tell"):
        replace(toy_model, precision={key: [] for key in TOPICS}).sure_limits(limits, 0.5)


def test_a_topic_without_rows_cannot_be_trained() -> None:
    train = toy_split(FRAMES).filter(lambda row: 1 not in row["labels"])
    with pytest.raises(InputError, match="train: 0 of 80 rows are about military"):
        fit(train, toy_split(FRAMES))
