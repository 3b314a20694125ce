"""What experiments do to texts and how they compare, apart from the training that takes minutes."""

import candidates
import learning_curve
import numpy as np
import pytest
from candidates import Answer, Features, Texts


@pytest.mark.parametrize(
    ("prepare", "text", "prepared"),
    [
        (
            candidates.masked_names,
            "In Minsk zag Jan de Vries niets.",
            "In eigennaam zag eigennaam de eigennaam niets.",
        ),
        (candidates.masked_names, "Zij kwam. Toen ging zij.", "Zij kwam. Toen ging zij."),
        (candidates.bare, "„handel”, zei hij", " handel   zei hij"),
    ],
)
def test_texts_are_prepared_as_a_candidate_says(
    prepare: candidates.Prepare, text: str, prepared: str
) -> None:
    assert prepare(text) == prepared


def test_numbers_become_words_of_their_kind() -> None:
    text = "In 1994 kostte het 1.200 gulden, 3,5% meer"
    assert candidates.normalised_numbers(text).split() == [
        "In", "jaartal", "kostte", "het", "getal", "munt", ",", "getal", "procent", "meer",
    ]  # fmt: skip


def test_a_compound_is_followed_by_its_parts() -> None:
    known = frozenset({"levering", "contract", "grond"})
    assert (
        candidates.split_compounds("Leveringscontract grond", known)
        == "Leveringscontract leverings contract grond "
    )


def test_features_leave_out_what_a_candidate_leaves_out() -> None:
    texts = ["de tank reed", "de tank stond"]
    names = [name for name, _ in candidates.union(Features(characters=None), []).transformer_list]
    assert names == ["words"]
    with_all = candidates.union(Features(words=(1, 1), characters=None), ["de"]).fit_transform(texts)
    without = candidates.union(Features(words=(1, 1), characters=None, function_words=False), ["de"])
    assert (with_all.nnz, without.fit_transform(texts).nnz) == (6, 4)


def test_differences_are_paired_and_drawn_by_unit() -> None:
    truth = np.tile([[1, 0, 0, 1], [0, 1, 1, 0]], (20, 1))
    data = Texts(["t"] * 40, truth, [f"u{n // 4}" for n in range(40)])
    perfect, never = Answer(truth.astype(float), truth == 1), Answer(0.0 * truth, truth == 2)
    assert candidates.macro_f1(perfect.given, truth) == 1
    assert candidates.average_precision(perfect.scores, truth) == 1
    assert candidates.difference(perfect, perfect, data) == (0, 0)
    assert candidates.difference(perfect, never, data) == (1, 1)


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    kinds = ["passage"] * 50 + ["lexicon"] * 50
    units = [f"u{n // 2}" for n in range(100)]
    half = learning_curve.chosen_rows(kinds, units, "passages", 1 / 2, 1)
    quarter = learning_curve.chosen_rows(kinds, units, "passages", 1 / 4, 1)
    assert set(quarter) < set(half)
    assert [kinds[row] for row in half].count("lexicon") == 50
    assert [kinds[row] for row in half].count("passage") == 24  # 12 of 25 units of two
    assert learning_curve.chosen_rows(kinds, units, "lexicon", 1, 0) == list(range(100))
