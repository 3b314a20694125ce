"""Try other features and learners against the default: `make experiments`, with WILD=FILE for real text.

    python training/experiments/candidates.py [--wild FILE] [--only NAME]...

Every candidate is trained on the train split, its thresholds set on out-of-fold rows of train (folds by
unit), and measured on the validation split. Differences to the default come from a paired bootstrap.
Writes docs/experiments.md. The test split is not touched.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from scipy.sparse import csr_matrix, diags_array, hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from dutch_topics import TOPICS, load_corpus
from dutch_topics.behaviour import read_suite
from dutch_topics.coverage import vocabulary, words
from dutch_topics.features import CHARACTER_COLUMNS, WORD_COLUMNS
from dutch_topics.files import write_text
from dutch_topics.fitting import TrainingArguments, best_threshold, log_ratios, prior_weights
from dutch_topics.labelled import read_labelled
from dutch_topics.topics import to_indicator

DATA, BEHAVIOUR, TARGET = Path("data"), Path("tests/behaviour"), Path("docs/experiments.md")
FOLDS = 3
RESAMPLES = 1000
DEFAULT = TrainingArguments()
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Learner = Callable[[csr_matrix, Ints, Floats], tuple[Floats, float]]  # X, y, weights: coefficients, intercept
Prepare = Callable[[str], str]


# Features ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Features:
    """TF-IDF over words and characters as the model has it, with something changed."""

    words: tuple[int, int] | None = DEFAULT.word_ngrams
    characters: tuple[int, int] | None = DEFAULT.character_ngrams
    word_text: Prepare | None = None  # what becomes of a text before words are counted
    character_text: Prepare | None = None
    compounds: bool = False  # counted as their parts too, which the vocabulary of train tells
    tfidf: tuple[tuple[str, Any], ...] = (("sublinear_tf", True),)
    min_df: int = DEFAULT.min_df
    one_norm: bool = False  # of the whole row instead of each part
    selected: int | None = None  # columns kept, by chi squared over the topics
    function_words: bool = True


class Prepared(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """Apply a function to every text."""

    def __init__(self, prepare: Prepare | None) -> None:
        self.prepare = prepare

    def fit(self, _texts: Sequence[str], _y: object = None) -> Prepared:
        """Learn nothing."""
        return self

    def transform(self, texts: Sequence[str]) -> list[str]:
        """The texts, each prepared."""
        return [self.prepare(text) for text in texts] if self.prepare else list(texts)


def union(features: Features, stop_words: list[str]) -> FeatureUnion:
    """The unfitted transformer of `features`."""
    settings: list[tuple[str, dict[str, Any], Prepare | None]] = []
    if features.words:
        stop = None if features.function_words else stop_words
        chosen = {"ngram_range": features.words, "n_features": WORD_COLUMNS, "stop_words": stop}
        settings.append(("words", chosen, features.word_text))
    if features.characters:
        chosen = {
            "analyzer": "char_wb",
            "ngram_range": features.characters,
            "n_features": CHARACTER_COLUMNS,
        }
        settings.append(("characters", chosen, features.character_text))
    return FeatureUnion(
        [
            (
                name,
                Pipeline(
                    [
                        ("prepare", Prepared(prepare)),
                        ("hash", HashingVectorizer(alternate_sign=False, norm=None, **chosen)),
                        ("tfidf", TfidfTransformer(**dict(features.tfidf))),
                    ]
                ),
            )
            for name, chosen, prepare in settings
        ]
    )


@cache
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    from snowballstemmer import stemmer  # a peer: see pyproject.toml

    return stemmer("dutch")


WORD = re.compile(r"\w+")


def stemmed(text: str) -> str:
    """`text` with every word cut to its stem."""
    return WORD.sub(lambda match: _stem(match[0].lower()), text)


def split_compounds(text: str, known: frozenset[str]) -> str:
    """`text` with the parts of each compound of two known words after it."""
    return WORD.sub(lambda match: f"{match[0]} {' '.join(_parts(match[0].lower(), known))}", text)


def _parts(word: str, known: frozenset[str]) -> tuple[str, ...]:
    for cut in range(4, len(word) - 3):
        head, tail = word[:cut], word[cut:]
        if tail in known and (head in known or head.removesuffix("s") in known):
            return head, tail
    return ()


NUMBERS = (
    (re.compile(r"\b(1[0-9]|20)\d\d\b"), " jaartal "),
    (re.compile(r"[€$£]|\b(euro|dollar|gulden|frank|roebel|pond|yen|peso)s?\b", re.I), " munt "),
    (re.compile(r"%|\bprocent\b", re.I), " procent "),
    (re.compile(r"\d[\d.,]*"), " getal "),
)


def normalised_numbers(text: str) -> str:
    """`text` with years, currencies, percentages and other numbers each replaced by one word."""
    for pattern, name in NUMBERS:
        text = pattern.sub(name, text)
    return text


NAME = re.compile(r"(?<=[^.!?:\s„“\"'‘’] )[A-Z]\w+(?:[- ][A-Z]\w+)*")


def masked_names(text: str) -> str:
    """`text` with capitalised words inside a sentence replaced by one word."""
    return NAME.sub("eigennaam", text)


def bare(text: str) -> str:
    """`text` with blanks for punctuation, so that a word's edge is its edge."""
    return re.sub(r"[^\w\s]", " ", text)


