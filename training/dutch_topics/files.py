"""Files read strictly and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError, OutputError


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises `InputError` where there is no such file or it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a directory; name a file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def read_text(path: Path) -> str:
    """The file's text; raises `InputError` where it is missing or not UTF-8."""
    return decode(read_bytes(path), path)


def decode(data: bytes, path: Path) -> str:
    """`data` as UTF-8, without a byte order mark; raises `InputError` naming file and line."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None


def sha256(data: bytes | memoryview) -> str:
    """The SHA-256 sum of `data`, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def whole_file(path: Path, temporary: Path | None = None) -> Iterator[Path]:
    """Give a temporary path, beside `path` by default, that takes its place only when the block succeeds.

    After an error, an interrupt or a full disk the old file stands as it was and nothing else is
    left. A link stays, and what it points to is replaced. Raises `InputError` where the place holds what is
    not a file, `OutputError` where it cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a directory; name a file")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: this is a device or a pipe, which a file would replace; name a file")
    target = path.resolve()
    temporary = temporary or target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.touch()
        # mkstemp's 0600 would surprise a reader of the output; touch keeps to the umask.
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
