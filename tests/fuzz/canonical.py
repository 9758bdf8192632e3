"""What must hold of every row that was taken, whatever it was read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from engine.events import Row
from engine.intake import parse_rows, write_jsonl
from engine.intake.json_lines import read_json_lines
from engine.problems import Problem
from engine.vocabulary import KEPT_KEYS, Vocabulary

_FIRST = -2_208_988_800 * 10**6
_LAST = 7_289_654_400 * 10**6
"""1900-01-01T00:00:00Z and 2201-01-01T00:00:00Z."""
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_ROW_WORDS = {
    "id",
    "event",
    "corrects",
    "retracts",
    "confirms",
    "at",
    "known",
    "evidence",
    "by",
    "why",
    "for",
} | KEPT_KEYS
_DIGITS = 30


class Broken(Exception):
    """A row was taken that should not have been, or not as it is."""


def check(holds: object, said: str) -> None:
    if not holds:
        raise Broken(said)


def check_rows(rows: list[Row], vocabulary: Vocabulary, types: Mapping[str, str]) -> None:
    """Each is sound in itself; written out and read back they are the same, and the same bytes.

    `types`: {id: event type} of what was read, as far as rows that were refused have something to say of corrections.
    """
    for row in rows:
        check_sound(row, vocabulary)
    once = written(rows)
    again, problems = from_json_lines(once.encode(), vocabulary, types)
    errors = [problem for problem in problems if problem.severity == "error"]
    check(not errors, f"what was taken is refused when it is written out: {errors[:1]}")
    there = [replace(row, place="") for row in rows]
    back = [replace(row, place="") for row in again]
    check(there == back, f"what was taken reads back otherwise: {there} {back}")
    check(written(again) == once, "what was taken is other bytes the second time")


def written(rows: Iterable[Row]) -> str:
    out = StringIO()
    write_jsonl(rows, out)
    return out.getvalue()


def from_json_lines(
    content: bytes, vocabulary: Vocabulary, types: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Problem]]:
    return gathered(read_json_lines(BytesIO(content), "log"), vocabulary, types)


def gathered(
    read: Iterable[tuple[Mapping[str, Any] | None, str, list[Problem]]],
    vocabulary: Vocabulary,
    types: Mapping[str, str] | None = None,
) -> tuple[list[Row], list[Problem]]:
    """What the gate lets through, as rows; with the problems of both."""
    raws, problems = [], []
    for raw, place, found in read:
        problems += found
        if raw is not None:
            raws.append((raw, place))
    rows, told = parse_rows(raws, vocabulary, types)
    return rows, [*problems, *told]


def check_sound(row: Row, vocabulary: Vocabulary) -> None:
    check(row.id and isinstance(row.id, str), "a row has no id")
    check(row.span is None or row.span[0] <= row.span[1], "a span ends before it begins")
    for instant in (row.known, *(row.span or ())):
        check(_FIRST <= instant < _LAST, "a time is out of range")
    check(row.evidence is None or row.evidence in vocabulary.evidence, "a grade is unknown")
    _check_fields(row, vocabulary)
    _check_value([row.id, row.event, row.target, row.by, row.why, dict(row.for_), dict(row.fields), dict(row.kept)])


def _check_fields(row: Row, vocabulary: Vocabulary) -> None:
    own = vocabulary.event_types.get(row.event or "")
    check(set(row.kept) <= KEPT_KEYS, "an unknown key is kept")
    if own is None:
        return
    check(set(row.fields) <= set(own.fields), "an unknown field was taken")
    for name, type_ in own.fields.items():
        value = row.fields.get(name)
        check(value is not None or not type_.required, "a required field is absent")
        check(value is None or _fits(value, type_.kind), f"a {type_.kind} is no {type_.kind}")
        check(type_.kind != "number" or value is None or type_.negative or value >= 0, "a number is below 0")  # type: ignore[operator]


def _fits(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, Decimal)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "date":
        return hasattr(value, "toordinal") and not isinstance(value, datetime)
    return isinstance(value, str)


def _check_value(value: Any) -> None:
    if isinstance(value, str):
        check(not _FORBIDDEN.search(value), "a NUL or half a surrogate pair was taken")
    elif isinstance(value, Decimal):
        check(value.is_finite(), "a number is not finite")
        _, digits, exponent = value.as_tuple()
        fits = len(digits) + int(exponent) <= _DIGITS and -int(exponent) <= _DIGITS
        check(fits, "a number is longer than 30 digits")
    elif isinstance(value, dict):
        _check_value(list(value))
        _check_value(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_value(inner)


# --- against the bytes that a row was read from, by other means -----------------------------------------------------


def check_against_json(row: Row, line: bytes) -> None:
    """The row says what its line says: read once more by the standard library, strictly."""
    said = _strict(line)
    stated = {key for key, value in said.items() if value is not None}
    check(stated <= _ROW_WORDS | set(row.fields), "a key was passed over")
    for name, value in row.fields.items():
        number = isinstance(value, Decimal)
        check(not number or said[name] == value, f"a number was not read exactly: {said.get(name)} as {value}")
        check(not isinstance(value, str) or str(said[name]) == value or name == "instance", "a text was changed")
    for key, instants in (("at", row.span), ("known", (row.known,))):
        exact = _exact_time(said.get(key))
        check(exact is None or instants is None or exact == instants[-1], "a time was not read exactly")


def _strict(line: bytes) -> dict[str, Any]:
    try:
        return json.loads(
            line.decode(), object_pairs_hook=_once, parse_int=Decimal, parse_float=Decimal, parse_constant=_no_constant
        )
    except ValueError as error:
        raise Broken(f"taken, but no strict JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    check(len(pairs) == len(dict(pairs)), "a key stands twice")
    return dict(pairs)


def _no_constant(text: str) -> None:
    raise Broken(f"{text} was taken")


def _exact_time(said: Any) -> int | None:
    if not isinstance(said, str) or len(said) < 20:
        return None
    moment = datetime.fromisoformat(said.upper())
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
