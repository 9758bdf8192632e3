"""A table and its mapping -> raw rows of a log: conditions, values, times and ids of each entry, row by row."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.intake.gate import BROKEN
from engine.intake.local_time import LocalTime, Span, on_clock, read_time
from engine.intake.mapping import (
    TARGETS,
    AtSpec,
    CellSpec,
    Condition,
    EventSpec,
    IdSpec,
    LengthSpec,
    LocationSpec,
    MappingFile,
    MomentSpec,
    NumbersSpec,
    TestSpec,
    as_written,
    columns_of,
    fields_of,
)
from engine.intake.table import Line, TableRow, table_rows
from engine.problems import Problem, nearest
from engine.quantities import EXACT, QuantityError, parse_number
from engine.time import DAY, HOUR, MINUTE, Instant, TimeError, format_instant
from engine.vocabulary import FieldType, Vocabulary

Cells = Mapping[str, Any]
Value = str | bool | Decimal | None
_DIGEST = 16
_MOST_EXAMPLES = 5
_LONGEST = 100_000


class _Bad(ValueError):
    """A cell that cannot be taken: column, code, message, hint."""

    def __init__(self, column: str, code: str, message: str, hint: str = ""):
        self.column, self.code, self.message, self.hint = column, code, message, hint


class _Skipped(Exception):
    """This entry gives nothing here, as its mapping says."""

    def __init__(self, because: str):
        self.because = because


@dataclass(slots=True)
class _Tally:
    """What did not become rows of the log, told once at the end."""

    skipped: Counter[str] = field(default_factory=Counter)
    unmapped: list[str] = field(default_factory=list)
    unmapped_count: int = 0


def mapped_rows(
    lines: Iterator[Line], name: str, mapping: MappingFile, vocabulary: Vocabulary
) -> Iterator[tuple[dict[str, Any] | None, str, list[Problem]]]:
    """Every raw row that the table gives, with its place and what was wrong with it; last, what was passed over."""
    header = mapping.table.header if mapping.table is not None else 1
    table = table_rows(lines, name, header)
    columns, problems = next(table)
    if columns is not None and not isinstance(columns, TableRow):
        problems = [*problems, *_missing_columns(mapping, columns)]
    yield None, name, problems
    if any(problem.severity == "error" for problem in problems):
        return
    reading = _Reading(mapping, vocabulary)
    for row, problems in table:
        if not isinstance(row, TableRow):
            yield None, name, problems
            continue
        if problems:
            yield None, row.place, problems
        for raw, found in reading.rows_of(row):
            yield raw, row.place, found
    yield None, name, list(_told(reading.tally, name))


def _missing_columns(mapping: MappingFile, columns: Sequence[str]) -> Iterator[Problem]:
    known = set(columns)
    told: set[str] = set()
    for column, place in columns_of(mapping):
        if column not in known and column not in told:
            told.add(column)
            hint = nearest(column, known) or f"its columns: {', '.join(name for name in columns if name)}"
            yield place.problem("unknown-column", f'the table has no column "{column}"', hint)


def _told(tally: _Tally, name: str) -> Iterator[Problem]:
    for because, count in sorted(tally.skipped.items()):
        yield Problem("rows-skipped", "report", name, f"{_rows(count)} skipped: {because}")
    if tally.unmapped_count:
        more = tally.unmapped_count - len(tally.unmapped)
        shown = ", ".join(tally.unmapped) + (f" and {more} more" if more else "")
        yield Problem(
            "rows-not-mapped",
            "warning",
            name,
            f"{_rows(tally.unmapped_count)} fit no entry of the mapping: {shown}",
            "map them, or skip them with a reason",
        )


def naming_columns(problems: Sequence[Problem], mapping: MappingFile) -> list[Problem]:
    """The same problems of rows, each with the column of the table that its field is read from."""
    columns: dict[str, set[str]] = {}
    for entry in mapping.events:
        for key, cell in entry.cells.items():
            column = cell if isinstance(cell, str) else cell.column
            if column is not None:
                columns.setdefault(key, set()).add(column)
    told = []
    for problem in problems:
        named = sorted(columns.get(problem.place.rpartition(":")[2], ()))
        shown = " or ".join(f'"{column}"' for column in named)
        told.append(replace(problem, message=f"{problem.message} (column {shown})") if named else problem)
    return told


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


class _Reading:
    """One table under one mapping: the entries made ready, and what was seen so far."""

    def __init__(self, mapping: MappingFile, vocabulary: Vocabulary):
        self.mapping = mapping
        self.tally = _Tally()
        self._zone = ZoneInfo(mapping.zone or vocabulary.zone)
        self._entries = [_Entry(entry, fields_of(entry, vocabulary)) for entry in mapping.events]
        self._seen: Counter[tuple[int, tuple[tuple[str, Any], ...]]] = Counter()
        self._moment = lru_cache(maxsize=65536)(self._read_moment)

    def rows_of(self, row: TableRow) -> Iterator[tuple[dict[str, Any] | None, list[Problem]]]:
        cells = self._cleaned(row.cells)
        for skip in self.mapping.skip:
            if self._fits(skip.when, cells):
                self.tally.skipped[skip.because] += 1
                return
        fitting = [entry for entry in self._entries if entry.spec.when is None or self._fits(entry.spec.when, cells)]
        if not fitting:
            self._note_unmapped(row.place)
        for entry in fitting:
            try:
                yield self._raw(entry, cells, row.place)
            except _Skipped as skipped:
                self.tally.skipped[skipped.because] += 1

    def _note_unmapped(self, place: str) -> None:
        self.tally.unmapped_count += 1
        if len(self.tally.unmapped) < _MOST_EXAMPLES:
            self.tally.unmapped.append(place.rpartition(":")[2])

    def _cleaned(self, cells: Cells) -> dict[str, Any]:
        stripped = {column: cell if cell is BROKEN else cell.strip() for column, cell in cells.items()}
        return {column: cell for column, cell in stripped.items() if cell and cell not in self.mapping.empty}

    # --- conditions ---

    def _fits(self, condition: Condition, cells: Cells) -> bool:
        return all(self._passes(test, cells.get(column, "")) for column, test in condition.items())

    def _passes(self, test: TestSpec | tuple[str, ...], cell: Any) -> bool:
        text = "" if cell is BROKEN else cell
        if not isinstance(test, TestSpec):
            return text in test
        named = self.mapping.list_of
        return (
            (test.exists is None or test.exists == bool(text))
            and (test.not_ is None or text not in test.not_)
            and (test.in_ is None or text in named(test.in_))
            and (test.not_in is None or text not in named(test.not_in))
            and (test.like is None or any(fnmatchcase(text, glob) for glob in test.like))
            and (test.not_like is None or not any(fnmatchcase(text, glob) for glob in test.not_like))
            and all(self._compares(text, bound, holds) for bound, holds in _bounds(test))
        )

    def _compares(self, text: str, bound: Decimal, holds: Callable[[Decimal, Decimal], bool]) -> bool:
        number = read_number(text, self.mapping.numbers)
        return isinstance(number, Decimal) and holds(number, bound)

    # --- one row of the log ---

    def _raw(self, entry: _Entry, cells: Cells, place: str) -> tuple[dict[str, Any] | None, list[Problem]]:
        raw: dict[str, Any] = {}
        problems: list[Problem] = []
        for key, make in entry.parts:
            try:
                value = make(self, cells)
            except _Bad as bad:
                problems.append(Problem(bad.code, "error", f"{place}:{bad.column}", bad.message, bad.hint))
                value = BROKEN
            if value is not None:
                raw[key] = value
        return raw, problems

    def value(self, cell: str | CellSpec, kind: FieldType | None, cells: Cells) -> Any:
        """The value of a field: a column's text, mapped, scaled, and as a number or a bool where that is asked for."""
        if isinstance(cell, str):
            return self._typed(cells.get(cell), kind)
        if cell.value is not None:
            return as_written(cell.value, kind)
        text = self._text_of(cell, cells)
        if text is BROKEN or (cell.values is None and cell.like is None):
            return self._scaled(self._typed(text, kind), cell)
        return self._looked_up(text or "", cell, kind)

    def _text_of(self, cell: CellSpec, cells: Cells) -> Any:
        if cell.column is not None:
            return cells.get(cell.column)
        parts = [cells[column] for column in cell.columns or () if column in cells]
        if BROKEN in parts:
            return BROKEN
        return cell.join.join(parts) or None

    def _looked_up(self, text: str, cell: CellSpec, kind: FieldType | None) -> Any:
        exact = self.mapping.map_of(cell.values)
        if text in exact:
            return as_written(exact[text], kind)
        if not text:
            return None
        for glob, value in self.mapping.map_of(cell.like).items():
            if fnmatchcase(text, glob):
                return as_written(value, kind)
        column = cell.column or " + ".join(cell.columns or ())
        if cell.otherwise == "keep":
            return self._scaled(self._typed(text, kind), cell)
        if cell.otherwise == "absent":
            return None
        if cell.otherwise == "skip":
            raise _Skipped(f'"{text}" in column "{column}" is not in the value map')
        hint = nearest(text, exact) or "add it to the value map, or say `otherwise`"
        raise _Bad(column, "unmapped-value", f'"{text}" is not in the value map', hint)

    def _typed(self, text: Any, kind: FieldType | None) -> Any:
        if text is None or text is BROKEN or kind is None:
            return text
        if kind.kind == "number":
            return read_number(text, self.mapping.numbers)
        if kind.kind == "bool":
            return {"true": True, "false": False}.get(text.lower(), text)
        return text

    def _scaled(self, value: Any, cell: CellSpec) -> Any:
        if cell.multiply_by is None or not isinstance(value, Decimal):
            return value
        return EXACT.multiply(value, cell.multiply_by)

    # --- ids ---

    def id_of(self, spec: str | IdSpec | None, entry: _Entry, cells: Cells) -> Any:
        if isinstance(spec, str):
            return cells.get(spec)
        if spec is not None and spec.value is not None:
            return spec.value
        named = spec.columns if spec is not None else None
        parts = list(cells.values()) if named is None else [cells.get(column, "") for column in named]
        if BROKEN in parts:
            return BROKEN
        prefix = spec.prefix if spec is not None else f"{entry.spec.event or entry.spec.target}-"
        if named is None or (spec is not None and spec.digest):
            pairs = [[column, cells[column]] for column in sorted(cells)] if named is None else parts
            text = prefix + hashlib.sha256(json.dumps(pairs, ensure_ascii=False).encode()).hexdigest()[:_DIGEST]
        else:
            text = prefix + "-".join(parts)
        return text + self._occurrence(entry, cells) if spec is not None and spec.duplicates == "each" else text

    def _occurrence(self, entry: _Entry, cells: Cells) -> str:
        """Nothing for the first, `-2` for the second row with exactly these cells, and so on."""
        key = (id(entry), tuple(sorted((column, cell) for column, cell in cells.items())))
        self._seen[key] += 1
        return "" if self._seen[key] == 1 else f"-{self._seen[key]}"

    # --- times ---

    def at_of(self, spec: str | MomentSpec, cells: Cells) -> Any:
        span = self._span(spec, cells)
        if span is None or span is BROKEN:
            return span
        first, last = map(format_instant, span)
        return first if first == last else {"from": first, "to": last}

    def known_of(self, spec: str | MomentSpec, cells: Cells) -> Any:
        span = self._span(spec, cells)
        return span if span is None or span is BROKEN else format_instant(span[1])

    def _span(self, spec: Any, cells: Cells) -> Any:
        if isinstance(spec, AtSpec) and (spec.from_ is not None or spec.to is not None):
            return self._span_between(spec, cells)
        column, text = _time_text(spec, cells)
        if text is None or text is BROKEN:
            return text
        try:
            return self._spanned(self._moment(text))
        except TimeError as error:
            raise _Bad(column, "bad-time", str(error), self._time_hint()) from error

    def _span_between(self, spec: AtSpec, cells: Cells) -> Any:
        if spec.lasts is not None:
            return self._span_of_length(spec, spec.lasts, cells)
        first, last = self._span(spec.from_, cells), self._span(spec.to, cells)
        if BROKEN in (first, last):
            return BROKEN
        if first is None or last is None:
            column, _ = _time_text(spec.from_ if first is None else spec.to, cells)
            raise _Bad(column, "missing-time", f'a span needs both ends, and "{column}" is empty')
        if first[0] > last[1]:
            column, text = _time_text(spec.to, cells)
            raise _Bad(column, "bad-span", f'the end "{text}" is before the start "{_time_text(spec.from_, cells)[1]}"')
        return first[0], last[1]

    def _span_of_length(self, spec: AtSpec, lasts: LengthSpec, cells: Cells) -> Any:
        column, text = _time_text(spec.from_ if spec.from_ is not None else spec.to, cells)
        if text is None or text is BROKEN:
            return text
        count = self._length(lasts, cells)
        try:
            given = self._moment(text)
            moved = _moved(given, count if spec.from_ is not None else -count, lasts.unit, self._spanned)
            ends = self._spanned(given), moved
        except TimeError as error:
            raise _Bad(column, "bad-time", str(error), self._time_hint()) from error
        if isinstance(given, LocalTime) and given.whole_day:  # a day is its first instant to the last
            return (ends[0][0], moved[0] - 1) if spec.from_ is not None else (moved[1] + 1, ends[0][1])
        return min(ends[0][0], moved[0]), max(ends[0][1], moved[1])

    def _length(self, lasts: LengthSpec, cells: Cells) -> int:
        if lasts.value is not None:
            return lasts.value
        column = str(lasts.column)
        number = read_number(cells.get(column, ""), self.mapping.numbers)
        if not isinstance(number, Decimal) or number != number.to_integral_value() or not 1 <= number <= _LONGEST:
            raise _Bad(column, "bad-number", f'"{cells.get(column, "")}" is no whole number of {lasts.unit}')
        return int(number)

    def _read_moment(self, text: str) -> Instant | LocalTime:
        return read_time(text, self.mapping.times)

    def _spanned(self, moment: Instant | LocalTime) -> Span:
        if not isinstance(moment, LocalTime):
            return moment, moment
        if self.mapping.zone is None and not moment.whole_day:
            raise TimeError(f'"{moment.moment:%Y-%m-%d %H:%M}" has no offset')
        return on_clock(moment, self._zone)

    def _time_hint(self) -> str:
        if self.mapping.zone is None:
            return "say in which `zone` the mapping's times are"
        return "say in `times` how they are written, as in DD.MM.YYYY hh:mm"