# Learners ---------------------------------------------------------------------------------------


def logistic_regression(
    X: csr_matrix,
    y: Ints,
    weights: Floats,
    C: float = DEFAULT.C,
    smoothing: float | None = DEFAULT.smoothing,
    **options: Any,
) -> tuple[Floats, float]:
    """Logistic regression on scaled columns, as the model has it."""
    model = LogisticRegression(C=C, solver="liblinear", dual=True, max_iter=1000, random_state=0, **options)
    return _scaled(model, X, y, weights, smoothing)


def svm(X: csr_matrix, y: Ints, weights: Floats, C: float = 1.0) -> tuple[Floats, float]:
    """Linear support vectors on scaled columns (NB-SVM)."""
    return _scaled(LinearSVC(C=C, max_iter=5000, random_state=0), X, y, weights, DEFAULT.smoothing)


def ridge(X: csr_matrix, y: Ints, weights: Floats) -> tuple[Floats, float]:
    """Ridge regression on -1 and 1."""
    model = Ridge(alpha=1.0, solver="sparse_cg", max_iter=200, tol=1e-3)
    return _scaled(model, X, 2 * y - 1, weights, DEFAULT.smoothing, y)


def sgd(X: csr_matrix, y: Ints, weights: Floats, **options: Any) -> tuple[Floats, float]:
    """Stochastic gradient descent, for losses and penalties that liblinear lacks."""
    model = SGDClassifier(alpha=1e-6, max_iter=30, tol=1e-4, random_state=0, **options)
    return _scaled(model, X, y, weights, DEFAULT.smoothing)


def bagged(X: csr_matrix, y: Ints, weights: Floats, draws: int = 10) -> tuple[Floats, float]:
    """The mean of linear models, each of them fitted on rows drawn with replacement."""
    generator = np.random.default_rng(0)
    coefficients, intercept = np.zeros(X.shape[1]), 0.0
    for _ in range(draws):
        times = np.bincount(generator.integers(0, len(y), len(y)), minlength=len(y))
        one, shift = logistic_regression(X, y, weights * times)
        coefficients, intercept = coefficients + one / draws, intercept + shift / draws
    return coefficients, intercept


def _scaled(
    model: Any, X: csr_matrix, target: Ints, weights: Floats, smoothing: float | None, y: Ints | None = None
) -> tuple[Floats, float]:
    scale = np.ones(X.shape[1])
    if smoothing is not None:
        scale = log_ratios(X, target if y is None else y, weights, smoothing)
    model.fit(X @ diags_array(scale), target, sample_weight=weights)
    return np.ravel(model.coef_) * scale, float(np.ravel(model.intercept_)[0])


@dataclass(frozen=True)
class Candidate:
    """Something to try."""

    name: str
    features: Features = Features()
    learner: Learner = logistic_regression
    weights: dict[str, float] = field(default_factory=dict)  # of a row, by its kind; 1 where not named
    chain: bool = False  # a topic's classifier sees the topics before it


