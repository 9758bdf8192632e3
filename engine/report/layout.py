"""Lines for a terminal of a given width: columns that wrap, indents that hang, words that may carry a style."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.text import Text

Line = Text


@dataclass(frozen=True, slots=True)
class Cell:
    """`between`: what stands between the pieces of the text that are broken only where one alone is too wide."""

    text: str
    style: str = ""
    between: str = " "


def plain(lines: Iterable[Line]) -> str:
    """The same lines without styles, ready to compare or pipe."""
    return "".join(f"{line.plain.rstrip()}\n" for line in lines)


def paragraph(text: str, width: int, *, indent: str = "", hang: str | None = None, style: str = "") -> list[Line]:
    """Wrapped text. `hang`: the indent of every line after the first."""
    after = indent if hang is None else hang
    pieces = wrapped(text, width - max(cell_len(indent), cell_len(after)))
    return [Text.assemble(indent if n == 0 else after, (piece, style)) for n, piece in enumerate(pieces)]


def led(lead: Cell, text: str, width: int, *, indent: str = "", style: str = "") -> list[Line]:
    """A paragraph that begins with what matters most, in a style of its own."""
    told = " · ".join(part for part in (lead.text, text) if part)
    lines = paragraph(told, width, indent=indent, style=style) if told else []
    left = len(lead.text)
    for line in lines:
        end = min(len(indent) + left, len(line.plain))
        line.stylize(lead.style or "none", len(indent), end)
        left = max(left - (end - len(indent)) - 1, 0)
    return lines


def row(cells: Sequence[Cell], widths: Sequence[int], *, indent: str = " ", gap: str = "  ") -> list[Line]:
    """One row of columns; a cell that is too long goes on below itself."""
    columns = [wrapped(cell.text, width, cell.between) for cell, width in zip(cells, widths, strict=True)]
    return [_one_line(pieces, cells, widths, indent, gap) for pieces in zip_longest(*columns, fillvalue="")]


def _one_line(pieces: Sequence[str], cells: Sequence[Cell], widths: Sequence[int], indent: str, gap: str) -> Line:
    line = Text(indent)
    for n, (piece, cell, width) in enumerate(zip(pieces, cells, widths, strict=True)):
        line.append(piece, cell.style or None)
        if n < len(pieces) - 1:
            line.append(" " * (width - cell_len(piece)) + gap)
    line.rstrip()
    return line


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], width: int, *, indent: str = " ") -> list[Line]:
    """Columns as wide as their content; where that is too wide, the widest ones give way, those that hold a longer
    word last."""
    columns = [*zip([Cell(word, "dim") for word in header], *rows, strict=True)]
    contents = [[cell_len(cell.text) for cell in column] for column in columns]
    longest = [max(map(_longest_word, column)) for column in columns]
    widths = _shrunk([max(column) for column in contents], longest, width - len(indent) - 2 * (len(header) - 1))
    lines = row([Cell(word, "dim") for word in header], widths, indent=indent)
    for cells in rows:
        lines += row(cells, widths, indent=indent)
    return lines


_A_DATE, _NARROWEST = len("12 Apr 2026"), 6


def _longest_word(cell: Cell) -> int:
    """Of what is not broken gladly: a name with `_`, `/` or `-` in it may be, a value in a list of pieces may not."""
    words = cell.text.split() if cell.between.strip() else re.split(r"(?<=[_/-])|\s", cell.text)
    return max(map(cell_len, words), default=0)


def _shrunk(widths: list[int], longest: Sequence[int], room: int) -> list[int]:
    """First what is wider than its longest word and than a date gives way, then a date, then a word."""
    for least in ([max(word, _A_DATE) for word in longest], longest, [_NARROWEST] * len(widths)):
        while sum(widths) > room and (wide := [n for n, width in enumerate(widths) if width > least[n]]):
            widths[max(wide, key=lambda n: (widths[n], -n))] -= 1
    return widths


def wrapped(text: str, width: int, between: str = " ") -> list[str]:
    """Lines of at most `width` cells, broken at spaces; a longer word after `_`, `/` or `-`, else anywhere.

    Where something else stands `between` pieces, a piece is broken at its spaces only if it alone is wider.
    """
    if between.strip():
        return [line for part in _gathered(text.split(between), width, between) for line in wrapped(part, width)]
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        elif cell_len(word) <= width:
            lines.append(word)
        elif lines[-1] and _cut(joined, width) <= len(lines[-1]) + 1:
            lines += _broken(word, width)
        else:
            lines[-1:] = _broken(joined, width)
    return lines


def _gathered(pieces: Sequence[str], width: int, between: str) -> list[str]:
    """As many whole pieces on a line as fit."""
    lines = [""]
    for n, piece in enumerate(pieces, start=1):
        ended = piece if n == len(pieces) else f"{piece}{between.rstrip()}"
        joined = f"{lines[-1]} {ended}" if lines[-1] else ended
        lines[-1:] = [joined] if not lines[-1] or cell_len(joined) <= width else [lines[-1], ended]
    return lines


def _broken(word: str, width: int) -> list[str]:
    pieces: list[str] = []
    while cell_len(word) > width:
        cut = _cut(word, width)
        size = cut if cut > width // 3 else len(chop_cells(word, width)[0])
        pieces.append(word[:size])
        word = word[size:]
    return [*pieces, word]


def _cut(word: str, width: int) -> int:
    """Behind the last mark that fits."""
    head = chop_cells(word, width)[0]
    return max(head.rfind(mark) for mark in "_/-") + 1


def clipped(text: str, width: int) -> str:
    """As much of a text as fits, with … where something is left out."""
    return text if cell_len(text) <= width else f"{chop_cells(text, width - 1)[0].rstrip()}…"


def phrases(parts: Iterable[Cell], width: int, *, between: str = " · ") -> list[Line]:
    """Styled phrases one after the other, never broken inside."""
    lines = [Text()]
    for part in parts:
        room = width - cell_len(lines[-1].plain) - cell_len(between)
        if lines[-1].plain and cell_len(part.text) > room:
            lines.append(Text())
        lines[-1].append(between if lines[-1].plain else "").append(part.text, part.style or None)
    return lines
