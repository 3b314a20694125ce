"""How well a model does: the measures, their intervals, and the table that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .labelled import Labelled
from .layout import align, interval, number, percent
from .prediction import Prediction
from .topics import TOPICS, to_indicator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10  # of the expected calibration error
RESAMPLES = 1000  # of the bootstrap
Interval = tuple[float, float]


@dataclass(frozen=True)
class TopicReport:
    """The measures of one topic; a measure that is 0/0 is None."""

    precision: float | None
    recall: float | None
    f1: float | None
    f1_interval: Interval | None  # 95%, by bootstrap
    support: int  # passages that are about the topic
    threshold: float
    brier: float  # mean squared error of the probability, in [0, 1]
    ece: float  # expected calibration error, in [0, 1]


@dataclass(frozen=True)
class Bin:
    """Probabilities of one tenth of [0, 1], and how often what they were given to came true."""

    n: int  # at least 1
    probability: float  # their mean
    frequency: float  # the share of them that came true


@dataclass(frozen=True)
class Report:
    """The measures of a model on a set of passages; a measure that is 0/0 is None."""

    n: int
    macro_f1: float | None  # mean over the topics that have an F1
    macro_f1_interval: Interval | None
    micro_f1: float | None
    micro_f1_interval: Interval | None
    exact_match: float  # share of passages whose topics are all right
    false_alarm_rate: float | None  # share of passages without a topic that were given one
    unsure: float  # share of passages with a topic left open, for the precision asked for
    unreadable: float  # share of passages marked as not Dutch, or hardly known
    brier: float  # mean over topics
    ece: float  # mean over topics
    reliability: list[Bin]  # of all four topics together; empty bins left out
    topics: dict[str, TopicReport]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain dicts and lists, for JSON."""
        return asdict(self)


def evaluate_groups(
    predictions: Sequence[Prediction], data: Labelled, thresholds: Mapping[str, float]
) -> dict[str, Report]:
    """One report for each value of the column that `data` was read `by`, in order of the values."""
    groups = data.groups or []
    reports = {}
    for group in sorted(set(groups)):
        chosen = [i for i, name in enumerate(groups) if name == group]
        reports[group] = evaluate(
            [predictions[i] for i in chosen],
            [data.labels[i] for i in chosen],
            thresholds,
            [data.units[i] for i in chosen] if data.units else None,
        )
    return reports


def evaluate(
    predictions: Sequence[Prediction],
    labels: Sequence[Iterable[str]],
    thresholds: Mapping[str, float],
    units: Sequence[str] | None = None,
    random_state: int = 0,
) -> Report:
    """Measure `predictions` against the `labels` of the same passages, at least one.

    `thresholds` are those the predictions were made with. The bootstrap draws whole `units`
    (articles, say), whose passages are alike, and so states wider and truer intervals; without them,
    single passages.
    """
    import numpy as np

    truth = to_indicator(labels)  # (n_samples, 4)
    probabilities = np.array([[p.scores[topic] for topic in TOPICS] for p in predictions])
    wanted, given = truth == 1, to_indicator([p.topics for p in predictions]) == 1
    # Every F1 follows from three counts a topic: hits, given and wanted.
    counts = np.stack([given & wanted, given, wanted], axis=2).astype(float)  # (n_samples, 4, 3)
    resampled = _resample(counts, units, random_state)  # (RESAMPLES, 4, 3)
    totals = counts.sum(axis=0)
    f1, f1_resampled = _f1(totals), _f1(resampled)
    without = ~wanted.any(axis=1)
    errors = (probabilities - truth) ** 2

    topics = {
        topic: TopicReport(
            precision=_ratio(totals[i, 0], totals[i, 1]),
            recall=_ratio(totals[i, 0], totals[i, 2]),
            f1=_or_none(f1[i]),
            f1_interval=_percentiles(f1_resampled[:, i]),
            support=int(totals[i, 2]),
            threshold=thresholds[topic],
            brier=float(errors[:, i].mean()),
            ece=expected_calibration_error(probabilities[:, i], truth[:, i]),
        )
        for i, topic in enumerate(TOPICS)
    }
    micro, micro_resampled = _f1(totals.sum(axis=0)), _f1(resampled.sum(axis=1))
    return Report(
        n=len(truth),
        macro_f1=_or_none(_mean(f1)),
        macro_f1_interval=_percentiles(_mean(f1_resampled)),
        micro_f1=_or_none(micro),
        micro_f1_interval=_percentiles(micro_resampled),
        exact_match=float((given == wanted).all(axis=1).mean()),
        false_alarm_rate=_ratio(given[without].any(axis=1).sum(), without.sum()),
        unsure=float(np.mean([bool(p.unsure) for p in predictions])),
        unreadable=float(np.mean([not p.readable for p in predictions])),
        brier=float(errors.mean()),
        ece=float(np.mean([report.ece for report in topics.values()])),
        reliability=reliability(probabilities.ravel(), truth.ravel()),
        topics=topics,
    )


