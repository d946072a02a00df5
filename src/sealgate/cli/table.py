"""Tables for people: columns as wide as they need to be, cells of several lines, never wider than a page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from sealgate.cli.terminal import paint, printable

WIDTH = 100
"""Characters of a line at most; what a cell has more goes on in the next line."""
_GAP = 2
_NARROWEST = 12

Row = Sequence[str]
"""Its cells; line breaks in one are kept."""


def draw(head: Row, rows: Sequence[Row], *, colours: Mapping[str, str] | None = None) -> Iterator[str]:
    """Write a table.

    Args:
        head: What each column is called.
        rows: Each as long as the head.
        colours: What a first cell is painted in, by its text; None: there are no colours.
    """
    cells = [[_escape(cell) for cell in row] for row in (head, *rows)]
    widths = _fit([max(_length(cell) for cell in column) for column in zip(*cells, strict=True)])
    for row in cells:
        wrapped = [_wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        for number, line in enumerate(zip_longest(*wrapped, fillvalue="")):
            padded = [part.ljust(width + _GAP) for part, width in zip(line, widths, strict=True)]
            colour = (colours or {}).get(row[0].strip()) if number == 0 else None
            first = padded[0] if colour is None else padded[0].replace(line[0].strip(), paint(line[0].strip(), colour))
            yield "".join((first, *padded[1:])).rstrip()


def _fit(widths: list[int]) -> list[int]:
    """Narrow the widest columns until all fit on a line."""
    room = WIDTH - _GAP * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _escape(cell: str) -> str:
    return "\n".join(map(printable, cell.split("\n")))


def _length(cell: str) -> int:
    return max(len(line) for line in cell.split("\n"))


def _wrap(cell: str, width: int) -> list[str]:
    return [
        part
        for line in cell.split("\n")
        for part in textwrap.wrap(line, width, break_on_hyphens=False, subsequent_indent="  ") or [""]
    ]
