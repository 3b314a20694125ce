"""Train the classifier: features, one logistic regression a topic, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .coverage import vocabulary
from .errors import InputError
from .features import tfidf_union
from .model import GRID, TopicModel
from .neighbours import build_neighbourhood
from .scorer import build_scorer
from .topics import TOPICS, to_indicator

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

FEW = 20  # rows given a topic, below which their precision says little


@dataclass(frozen=True)
class TrainingArguments:
    """Everything that decides what is learned from a corpus; saved with the model."""

    word_ngrams: tuple[int, int] = (1, 2)  # shortest and longest, in words
    character_ngrams: tuple[int, int] = (4, 7)  # shortest and longest, in characters within a word
    min_df: int = 2  # a column met in fewer training rows gets no weight
    C: float = 3.0  # inverse strength of the L2 penalty
    smoothing: float = 0.3  # rows added to each column's count before its log ratio is taken
    lexicon_weight: float = 1.0  # weight of a lexicon row beside 1 for a passage
    prior: float = 0.1  # share of passages about each topic in the text that the model will meet
    error_ratio: float = 3.0  # wrong topics given on real text for each one on passages of the corpus
    folds: int = 5  # for the out-of-fold scores that calibration learns from
    random_state: int = 0  # of the draw of folds and the order in which the solver visits rows


def fit(
    train: Dataset,
    validation: Dataset,
    arguments: TrainingArguments | None = None,
    progress: Callable[[str], None] | None = None,
) -> TopicModel:
    """Train on `train`, choose the thresholds on rows unseen; the same rows give the same model.

    Unseen are those of `validation`, and those of `train` to the folds they were left out of.

    `progress` is told the name of each step as it begins. Raises `InputError` where a topic has no
    passage with it, or none without it, in either split.
    """
    import numpy as np
    from sklearn.pipeline import Pipeline

    arguments = arguments or TrainingArguments()
    progress = progress or _say_nothing
    Y, truth = _indicator(train, "train"), _indicator(validation, "validation")

    progress("features")
    features = tfidf_union(arguments.word_ngrams, arguments.character_ngrams)
    X = features.fit_transform(train["text"][:])  # (n_samples, n_features), sparse
    lexicon = np.array(train["kind"][:]) == "lexicon"
    weights = np.where(lexicon, arguments.lexicon_weight, 1.0)
    # Columns that hardly any row has are not fitted, and so have weight 0 in the end.
    columns = np.flatnonzero(X.getnnz(axis=0) >= arguments.min_df)
    X = X.tocsc()[:, columns].tocsr()

    classifiers, calibrated = [], []
    for number, topic in enumerate(TOPICS):
        progress(topic)
        classifier = _logistic_regression(X, Y[:, number], weights, arguments)
        scores = _out_of_fold_scores(X, Y[:, number], weights, train["unit"][:], arguments)
        calibrated.append(_fold_in_platt(classifier, scores[~lexicon], Y[~lexicon, number], arguments.prior))
        classifiers.append(_widen(classifier, columns, features))

    progress("thresholds")
    pipeline = Pipeline([("features", features), ("topics", _one_vs_rest(classifiers, Y))])
    # The validation split alone is too small: the best threshold on it moves by 0.2 from one corpus to
    # the next. Out-of-fold passages of train are as unseen to the classifier that scored them.
    probabilities = np.vstack([np.column_stack(calibrated), pipeline.predict_proba(validation["text"][:])])
    labels = np.vstack([Y[~lexicon], truth])
    thresholds, precision = {}, {}
    for number, topic in enumerate(TOPICS):
        scores, y = probabilities[:, number], labels[:, number]
        at_prior = prior_weights(y, arguments.prior)
        thresholds[topic] = best_threshold(scores, y, at_prior)
        precision[topic] = precision_curve(scores, y, at_prior, arguments.error_ratio)
    config = {
        "training": asdict(arguments),
        "shares": dict(zip(TOPICS, Y[~lexicon].mean(axis=0).round(4).tolist(), strict=True)),
    }
    known = vocabulary(train["text"][:], arguments.min_df)
    scorer = build_scorer(pipeline, known)
    neighbourhood = build_neighbourhood(scorer, train)
    return TopicModel(scorer, thresholds, precision, config, lambda: pipeline, lambda: neighbourhood)


def _say_nothing(step: str) -> None:
    pass


def prior_weights(y: NDArray[np.int64], prior: float) -> NDArray[np.float64]:
    """Weights, of mean 1, under which a share `prior` of the rows has the topic: shape (n_samples,).

    A corpus has more of each topic than the news has. Calibrated on it as it stands, a model expects
    to meet a topic as often elsewhere, and gives it too easily. `y` holds both 0 and 1.
    """
    import numpy as np

    share = y.mean()
    weights: NDArray[np.float64] = np.where(y == 1, prior / share, (1 - prior) / (1 - share))
    return weights


def best_threshold(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], weights: NDArray[np.float64]
) -> float:
    """The threshold in (0, 1) with the highest F1 under `weights`, in steps of 0.01.

    The arrays have shape (n_samples,). Of equally good thresholds the middle one is taken, which
    leaves the widest margin to both sides.
    """
    import numpy as np

    given = probabilities[None, :] >= np.array(GRID)[:, None]  # (99, n_samples)
    hits = given @ (weights * truth)
    f1 = 2 * hits / (given @ weights + weights @ truth)
    best = np.flatnonzero(np.isclose(f1, f1.max()))
    return GRID[int(best[len(best) // 2])]


def precision_curve(
    probabilities: NDArray[np.float64],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    error_ratio: float,
) -> list[float]:
    """The precision to expect on real text from each threshold of `GRID` upwards.

    It is that of these rows under `weights`, with `error_ratio` times the share of wrong ones: text
    that nobody here wrote is harder, at all thresholds alike (docs/operating-points.md). It never falls:
    what a higher threshold would lose again is not promised. The list ends where fewer than `FEW` rows
    are given the topic, so that a handful of lucky ones promises nothing either.
    """
    import numpy as np

    given = probabilities[None, :] >= np.array(GRID)[:, None]  # (99, n_samples)
    given = given[given.sum(axis=1) >= FEW]
    precision = (given @ (weights * truth)) / (given @ weights)
    expected = np.maximum(1 - error_ratio * (1 - precision), 0)
    return [round(float(kept), 4) for kept in np.minimum.accumulate(expected[::-1])[::-1]]


def _indicator(split: Dataset, name: str) -> NDArray[np.int64]:
    """The labels of a split as an array of shape (n_samples, 4), each topic met and missed in it."""
    Y = to_indicator([[TOPICS[number] for number in labels] for labels in split["labels"][:]])
    for number, topic in enumerate(TOPICS):
        having = int(Y[:, number].sum())
        if not 0 < having < len(Y):
            raise InputError(
                f"{name}: {having} of {len(Y)} rows are about {topic}; "
                "a topic needs rows with it and rows without it"
            )
    return Y


def _logistic_regression(
    X: csr_matrix, y: NDArray[np.int64], weights: NDArray[np.float64], arguments: TrainingArguments
) -> LogisticRegression:
    """Fit a logistic regression on the columns scaled by how far they tell the topic from the rest.

    S. Wang and C. Manning, "Baselines and bigrams: simple, good sentiment and topic classification"
    (2012): each column is scaled by its log ratio. The scale goes into the coefficients, so that what
    comes out is linear in `X` itself.
    """
    from scipy.sparse import diags_array
    from sklearn.linear_model import LogisticRegression

    scale = log_ratios(X, y, weights, arguments.smoothing)
    # With far more columns than rows the dual problem is the small one: ten times as fast as L-BFGS.
    classifier = LogisticRegression(
        C=arguments.C, solver="liblinear", dual=True, max_iter=1000, random_state=arguments.random_state
    )
    classifier.fit(X @ diags_array(scale), y, sample_weight=weights)
    classifier.coef_ = classifier.coef_ * scale
    return classifier


def log_ratios(
    X: csr_matrix, y: NDArray[np.int64], weights: NDArray[np.float64], smoothing: float
) -> NDArray[np.float64]:
    """How far each column tells rows with the topic from rows without: array of shape (n_features,).

    It is the absolute logarithm of the ratio between the column's share of all that the rows with the
    topic (`y` is 1) hold, and its share of what the others hold. Presence counts, not frequency.
    """
    import numpy as np

    present = (X != 0).astype(float)
    inside = present.T @ (weights * (y == 1)) + smoothing
    outside = present.T @ (weights * (y == 0)) + smoothing
    ratios: NDArray[np.float64] = np.abs(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))
    return ratios


def _out_of_fold_scores(
    X: csr_matrix,
    y: NDArray[np.int64],
    weights: NDArray[np.float64],
    units: Sequence[str],
    arguments: TrainingArguments,
) -> NDArray[np.float64]:
    """Score each row by a classifier that has not seen its unit; lexicon rows included."""
    import numpy as np
    from sklearn.model_selection import GroupKFold

    scores = np.zeros(len(units))
    folds = GroupKFold(arguments.folds, shuffle=True, random_state=arguments.random_state)
    for seen, unseen in folds.split(X, y, groups=units):
        classifier = _logistic_regression(X[seen], y[seen], weights[seen], arguments)
        scores[unseen] = classifier.decision_function(X[unseen])
    return scores


def _fold_in_platt(
    classifier: LogisticRegression, scores: NDArray[np.float64], y: NDArray[np.int64], prior: float
) -> NDArray[np.float64]:
    """Calibrate `classifier` by Platt scaling, in place; gives the calibrated `scores`, in [0, 1].

    J. Platt, "Probabilistic outputs for support vector machines" (1999): p = sigmoid(a s + b). As s
    is linear in the features, a and b go into the coefficients and the intercept. Rows are weighted
    to the share `prior` of the topic (see `prior_weights`).
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=np.inf).fit(scores[:, None], y, sample_weight=prior_weights(y, prior))
    slope, shift = platt.coef_[0, 0], platt.intercept_[0]
    classifier.coef_ = classifier.coef_ * slope
    classifier.intercept_ = classifier.intercept_ * slope + shift
    probabilities: NDArray[np.float64] = platt.predict_proba(scores[:, None])[:, 1]
    return probabilities


def _widen(classifier: LogisticRegression, columns: NDArray[np.int64], features: Any) -> LogisticRegression:
    """Give `classifier` a weight for all columns, 0 for those it was not fitted on.

    Weights keep the 24 bits of single precision: the other half of each would double the file.
    """
    import numpy as np

    width = sum(part.named_steps["hash"].n_features for _, part in features.transformer_list)
    coefficients = np.zeros((1, width))
    coefficients[:, columns] = classifier.coef_.astype(np.float32)
    classifier.coef_ = coefficients
    classifier.n_features_in_ = width
    return classifier


def _one_vs_rest(classifiers: Sequence[LogisticRegression], Y: NDArray[np.int64]) -> OneVsRestClassifier:
    """The fitted `OneVsRestClassifier` with these classifiers.

    It is put together by hand because `OneVsRestClassifier.fit` takes no sample weights.
    """
    from sklearn.base import clone
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import LabelBinarizer

    whole = OneVsRestClassifier(clone(classifiers[0]))
    whole.estimators_ = list(classifiers)
    whole.label_binarizer_ = LabelBinarizer(sparse_output=True).fit(Y)
    whole.n_features_in_ = classifiers[0].n_features_in_
    return whole
