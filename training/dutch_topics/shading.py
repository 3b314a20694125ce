"""An explanation to look at: shaded words in a terminal, or a page that needs nothing else."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING

from .explanation import Explanation, TopicExplanation, Word

if TYPE_CHECKING:
    from rich.text import Text

LEAST = 0.005  # contribution shown
SHOWN = 5  # n-grams for, and as many against
FULL = 4.0  # contribution from which a word has the full shade


def print_explanation(explanation: Explanation) -> None:
    """Print what the explanation says, shaded where stdout is a terminal."""
    from rich.console import Console

    # Words are data: nothing in them is markup, and a pipe gets whole lines.
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for topic, found in explanation.topics.items():
        sign = ">=" if found.given else "<"
        console.print(f"{topic} {found.score:.2f} {sign} {found.threshold:.2f}", style="bold")
        if found.words:
            console.print(_shaded(found))
        console.print(f"  for      {_strongest(found, 1)}")
        console.print(f"  against  {_strongest(found, -1)}")
        console.print(f"  {_flip(found)}\n")
    for neighbour in explanation.nearest:
        labels = ",".join(neighbour.topics) or "-"
        console.print(f"near {neighbour.similarity:.2f}  {labels}  {' '.join(neighbour.text.split())}")


def _shaded(found: TopicExplanation) -> Text:
    from rich.text import Text

    line = Text("  ")
    for word in found.words:
        strength = round(60 + 140 * _shade(word))
        colour = f"rgb(0,{strength},0)" if word.contribution > 0 else f"rgb({strength},0,0)"
        style = f"white on {colour}" if _shade(word) >= 0.1 else ""
        line.append(word.text, style)
        if _shade(word) >= 0.1:  # not by colour alone
            line.append(f"({word.contribution:+.1f})", "dim")
        line.append(" ")
    line.rstrip()
    return line


def _shade(word: Word) -> float:
    return min(abs(word.contribution) / FULL, 1.0)


def _strongest(found: TopicExplanation, sign: int) -> str:
    shown = [ngram for ngram in found.ngrams if ngram.contribution * sign >= LEAST][:SHOWN]
    names = [
        (n.ngram.replace(" ", "_") if n.part == "characters" else n.ngram, n.contribution) for n in shown
    ]
    return "  ".join(f"{name} {value:+.2f}" for name, value in names) or "-"


def _flip(found: TopicExplanation) -> str:
    if found.flip is None:
        return "no words can be left out to change that"
    words = " ".join(word.text for word in found.flip.left_out)
    return f"without {words!r}: {found.flip.score:.2f}"


def to_html(explanation: Explanation) -> str:
    """A page with the explanation, and with nothing that comes from elsewhere."""
    parts = [_topic_html(topic, found) for topic, found in explanation.topics.items()]
    nearest = "".join(
        f"<li>{neighbour.similarity:.2f} <b>{', '.join(neighbour.topics) or 'none'}</b> "
        f'<span lang="nl">{escape(neighbour.text)}</span></li>'
        for neighbour in explanation.nearest
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Why these topics</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ margin-bottom: 0 }}
p {{ margin: .5rem 0; overflow-wrap: anywhere }}
small {{ opacity: .75 }}
.for, .against {{ padding: 0 .15em; border-radius: .2em }}
.for {{ border-bottom: 3px solid #1a7f37 }}
.against {{ border-bottom: 3px dotted #b3261e }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} }}
</style>
<h1>Why these topics</h1>
<p lang="nl">{escape(explanation.text)}</p>
{"".join(parts)}
<h2>Nearest passages trained on</h2>
<ol>{nearest}</ol>
</html>
"""


def _topic_html(topic: str, found: TopicExplanation) -> str:
    words = " ".join(_word_html(word) for word in found.words)
    rows = f"<p>for: {escape(_strongest(found, 1))}</p><p>against: {escape(_strongest(found, -1))}</p>"
    answer = "given" if found.given else "not given"
    return (
        f"<h2>{topic}: {answer}</h2><p><small>score {found.score:.2f}, threshold {found.threshold:.2f}, "
        f'intercept {found.intercept:+.2f}</small></p><p lang="nl">{words}</p>'
        f"{rows}<p>{escape(_flip(found))}</p>\n"
    )


def _word_html(word: Word) -> str:
    if _shade(word) < 0.1:
        return escape(word.text)
    side = "for" if word.contribution > 0 else "against"
    colour = "26 127 55" if side == "for" else "179 38 30"
    style = f"background: rgb({colour} / {_shade(word) * 0.4:.2f})"
    number = f"<small>{word.contribution:+.1f}</small>"
    return f'<span class="{side}" style="{style}">{escape(word.text)} {number}</span>'