CANDIDATES = [
    Candidate("default"),
    *(
        Candidate(f"characters {a}-{b}", Features(characters=(a, b)))
        for a, b in ((2, 5), (3, 6), (2, 7), (4, 8))
    ),
    Candidate("words 1", Features(words=(1, 1))),
    Candidate("words 1-3", Features(words=(1, 3))),
    Candidate("words alone", Features(characters=None)),
    Candidate("characters alone", Features(words=None)),
    Candidate("characters without punctuation", Features(character_text=bare)),
    Candidate("without function words", Features(function_words=False)),
    Candidate("stemmed words", Features(word_text=stemmed)),
    Candidate(
        "numbers normalised", Features(word_text=normalised_numbers, character_text=normalised_numbers)
    ),
    Candidate("names masked", Features(word_text=masked_names, character_text=masked_names)),
    Candidate("compounds split", Features(compounds=True)),
    Candidate("tf not sublinear", Features(tfidf=())),
    Candidate("no idf", Features(tfidf=(("sublinear_tf", True), ("use_idf", False)))),
    Candidate("one norm for both parts", Features(one_norm=True)),
    Candidate("min_df 1", Features(min_df=1)),
    Candidate("min_df 4", Features(min_df=4)),
    Candidate("100,000 columns by chi squared", Features(selected=100_000)),
    Candidate("no log ratios", learner=partial(logistic_regression, smoothing=None)),
    Candidate("log ratios, smoothing 3", learner=partial(logistic_regression, smoothing=3.0)),
    Candidate("C 30", learner=partial(logistic_regression, C=30.0)),
    Candidate("class weights", learner=partial(logistic_regression, class_weight="balanced")),
    Candidate("linear SVM", learner=svm),
    Candidate("ridge", learner=ridge),
    Candidate("modified Huber", learner=partial(sgd, loss="modified_huber")),
    Candidate("elastic net", learner=partial(sgd, loss="log_loss", penalty="elasticnet", l1_ratio=0.15)),
    Candidate("bagging, 10 draws", learner=bagged),
    Candidate("classifier chain", chain=True),
    Candidate("lexicon weighs half", weights={"lexicon": 0.5}),
    Candidate("lexicon weighs double", weights={"lexicon": 2.0}),
    Candidate("without lexicon", weights={"lexicon": 0.0}),
    Candidate("contrasts weigh double", weights={"contrast": 2.0}),
]


# Measuring --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """Passages with their labels, to measure on."""

    texts: list[str]
    truth: Ints  # (n_samples, 4)
    units: list[str] | None


@dataclass(frozen=True)
class Answer:
    """What a trained candidate says of a set of passages."""

    scores: Floats  # (n_samples, 4), the higher the surer
    given: NDArray[np.bool_]  # (n_samples, 4)


@dataclass(frozen=True)
class Result:
    """What a candidate did."""

    name: str
    answers: dict[str, Answer]
    swaps: float | None  # share of swaps of names that leave the topics as they are
    seconds: float  # of features and training


def run(candidates: Sequence[Candidate], sets: dict[str, Texts]) -> list[Result]:
    """Train and measure candidates that share their features."""
    corpus = load_corpus(DATA)["train"]
    texts, kinds, units = list(corpus["text"]), np.array(corpus["kind"]), list(corpus["unit"])
    Y = to_indicator([[TOPICS[n] for n in labels] for labels in corpus["labels"]])
    features = candidates[0].features
    if features.compounds:
        features = replace(features, word_text=partial(split_compounds, known=vocabulary(texts, 5)))
    frequent = Counter(
        word for text, kind in zip(texts, kinds, strict=True) if kind != "lexicon" for word in words(text)
    )
    begun = time.process_time()
    transformer = union(features, [word for word, _ in frequent.most_common(120)])
    X = transformer.fit_transform(texts)
    kept = np.flatnonzero(X.getnnz(axis=0) >= features.min_df)
    if features.selected:
        kept = kept[np.sort(np.argsort(-_chi_squared(X[:, kept], Y))[: features.selected])]
    made = _cut(features, kept)
    X = made(X)
    shared = time.process_time() - begun
    swaps = _swaps()
    others = {name: made(transformer.transform(data.texts)) for name, data in sets.items()}
    if swaps:
        others["swaps"] = made(transformer.transform([text for group in swaps for text in group]))
    results = []
    for candidate in candidates:
        begun = time.process_time()
        weights = np.array([candidate.weights.get(kind, 1.0) for kind in kinds])
        answers = _answers(candidate, X, Y, weights, kinds, units, others)
        seconds = shared + time.process_time() - begun
        stable = _stable(answers.pop("swaps").given, swaps) if swaps else None
        results.append(Result(candidate.name, answers, stable, seconds))
    return results


