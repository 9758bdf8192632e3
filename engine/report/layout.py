"""Lines for a terminal of a given width: columns that wrap, indents that hang, words that may carry a style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.text import Text

Line = Text


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    style: str = ""


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
    columns = [wrapped(cell.text, width) for cell, width in zip(cells, widths, strict=True)]
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
    """Columns as wide as their content; where that is too wide, the widest ones give way."""
    contents = [[cell_len(word) for word in column] for column in zip(header, *_texts(rows), strict=True)]
    widths = _shrunk([max(column) for column in contents], width - len(indent) - 2 * (len(header) - 1))
    lines = row([Cell(word, "dim") for word in header], widths, indent=indent)
    for cells in rows:
        lines += row(cells, widths, indent=indent)
    return lines


def _texts(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    return [[cell.text for cell in cells] for cells in rows]


def _shrunk(widths: list[int], room: int) -> list[int]:
    while sum(widths) > room and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    return widths


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces; a longer word after `_`, `/` or `-`, else anywhere."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        elif cell_len(word) <= width:
            lines.append(word)
        else:
            lines[-1:] = _broken(joined, width)
    return lines


def _broken(word: str, width: int) -> list[str]:
    pieces: list[str] = []
    while cell_len(word) > width:
        head = chop_cells(word, width)[0]
        cut = max(head.rfind(mark) for mark in "_/-") + 1
        size = cut if cut > width // 3 else len(head)
        pieces.append(word[:size])
        word = word[size:]
    return [*pieces, word]


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
