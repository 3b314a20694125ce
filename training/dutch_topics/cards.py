"""The cards that go with a corpus and with a model, in the form that Hugging Face reads."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from .checks import Group, Statistics, agreement_text
from .evaluation import Report, to_table
from .topics import TOPICS

CURVE = "learning-curve.png"


def dataset_card(statistics: Statistics, curve: bool = False) -> str:
    """`data/README.md`: what the corpus is, how it was made, and a table of what is in it.

    `curve` says whether the picture `CURVE` lies beside it.
    """
    sections = "\n\n".join(
        f"### By {name}\n\n{_group_table(groups)}" for name, groups in statistics.groups.items()
    )
    pairs = ", ".join(f"{pair}: {count}" for pair, count in statistics.pairs.items())
    growth = ", ".join(f"{n:,}: {size:,}" for n, size in statistics.vocabulary.items())
    return f"""---
language: nl
pretty_name: dutch-topics
task_categories: [text-classification]
task_ids: [multi-label-classification]
configs:
- config_name: default
  data_files:
  - split: train
    path: train.jsonl
  - split: validation
    path: validation.jsonl
  - split: test
    path: test.jsonl
---
<!-- Written by `dutch-topics data build`; edit training/dutch_topics/cards.py. -->
# The corpus of dutch-topics

Dutch passages, each labelled with the topics it is about: {", ".join(TOPICS)}; several may apply, or
none. [CODEBOOK.md](CODEBOOK.md) says what each label means. Every passage was written for this
project, by language models under human direction: facts come from the world, sentences do not. It
grew out of two articles on Belarus and the Union State, whose facts two of the articles retell.

The build makes it from `seeds/`, where a line can be added or mended with any editor. Splits go by
article, by group of contrasting passages, or by passage, never by sentence; near-duplicates are left
out; the lexicon makes rows of `train` only (`kind` is `lexicon`, and place and time are empty).

## What is in it

{_group_table(statistics.splits)}

- {statistics.units:,} units (articles, contrast groups, single passages); {statistics.dropped} near-duplicates left out
- lexicon: {statistics.lexicon_terms:,} terms in {statistics.lexicon_rows:,} rows of `train`
- words a passage: mean {statistics.words_mean:.1f}, median {statistics.words_median:.0f}, standard deviation {statistics.words_spread:.1f}
- distinct words after so many passages: {growth}
- two topics together: {pairs}
- read twice, the second time blind: {agreement_text(statistics.agreement)}

{sections}
{_curve_section() if curve else ""}
## Limits

Written text of one hand, however varied, is not the news: a model does worse on real text than on
the test split here. Figures on both stand in the README of the project. Both readings, too, were made
by language models, the second without sight of the first: they may share errors that people would not.
"""


def _curve_section() -> str:
    return f"""
## What each doubling bought

Macro-F1 and false alarms of models trained on shares of the passages (with the whole lexicon) and of
the lexicon (with all passages), three draws each. `make learning-curve` draws it; the figures are in
`learning-curve.tsv`.

![learning curves]({CURVE})
"""


def _group_table(groups: list[Group]) -> str:
    header = ["", "passages", "none", *TOPICS]
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    for group in groups:
        shares = [f"{share:.0%}" for share in (group.none, *group.topics.values())]
        lines.append("| " + " | ".join([group.name, f"{group.n:,}", *shares]) + " |")
    return "\n".join(lines)


def model_card(report: Report, config: Mapping[str, Any]) -> str:
    """The model's `README.md`: what it answers, how well, and how other code loads it."""
    f1 = 0.0 if report.macro_f1 is None else report.macro_f1
    thresholds = {topic: entry.threshold for topic, entry in report.topics.items()}
    arguments = "\n".join(f"- {name}: {value}" for name, value in config["training"].items())
    return f"""---
language: nl
library_name: sklearn
pipeline_tag: text-classification
tags: [sklearn, skops, text-classification, multi-label]
model_file: pipeline.skops
model-index:
- name: dutch-topics
  results:
  - task: {{type: text-classification}}
    dataset: {{name: dutch-topics test split, type: dutch-topics, split: test}}
    metrics:
    - {{type: f1, name: macro-F1, value: {f1:.4f}}}
---
# dutch-topics

Tells which of four topics a Dutch passage is about: {", ".join(TOPICS)}; several may apply, or none.
TF-IDF over words and character n-grams, one logistic regression a topic, calibrated probabilities.

## Use

With the package: `from dutch_topics import load_model`. Without it, with scikit-learn
{version("scikit-learn")} and skops alone:

```python
import skops.io

pipeline = skops.io.load("pipeline.skops", trusted=[])
topics = {list(TOPICS)}
thresholds = {thresholds}
probabilities = pipeline.predict_proba(["De wapenstilstand hield geen dag stand."])[0]
print([t for t, p in zip(topics, probabilities) if p >= thresholds[t]])
```

Check the folder first with `sha256sum --check SHA256SUMS`.

## How well it does

On the test split of its own corpus, articles and passages it was not trained on:

```
{to_table(report)}
```

Passages there were written by the same hands as the training data: expect less on other text. Measure
with `dutch-topics evaluate --data FILE`.

## How it was trained

{arguments}

Not meant for decisions about people. It reads a passage by its words, not by its truth or its tone.
"""