def _cut(features: Features, kept: Ints) -> Callable[[csr_matrix], csr_matrix]:
    def cut(X: csr_matrix) -> csr_matrix:
        X = X.tocsc()[:, kept].tocsr()
        return normalize(X) if features.one_norm else X

    return cut


def _chi_squared(X: csr_matrix, Y: Ints) -> Floats:
    from sklearn.feature_selection import chi2

    best: Floats = np.max([np.nan_to_num(chi2(X, Y[:, n])[0]) for n in range(len(TOPICS))], axis=0)
    return best


def _answers(
    candidate: Candidate,
    X: csr_matrix,
    Y: Ints,
    weights: Floats,
    kinds: NDArray[np.str_],
    units: list[str],
    others: dict[str, csr_matrix],
) -> dict[str, Answer]:
    """The candidate's answers, topic by topic."""
    used = weights > 0
    X, Y, weights, kinds = X[used], Y[used], weights[used], kinds[used]
    units = [unit for unit, kept in zip(units, used, strict=True) if kept]
    passages = kinds != "lexicon"
    scores: dict[str, list[Floats]] = {name: [] for name in others}
    given: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in others}
    for n in range(len(TOPICS)):
        y = Y[:, n]
        out_of_fold = np.zeros(len(y))
        for seen, unseen in GroupKFold(FOLDS, shuffle=True, random_state=0).split(X, y, units):
            coefficients, intercept = candidate.learner(X[seen], y[seen], weights[seen])
            out_of_fold[unseen] = X[unseen] @ coefficients + intercept
        coefficients, intercept = candidate.learner(X, y, weights)
        platt, threshold = _calibrated(out_of_fold[passages], y[passages])
        for name, rows in others.items():
            score = rows @ coefficients + intercept
            scores[name].append(score)
            given[name].append(platt.predict_proba(score[:, None])[:, 1] >= threshold)
        if candidate.chain:  # the next topics see this one's label in training, its decision afterwards
            X = hstack([X, csr_matrix(y[:, None].astype(float))], format="csr")
            others = {
                name: hstack([rows, csr_matrix(given[name][n][:, None].astype(float))], format="csr")
                for name, rows in others.items()
            }
    return {name: Answer(np.column_stack(scores[name]), np.column_stack(given[name])) for name in others}


def _calibrated(scores: Floats, y: Ints) -> tuple[LogisticRegression, float]:
    """Platt scaling of out-of-fold `scores`, and the threshold of its probabilities, as `fit` has them."""
    weights = prior_weights(y, DEFAULT.prior)
    platt = LogisticRegression(C=np.inf).fit(scores[:, None], y, sample_weight=weights)
    return platt, best_threshold(platt.predict_proba(scores[:, None])[:, 1], y, weights)


def _swaps() -> list[tuple[str, ...]]:
    """The groups of sentences that differ in names and years alone."""
    if not BEHAVIOUR.is_dir():
        return []
    return [g.texts for g in read_suite(BEHAVIOUR).invariance if {"country", "city"} & set(g.names)]


def _stable(given: NDArray[np.bool_], groups: Sequence[Sequence[str]]) -> float:
    same, first = [], 0
    for group in groups:
        rows = given[first : first + len(group)]
        same += [bool((row == rows[0]).all()) for row in rows[1:]]
        first += len(group)
    return float(np.mean(same))


def macro_f1(given: NDArray[np.bool_], truth: Ints) -> float:
    """Mean F1 over topics."""
    wanted = truth == 1
    hits = (given & wanted).sum(axis=0)
    return float(np.mean(2 * hits / np.maximum(given.sum(axis=0) + wanted.sum(axis=0), 1)))


def average_precision(scores: Floats, truth: Ints) -> float:
    """Mean average precision over topics: how well passages are ranked, whatever the thresholds."""
    return float(np.mean([average_precision_score(truth[:, n], scores[:, n]) for n in range(len(TOPICS))]))


