"""The page in a real browser: what a reader sees, by mouse and by keyboard; what a hostile text cannot do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Route, expect, sync_playwright

from dutch_topics import TOPICS, TopicModel
from dutch_topics.store import save_model

from .conftest import ROOT
from .serving import serving

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; install Debian's")
DUTCH = dict(zip(TOPICS, ("soevereiniteit", "militair", "economie", "diplomatie"), strict=True))
ARTICLE = """🙂🇳🇱 Grenswet en zelfbestuur

Over onafhankelijkheid ging het. Over het leger en de tanks ging het 💥 ook! Over regen ging het.

Nieuws van de prijzen kwam laat. De ambassadeur sprak over invoer en lonen.

Meld je aan voor de nieuwsbrief."""
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")  # fmt: skip
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def page_server(toy_model: TopicModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the page."""
    directory = tmp_path_factory.mktemp("page") / "model"
    save_model(toy_model, {"n": 1}, [], "# card\n", directory)
    with serving(directory) as server:
        yield server.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(page_server: str, browser: Browser) -> Iterator[Open]:
    """Open the page, in a context with options; nothing may go wrong, or out, but what is `expected`."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []
    right: list[str] = []

    def call(query: str = "", storage: bool = True, expected: str | None = None, **options: Any) -> Page:
        right.extend([expected] if expected else [])
        wanted = {"locale": "nl-NL", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        context = browser.new_context(**{**wanted, **options})
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: wrong.append(request.url) if _is_outside(request.url) else None)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective))"
        )
        if not storage:
            page.add_init_script("Object.defineProperty(window, 'localStorage', {get() {throw Error('no')}})")
        page.goto(f"{page_server}/{query}")
        return page

    def _is_outside(url: str) -> bool:
        return not url.startswith((page_server, "blob:", "data:"))

    yield call
    for context in contexts:
        context.close()
    assert [text for text in wrong if not any(part in text for part in right)] == []


def asked(server: str, path: str, question: dict[str, Any]) -> dict[str, Any]:
    """What the server answers, without a page."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server}/{path}", json.dumps(question).encode(), headers)
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def read(page: Page, text: str = ARTICLE) -> None:
    """Put a text into the field, and wait until it is read."""
    page.locator("#source").evaluate("(source) => (source.open = true)")
    page.locator("#text").fill(text)
    page.locator("#form [type=submit]").click()
    expect(page.locator("#status")).to_contain_text(re.compile("gelezen|read,"))


def sentences(page: Page) -> Locator:
    return page.locator(".sentence")


def labels(page: Page) -> list[str]:
    return page.locator(".sentence .labels").all_inner_texts()


def explained(page: Page, number: int) -> None:
    """Open the explanation of a sentence, and wait for it."""
    sentences(page).nth(number).click()
    expect(page.locator(".verdict")).to_have_count(4)


def decimal(value: float, sign: str = "") -> str:
    shown = round(value, 2)
    return f"{shown:{sign}.2f}".replace(".", ",").replace("-", "−") if shown else "0,00"


# ------------------------------------------------------------------------------------------ reading


