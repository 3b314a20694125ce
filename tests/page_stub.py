"""A server of the page that goes by the toy words: every answer is plain arithmetic."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from dutch_topics import TOPICS

from .conftest import ROOT, TOY

PAGE = ROOT / "training/dutch_topics/page"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
THRESHOLDS = {"sovereignty": 0.39, "military": 0.39, "economy": 0.37, "diplomacy": 0.28}
INTERCEPT = -3.0
SENTENCE = re.compile(r"[^\s.!?][^.!?\n]*[.!?]?")


def document(text: str) -> dict[str, Any]:
    sentences = [_sentence(found) for found in SENTENCE.finditer(text)]
    profile = {t: sum(t in s["topics"] for s in sentences) / max(1, len(sentences)) for t in TOPICS}
    return {
        "topics": [topic for topic in TOPICS if profile[topic] >= 0.2],
        "scores": profile,
        "profile": profile,
        "course": {topic: [sentence["scores"][topic] for sentence in sentences] for topic in TOPICS},
        "thresholds": THRESHOLDS,
        "sentences": sentences,
    }


def predict(text: str) -> dict[str, Any]:
    topics = {topic: _explanation(text, topic) for topic in TOPICS}
    return {
        "topics": [topic for topic in TOPICS if topics[topic]["given"]],
        "scores": {topic: topics[topic]["score"] for topic in TOPICS},
        "coverage": 1.0,
        "readable": "onleesbaar" not in text,
        "explanation": {
            "topics": topics,
            "nearest": [
                {"text": f"Over {TOY[topic][0]} ging het.", "topics": [topic], "similarity": 0.5 - n / 10}
                for n, topic in enumerate(TOPICS[:3])
            ],
        },
    }


def _sentence(found: re.Match[str]) -> dict[str, Any]:
    text = found.group().rstrip()
    said = predict(text)
    kind = "sentence" if text[-1] in ".!?" else "heading"
    if "nieuwsbrief" in text:
        kind = "boilerplate"
    return {
        "start": found.start(),
        "end": found.start() + len(text),
        "text": text,
        "kind": kind,
        "topics": said["topics"] if kind != "boilerplate" and said["readable"] else [],
        "scores": said["scores"],
        "readable": said["readable"],
        "coverage": said["coverage"],
    }


def _explanation(text: str, topic: str) -> dict[str, Any]:
    words: list[dict[str, Any]] = [
        {
            "start": found.start(),
            "end": found.end(),
            "text": found.group(),
            "contribution": 5.0 if found.group().lower() in TOY[topic] else -0.05,
        }
        for found in re.finditer(r"\w+", text)
    ]
    logit = INTERCEPT + sum(word["contribution"] for word in words)
    score = 1 / (1 + math.exp(-logit))
    strongest = sorted(words, key=lambda word: -abs(word["contribution"]))[:20]
    return {
        "score": score,
        "logit": logit,
        "intercept": INTERCEPT,
        "threshold": THRESHOLDS[topic],
        "given": score >= THRESHOLDS[topic],
        "words": words,
        "ngrams": [
            {
                "part": "characters" if n % 2 else "words",
                "ngram": f" {word['text'][:4].lower()}" if n % 2 else word["text"].lower(),
                "spans": [[word["start"], word["end"]]],
                "contribution": word["contribution"],
            }
            for n, word in enumerate(strongest)
        ],
        "flip": {"left_out": [{k: strongest[0][k] for k in ("start", "end", "text")}], "score": 0.05}
        if score >= THRESHOLDS[topic]
        else None,
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path in FILES:
            name, kind = FILES[path]
            self._send(200, (PAGE / name).read_bytes(), kind)
        elif path == "/model":
            self._send_json(200, {"topics": TOPICS, "thresholds": THRESHOLDS, "version": "0.1.0"})
        else:
            self._send_json(404, {"error": {"code": "not_found", "message": "nothing here"}})

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"/document": document, "/predict": predict}[self.path]
        self._send_json(200, answer(question["text"]))

    def _send_json(self, status: int, answer: Any) -> None:
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    """The address of the stub, while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
