"""Accepted rows of a log shown: as a table, and as the JSON line that would bring the same row in again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.events import Row
from engine.quantities import plain
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, table
from engine.time import Calendar, format_instant

_TARGETS = {"correction": "corrects", "retraction": "retracts", "confirmation": "confirms"}


def row_json(row: Row) -> dict[str, Any]:
    """The keys that rule-language.md gives a row; times in UTC."""
    found: dict[str, Any] = {"id": row.id}
    if row.kind in _TARGETS:
        found[_TARGETS[row.kind]] = row.target
    else:
        found["event"] = row.event
    optional = {"by": row.by, "at": _at(row), "evidence": row.evidence, "why": row.why, "for": dict(row.for_) or None}
    found |= {name: value for name, value in optional.items() if value is not None}
    return {**found, "known": format_instant(row.known), **row.fields, **row.kept}


def _at(row: Row) -> str | dict[str, str] | None:
    if row.span is None:
        return None
    first, last = (format_instant(end) for end in row.span)
    return first if first == last else {"from": first, "to": last}


def json_line(row: Row) -> str:
    return _encoded(row_json(row))


def _encoded(value: Any) -> str:
    """JSON in which exact decimals stay the numbers that they are."""
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)}: {_encoded(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_encoded(held) for held in value) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    return json.dumps(value.isoformat() if isinstance(value, date) else value, ensure_ascii=False)


def row_lines(rows: Sequence[Row], calendar: Calendar, width: int) -> list[Line]:
    local = LocalTime(calendar)
    cells = [_cells(row, local) for row in rows]
    return table(("Id", "Row", "When", "Grade", "Known", "Says"), cells, width) if cells else []


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
        Cell(_says(row)),
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
