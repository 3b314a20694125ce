"""The article is found in a web page, its neighbours are not, and its letters are read as meant."""

import sys

import pytest

from dutch_topics import InputError
from dutch_topics.html_pages import LONGEST_PAGE, article_of_html
from dutch_topics.sentences import split_sentences

from .conftest import ROOT

PAGES = ROOT / "tests/pages"
PARAGRAPH = "<p>De minister van België trad af na een debat over Oekraïne; dat kostte € 3 mln.</p>"
PAGE = f"<html><head>%s</head><body><article>{PARAGRAPH}</article></body></html>"
SAID = "De minister van België trad af na een debat over Oekraïne; dat kostte € 3 mln."


def said(text: str) -> str:
    """What is said in `text`, on one line."""
    return " ".join(sentence.text for sentence in split_sentences(text))


@pytest.mark.parametrize(
    "name",
    [
        "blog",
        "krant",
        "ministerie",
        pytest.param(
            "liveblog", marks=pytest.mark.xfail(strict=True, reason="its title is lost, its times are kept")
        ),
        pytest.param(
            "streekblad",
            marks=pytest.mark.xfail(strict=True, reason="laid out in a table, of which all is kept"),
        ),
    ],
)
def test_the_article_is_found_and_nothing_else(name: str) -> None:
    # Lines that begin with a question mark, captions and bylines, may be there or not.
    wanted = [line for line in (PAGES / f"{name}.txt").read_text("utf-8").splitlines() if line[:2] != "? "]
    assert said(article_of_html((PAGES / f"{name}.html").read_bytes())) == " ".join(wanted)


def test_of_a_page_that_is_hard_to_read_at_least_the_paragraphs_are_found() -> None:
    for name in ("liveblog", "streekblad"):
        found = said(article_of_html((PAGES / f"{name}.html").read_bytes()))
        wanted = (PAGES / f"{name}.txt").read_text("utf-8").splitlines()
        assert all(line in found for line in wanted[1:] if line[:2] != "? "), name
        assert "cookies" not in found


def test_headings_of_a_page_are_headings() -> None:
    found = split_sentences(article_of_html((PAGES / "krant.html").read_bytes()))
    assert [sentence.text for sentence in found if sentence.kind == "heading"] == [
        "Havenstaking in Antwerpen van de baan",
        "Schade",
    ]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="utf-8">', "utf-8"),
        ("<meta http-equiv=Content-Type content='text/html; charset=ISO-8859-1'>", "cp1252"),
        ('<meta charset="iso-8859-15">', "iso-8859-15"),
        ('<meta charset="utf-16">', "utf-8"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("", "utf-16"),
        ("", "utf-8-sig"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_declares(head: str, encoding: str) -> None:
    assert said(article_of_html((PAGE % head).encode(encoding))) == SAID


def test_what_xml_declares_holds_for_bytes_but_not_for_text() -> None:
    page = '<?xml version="1.0" encoding="iso-8859-15"?>' + PAGE % ""
    assert said(article_of_html(page.encode("iso-8859-15"))) == said(article_of_html(page)) == SAID


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (b"", "no article found"),
        (b"{}", "no article found"),
        (b"<div>" * 100_000 + b"hier" + b"</div>" * 100_000, "no article found"),
        (b"<meta charset=klingon><p>nuqneH", "unknown encoding klingon"),
        (b"<meta charset=base64><p>nuqneH", "unknown encoding base64"),
        ("<p>" + "a" * LONGEST_PAGE, "20,000,003 characters in one page"),
    ],
    ids=["empty", "JSON", "nested", "unknown", "no text", "long"],
)
def test_what_is_no_page_is_refused(page: bytes | str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        article_of_html(page)


def test_without_trafilatura_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(InputError, match="install the extra html"):
        article_of_html(PAGE)
