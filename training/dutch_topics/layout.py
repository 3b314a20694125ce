"""Tables for a terminal: cells as text, columns aligned."""

from __future__ import annotations


def align(rows: list[list[str]]) -> str:
    """`rows` as lines of text, the first column flush left and the others flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def number(value: float | None, digits: int = 2) -> str:
    """`value` with `digits` decimals, or `-` where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share in [0, 1] as a percentage with one decimal, or `-` where there is none."""
    return "-" if value is None else f"{100 * value:.1f}%"


def interval(ends: tuple[float, float] | None) -> str:
    """Both ends with two decimals, or `-` where there are none."""
    return "-" if ends is None else f"{ends[0]:.2f}-{ends[1]:.2f}"
