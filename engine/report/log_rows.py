"""Accepted rows of a log as a table that a person can read down."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.events import Row
from engine.quantities import plain
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, paragraph, table
from engine.time import Calendar

_TARGETS = {"correction": "corrects", "retraction": "retracts", "confirmation": "confirms"}


MOST = 20
"""Rows that a page shows: a log may have a hundred thousand."""


def row_lines(rows: Sequence[Row], calendar: Calendar, width: int) -> list[Line]:
    local = LocalTime(calendar)
    cells = [_cells(row, local) for row in rows[:MOST]]
    lines = table(("Id", "Row", "When", "Grade", "Known", "Says"), cells, width) if cells else []
    told = f"… and {len(rows) - MOST:,} more; --format csv or --to FILE.jsonl for all of them"
    return lines + (paragraph(told, width, indent=" ", hang="   ", style="dim") if len(rows) > MOST else [])


def _cells(row: Row, local: LocalTime) -> list[Cell]:
    return [
        Cell(words.printable(row.id)),
        Cell(
            row.event
            if row.event and row.kind == "event"
            else f"{_TARGETS[row.kind]} {words.printable(row.target or '')}"
        ),
        Cell(local.span(*row.span) if row.span else ""),
        Cell(row.evidence or ""),
        Cell(local.moment(row.known)),
        Cell(_says(row), between=", "),
    ]


def _says(row: Row) -> str:
    named = {
        **({"by": row.by} if row.by else {}),
        **({"why": row.why} if row.why else {}),
        **dict(row.for_),
        **row.fields,
    }
    told = (f"{name}={'(removed)' if value is None else _shown(value)}" for name, value in named.items())
    return words.printable(", ".join(told))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else str(value)
