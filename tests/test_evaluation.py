"""The measures agree with scikit-learn's, and with hand counts where it has none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, precision_recall_fscore_support

from dutch_topics import TOPICS, InputError, Prediction
from dutch_topics.evaluation import (
    evaluate,
    evaluate_groups,
    expected_calibration_error,
    reliability,
    to_group_table,
    to_table,
)
from dutch_topics.labelled import Labelled, read_labelled

HALF = dict.fromkeys(TOPICS, 0.5)
LABELS: list[tuple[str, ...]] = [("military",), ("military", "economy"), (), ("diplomacy",), ()]


def predictions(probabilities: list[list[float]]) -> list[Prediction]:
    return [
        Prediction(
            "t",
            tuple(t for t, p in zip(TOPICS, row, strict=True) if p >= 0.5),
            dict(zip(TOPICS, row, strict=True)),
        )
        for row in probabilities
    ]


GUESSES = predictions(
    [
        [0.1, 0.9, 0.1, 0.1],  # right
        [0.1, 0.8, 0.2, 0.1],  # economy missed
        [0.1, 0.6, 0.1, 0.1],  # a false alarm
        [0.1, 0.1, 0.1, 0.7],  # right
        [0.0, 0.0, 0.0, 0.0],  # right
    ]
)


def test_reliability_compares_probabilities_with_what_came_true() -> None:
    bins = reliability(np.array([0.05, 0.05, 0.62, 0.68, 1.0]), np.array([0, 1, 1, 1, 0]))
    assert [(entry.n, entry.frequency) for entry in bins] == [(2, 0.5), (2, 1.0), (1, 0.0)]
    assert [entry.probability for entry in bins] == pytest.approx([0.05, 0.65, 1.0])


def test_what_was_left_open_or_not_read_is_counted() -> None:
    unsure, unread = replace(GUESSES[0], unsure=("economy",)), replace(GUESSES[4], coverage=0.1)
    report = evaluate([unsure, *GUESSES[1:4], unread], LABELS, HALF)
    assert (report.unsure, report.unreadable) == (1 / 5, 1 / 5)
    assert "unsure: 20.0%   marked as unreadable: 20.0%" in to_table(report)


def test_a_report_by_hand() -> None:
    report = evaluate(GUESSES, LABELS, HALF)
    assert report.n == 5
    military, economy = report.topics["military"], report.topics["economy"]
    assert (military.precision, military.recall, military.support) == (2 / 3, 1.0, 2)
    assert military.f1 == pytest.approx(0.8)
    assert (economy.precision, economy.recall, economy.f1, economy.support) == (None, 0.0, 0.0, 1)
    # Nothing is about sovereignty and nothing was said to be: it has no F1, and no part in the mean.
    assert (report.topics["sovereignty"].f1, report.topics["sovereignty"].f1_interval) == (None, None)
    assert report.macro_f1 == pytest.approx((0.8 + 0 + 1) / 3)
    assert report.micro_f1 == pytest.approx(2 * 3 / (4 + 4))
    assert report.exact_match == 3 / 5
    assert report.false_alarm_rate == 1 / 2
    assert military.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.01 + 0) / 5)
    assert military.threshold == 0.5


def test_measures_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, (200, 4))
    probabilities = generator.random((200, 4))
    labels = [[t for t, y in zip(TOPICS, row, strict=True) if y] for row in truth]
    report = evaluate(predictions(probabilities.tolist()), labels, HALF)
    given = probabilities >= 0.5
    precision, recall, f1, support = precision_recall_fscore_support(truth, given)
    for i, entry in enumerate(report.topics.values()):
        assert entry.precision == pytest.approx(precision[i])
        assert entry.recall == pytest.approx(recall[i])
        assert entry.f1 == pytest.approx(f1[i])
        assert entry.support == support[i]
        assert entry.brier == pytest.approx(brier_score_loss(truth[:, i], probabilities[:, i]))
        assert entry.f1_interval is not None
        assert entry.f1_interval[0] < f1[i] < entry.f1_interval[1]
    assert report.macro_f1 == pytest.approx(f1_score(truth, given, average="macro"))
    assert report.micro_f1 == pytest.approx(f1_score(truth, given, average="micro"))


def test_intervals_are_wider_when_passages_come_in_articles() -> None:
    """Ten copies of each passage say no more than one."""
    guesses, labels = GUESSES * 10, LABELS * 10
    units = [str(i % 5) for i in range(50)]
    alone = evaluate(guesses, labels, HALF).macro_f1_interval
    together = evaluate(guesses, labels, HALF, units).macro_f1_interval
    assert alone is not None
    assert together is not None
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_calibration_error_is_the_gap_between_probability_and_frequency() -> None:
    probabilities = np.array([0.05, 0.05, 0.95, 1.0])
    assert expected_calibration_error(probabilities, np.array([0, 0, 1, 1])) == pytest.approx(0.0375)
    assert expected_calibration_error(probabilities, np.array([1, 1, 0, 0])) == pytest.approx(0.9625)


def test_only_passages_about_something_have_no_false_alarm_rate() -> None:
    report = evaluate(GUESSES[:2], LABELS[:2], HALF)
    assert report.false_alarm_rate is None
    assert "false alarms: -" in to_table(report)


def test_a_report_by_group_is_the_report_on_the_group() -> None:
    data = Labelled(["t"] * 5, LABELS, None, ["krant", "krant", "web", "web", "web"])
    groups = evaluate_groups(GUESSES, data, HALF)
    assert list(groups) == ["krant", "web"]
    assert groups["krant"] == evaluate(GUESSES[:2], LABELS[:2], HALF)
    assert to_group_table("source", groups).splitlines()[1].split()[:2] == ["krant", "2"]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ('"military,economy"', ("military", "economy")),
        ("-", ()),
        ("", ()),
        ('"economy, military"', ("military", "economy")),
        ('"[""military""]"', ("military",)),
        ("[]", ()),
    ],
)
def test_labels_in_a_table_may_be_written_in_several_ways(
    tmp_path: Path, cell: str, labels: tuple[str, ...]
) -> None:
    path = tmp_path / "proef.csv"
    path.write_text(f"text,labels\nEen tekst,{cell}\n")
    assert read_labelled(path).labels == [labels]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('{"text": "a"}', "proef.jsonl:1: no column 'labels' among text"),
        ('{"text": "a", "labels": ["sport"]}', "proef.jsonl:1: unknown label 'sport'; use one of"),
        ('{"text": "a", "labels": 3}', "proef.jsonl:1: labels must be a list of topics, or topics"),
        ('{"text": "a", "labels": [1]}', "proef.jsonl:1: labels must be a list of topics, or topics"),
        ('{"text": "a", "labels": "["}', "proef.jsonl:1: the labels are not a JSON list"),
        ('{"text": null, "labels": []}', "proef.jsonl:1: text must be a string, not NoneType"),
    ],
)
def test_rows_that_cannot_be_measured_are_named(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "proef.jsonl"
    path.write_text(row + "\n")
    with pytest.raises(InputError) as caught:
        read_labelled(path)
    assert problem in str(caught.value)


def test_units_count_only_where_every_row_has_one(tmp_path: Path) -> None:
    path = tmp_path / "proef.jsonl"
    path.write_text('{"text": "a", "labels": [], "unit": "u"}\n{"text": "b", "labels": []}\n')
    assert read_labelled(path).units is None
    path.write_text('{"text": "a", "labels": "' + "[" * 100_000 + '"}\n')
    with pytest.raises(InputError, match=r"proef.jsonl:1: the labels are not a JSON list"):
        read_labelled(path)
