"""What stands between the network and the service: sizes, numbers, tokens, and the shape of an error.

A request is let through when its body is there, is not too large, and few enough others are being
answered; so a client that sends slowly holds up nobody but itself (the deadlines are in serving.py).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

DISCARDED = 8  # times the largest body: so much more is read, so that a client gets to see why
# What anybody may GET, at any time; POST / is Hugging Face's task.
OPEN = ("/", "/page.css", "/page.js", "/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready")


@dataclass(frozen=True)
class Limits:
    """What one client may ask of the service, and all of them together."""

    body: int = 1_000_000  # bytes
    texts: int = 1000  # a request
    characters: int = 200_000  # a text
    concurrency: int = 64  # requests being answered
    head_seconds: int = 10  # for a request's head
    body_seconds: int = 30  # for its body
    answer_seconds: int = 60  # for the answer, until the client has read it


def error_body(code: str, message: str) -> bytes:
    """The one shape of an error, as JSON."""
    return json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False).encode()


class Guard:
    """An ASGI application around `app` that refuses what is beyond `limits`, or lacks the `token`."""

    def __init__(self, app: App, limits: Limits, token: str | None = None) -> None:
        self.app, self.limits = app, limits
        self.token = token.encode() if token else None
        self.answering = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or let the application answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_open = scope["method"] == "GET" and scope["path"] in OPEN
        if not is_open and not self._is_allowed(headers):
            challenge = (b"www-authenticate", b"Bearer")
            await _refuse(send, 401, "unauthorized", "a bearer token is needed", challenge)
            return
        if scope["method"] == "POST" and b"upgrade" in headers.get(b"connection", b"").lower():
            # Its body was taken for what comes after the upgrade.
            message = "no Upgrade is to be had here; ask in plain HTTP/1.1"
            await _refuse(send, 400, "bad_request", message, (b"connection", b"close"))
            return
        body = await self._read(headers, receive)
        if body is None:
            return
        if len(body) > self.limits.body:
            message = f"the body has more than {self.limits.body:,} bytes"
            await _refuse(send, 413, "too_large", message, (b"connection", b"close"))
            return
        if self.answering >= self.limits.concurrency and not is_open:
            await _refuse(send, 503, "busy", "too many requests at once; try again", (b"retry-after", b"1"))
            return
        self.answering += 1
        try:
            await self.app(scope, _replayed(bytes(body), receive), send)
        finally:
            self.answering -= 1

    def _is_allowed(self, headers: dict[bytes, bytes]) -> bool:
        if self.token is None:
            return True
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(given.strip(), self.token)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytearray | None:
        """The body, or more than may be of one too large; None where the client went away."""
        body = bytearray()
        size = 0
        more = True
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > DISCARDED * self.limits.body:
            return bytearray(self.limits.body + 1)
        while more and size <= DISCARDED * self.limits.body:
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if len(body) <= self.limits.body:
                body += chunk
            more = message.get("more_body", False)
        return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first, and then what the client does."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replay() -> Message:
        nonlocal message
        if message is None:
            return await receive()
        given, message = message, None
        return given

    return replay


async def _refuse(send: Send, status: int, code: str, message: str, header: tuple[bytes, bytes]) -> None:
    body = error_body(code, message)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), header]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
