"""The short way gives what the pipeline gives, whatever the text, with the kernel and without."""

import subprocess
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction import FeatureHasher

from dutch_topics import TOPICS, TopicModel, numpy_scorer
from dutch_topics.coverage import coverage
from dutch_topics.fitting import TrainingArguments, fit
from dutch_topics.hashing import hashed
from dutch_topics.scorer import Scorer, Settings

from .conftest import FRAMES, toy_split

try:
    from dutch_topics import _kernel
except ImportError:
    _kernel = None  # type: ignore[assignment]

HOSTILE = [
    "",
    " \t\r\n\u00a0\u2003\u3000\x1c\x85 ",
    "İstanbul IĞDIR ΟΔΥΣΣΕΥΣ Σ ΑΣ. ſtraße ß ẞ ﬁ ﬂ",
    "e\u0301e\u0301 n\u0303 a\u0308\u0323 \u0301los",
    "😀😀 👩‍👩‍👧 🇧🇪 \u200bnul\u200dbreedte\ufeff",
    "legerleger leger-verdragen VERDRAGSLEGER gas123 12 ٣٤ ²³ x_y invoersprijzen s lonenlonen",
    "nananananananana nananananananana aaaa aaa aa a",
    "het leger het leger het leger HET LEGER",
    "regel\r\nregel\rregel\ttab\vtab\fblad",
    "a\0 a a\0\0 a\0b regeringsverantwoordelijkheid regeringsverantwoordelijkheden",
    " ".join("x" * size + end for size in range(20, 28) for end in ("", "y")),
    "NAVO-topoverleg/F-16's (d.d. 1.000.000) „oorlog”… _x_ x_ __",
    "\U0001d518\U0001d52b \U00010400 \u0590\u05d0 \u0661\u0662 Ⅷ ½ ²",
    "x" * 5000,
    "leger" * 20_000,
    " ".join(f"woord{n}" for n in range(5000)),
]
ALPHABET = st.one_of(
    st.sampled_from("aeiountrslgd   \t\n\u00a0-'_.,019İıΣςσßﬁÉe\u0301\u200b😀\u0661"),
    st.characters(exclude_categories=["Cs"]),
)
WORDS = st.sampled_from(["het leger", "tanks", "invoer", "verdrag", "over", "de", "a", "nana"])
TEXTS = st.one_of(
    st.text(ALPHABET, max_size=80),
    st.lists(st.one_of(WORDS, st.text(ALPHABET, max_size=8)), max_size=20).map(" ".join),
)
WAYS = pytest.mark.parametrize(
    "compiled",
    [
        pytest.param(True, marks=pytest.mark.skipif(_kernel is None, reason="there was no compiler")),
        False,
    ],
)


def scorer_of(model: TopicModel, compiled: bool) -> Scorer:
    made = model.scorer
    return Scorer(made.slots, made.rows, made.vocabulary, made.settings, compiled)


def assert_same(model: TopicModel, ours: Scorer, texts: list[str]) -> None:
    values, expected = ours.score_array(texts), model.pipeline.predict_proba(texts)
    found = values[:, : len(TOPICS)]
    assert np.allclose(found, expected, rtol=0, atol=1e-9)
    known = frozenset(bytes(model.scorer.vocabulary).decode().split())
    assert np.allclose(values[:, -1], [coverage(text, known) for text in texts], rtol=0, atol=1e-12)
    limits = np.array([model.thresholds[topic] for topic in TOPICS])
    assert np.array_equal(found >= limits, expected >= limits)
    assert np.allclose(ours.score(texts), values, rtol=0, atol=1e-12)


@WAYS
def test_hostile_texts_get_the_pipelines_scores(toy_model: TopicModel, compiled: bool) -> None:
    ours = scorer_of(toy_model, compiled)
    for _ in range(2):  # with an empty memory, and with one that has met them all
        assert_same(toy_model, ours, HOSTILE)
    for text in HOSTILE:
        assert_same(toy_model, ours, [text])


@WAYS
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_any_text_gets_the_pipelines_scores(toy_model: TopicModel, compiled: bool, texts: list[str]) -> None:
    assert_same(toy_model, scorer_of(toy_model, compiled), texts)


