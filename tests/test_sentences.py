"""Articles are cut where Dutch sentences end, and nothing of them is lost or moved."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentences import Snippet, gaps, read_snippets

from dutch_topics import InputError
from dutch_topics.sentences import LONGEST_DOCUMENT, Sentence, split_sentences

from .conftest import ROOT

# Snippets of blind.txt that go wrong; it was written to measure with, so no rule is made for them.
WRONG = {
    "hard-gewikkeld": "one line does not tell how wide the others may be",
    "regels-zonder-wit": "a heading of the one word Reacties is taken for boilerplate",
    "rijm-op-regels": "lines of verse are taken for lines wrapped by hand",
}
HARD = read_snippets(ROOT / "tests/sentences/snippets.txt")
BLIND = read_snippets(ROOT / "tests/sentences/blind.txt")
DESTINATION = r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?\)"
MARKUP = re.compile(rf"(?:[\s*_`~#>|:=+•\xad-]|\d{{1,3}}[.)]\s|!\[[^\[\]]*{DESTINATION}|\[|{DESTINATION})*")
FRAGMENTS = st.sampled_from(
    ["De tank", "reed.", "dr.", "J.P.", "1 jan.", "’s Avonds", "„Nee.”", "…", "- ", "# ", "> ", "**", "_",
     "1. ", "\n", "\n\n", "\r\n", " ", "[a](b)", "![c](d)", "](", "[", "|", "---", "zee-", "\xad", "\u2028",
     "\0", "\ud800", "(Red.)", "Lees ook:", "a) De", "€", "🙂", "İ", "ß"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS).map("".join))


def case(snippet: Snippet) -> object:
    """A snippet as a case of its own, expected to fail where it is one of `WRONG`."""
    reason = WRONG.get(snippet.name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(snippet, id=snippet.name, marks=marks)


@pytest.mark.parametrize("snippet", [case(snippet) for snippet in [*HARD, *BLIND]])
def test_hard_snippets_are_cut_where_a_reader_would_cut_them(snippet: Snippet) -> None:
    between = gaps(snippet.text)
    found = [sentence.text for sentence in split_sentences(snippet.text)]
    assert len(between) == len(snippet.cuts), found
    assert all(start <= cut <= end for cut, (start, end) in zip(snippet.cuts, between, strict=True)), found
    assert tuple(sentence.kind for sentence in split_sentences(snippet.text)) == snippet.kinds


def test_there_are_as_many_snippets_as_are_said_to_be() -> None:
    assert (len(HARD), len(BLIND)) == (60, 30)
    assert len({snippet.name for snippet in [*HARD, *BLIND]}) == 90


@given(TEXTS)
def test_nothing_but_blanks_and_markup_lies_outside_the_sentences(text: str) -> None:
    found = split_sentences(text)
    ends = [0, *(end for sentence in found for end in (sentence.start, sentence.end)), len(text)]
    assert ends == sorted(ends)
    for start, end in zip(ends[::2], ends[1::2], strict=True):
        assert MARKUP.fullmatch(text[start:end] + " "), (text[start:end], found)


@given(TEXTS)
def test_a_sentence_says_what_stands_at_its_place(text: str) -> None:
    for sentence in split_sentences(text):
        stands = text[sentence.start : sentence.end]
        assert stands == stands.strip() != ""
        assert sentence.text == " ".join(sentence.text.split()) != ""
        letters = iter(stands)
        assert all(letter in letters for letter in sentence.text if not letter.isspace())
        assert sentence.kind in ("sentence", "heading", "boilerplate")


@given(st.text(alphabet="Aab .?!…\n„”’(", max_size=60))
def test_plain_text_loses_no_character(text: str) -> None:
    said = "".join(sentence.text for sentence in split_sentences(text))
    assert "".join(said.split()) == "".join(text.split())


def test_places_are_those_of_the_original() -> None:
    text = (
        "# De **gasvraag**\r\n\r\n> Zie [dr. Maes](http://a.b/c).\r\n> Hij wacht\r\n> op *gas*.\n\n- olie\n"
    )
    assert split_sentences(text) == [
        Sentence(2, 15, "De gasvraag", "heading"),
        Sentence(23, 52, "Zie dr. Maes.", "sentence"),
        Sentence(56, 78, "Hij wacht op gas.", "sentence"),
        Sentence(82, 86, "olie", "sentence"),
    ]
    assert [text[sentence.start : sentence.end] for sentence in split_sentences(text)][1:3] == [
        "Zie [dr. Maes](http://a.b/c).",
        "Hij wacht\r\n> op *gas*.",
    ]


def test_pictures_rules_and_soft_hyphens_are_passed_over() -> None:
    text = "![een tank](tank.jpg)\n\nDe ka\xadzer\xad\nne is leeg.\n\n***\n\n5 * 3 is 15, zegt a_b.\n"
    assert [sentence.text for sentence in split_sentences(text)] == [
        "De kazerne is leeg.",
        "5 * 3 is 15, zegt a_b.",
    ]


@pytest.mark.parametrize("width", [60, 72, 100])
def test_wrapped_lines_read_like_the_paragraphs_they_came_from(width: int) -> None:
    import textwrap

    paragraphs = [" ".join(s.text for s in split_sentences(one.text)) for one in HARD if "\n" not in one.text]
    assert len(paragraphs) > 40
    plain, wrapped = (
        [sentence.text for sentence in split_sentences("\n\n".join(texts))]
        for texts in (
            paragraphs,
            [textwrap.fill(p, width, break_long_words=False, break_on_hyphens=False) for p in paragraphs],
        )
    )
    assert wrapped == plain


def test_a_document_has_an_end() -> None:
    assert split_sentences("") == split_sentences(" \n\t") == []
    assert len(split_sentences("Een. " * (LONGEST_DOCUMENT // 50))) == LONGEST_DOCUMENT // 50
    with pytest.raises(InputError, match=r"5,000,001 characters in one document"):
        split_sentences("a" * (LONGEST_DOCUMENT + 1))


@pytest.mark.parametrize(
    "unit", [".", ". ", ".”", "...a", "a. ", "'", "(", "[", "](", "![", "a*b", "a_b", "’s "]
)
def test_a_long_run_of_anything_is_read_whole(unit: str) -> None:
    # What takes more than linear time would not come to an end here.
    said = "".join(sentence.text for sentence in split_sentences(unit * 200_000))
    assert "".join(said.split()) == "".join(unit.split()) * 200_000
