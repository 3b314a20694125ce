"""How the scores of sentences become the topics of an article: `make documents`.

    python training/experiments/documents.py [--seeds DIR]

The articles of the corpus are labelled as wholes (seeds/wholes.tsv). Their sentences are scored by models
that have not met the article: five folds of articles, all other rows always trained on. Each way turns the
scores of an article's sentences into a number a topic; its thresholds are set on the other four folds.
Writes docs/documents.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from datasets import concatenate_datasets
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from dutch_topics import TOPICS, load_corpus
from dutch_topics.annotations import read_wholes
from dutch_topics.files import write_text
from dutch_topics.fitting import TrainingArguments, fit
from dutch_topics.layout import align
from dutch_topics.topics import to_indicator

DATA, TARGET = Path("data"), Path("docs/documents.md")
FOLDS = 5
Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Way = Callable[[Array], Array]  # scores of sentences (n_sentences, 4) to numbers (4,)


def top(share: float) -> Way:
    """The mean of the highest scores, this share of the sentences and at least one."""
    return lambda scores: np.sort(scores, axis=0)[-max(1, round(share * len(scores))) :].mean(axis=0)


WAYS: dict[str, Way] = {
    "highest score": lambda scores: scores.max(axis=0),
    "mean score": lambda scores: scores.mean(axis=0),
    "mean of the top tenth": top(0.1),
    "mean of the top fifth": top(0.2),
    "mean of the top third": top(1 / 3),
    "at least one is about it (noisy or)": lambda scores: 1 - np.prod(1 - scores, axis=0),
}
SHARE = "share of sentences given the topic"
WHOLE = "the text scored as one passage"
COMBINED = "logistic regression on all of these"


def folds_of(names: list[str], random_state: int = 0) -> NDArray[np.int64]:
    """A fold for each article, drawn at random: shape (n_articles,)."""
    return np.random.default_rng(random_state).permutation(len(names)) % FOLDS


def measure(names: list[str]) -> dict[str, Array]:
    """What each way gives for each article: arrays of shape (n_articles, 4)."""
    corpus = load_corpus(DATA)
    rows = concatenate_datasets([corpus[split] for split in ("train", "validation", "test")])
    source, kind = np.array(rows["source"]), np.array(rows["kind"])
    fold = folds_of(names)
    found = {way: np.zeros((len(names), len(TOPICS))) for way in (*WAYS, SHARE, WHOLE)}
    for number in track(range(FOLDS), "folds", console=Console(stderr=True)):
        unseen = {name for name, of in zip(names, fold, strict=True) if of == number}
        out = np.isin(source, list(unseen))
        train, validation = rows.select(np.flatnonzero(~out)), corpus["validation"]
        validation = validation.select(np.flatnonzero(~np.isin(np.array(validation["source"]), list(unseen))))
        model = fit(train, validation, TrainingArguments(folds=3))
        limits = np.array([model.thresholds[topic] for topic in TOPICS])
        for place in np.flatnonzero(fold == number).tolist():
            texts = [row["text"] for row in rows.select(np.flatnonzero(source == names[place]))]
            scores = model.predict_proba(texts)
            for way, combine in WAYS.items():
                found[way][place] = combine(scores)
            found[SHARE][place] = (scores >= limits).mean(axis=0)
            found[WHOLE][place] = model.predict_proba([" ".join(texts)])[0]
    assert (kind[np.isin(source, names)] == "article").all()
    return found


def given(values: Array, truth: Labels, fold: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Array]:
    """Topics given at thresholds set on the other folds, and the medians of those: (n, 4) and (4,)."""
    answer = np.zeros(values.shape, dtype=bool)
    limits = np.zeros((FOLDS, values.shape[1]))
    for number in range(FOLDS):
        others = fold != number
        limits[number] = [best_limit(values[others, n], truth[others, n]) for n in range(values.shape[1])]
        answer[~others] = values[~others] >= limits[number]
    return answer, np.median(limits, axis=0)


def given_alike(values: Array, truth: Labels, fold: NDArray[np.int64]) -> tuple[NDArray[np.bool_], Array]:
    """As `given`, with one threshold for all topics: (n, 4) and (1,)."""
    answer, limits = given(values.reshape(-1, 1), truth.reshape(-1, 1), np.repeat(fold, values.shape[1]))
    return answer.reshape(values.shape), limits


def best_limit(values: Array, truth: Labels) -> float:
    """The threshold with the highest F1, both of shape (n,); of equally good ones the middle one."""
    tried = np.unique(values)
    middles = (tried[1:] + tried[:-1]) / 2
    f1 = [f1_score(truth, values >= limit) for limit in middles]
    best = np.flatnonzero(np.isclose(f1, max(f1)))
    return float(middles[best[len(best) // 2]])


def combined(found: dict[str, Array], truth: Labels, fold: NDArray[np.int64]) -> Array:
    """Probabilities of a logistic regression on all ways at once, fitted on the other folds: (n, 4)."""
    X = np.stack(list(found.values()), axis=2)  # (n, 4, n_ways)
    scores = np.zeros(truth.shape)
    for number in range(FOLDS):
        others = fold != number
        for topic in range(truth.shape[1]):
            classifier = LogisticRegression().fit(X[others, topic], truth[others, topic])
            scores[~others, topic] = classifier.predict_proba(X[~others, topic])[:, 1]
    return scores


def interval(answer: NDArray[np.bool_], truth: Labels, draws: int = 1000) -> tuple[float, float]:
    """A 95% interval of macro-F1 over articles drawn with replacement."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        chosen = rng.integers(0, len(truth), len(truth))
        found.append(f1_score(truth[chosen], answer[chosen], average="macro", zero_division=0))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    wholes = read_wholes(parser.parse_args().seeds)
    names = [whole.file for whole in wholes]
    truth, fold = to_indicator([whole.labels for whole in wholes]), folds_of(names)
    found = measure(names)
    found[COMBINED] = combined(found, truth, fold)
    table = [["", "macro-F1", "95% interval", "average precision", "all topics right", "thresholds"]]
    met = found[SHARE] > 0
    rows = [(way, values, *given(values, truth, fold)) for way, values in found.items()]
    mean = found["mean score"]
    answer, limits = given_alike(mean, truth, fold)
    rows.append(("mean score, one threshold for all", mean, answer, limits))
    rows.append(("the same, and a sentence given the topic", mean * met, answer & met, limits))
    for way, values, answer, limits in rows:
        low, high = interval(answer, truth)
        table.append(
            [
                way,
                f"{f1_score(truth, answer, average='macro'):.3f}",
                f"{low:.2f}-{high:.2f}",
                f"{average_precision_score(truth, values):.3f}",
                f"{(answer == truth).all(axis=1).mean():.1%}",
                " ".join(f"{limit:.2f}" for limit in limits),
            ]
        )
    print(align(table))
    write_text(TARGET, f"{HEAD}\n{len(names)} articles.\n\n```text\n{align(table)}\n```\n")


HEAD = """<!-- Written by `make documents`; edit training/experiments/documents.py. -->
# From the scores of sentences to the topics of an article

The articles of the corpus, labelled as wholes by two readers apart (seeds/wholes.tsv); each sentence scored
by a model that has not met its article. Thresholds by topic (sovereignty, military, economy, diplomacy) are
set on four fifths of the articles and measured on the fifth; the table has their medians.

What `model.read` does is the last line: the mean is as good as anything, simple, and says how much of the
article is about the topic.
"""

if __name__ == "__main__":
    main()
