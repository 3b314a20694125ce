"""The finished parts of a file that is long in the making, so that a killed run can be taken up again."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InputError, OutputError
from .files import write_text

TASK = "task.json"
HEAD = struct.Struct("<QQQd")  # of a part's file: the length of its data, rows, unsure, share


@dataclass(frozen=True)
class Part:
    """A piece of an output, and what is to be told of it."""

    data: bytes
    rows: int
    unsure: int  # rows with a topic left open
    share: float  # of the input that is behind it, in (0, 1]


class Parts:
    """The parts in a folder: the first ones of an output, in order, none left out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n = 0
        while self._is_whole(self._file(self.n)):
            self.n += 1

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:06}"

    def _is_whole(self, path: Path) -> bool:
        """Whether the part was written and, should the machine have gone down since, reached the disk."""
        if not path.is_file() or (size := path.stat().st_size) < HEAD.size:
            return False
        with path.open("rb") as file:
            length, *_ = HEAD.unpack(file.read(HEAD.size))
        return bool(size == HEAD.size + length)

    def __iter__(self) -> Iterator[Part]:
        for number in range(self.n):
            content = self._file(number).read_bytes()
            _, rows, unsure, share = HEAD.unpack_from(content)
            yield Part(content[HEAD.size :], rows, unsure, share)

    def append(self, part: Part) -> None:
        """Keep one more; raises `OSError` where there is no room."""
        temporary = self.folder / "next"
        with temporary.open("wb") as file:
            file.write(HEAD.pack(len(part.data), part.rows, part.unsure, part.share))
            file.write(part.data)
        temporary.replace(self._file(self.n))
        self.n += 1


@contextmanager
def kept_parts(output: Path, task: Mapping[str, Any], say: Callable[[str], object]) -> Iterator[Parts]:
    """Give the parts of `output` that an earlier run with the same `task` left, to go on from there.

    They lie in a folder beside `output`, which goes when all is done, and after an `InputError`. After
    anything else (a kill, Ctrl-C, a full disk) they stay. `task` is what the parts depend on, in JSON;
    parts of another are thrown away. `say` is told, in a line, what becomes of those found. Raises
    `InputError` where another run is at work on `output`, `OutputError` where it cannot be written.
    """
    folder = output.with_name(f".{output.name}.parts")
    with _locked(folder, output):
        parts = Parts(folder)
        try:
            _take_up(parts, json.loads(json.dumps(task)), say)
            yield parts
        except OutputError as error:
            hint = "; run the same command again to go on" if parts.n else ""
            raise OutputError(f"{error}{hint}") from None
        except InputError:
            parts.n = 0
            raise
        else:
            parts.n = 0
        finally:
            if not parts.n:
                shutil.rmtree(folder)


def _take_up(parts: Parts, task: dict[str, Any], say: Callable[[str], object]) -> None:
    file = parts.folder / TASK
    old = json.loads(file.read_bytes()) if file.is_file() else {}
    if old == task:
        if parts.n:
            say(f"resuming after block {parts.n}")
        return
    if parts.n:
        changed = ", ".join(name for name in task if old.get(name) != task[name])
        say(f"starting over: the run that was broken off differed in {changed}")
    for stale in parts.folder.iterdir():
        stale.unlink()
    parts.n = 0
    write_text(file, json.dumps(task))


@contextmanager
def _locked(folder: Path, output: Path) -> Iterator[None]:
    """Make `folder` and hold it against other processes."""
    while True:
        try:
            folder.mkdir(exist_ok=True)
            handle = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise OutputError(f"{output}: cannot be written ({error.strerror})") from None
        try:
            if not _lock(handle):
                raise InputError(f"{output}: another run is writing it; wait for that, or name another file")
            # The one who held it may have removed it since.
            if folder.is_dir() and os.path.samestat(os.fstat(handle), folder.stat()):
                yield
                return
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
