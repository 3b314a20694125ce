"""The article of a web page, by trafilatura (the extra `html`)."""

from __future__ import annotations

import codecs
import re

from .errors import InputError

LONGEST_PAGE = 20_000_000  # characters
# Where browsers look for what a page says of its encoding.
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_HEAD = 4096  # bytes
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_XML = re.compile(r"\s*<\?xml[^>]{0,500}>")
_DIALOGS = "//*[@role='dialog' or @role='alertdialog' or @aria-modal='true']"


def article_of_html(data: bytes | str) -> str:
    """The article of a web page as Markdown: its headings, paragraphs and lists.

    Bytes are read in the encoding that the page declares. Raises `InputError` where trafilatura is
    missing, the page is too long or of an unknown encoding, or no article is found in it.
    """
    try:
        import trafilatura
    except ImportError:
        raise InputError(
            "reading HTML needs trafilatura; install the extra html (pip install trafilatura lxml-html-clean)"
        ) from None
    page = data if isinstance(data, str) else _decoded(data)
    if len(page) > LONGEST_PAGE:
        raise InputError(
            f"{len(page):,} characters in one page, more than {LONGEST_PAGE:,}; save the article alone"
        )
    article = trafilatura.extract(
        _XML.sub("", page, count=1),  # what it says of the encoding is true no longer
        output_format="markdown",
        include_comments=False,
        favor_recall=True,
        prune_xpath=_DIALOGS,
    )
    if not article:
        raise InputError("no article found in the HTML; save it as plain text")
    return str(article)


def _decoded(data: bytes) -> str:
    """`data` as browsers read it; raises `InputError` for an encoding that nobody knows."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    declared = _DECLARED.search(data, 0, _HEAD)
    if declared is None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
    name = declared[1].decode("ascii")
    try:
        found = codecs.lookup(name).name
        if found in ("iso8859-1", "ascii"):
            found = "cp1252"
        elif found.startswith(("utf-16", "utf-32")):  # or these bytes could not have been read so far
            found = "utf-8"
        return data.decode(found, "replace")
    except (LookupError, UnicodeError):
        raise InputError(f"the HTML declares the unknown encoding {name}; save it as UTF-8") from None