def reliability(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> list[Bin]:
    """How often what was given each probability came true, in ten bins of equal width, empty ones left out.

    Both arrays have shape (n_samples,).
    """
    import numpy as np

    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    given = np.bincount(bins, weights=probabilities, minlength=BINS)
    came_true = np.bincount(bins, weights=truth, minlength=BINS)
    return [
        Bin(int(n), float(total / n), float(hits / n))
        for n, total, hits in zip(counts, given, came_true, strict=True)
        if n
    ]


def expected_calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """How far probabilities are from frequencies, in [0, 1]; both arrays have shape (n_samples,).

    C. Guo et al., "On calibration of modern neural networks" (2017), with ten bins of equal width.
    """
    bins = reliability(probabilities, truth)
    return sum(entry.n * abs(entry.probability - entry.frequency) for entry in bins) / len(truth)


def _resample(
    counts: NDArray[np.float64], units: Sequence[str] | None, random_state: int
) -> NDArray[np.float64]:
    """The summed counts of bootstrap samples of whole units, array of shape (RESAMPLES, 4, 3)."""
    import numpy as np

    if units is not None:
        _, numbers = np.unique(np.asarray(units), return_inverse=True)
        summed = np.zeros((numbers.max() + 1, *counts.shape[1:]))
        np.add.at(summed, numbers, counts)
        counts = summed
    generator = np.random.default_rng(random_state)
    samples = [counts[generator.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(RESAMPLES)]
    return np.stack(samples)


def _f1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of counts of shape (..., 3): hits, given, wanted; nan where nothing is given or wanted."""
    import numpy as np

    both = counts[..., 1] + counts[..., 2]
    return np.where(both > 0, 2 * counts[..., 0] / np.maximum(both, 1), np.nan)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the last axis of the values that are numbers; nan where there are none."""
    import numpy as np

    known = ~np.isnan(values)
    number = known.sum(axis=-1)
    total = np.where(known, values, 0).sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _percentiles(values: NDArray[np.float64]) -> Interval | None:
    import numpy as np

    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _or_none(value: NDArray[np.float64] | float) -> float | None:
    return None if value != value else float(value)  # only nan differs from itself


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def to_table(report: Report) -> str:
    """The report as lines of text for a terminal, columns aligned."""
    rows = [["topic", "precision", "recall", "F1", "95% interval", "passages", "threshold", "ECE"]]
    rows += [
        [
            topic,
            number(entry.precision),
            number(entry.recall),
            number(entry.f1),
            interval(entry.f1_interval),
            str(entry.support),
            number(entry.threshold),
            number(entry.ece, 3),
        ]
        for topic, entry in report.topics.items()
    ]
    macro = ["macro", "", "", number(report.macro_f1), interval(report.macro_f1_interval)]
    micro = ["micro", "", "", number(report.micro_f1), interval(report.micro_f1_interval)]
    rows += [[*macro, str(report.n), "", number(report.ece, 3)], [*micro, str(report.n), "", ""]]
    return "\n".join(
        [
            align(rows),
            "",
            f"all topics right: {percent(report.exact_match)}   "
            f"false alarms: {percent(report.false_alarm_rate)}   Brier: {report.brier:.3f}",
            f"unsure: {percent(report.unsure)}   marked as unreadable: {percent(report.unreadable)}",
        ]
    )


def to_group_table(by: str, groups: Mapping[str, Report]) -> str:
    """The reports on the groups of the column `by`, one line each, columns aligned."""
    rows = [[by, "passages", "macro-F1", "95% interval", "micro-F1", "false alarms"]]
    rows += [
        [
            name,
            str(report.n),
            number(report.macro_f1),
            interval(report.macro_f1_interval),
            number(report.micro_f1),
            percent(report.false_alarm_rate),
        ]
        for name, report in groups.items()
    ]
    return align(rows)
