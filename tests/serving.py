"""A real server of a model, in a process of its own, for tests of the service and of the page."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any


@dataclass
class Server:
    """A server that answers at `host` and `port`, and what it says on stderr."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]
    host: str
    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    def said(self) -> str:
        """What it wrote to stderr so far."""
        return Path(self.log.name).read_text()

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body (parsed where it is JSON) and headers of one request; `body` is sent as JSON."""
        connection = HTTPConnection(self.host, self.port, timeout=30)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        content = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        connection.close()
        is_json = found.get("content-type", "").startswith("application/json")
        return response.status, json.loads(content) if is_json else content.decode(), found

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@contextmanager
def serving(model: Path, *options: object) -> Iterator[Server]:
    """Start `dutch-topics serve` on a free port; end it afterwards, whatever happened."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        command = [sys.executable, "-m", "dutch_topics.cli", "serve", "--port", "0", "--model", str(model)]
        process = subprocess.Popen(
            [*command, *map(str, options)], stderr=log, stdout=subprocess.PIPE, env={**os.environ}
        )
        try:
            while not (found := re.search(r"on http://([\d.]+):(\d+)", Path(log.name).read_text())):
                if process.poll() is not None:
                    raise AssertionError(Path(log.name).read_text())
            yield Server(process, log, found[1], int(found[2]))
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
