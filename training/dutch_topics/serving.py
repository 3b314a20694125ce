"""Run the service: a socket, deadlines for slow clients, and what signals do.

uvicorn reads for as long as a client writes. Here a connection that has not sent a whole head, a whole
body, or not read its answer in time is closed; it costs a socket until then, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .errors import InputError, ModelError
from .guard import Guard, Limits, error_body
from .service import Service, create_app

LARGEST_HEAD = 65_536  # bytes
CONNECTIONS = 1000  # open at once; beyond, the one that has waited longest for a request is closed
LAST_REQUEST = 1.0  # seconds in which a client that is being left may still ask something


def serve(
    service: Service, host: str, port: int, limits: Limits, token: str | None, say: Callable[[str], None]
) -> None:
    """Answer requests until SIGTERM or SIGINT; on SIGHUP, take up the model that lies in the directory.

    `say` is told where the service is and what becomes of models. Raises `InputError` where the address
    cannot be had.
    """
    listening = _listen(host, port)
    app = Guard(create_app(service, limits), limits, token)
    config = uvicorn.Config(
        app,
        http=_protocol(limits),
        ws="none",  # a library for those may be there, and would go round the guard
        workers=1,  # whatever the environment says
        proxy_headers=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=limits.head_seconds,
        # All deadlines, one behind the other.
        timeout_graceful_shutdown=limits.head_seconds + limits.body_seconds + 2 * limits.answer_seconds,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    server = _Server(config, service, say)
    # uvicorn listens to signals a little later, and raises the one that ended it once more.
    for ends in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ends, server.handle_exit)
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # of two that start together, the second is told so here
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{host}:{port}: cannot listen there ({reason}); choose with --host, --port"
        ) from None
    return listening


class _Server(uvicorn.Server):
    """A server that says when it stops being ready, and takes up models on SIGHUP."""

    def __init__(self, config: uvicorn.Config, service: Service, say: Callable[[str], None]) -> None:
        super().__init__(config)
        self.service, self.say = service, say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.service.ready = True
        name, port = (sockets or [])[0].getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)
        self.say(f"serving {self.service.directory} on http://{shown}:{port} (Ctrl-C stops)")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.service.ready = False
        await super().shutdown(sockets)

    def _reload(self) -> None:
        def reload() -> None:
            try:
                self.service.reload()
            except (ModelError, OSError) as error:
                self.say(f"error: {error}; the old model goes on")
            else:
                self.say(f"took up the model in {self.service.directory}")

        # Not in the loop: checking sums takes a while.
        threading.Thread(target=reload).start()


def _most_connections() -> int:
    """`CONNECTIONS`, or as many as half the files that the process may open, if that is less."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return CONNECTIONS if files == resource.RLIM_INFINITY else min(CONNECTIONS, files // 2)


def _protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """uvicorn's protocol with deadlines."""

    waiting: dict[_Deadlines, None] = {}  # connections without a whole request, the oldest first
    most = _most_connections()

    class _Deadlines(HttpToolsProtocol):
        deadline: asyncio.TimerHandle | None = None
        head = 0  # bytes of it so far
        leaving = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > most and waiting:
                longest = next(iter(waiting))
                del waiting[longest]
                longest.transport.abort()
            waiting[self] = None
            self._set(self._too_slow, limits.head_seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            self._set(None, 0)
            waiting.pop(self, None)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.cycle is None or self.cycle.response_complete or not self.cycle.more_body:  # of a head
                if self.cycle is not None and self.cycle.response_complete and not self.head:
                    self._set(self._too_slow, limits.head_seconds)
                self.head += len(data)
                if self.head > LARGEST_HEAD + limits.body:  # a head, and what may come behind it at once
                    self._refuse(
                        b"431 Request Header Fields Too Large", "head_too_large", "the head is too large"
                    )
                    return
            super().data_received(data)

        def on_headers_complete(self) -> None:
            self.head = 0
            super().on_headers_complete()
            if self.leaving or self.parser.should_upgrade():  # what comes behind that is not read as HTTP
                self.cycle.keep_alive = False
            self._set(self._too_slow, limits.body_seconds)

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self.head = 0
            if not self.cycle.response_complete:  # as it is where the head was refused
                waiting.pop(self, None)
                self._set(self._abort, limits.answer_seconds)

        def on_response_complete(self) -> None:
            # A next request may be there, or coming.
            if self._is_idle() or self.cycle.more_body:
                waiting[self] = None
            if self._is_idle() or not self.cycle.more_body:
                self._set(self._abort, limits.answer_seconds)
            super().on_response_complete()

        def shutdown(self) -> None:
            """Leave a client: at once where it is being answered, else when it has had its last say."""
            if not self._is_idle():
                super().shutdown()
                return
            self.leaving = True
            self._set(self._close, LAST_REQUEST)

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002
            self._refuse(b"400 Bad Request", "bad_request", "this is not HTTP as it should be")

        def _is_idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _set(self, action: Callable[[], object] | None, seconds: float) -> None:
            if self.deadline is not None:
                self.deadline.cancel()
            self.deadline = None if action is None else self.loop.call_later(seconds, action)

        def _too_slow(self) -> None:
            self._refuse(b"408 Request Timeout", "too_slow", "the request did not arrive in time")

        def _abort(self) -> None:
            if not self._is_idle() or self.transport.get_write_buffer_size():
                self.transport.abort()

        def _close(self) -> None:
            """Close when what was written has been read, or there was time enough to."""
            self.transport.close()
            self._set(self._abort, limits.answer_seconds)

        def _refuse(self, status: bytes, code: str, message: str) -> None:
            """Answer on the bare connection, and close it."""
            if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
                body = error_body(code, message)
                head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\n" % status
                self.transport.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            self._close()

    return _Deadlines


def say(line: str) -> None:
    """Tell who started the service, on stderr; it goes on where that is closed or full."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)