@needs_chromium
def test_a_pasted_article_shows_each_sentence_with_its_topics(open_page: Open, page_server: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", ARTICLE)
    page.locator("#text").press("Control+v")
    page.locator("#text").press("Control+Enter")
    answer = asked(page_server, "document", {"text": ARTICLE, "explain": False})
    found = answer["sentences"]
    kinds = [s["kind"] for s in found]
    expect(sentences(page)).to_have_count(len(found))
    assert page.locator(".said").all_text_contents() == [ARTICLE[s["start"] : s["end"]] for s in found]
    wanted = [" · ".join(DUTCH[topic] for topic in s["topics"]) for s in found]
    assert "" in wanted
    assert any("·" in text for text in wanted)
    wanted[kinds.index("boilerplate")] = "geen artikeltekst"
    assert labels(page) == wanted
    assert page.locator(".article h3").count() == kinds.count("heading") == 1
    assert page.locator(".article p").count() == 3
    lines = sentences(page).evaluate_all("(all) => all.map((e) => getComputedStyle(e).backgroundImage)")
    assert [line.count("gradient") for line in lines] == [len(s["topics"]) for s in found]
    assert page.locator("#strip .cell").count() == 4 * len(found)
    for topic in TOPICS:
        n = sum(topic in s["topics"] for s in found)
        assert page.locator(f"#legend-{topic} .count").inner_text() == f"{n} {'zin' if n == 1 else 'zinnen'}"
    assert page.locator("#about").inner_text().startswith("Over ")
    assert all(DUTCH[topic] in page.locator("#about").inner_text() for topic in answer["topics"])


@needs_chromium
def test_the_example_has_headings_and_every_topic(open_page: Open) -> None:
    page = open_page()
    page.locator("#example").click()
    expect(sentences(page).first).to_be_visible()
    assert page.locator(".article h3").count() == 4
    assert sentences(page).count() == 18


@needs_chromium
def test_a_moved_threshold_labels_anew_and_reset_takes_it_back(open_page: Open) -> None:
    page = open_page()
    read(page)
    before = labels(page)
    page.get_by_label("Drempel voor economie").press("Home")
    assert page.locator("#legend-economy output").inner_text() == "0,00"
    assert all("economie" in text for text in labels(page)[:-1])
    assert "economie" not in labels(page)[-1]  # no part of the article
    page.get_by_label("Drempel voor economie").press("End")
    assert not any("economie" in text for text in labels(page))
    page.locator("#reset").click()
    assert labels(page) == before
    page.get_by_label("economie tonen").uncheck()
    assert labels(page) == [re.sub("(economie)( · )?", "", text) for text in before]


@needs_chromium
def test_the_strip_leads_to_a_sentence(open_page: Open) -> None:
    page = open_page()
    read(page)
    strip = page.get_by_role("slider", name="Verloop van het artikel")
    box = strip.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 2.5 / 7, box["y"] + 5)
    expect(sentences(page).nth(2)).to_be_focused()
    strip.press("ArrowRight")
    assert strip.get_attribute("aria-valuenow") == "4"
    assert strip.get_attribute("aria-valuetext") == f"Zin 4 van 7: {labels(page)[3] or 'geen onderwerp'}"
    strip.press("Enter")
    expect(sentences(page).nth(3)).to_be_focused()


# -------------------------------------------------------------------------------------- explanation


@needs_chromium
def test_a_click_shows_what_spoke_for_and_against(open_page: Open, page_server: str) -> None:
    page = open_page()
    read(page)
    explained(page, 5)
    text = page.locator(".said").nth(5).inner_text()
    topics = asked(page_server, "predict", {"text": text, "explain": True})["explanation"]["topics"]
    for topic in TOPICS:
        detail = topics[topic]
        verdict = page.locator(f".verdict.{topic}")
        assert f"{decimal(detail['score'])}, de drempel is" in verdict.inner_text()
        assert ("ja: " in verdict.inner_text()) == detail["given"]
        verdict.click()
        title = page.locator("#detail h3").first.inner_text()
        assert title == f"Wat elk woord bijdroeg aan {DUTCH[topic]}"
        page.locator("#detail summary").click()
        rows = page.locator("#detail tbody tr").all_inner_texts()
        assert rows == [f"{word['text']}\t{decimal(word['contribution'], '+')}" for word in detail["words"]]
        assert decimal(detail["logit"], "+") in page.locator("#detail .small").nth(1).inner_text()
        assert ("vervallen" in page.locator(".flip").inner_text()) == detail["given"]
    assert page.locator(".nearest li").count() == 3
    assert page.locator(".shaded rt").first.inner_text().startswith(("+", "−"))
    page.locator(".shaded rt").evaluate_all("(numbers) => numbers.forEach((number) => number.remove())")
    assert page.locator(".shaded").inner_text() == text


@needs_chromium
def test_all_of_it_goes_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    keys = page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    keys.press("Enter")
    expect(page.locator("#text")).to_be_focused()
    keys.insert_text(ARTICLE)
    keys.press("Control+Enter")
    expect(page.locator("#about")).to_be_focused()
    for _ in range(13):
        keys.press("Tab")
        if page.evaluate("document.activeElement.matches('.sentence')"):
            break
    expect(sentences(page).nth(0)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    keys.press("ArrowUp")
    expect(sentences(page).nth(1)).to_be_focused()
    assert page.locator(".sentence[tabindex='0']").count() == 1
    keys.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator(".verdict")).to_have_count(4)
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("Zin 3 van 7")
    expect(page.locator("#next")).to_be_focused()
    expect(page.locator(".verdict")).to_have_count(4)
    keys.press("Escape")
    expect(page.locator("#explanation")).to_be_hidden()
    expect(sentences(page).nth(2)).to_be_focused()


# --------------------------------------------------------------------------------------- appearance


