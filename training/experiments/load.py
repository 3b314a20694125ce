"""How much the service bears: `make load`, with wrk installed.

    python training/experiments/load.py [--seconds N]

A server on loopback and wrk beside it, each on a core of its own where there are two. Requests a second and
latency for one connection and for 32; the same without the kernel; with 200 connections that never finish
their request. Writes docs/serving.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dutch_topics.files import write_text
from dutch_topics.layout import align

TARGET = Path("docs/serving.md")
HALF_OPEN = 200
SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"text": "De twee ministers tekenden in Minsk een akkoord over gas, zei hun woordvoerder."}'
"""
WITHOUT_KERNEL = (
    "import sys; sys.modules['dutch_topics._kernel'] = None; from dutch_topics.cli import main; main()"
)


@contextmanager
def server(code: str, *options: str) -> Iterator[int]:
    """A server in a process of its own; gives its port."""
    command = [sys.executable, "-c", code, "serve", "--port", "0", *options]
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            while not (found := re.search(r"on http://[\d.]+:(\d+)", Path(log.name).read_text())):
                if process.poll() is not None:
                    raise SystemExit(Path(log.name).read_text())
                time.sleep(0.05)
            yield int(found[1])
        finally:
            process.terminate()
            process.wait()


def load(port: int, connections: int, seconds: int) -> list[str]:
    """Requests a second, and the median and the 99th percentile of the latency, as cells."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        url = f"http://127.0.0.1:{port}/predict"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, "--latency", url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    half, nearly_all = (re.search(rf"{share}%\s+([\d.]+\w+)", said) for share in (50, 99))
    assert rate, said
    assert half, said
    assert nearly_all, said
    return [str(connections), f"{float(rate[1]):,.0f}", half[1], nearly_all[1]]


def half_open(port: int) -> list[socket.socket]:
    """Connections that begin a request and do not end it."""
    found = []
    for number in range(HALF_OPEN):
        connection = socket.create_connection(("127.0.0.1", port))
        if number % 2:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Le")
        else:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{")
        found.append(connection)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    seconds = parser.parse_args().seconds
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; install it (a package of most systems)")
    table = [["", "connections", "requests a second", "median", "99th percentile"]]
    with server(
        "from dutch_topics.cli import main; main()", "--head-seconds", "60", "--body-seconds", "60"
    ) as port:
        load(port, 32, 2)  # warm
        table += [["one text a request", *load(port, n, seconds)] for n in (1, 32)]
        table.append(["four clients", *load(port, 4, seconds)])
        waiting = half_open(port)
        table.append([f"the same beside {HALF_OPEN} half-open ones", *load(port, 4, seconds)])
        for connection in waiting:
            connection.close()
    with server(WITHOUT_KERNEL) as port:
        load(port, 32, 2)
        table += [["without the kernel", *load(port, n, seconds)] for n in (1, 32)]
    print(align(table))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    write_text(
        TARGET, f"{HEAD}\n{machine}; {seconds} seconds a line.\n\n```text\n{align(table)}\n```\n{TAIL}"
    )


HEAD = """<!-- Written by `make load`; edit training/experiments/load.py. -->
# How much the service bears

A server (one process) on loopback and wrk beside it; each request one passage of a hundred characters to
`POST /predict`.
"""
TAIL = """
Requests that come in together are scored together, without waiting for each other. With the kernel, scoring
is a few hundredths of what a request costs (the rest is HTTP, JSON and checks), so one connection that asks
without a pause keeps the process nearly as busy as 32 do, and there is little for company to gain. To answer
more, put several passages into a request, or run a process a core behind a proxy.
"""

if __name__ == "__main__":
    main()
