"""What is added to a table is what is added to records."""

from dataclasses import replace

import pytest

from dutch_topics import TOPICS, InputError, TopicModel
from dutch_topics.bulk import label_records, label_texts, with_score_columns
from dutch_topics.tables import Record

TEXTS = [
    "Rond het leger bleef het stil",
    "Het leger en het verdrag: over invoer ging het, over de grenswet niet",
    "",
    " \n",
    "The army marched to the northern border.",
    "Kwikstaart!",
    "Nieuws van \u00c9\u00e9n leger kwam laat \U0001f600",
    "x leger y z",
]


@pytest.mark.parametrize("precision", [None, 0.9])
@pytest.mark.parametrize("detects", [True, False])
def test_tables_and_records_get_the_same(
    toy_model: TopicModel, monkeypatch: pytest.MonkeyPatch, precision: float | None, detects: bool
) -> None:
    monkeypatch.setattr("dutch_topics.coverage.detects_language", lambda: detects)
    monkeypatch.setattr("dutch_topics.bulk.detects_language", lambda: detects)
    kept = {topic: [0.5] * 60 + [0.9] * 39 for topic in TOPICS} | {"military": [0.5] * 98 + [0.9]}
    model = replace(toy_model, precision=kept)
    rows: list[Record] = [{"id": n, "text": text} for n, text in enumerate(TEXTS)]
    thresholds = {"economy": 0.001}
    places = [(f"rijen:{row['id']}", row) for row in rows]
    expected = list(with_score_columns(label_records(model, places, thresholds, precision)))
    table, unsure = label_texts(model, TEXTS, "rijen", 0, thresholds, precision)
    found = [row | added for row, added in zip(rows, table.to_pylist(), strict=True)]
    assert [list(row.items()) for row in found] == [list(row.items()) for row in expected]
    assert unsure == sum(bool(row.get("unsure")) for row in expected)
    assert any(row["topics"] for row in expected)
    assert precision is None or unsure


def test_a_text_that_cannot_be_read_is_named_by_its_row(toy_model: TopicModel) -> None:
    with pytest.raises(InputError, match=r"^rijen\.parquet:12: text must be a string, not NoneType$"):
        label_texts(toy_model, ["a", None, "b\0"], "rijen.parquet", 10)