@needs_chromium
def test_nothing_sticks_out_of_a_narrow_window(open_page: Open) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == 360
    read(page, ARTICLE + "\n\n" + "Hottentottententententoonstelling" * 20 + ".")
    for topic in TOPICS:
        page.get_by_label(f"Drempel voor {DUTCH[topic]}").press("Home")
    assert page.evaluate(width) == 360
    explained(page, 2)
    assert page.evaluate(width) == 360
    panel, sentence = page.locator("#panel").bounding_box(), sentences(page).nth(2).bounding_box()
    assert panel is not None
    assert sentence is not None
    assert panel["y"] + panel["height"] == pytest.approx(740, abs=1)
    assert 0 <= sentence["y"] < sentence["y"] + sentence["height"] <= panel["y"]
    page.set_viewport_size({"width": 1280, "height": 900})
    panel, article = page.locator("#panel").bounding_box(), page.locator("#article").bounding_box()
    assert panel is not None
    assert article is not None
    assert panel["x"] > article["x"] + article["width"]


CONTRASTS = """() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const luminance = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    const linear = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((element) => own(element) && element.checkVisibility())
    .filter((element) => !element.closest("noscript, .unseen, .skip, :disabled"))
    .map((element) => {
      const grounds = [];
      for (let e = element; e; e = e.parentElement) grounds.unshift(getComputedStyle(e).backgroundColor);
      const [one, other] = [luminance(grounds), luminance([...grounds, getComputedStyle(element).color])];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return [ratio, element.className + " " + element.textContent.slice(0, 30)];
    });
}"""


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(open_page: Open, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    read(page)
    explained(page, 2)
    page.locator("#source").evaluate("(source) => (source.open = true)")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) > 3 * 128) == (scheme == "light")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 80
    assert [entry for entry in found if entry[0] < 4.5] == []