@dataclass(slots=True)
class _Entry:
    """An entry of the mapping with the makers of its parts, by the key that each fills."""

    spec: EventSpec
    fields: Mapping[str, FieldType]
    parts: list[tuple[str, Callable[[_Reading, Cells], Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec = self.spec
        self.parts.append(("id", lambda reading, cells: reading.id_of(spec.id, self, cells)))
        if spec.event is not None:
            self.parts.append(("event", lambda reading, cells: spec.event))
        for key in TARGETS:
            if getattr(spec, key) is not None:
                self.parts.append((key, self._target(getattr(spec, key))))
        if spec.at is not None:
            self.parts.append(("at", lambda reading, cells: reading.at_of(spec.at or "", cells)))
        if spec.known is not None:
            self.parts.append(("known", lambda reading, cells: reading.known_of(spec.known or "", cells)))
        for name, cell in spec.cells.items():
            self.parts.append((name, self._value(cell, self.fields.get(name) or _KEPT_NUMBERS.get(name))))
        if spec.location is not None:
            self.parts.append(("location", self._location(spec.location)))
        if spec.for_:
            self.parts.append(("for", self._binding(spec.for_)))

    def _target(self, spec: str | IdSpec) -> Callable[[_Reading, Cells], Any]:
        return lambda reading, cells: reading.id_of(spec, self, cells)

    def _value(self, cell: str | CellSpec, kind: FieldType | None) -> Callable[[_Reading, Cells], Any]:
        return lambda reading, cells: reading.value(cell, kind, cells)

    def _location(self, spec: LocationSpec) -> Callable[[_Reading, Cells], Any]:
        def make(reading: _Reading, cells: Cells) -> Any:
            lat, lon = (reading.value(cell, _DEGREES, cells) for cell in (spec.lat, spec.lon))
            if lat is None and lon is None:
                return None
            precision = reading.value(spec.precision, None, cells) if spec.precision is not None else None
            if BROKEN in (lat, lon, precision):
                return BROKEN
            return {"lat": lat, "lon": lon} | ({"precision": precision} if precision is not None else {})

        return make

    def _binding(self, for_: Mapping[str, str | CellSpec]) -> Callable[[_Reading, Cells], Any]:
        def make(reading: _Reading, cells: Cells) -> Any:
            found = {name: reading.value(cell, None, cells) for name, cell in for_.items()}
            if BROKEN in found.values():
                return BROKEN
            return {name: value for name, value in found.items() if value is not None} or None

        return make


_DEGREES = FieldType("degrees", "number", negative=True)
_KEPT_NUMBERS = {"credibility": FieldType("credibility", "number")}


def _bounds(test: TestSpec) -> Iterator[tuple[Decimal, Callable[[Decimal, Decimal], bool]]]:
    given: list[tuple[Decimal | None, Callable[[Decimal, Decimal], bool]]] = [
        (test.gt, lambda number, bound: number > bound),
        (test.gte, lambda number, bound: number >= bound),
        (test.lt, lambda number, bound: number < bound),
        (test.lte, lambda number, bound: number <= bound),
    ]
    return ((bound, holds) for bound, holds in given if bound is not None)


def _time_text(spec: Any, cells: Cells) -> tuple[str, Any]:
    """The column that is asked, and what it says of the time."""
    if isinstance(spec, str):
        return spec, cells.get(spec)
    if spec.value is not None:
        return "at", spec.value
    if spec.column is not None:
        return spec.column, cells.get(spec.column)
    date, time = cells.get(spec.date), cells.get(spec.time) if spec.time is not None else None
    if BROKEN in (date, time):
        return spec.date, BROKEN
    return spec.date, f"{date} {time}" if date is not None and time is not None else date


def _moved(moment: Instant | LocalTime, count: int, unit: str, spanned: Callable[[Instant | LocalTime], Span]) -> Span:
    """So many days later on the clock of the zone; hours and minutes, and days of a time with an offset, are exact."""
    if isinstance(moment, LocalTime) and unit == "days":
        return spanned(moment.moved(count))
    exact = count * {"minutes": MINUTE, "hours": HOUR, "days": DAY}[unit]
    first, last = spanned(moment)
    return first + exact, last + exact


def read_number(text: Any, form: NumbersSpec | None) -> Any:
    """The number that a cell writes, or the text as it is where it writes none."""
    if not isinstance(text, str):
        return text
    plain = text
    if form is not None:
        thousands, decimal = re.escape(form.thousands or ""), re.escape(form.decimal)
        grouped = rf"-?\d{{1,3}}(?:{thousands}\d{{3}})+(?:{decimal}\d+)?" if thousands else r"(?!)"
        if not re.fullmatch(rf"-?\d+(?:{decimal}\d+)?|{grouped}", text, re.ASCII):
            return text
        plain = (text.replace(form.thousands, "") if form.thousands else text).replace(form.decimal, ".")
    try:
        return parse_number(plain)
    except QuantityError:
        return text
