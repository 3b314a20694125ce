"""An article cut into sentences, each with its place in the original.

Markdown marks are overlooked, lines become paragraphs (a line wrapped by hand is joined to the next, a
headline is not), and paragraphs are cut at full stops that end a sentence. Abbreviations, first words and
the phrases of sites stand in `sentences.toml`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from .errors import InputError

LONGEST_DOCUMENT = 5_000_000  # characters
WIDEST = 120  # characters of a line that was wrapped by hand, or of a heading
LONGEST_TOKEN = 30  # characters looked at before a full stop
LONGEST_BOILERPLATE = 300  # characters of a paragraph

# Every repeat is possessive, bounded or last in its pattern: no text takes more than linear time.
_GONE = "\u00ad"  # a soft hyphen, which says nothing, overwrites what says nothing
_DESTINATION = r"\]\([^()\s]{0,2000}+(?:\([^()\s]{0,2000}+\)[^()\s]{0,2000}+)?+\)"
_IMAGE = re.compile(r"!\[[^\[\]]{0,1000}+" + _DESTINATION)
_LINK = re.compile(rf"\[([^\[\]]{{0,1000}}+)({_DESTINATION})")
_MARK = re.compile(r"[*_]++|`++|~~")
_RULE = re.compile(r"[-*_=#>+~|][-*_=#>+~|: \t]*+")
_PREFIX = re.compile(
    r"[>| \t]*+(?:(?P<heading>#{1,6}[ \t]++)|(?P<item>[-*+•][ \t]++|(?P<number>\d{1,3})[.)][ \t]++))?+"
)
_CONTENT = re.compile(rf"[^\s{_GONE}](?:.*[^\s{_GONE}])?", re.DOTALL)
_VISIBLE = re.compile(f"[^{_GONE}]++")

_FIRST_LETTER = re.compile(r"[^\w\s]*+ ?([^\W\d_])")
_APOSTROPHE = re.compile(r"['’‘`´][a-z]{1,2}\s")  # 's Avonds, ’t Was
_UNFINISHED = re.compile(r"(?:[,;(\[„«&–—-]|\b(?:de|het|een|van|en|of|te|met|bij|tot|naar|der|den))$")
_CLOSED = re.compile(r"[.?!…:;,][\"'”’“‘»)\]]*+$")
_BYLINE = re.compile(r"Door(?: (?:[A-ZÀ-Þ][\w.'’-]*+|van|de|den|der|en|ten|ter))++")

_OPENING = "„“”\"‘'’«»‹›([–—-"
_STOP = re.compile(
    r"(?<![.?!…])(?P<mark>[.?!…]++)[)\]]*+(?P<quote>[\"'”’“‘»«›‹]*+)[)\]]*+(?:\[\d{1,3}\])*+(?=\s)"
)
_AFTER = re.compile(
    r"\s++(?:(?P<small>(?:['’‘`´][a-z]{1,2}|[a-z]\))\s++)(?=[^\W\d_a-z])"  # ’s Avonds, a) De
    rf"|[{re.escape(_OPENING)}]*+\s*+)(?=\S)(?P<word>\w*+)"
)
_CAMEL = re.compile(r"[a-z]{1,2}[A-Z]")  # iPhone, eBay
_ORDINAL = re.compile(r"\d{1,2}|[IVX]{1,5}|[A-Za-z]")
_NAME = re.compile(r"\s++(?:de[rn]?\s++|het\s++|['’]t\s++)?+[^\W\d_a-z]")


@dataclass(frozen=True)
class Sentence:
    """A piece of an article.

    It stands in the original at `start:end` (characters); `text` is what it says, on one line and without
    Markdown marks. `kind` is `sentence`, `heading` or `boilerplate` (what sites put around an article).
    """

    start: int
    end: int
    text: str
    kind: str


@dataclass(frozen=True)
class _Line:
    """Where a line says something; its `kind` is `text`, `heading`, `item` or, where it does not, `gap`."""

    kind: str
    start: int
    end: int
    stop: int  # where the next line begins


@dataclass
class _Paragraph:
    """Stretches of the original that make one running text, and the kind of line it began with."""

    kind: str
    lines: int = 0
    stretches: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Rules:
    """What `sentences.toml` says."""

    abbreviations: frozenset[str]
    no_names: frozenset[str]
    last: frozenset[str]
    particles: frozenset[str]
    first_words: frozenset[str]
    boilerplate: re.Pattern[str]


def split_sentences(text: str) -> list[Sentence]:
    """The sentences of an article in their order, plain text or Markdown.

    They do not overlap, and leave out nothing but blanks and Markdown marks. Raises `InputError` beyond
    `LONGEST_DOCUMENT` characters.
    """
    if len(text) > LONGEST_DOCUMENT:
        raise InputError(
            f"{len(text):,} characters in one document, more than {LONGEST_DOCUMENT:,}; cut it into parts"
        )
    found: list[Sentence] = []
    paragraphs = _paragraphs(text)
    for number, paragraph in enumerate(paragraphs, start=1):
        pieces = list(_pieces(paragraph, text))
        said = " ".join(piece for _, _, piece in pieces)
        kind = "sentence"
        if _is_boilerplate(said) or _BYLINE.fullmatch(said):
            kind = "boilerplate"
        elif paragraph.kind == "heading" or (
            number < len(paragraphs) and len(pieces) == 1 and _looks_like_heading(paragraph, said)
        ):
            kind = "heading"
        for start, end, piece in pieces:
            found.append(Sentence(start, end, piece, "boilerplate" if _is_boilerplate(piece) else kind))
    return found


def _pieces(paragraph: _Paragraph, text: str) -> Iterator[tuple[int, int, str]]:
    """The sentences of a paragraph: where they begin and end in `text`, and what they say."""
    stretches = paragraph.stretches
    clean = "".join(text[start:end] for start, end in stretches)
    offsets = [0, *accumulate(end - start for start, end in stretches)]

    def place(offset: int) -> int:
        number = bisect_right(offsets, offset) - 1
        return stretches[number][0] + offset - offsets[number]

    for a, b in pairwise([0, *ends(clean), len(clean)]):
        piece = clean[a:b]
        first, last = b - len(piece.lstrip()), a + len(piece.rstrip()) - 1
        yield place(first), place(last) + 1, " ".join(piece.split())


def _looks_like_heading(paragraph: _Paragraph, said: str) -> bool:
    """Whether a paragraph stands on a short line of its own, without a full stop."""
    first = _FIRST_LETTER.match(said)
    return (
        paragraph.kind == "text"
        and paragraph.lines == 1
        and len(said) <= WIDEST
        and not (first and first[1].islower())
        and not _CLOSED.search(said, max(0, len(said) - 10))
    )


def _is_boilerplate(said: str) -> bool:
    """Whether these are words that sites put around an article, or no words at all."""
    return len(said) <= LONGEST_BOILERPLATE and (
        _rules().boilerplate.fullmatch(said) is not None or not any(map(str.isalpha, said))
    )


def _hidden(text: str) -> str:
    """`text` with the marks inside its lines overwritten, each by as many characters."""
    text = _IMAGE.sub(lambda found: _GONE * len(found[0]), text)
    text = _LINK.sub(lambda found: _GONE + found[1] + _GONE * len(found[2]), text)
    return _MARK.sub(_without_mark, text)


def _without_mark(found: re.Match[str]) -> str:
    text, start, end = found.string, found.start(), found.end()
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    stands_alone = not before.strip() and not after.strip()
    if found[0][0] in "*_" and (stands_alone or (before.isalnum() and after.isalnum())):
        return found[0]  # 5 * 3, a_b
    return _GONE * len(found[0])


def _lines(hidden: str) -> list[_Line]:
    lines, stop = [_Line("gap", 0, 0, 0)], 0
    for line in hidden.splitlines(keepends=True):
        begin, stop = stop, stop + len(line)
        prefix = _PREFIX.match(line)
        assert prefix
        kind, skipped = prefix.lastgroup or "text", prefix.end()
        # "… op 1 jan.\n2. Dat" is no list: only a first item may follow a line of text.
        if prefix["number"] not in (None, "1") and lines[-1].kind == "text":
            kind, skipped = "text", 0
        content = _CONTENT.search(line, skipped)
        if content is None or _RULE.fullmatch(line.strip()):
            lines.append(_Line("gap", begin, begin, stop))
        else:
            lines.append(_Line(kind, begin + content.start(), begin + content.end(), stop))
    return lines


def _paragraphs(text: str) -> list[_Paragraph]:
    hidden = _hidden(text)
    lines = _lines(hidden)
    widths = _widths(lines, hidden)
    found: list[_Paragraph] = []
    for before, line in pairwise(lines):
        if line.kind == "gap":
            continue
        if _continues(before, line, hidden, widths):
            _join(found[-1], before, line, text)
        else:
            found.append(_Paragraph(line.kind))
        found[-1].lines += 1
        found[-1].stretches += [part.span() for part in _VISIBLE.finditer(hidden, line.start, line.end)]
    return found


def _widths(lines: list[_Line], hidden: str) -> range:
    """The widths at which lines may have been wrapped by hand; empty where none was."""
    wrapped = [
        (before.end - before.start, _first_word(line, hidden))
        for before, line in pairwise(lines)
        if before.end - before.start <= WIDEST and _continues(before, line, hidden, range(0))
    ]
    if not wrapped:
        return range(0)
    least = max(length for length, _ in wrapped)
    return range(least, max(least, min(length + len(word) for length, word in wrapped)) + 1)


def _continues(before: _Line, line: _Line, hidden: str, widths: range) -> bool:
    """Whether `line` belongs to the paragraph of the line before it.

    It does where it begins in lower case or that one cannot be the last; and, in a document wrapped at
    one of `widths`, where its first word found no place there any more.
    """
    if before.kind not in ("text", "item") or line.kind != "text":
        return False
    if _UNFINISHED.search(hidden, max(before.start, before.end - 10), before.end):
        return True
    first = _FIRST_LETTER.match(hidden, line.start, line.end)
    if first and first[1].islower() and not _APOSTROPHE.match(hidden, line.start, line.end):
        return True
    length = before.end - before.start
    return length < widths.stop and length + len(_first_word(line, hidden)) >= widths.start > 0


def _first_word(line: _Line, hidden: str) -> str:
    return hidden[line.start : min(line.end, line.start + WIDEST)].split()[0]


def _join(paragraph: _Paragraph, before: _Line, line: _Line, text: str) -> None:
    """Put between two lines what stands between their words: mostly a blank.

    Halves of a word become one: zee-|straat loses its hyphen, Noord-|Korea and Zee-|en luchtmacht keep it.
    """
    halved = before.end - 1 > before.start and text[before.end - 1] == "-" and text[before.end - 2].isalpha()
    if halved and text[line.start].islower() and not text.startswith(("en ", "of "), line.start):
        start, end = paragraph.stretches[-1]
        paragraph.stretches[-1] = (start, end - 1)
    elif not (halved and text[line.start].isupper()) and text[before.end] != _GONE:
        paragraph.stretches.append((before.stop - 1, before.stop))


def ends(text: str) -> list[int]:
    """Where the sentences of a paragraph end, the last one left out."""
    found, start = [], 0
    for stop in _STOP.finditer(text):
        if _ends(text, start, stop):
            start = stop.end()
            found.append(start)
    return found


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether the sentence that begins at `start` ends with the full stop, or the like, in `stop`."""
    after = _AFTER.match(text, stop.end())
    if after is None:
        return False
    word = after["word"]
    if word[:1].islower() and not _CAMEL.match(word):
        return False
    if stop["mark"] != "." or stop["quote"]:
        return True
    before = text[max(start, stop.start() - LONGEST_TOKEN) : stop.start()].split()
    token = before[-1].lstrip(_OPENING) if before else ""
    is_first = len(before) == 1
    if _ORDINAL.fullmatch(token) and (is_first or before[-2].endswith((":", ";"))):
        return False  # 1. Ten eerste …; 2. Ten tweede …
    rules = _rules()
    if token in rules.last or not _abbreviates(token, is_first):
        return True
    if after["small"]:
        return True
    if word.lower() in rules.particles and token not in rules.no_names and _NAME.match(text, after.end()):
        return False  # J. De Smet
    return word.lower() in rules.first_words


def _abbreviates(token: str, is_first: bool) -> bool:
    """Whether the full stop after `token`, perhaps the first in its sentence, marks an abbreviation."""
    known = _rules().abbreviations
    return all(
        part in known
        or (is_first and part.lower() in known)
        or (len(part) == 1 and part.isalpha() and part != "u")
        for part in re.split(r"[.-]+", token)
    )


@cache
def _rules() -> _Rules:
    import tomllib

    data = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))
    phrases = [re.escape(phrase).replace(r"\*", ".*") for phrase in data.pop("boilerplate")]
    sets = {name: frozenset(words.split()) for name, words in data.items()}
    return _Rules(**sets, boilerplate=re.compile("|".join(phrases), re.IGNORECASE))