@needs_chromium
def test_paper_gets_the_article_in_ink(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    read(page)
    page.emulate_media(media="print")
    expect(page.locator("#source")).to_be_hidden()
    expect(page.locator(".labels").first).to_be_visible()
    assert page.locator("#article").evaluate("(e) => getComputedStyle(e).color") == "rgb(29, 28, 26)"


# ------------------------------------------------------------------------------------------- hostile

HOSTILE = {
    "markup": "Over <img src=x onerror=alert(1)> leger ging het. <script>alert(2)</script></article></html>.",
    "quotes": "\"' onclick=alert(3) x='. javascript:alert(4). ${alert(5)} {topic} {{n}} &lt;b&gt; &amp;.",
    "bidi": "Over \u202eregel\u2066 leger\u2069\u2069\u202c ging het. Nog \u2067een zin over prijzen.",
    "invisible": "\u200bOver\u200d le\u00adger\ufeff ging het.\u2060 \u0301 Over prijzen\u2028ging het.",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈𝔇𝔢 ambassadeur sprak. 🧨 Over leger ging het.",
    "half a pair": "Over \ud83d leger ging het. Over prijzen ging het.",
    "breaks": "Over leger\r\nging het.\rOver\tprijzen\v ging het.\x0c\x07 Over regen ging het.",
}

OWN_TAGS = (
    "P H2 H3 H4 SPAN DIV BUTTON FIELDSET LEGEND LABEL INPUT RUBY RT Q UL LI DETAILS SUMMARY "
    "TABLE THEAD TBODY TR TH TD"
)


@needs_chromium
def test_a_hostile_text_stays_text(open_page: Open, page_server: str) -> None:
    page = open_page()
    for text in HOSTILE.values():
        stays_text(page, page_server, text)
        page.reload()


def stays_text(page: Page, page_server: str, text: str) -> None:
    """Read a text, explain its sentences, and look for anything that is not text."""
    page.locator("#text").evaluate("(field, text) => (field.value = JSON.parse(text))", json.dumps(text))
    sent = page.locator("#text").evaluate("(field) => field.value.toWellFormed()")
    page.locator("#form [type=submit]").click()
    expect(page.locator("#about")).to_be_focused()
    found = asked(page_server, "document", {"text": sent, "explain": False})["sentences"]
    assert page.locator(".said").all_text_contents() == [sent[s["start"] : s["end"]] for s in found]
    explained(page, 0)
    if len(found) > 1:
        page.locator("#next").click()
        expect(page.locator(".verdict")).to_have_count(4)
    tags = page.locator("#article, #panel").evaluate_all(
        "(roots) => roots.flatMap((root) => [...root.querySelectorAll('*')].map((e) => e.tagName))"
    )
    assert set(tags) <= set(OWN_TAGS.split())
    assert page.locator("script").count() == 1
    marks = page.locator(".labels").first.evaluate("(e) => getComputedStyle(e.previousSibling).unicodeBidi")
    assert marks == "isolate"


@needs_chromium
def test_200_kilobytes_without_a_blank_are_shown_or_refused(open_page: Open) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, expected="Failed to load resource")
    page.locator("#text").fill("x" * 200_000)
    page.locator("#form [type=submit]").click()
    expect(page.locator(".sentence, #error:not(:empty)").first).to_be_visible(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@needs_chromium
def test_nothing_is_kept_but_the_language(open_page: Open) -> None:
    page = open_page()
    read(page)
    explained(page, 2)
    page.get_by_role("button", name="English").click()
    assert page.evaluate("({...localStorage})") == {"language": "en"}
    assert page.evaluate("sessionStorage.length + document.cookie.length") == 0
    assert page.url.count("/") == 3
    assert "?" not in page.url


# ----------------------------------------------------------------------------------------- downloads


def saved(page: Page, button: str) -> tuple[str, bytes]:
    """The name and the bytes of what a button downloads."""
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


@needs_chromium
def test_downloads_hold_what_the_page_shows(open_page: Open, page_server: str) -> None:
    lines = ("=1+1 is leger.", '-x over "prijzen", ja.', "@naam en regen.", "+31 invoer.", "Gewoon: lonen.")
    text = "\n\n".join(lines)
    page = open_page()
    read(page, text)
    answer = asked(page_server, "document", {"text": text, "explain": False})
    name, data = saved(page, "#json")
    assert name == "dutch-topics.json"
    assert json.loads(data) == {**answer, "text": text}

    name, data = saved(page, "#csv")
    assert name == "dutch-topics.csv"
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    assert [row["text"].removeprefix("'") for row in rows] == [s["text"] for s in answer["sentences"]]
    assert [row["text"][0] for row in rows] == ["'", "'", "'", "'", "G"]
    assert [row["topics"] for row in rows] == [",".join(s["topics"]) for s in answer["sentences"]]
    assert [float(row["economy"]) for row in rows] == [s["scores"]["economy"] for s in answer["sentences"]]

    page.get_by_label("Drempel voor diplomatie").press("Home")
    again = json.loads(saved(page, "#json")[1])
    assert again["thresholds"]["diplomacy"] == 0
    readable = [sentence["readable"] for sentence in answer["sentences"]]
    assert again["profile"]["diplomacy"] == pytest.approx(sum(readable) / len(readable))
    assert ["diplomacy" in sentence["topics"] for sentence in again["sentences"]] == readable


# ------------------------------------------------------------------------------------------ language


@needs_chromium
def test_the_interface_speaks_dutch_and_english(open_page: Open) -> None:
    page = open_page()
    read(page)
    explained(page, 2)
    page.get_by_role("button", name="English").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("#article").get_attribute("lang") == "nl"
    assert "military" in labels(page)[2]
    assert page.locator(".labels").first.get_attribute("lang") == "en"
    assert page.locator("#detail h3").first.inner_text() == "What each word added to military"
    assert "undefined" not in page.locator("body").inner_text()
    page.reload()
    assert page.locator("h1").inner_text() == "What is this article about?"


@needs_chromium
def test_the_language_comes_from_the_address_or_the_browser(open_page: Open) -> None:
    titles = {"nl": "Waar gaat dit artikel over?", "en": "What is this article about?"}
    for query, options, language in (
        ("", {"locale": "nl-BE"}, "nl"),
        ("", {"locale": "fr-FR"}, "en"),
        ("?lang=en", {"locale": "nl-NL"}, "en"),
        ("?lang=xx", {"locale": "nl-NL", "storage": False}, "nl"),
    ):
        page = open_page(query, **options)
        assert page.locator("h1").inner_text() == titles[language]
    page.get_by_role("button", name="English").click()  # storage is forbidden here
    assert page.locator("h1").inner_text() == titles["en"]


@needs_chromium
def test_a_language_chosen_overrules_the_address(open_page: Open) -> None:
    page = open_page("?lang=nl")
    page.get_by_role("button", name="English").click()
    page.reload()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_every_string_is_there_in_both_languages() -> None:
    folder = ROOT / "training/dutch_topics/page"
    script, html = ((folder / name).read_text("utf-8") for name in ("page.js", "index.html"))
    table = script[script.index("const STRINGS") : script.index("\n};")]
    dutch, english = (re.findall(r"^    (\w+):", half, re.M) for half in table.split("\n  en: {"))
    assert dutch == english
    used = set(re.findall(r'data-(?:say|label|placeholder)="(\w+)"', html))
    assert used
    assert used <= set(dutch)


# --------------------------------------------------------------------------------------------- errors


def answering(page: Page, path: str, **answer: Any) -> None:
    page.route(f"**/{path}", lambda route: route.fulfill(**answer))


@needs_chromium
def test_what_goes_wrong_is_said(open_page: Open) -> None:
    page = open_page(expected="Failed to load resource")
    error = page.locator("#error")

    def submit() -> None:
        page.locator("#text").fill("Over leger ging het.")
        page.locator("#form [type=submit]").click()

    page.locator("#form [type=submit]").click()
    expect(error).to_contain_text("Er is nog geen tekst")
    expect(page.locator("#text")).to_be_focused()
    for answer, said in (
        ({"status": 413, "json": {"error": {"code": "too_large", "message": "no"}}}, "te lang"),
        ({"status": 418, "json": {"error": {"code": "teapot", "message": "<b>tea</b>"}}}, "<b>tea</b>"),
        ({"status": 502, "body": "<html>"}, "niet begrijpt"),
        ({"status": 500, "json": {"detail": "no"}}, "niet begrijpt"),
    ):
        answering(page, "document", **answer)
        submit()
        expect(error).to_contain_text(said)
    page.route("**/document", lambda route: route.abort())
    submit()
    expect(error).to_contain_text("niet te bereiken")
    page.get_by_role("button", name="English").click()
    expect(error).to_contain_text("cannot be reached")
    page.unroute("**/document")
    submit()
    expect(page.locator("#about")).to_be_focused()
    expect(error).to_be_empty()
    answering(page, "predict", status=500, json={"error": {"code": "internal", "message": "Oh no"}})
    sentences(page).first.click()
    expect(page.locator("#detail")).to_have_text("Oh no")


@needs_chromium
def test_a_server_that_asks_for_a_token_gets_it(open_page: Open) -> None:
    page = open_page(expected="401")
    headers = []

    def guard(route: Route) -> None:
        header = route.request.headers.get("authorization")
        headers.append(header)
        if header == "Bearer geheim":
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": {"code": "unauthorized", "message": "token"}})

    page.route("**/document", guard)
    expect(page.locator("#token")).to_be_hidden()
    page.locator("#example").click()
    expect(page.locator("#token")).to_be_focused()
    expect(page.locator("#error")).to_contain_text("toegangscode")
    page.keyboard.type("geheim")
    page.keyboard.press("Enter")
    expect(page.locator("#about")).to_be_focused()
    assert headers == [None, "Bearer geheim"]


@needs_chromium
def test_a_later_text_overtakes_an_earlier_one(open_page: Open) -> None:
    page = open_page()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route("**/document", hold_the_first)
    page.locator("#text").fill("Over leger ging het.")
    page.locator("#text").press("Control+Enter")
    expect(page.locator("#form")).to_have_attribute("aria-busy", "true")
    read(page, "Over prijzen ging het.")
    with suppress(Error):  # the browser may have let go of it by now
        held[0].continue_()
    explained(page, 0)  # by then its answer would be here
    expect(page.locator("#form")).to_have_attribute("aria-busy", "false")
    assert page.locator(".said").all_text_contents() == ["Over prijzen ging het."]
    assert page.locator("#error").inner_text() == ""


# ---------------------------------------------------------------------------------------------- files


@needs_chromium
def test_a_file_is_read_or_refused_by_name(open_page: Open) -> None:
    page = open_page()

    def choose(name: str, data: bytes) -> None:
        page.locator("#source").evaluate("(source) => (source.open = true)")
        page.locator("#file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})

    choose("brief.txt", "Over privé ging het.".encode("latin-1"))
    expect(page.locator("#error")).to_contain_text("brief.txt is geen tekst in UTF-8")
    choose("brief.pdf", b"%PDF")
    expect(page.locator("#error")).to_contain_text("brief.pdf is geen .txt of .md")
    choose("brief.txt", b"x" * 2_000_001)
    expect(page.locator("#error")).to_contain_text("te groot")
    choose("brief.md", "\ufeffOver prijzen ging het één keer.".encode())
    expect(page.locator(".said")).to_have_text("Over prijzen ging het één keer.")
    expect(page.locator("#error")).to_be_empty()


@needs_chromium
def test_a_dropped_file_is_read(open_page: Open) -> None:
    page = open_page()
    transfer = page.evaluate_handle(
        """() => { const transfer = new DataTransfer();
                   transfer.items.add(new File(["Over leger ging het."], "leger.txt")); return transfer; }"""
    )
    page.locator("h1").dispatch_event("dragover", {"dataTransfer": transfer})
    expect(page.locator("body")).to_have_class("dropping")
    page.locator("h1").dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.locator(".said")).to_have_text("Over leger ging het.")
    expect(page.locator("body")).not_to_have_class("dropping")