def difference(one: Answer, other: Answer, data: Texts) -> tuple[float, float]:
    """The 95% interval of how much macro-F1 `one` has over `other`, units drawn with replacement."""
    _, units = np.unique(data.units or [str(n) for n in range(len(data.texts))], return_inverse=True)
    members = [np.flatnonzero(units == unit) for unit in range(units.max() + 1)]
    generator = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([members[unit] for unit in generator.integers(0, len(members), len(members))])
        truth = data.truth[rows]
        found.append(macro_f1(one.given[rows], truth) - macro_f1(other.given[rows], truth))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


# Reporting --------------------------------------------------------------------------------------


def to_markdown(results: Sequence[Result], sets: dict[str, Texts]) -> str:
    """The table of all results, the default first."""
    default = next(result for result in results if result.name == "default")
    columns = ["candidate"]
    for name in sets:
        columns += [f"{name}: macro-F1", "difference", "average precision", "false alarms"]
    lines = [[*columns, "swaps that change nothing", "CPU seconds"]]
    for result in results:
        cells = [result.name]
        for name, data in sets.items():
            answer = result.answers[name]
            f1 = macro_f1(answer.given, data.truth)
            shift = "" if result is default else _signed(f1, default.answers[name], answer, data)
            without = ~(data.truth == 1).any(axis=1)
            alarms = answer.given[without].any(axis=1).mean()
            cells += [
                f"{f1:.3f}",
                shift,
                f"{average_precision(answer.scores, data.truth):.3f}",
                f"{alarms:.1%}",
            ]
        stable = "-" if result.swaps is None else f"{result.swaps:.1%}"
        lines.append([*cells, stable, f"{result.seconds:.0f}"])
    rule = "|---|" + "---:|" * (len(lines[0]) - 1)
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], rule, *rows[1:]])


def _signed(f1: float, default: Answer, answer: Answer, data: Texts) -> str:
    low, high = difference(answer, default, data)
    return f"{f1 - macro_f1(default.given, data.truth):+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> None:
    """Run all candidates, those with the same features in one go, two goes at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wild", type=Path, help="labelled real text, to measure on besides validation")
    parser.add_argument("--only", action="append", help="try this candidate alone (may be repeated)")
    parser.add_argument("--jobs", type=int, default=2, help="processes [default: 2]")
    arguments = parser.parse_args()
    files = {"validation": DATA / "validation.jsonl"} | (
        {"real text": arguments.wild} if arguments.wild else {}
    )
    sets = {}
    for name, path in files.items():
        data = read_labelled(path)
        sets[name] = Texts(data.texts, to_indicator(data.labels), data.units)
    chosen = [c for c in CANDIDATES if not arguments.only or c.name in ("default", *arguments.only)]
    groups: dict[Features, list[Candidate]] = {}
    for candidate in chosen:
        groups.setdefault(candidate.features, []).append(candidate)
    results = {r.name: r for r in _run_all(list(_halved(groups.values())), sets, arguments.jobs)}
    table = to_markdown([results[candidate.name] for candidate in chosen], sets)
    if arguments.only:
        print(table)
    else:
        write_text(TARGET, f"{HEAD}\n{table}\n")


def _halved(groups: Iterable[list[Candidate]]) -> Iterable[list[Candidate]]:
    """The groups in parts of at most four, so that no process is left alone with the largest."""
    for group in groups:
        for first in range(0, len(group), 4):
            yield group[first : first + 4]


def _run_all(groups: list[list[Candidate]], sets: dict[str, Texts], jobs: int) -> list[Result]:
    found: list[Result] = []
    with Progress(console=Console(stderr=True)) as progress, ProcessPoolExecutor(jobs) as pool:
        task = progress.add_task("training", total=sum(map(len, groups)))
        for results in pool.map(partial(run, sets=sets), groups):
            found += results
            progress.advance(task, len(results))
    return found


HEAD = """<!-- Written by `make experiments`; edit training/experiments/candidates.py. -->
# Experiments

Each candidate differs from the default in one thing. All are trained on the train split; thresholds come
from out-of-fold rows of train, grouped by article; the table shows the validation split and, where a file
of it was given, real text that the project did not write. Differences in macro-F1 to the default come
with the 95% interval of a paired bootstrap over articles and passages. The test split is not used here.
"""

if __name__ == "__main__":
    main()
