"""What can go wrong, as one small family that the command line prints and other code can catch.

    DutchTopicsError
    ├── InputError      what the caller gave: a file, a text, an option
    │   ├── SeedError   a bad line in `seeds/`, named by file and line
    │   └── OutputError a file that cannot be written, or a disk that is full
    └── ModelError      a saved model that is missing, damaged or of another version

Each message is one line that says what is wrong and what to do about it.
"""

from __future__ import annotations

from pathlib import Path


class DutchTopicsError(Exception):
    """Base of all errors this package raises on purpose."""


class InputError(DutchTopicsError, ValueError):
    """The caller's file, text or option cannot be used."""


class SeedError(InputError):
    """A line in a seed file breaks the format."""

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")


class OutputError(InputError):
    """A file cannot be written where the caller wants it, or not to its end."""


class ModelError(DutchTopicsError):
    """A saved model cannot be trusted or used."""
