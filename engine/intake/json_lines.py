"""JSON Lines: one row a line, in and out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, TextIO

from engine.events import Row
from engine.intake.gate import decode_line, decode_object, lines
from engine.problems import Problem
from engine.quantities import plain
from engine.time import format_instant

_JSON_SPACE = " \t\r\n"


def read_json_lines(stream: BinaryIO, name: str) -> Iterator[tuple[dict[str, Any] | None, str, list[Problem]]]:
    """Each row that is not blank: its mapping (None where it cannot be read), place, and problems of the gate."""
    for number, line in enumerate(lines(stream), start=1):
        if line is not None and not line.strip():
            continue
        place = f"{name}:{number}"
        text, problems = decode_line(line, place)
        if text is None:
            yield None, place, problems
            continue
        raw, problems = decode_object(text.strip(_JSON_SPACE), place)
        yield raw, place, problems


def write_jsonl(rows: Iterable[Row], stream: TextIO) -> int:
    """Rows as canonical JSON Lines: keys sorted, times UTC with Z, numbers exact. Read back, they are the same rows."""
    count = 0
    for row in rows:
        stream.write(canonical_line(row) + "\n")
        count += 1
    return count


def canonical_line(row: Row) -> str:
    return canonical(as_raw(row))


def canonical(raw: Mapping[str, Any]) -> str:
    """The one JSON text of a mapping as the gate gives it: keys sorted, numbers exact."""
    return _json(raw)


def as_raw(row: Row) -> dict[str, Any]:
    """The row as the mapping that would be read as it."""
    raw: dict[str, Any] = {**row.fields, **row.kept, "id": row.id, "known": format_instant(row.known)}
    said = {"event": row.event, "evidence": row.evidence, "why": row.why, "by": row.by}
    raw |= {key: value for key, value in said.items() if value is not None}
    if row.target is not None:
        raw[{"correction": "corrects", "retraction": "retracts", "confirmation": "confirms"}[row.kind]] = row.target
    if row.for_:
        raw["for"] = dict(row.for_)
    if row.span is not None:
        first, last = map(format_instant, row.span)
        raw["at"] = first if first == last else {"from": first, "to": last}
    return raw


def _json(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_json(key)}:{_json(value[key])}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return json.dumps(value, ensure_ascii=False)
