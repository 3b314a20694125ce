"""placeholder until the helper's comes"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    start: int
    end: int
    text: str
    kind: str


def split_sentences(text: str) -> list[Sentence]:
    return [
        Sentence(*m.span(), " ".join(m.group().split()), "sentence")
        for m in re.finditer(r"\S[^.!?\n]*[.!?]?", text)
    ]