@WAYS
def test_the_test_split_gets_the_pipelines_scores(real_model: Path, compiled: bool) -> None:
    from dutch_topics import load_corpus, load_model

    model = load_model(real_model)
    texts = list(load_corpus(Path(__file__).parent.parent / "data")["test"]["text"])
    assert_same(model, scorer_of(model, compiled), texts)


@WAYS
def test_a_memory_that_is_full_begins_anew(
    toy_model: TopicModel, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numpy_scorer, "REMEMBERED", 1000)
    ours = scorer_of(toy_model, compiled)
    for first in range(0, 400_000, 50_000):
        many = " ".join(f"w{n}" for n in range(first, first + 25_000))
        ours.score([many])
        assert_same(toy_model, ours, ["het leger trok over de grens", "de invoer", f"w{first} leger"])


@WAYS
def test_threads_may_share_a_scorer(toy_model: TopicModel, compiled: bool) -> None:
    ours = scorer_of(toy_model, compiled)
    texts = [[f"leger{n} w{n} w{m} verdrag" for n in range(1000)] for m in range(40)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ours.score, texts))
    assert together == [scorer_of(toy_model, compiled).score(some) for some in texts]


@WAYS
def test_a_model_of_single_words_gives_the_pipelines_scores(compiled: bool) -> None:
    model = fit(toy_split(FRAMES[:3]), toy_split(FRAMES[3:]), TrainingArguments(min_df=1, word_ngrams=(1, 1)))
    assert_same(model, scorer_of(model, compiled), HOSTILE)


def test_hashes_are_those_of_scikit_learn() -> None:
    ngrams = ["", "a", "ab", "abc", "abcd", "één", "😀", "leger" * 7, *(f"n-gram {n}" for n in range(2000))]
    theirs = FeatureHasher(2**18, input_type="string", alternate_sign=False).transform([[n] for n in ngrams])
    assert np.array_equal(hashed(ngrams, 2**18), theirs.indices)
    assert hashed([], 8).tolist() == []


@pytest.mark.skipif(_kernel is None, reason="there was no compiler")
def test_the_kernel_refuses_arrays_that_do_not_fit(toy_model: TopicModel) -> None:
    slots, rows = np.arange(8, dtype=np.int32), toy_model.scorer.rows[:8]
    good: list[Any] = [slots, rows, b"het\nleger\n", array("d", [0] * 4), 4, 2, 4, 7]
    kernel = _kernel.prepare(*good)
    for place, bad in enumerate((slots[:7], rows.tobytes()[:-1], None, array("d", [0]), 8, 3, 0, 3)):
        if bad is None:  # any bytes will do for words
            continue
        with pytest.raises(ValueError, match="another shape"):
            _kernel.prepare(*good[:place], bad, *good[place + 1 :])  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="another shape"):
        _kernel.prepare(slots, rows[:7], *good[2:])  # a row that is not there
    with pytest.raises(ValueError, match="room for five doubles"):
        _kernel.score(kernel, ["a"], array("d", [0]))
    with pytest.raises(ValueError, match="texts must be str"):
        _kernel.score(kernel, [7], array("d", [0] * 5))  # type: ignore[list-item]
    with pytest.raises(ValueError, match="less than"):
        _kernel.score(kernel, ["a" * 300_000], array("d", [0] * 5))


def test_settings_come_back_from_json() -> None:
    values = Settings((0.1, 2.0, -3.5, 4.0), 8, (1, 2), (4, 7))
    assert Settings.from_dict({**values.to_dict(), "intercepts": [0.1, 2, -3.5, 4]}) == values


def test_a_prediction_imports_no_scientific_library(model_directory: Path) -> None:
    code = (
        "import sys\nfrom dutch_topics.cli import main\n"
        f"sys.argv = ['dutch-topics', 'predict', '--model', {str(model_directory)!r}, 'Het leger']\n"
        "try:\n    main()\nexcept SystemExit as e:\n    assert not e.code\n"
        "heavy = {'scipy', 'sklearn', 'skops', 'datasets', 'pandas', 'pyarrow', 'rich'}\n"
        "heavy |= {'numpy'} if 'dutch_topics._kernel' in sys.modules else set()\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
