"""Parquet through pyarrow, an extra of the installation: each row as JSON text, and flat columns beside it.

The text is what counts: read back, it is the same row. The flat columns are for DuckDB, pandas and the like.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, Protocol

from engine.events import Row
from engine.intake.gate import BROKEN, ROW_LIMIT, decode_object, too_long
from engine.intake.json_lines import as_raw, canonical
from engine.intake.source import FREE_UNPACKED, MOST_RATIO, MOST_UNPACKED, SourceError, seekable
from engine.intake.table import Line
from engine.problems import Problem
from engine.time import SECOND, Instant, TimeError, format_instant, parse_instant

ROW = "accord_row"
"""The column that holds whole rows; no table of somebody else's has it by chance."""
TIMES = frozenset({"at.from", "at.to", "known", "recorded_at"})
_FIRST = ("id", "event", "corrects", "retracts", "confirms", "at.from", "at.to", "known", "evidence", "by", "why")
_GROUP = 10_000
"""Rows of one row group: small enough to be taken apart in the memory of a laptop."""
_MOST_AT_ONCE, _BYTES_AT_ONCE = 1024, 256 * 1024 * 1024
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

Flat = dict[str, Any]
_Raws = Iterator[tuple[Mapping[str, Any] | None, str, list[Problem]]]


class _ReadTable(Protocol):
    def __call__(self, lines: Iterator[Line], name: str) -> _Raws: ...


def _parts() -> tuple[Any, Any]:
    """Here and not above: it takes as long to load as everything else together."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        hint = 'pip install "accordwatch[columnar]"'
        raise SourceError("Parquet needs pyarrow, which is not installed here", hint) from error
    return pyarrow, pyarrow.parquet


def check_parts() -> None:
    """Raises SourceError where Parquet cannot be read or written here."""
    _parts()


# --- out ------------------------------------------------------------------------------------------------------------


def write_parquet(rows: Iterable[Row], stream: BinaryIO) -> int:
    """Rows as Parquet: `accord_row`, the canonical JSON of each, and a flat column for each key that is in them. Read
    back, they are the same rows. Raises SourceError where pyarrow is missing."""
    raws = [as_raw(row) for row in rows]
    flats = [flat(raw) for raw in raws]
    names = {name for row in flats for name in row}
    ordered = [*(name for name in _FIRST if name in names), *sorted(names - {*_FIRST})]
    kinds = {name: _kind_of(name, flats) for name in ordered} | {ROW: "text"}
    texts = ({**row, ROW: canonical(raw)} for row, raw in zip(flats, raws, strict=True))
    return write_columns(kinds, texts, stream)


def flat(raw: Mapping[str, Any]) -> Flat:
    """The keys of a row as columns: as a table spells them, times as instants and numbers as floats. Lists and removed
    fields have no column."""
    found: Flat = {}
    for key, value in raw.items():
        if key == "at":
            ends = (value.get("from"), value.get("to")) if isinstance(value, Mapping) else (value, value)
            found |= zip(("at.from", "at.to"), map(_instant, ends), strict=True)
        elif isinstance(value, Mapping):
            found |= {f"{key}.{inner}": _plain(held) for inner, held in value.items()}
        else:
            found[key] = _instant(value) if key in TIMES else _plain(value)
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str | date):
        return value
    return float(value) if isinstance(value, int | Decimal) else None


def _instant(value: Any) -> Instant | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except TimeError:
        return None


def _kind_of(name: str, flats: Sequence[Flat]) -> str:
    """What a column holds. A kept key may hold a number here and a text there: then it is text."""
    if name in TIMES:
        return "time"
    kinds = {type(row[name]).__name__ for row in flats if name in row}
    return kinds.pop() if len(kinds) == 1 else "text"


def write_columns(kinds: Mapping[str, str], rows: Iterable[Flat], stream: BinaryIO) -> int:
    """Rows of values as a Parquet file with a column for each of `kinds`: `text`, `integer`, `time`, or the name of a
    Python type. Raises SourceError where pyarrow is missing."""
    pyarrow, parquet = _parts()
    types = {
        "time": pyarrow.timestamp("us", "UTC"),
        "integer": pyarrow.int64(),
        "float": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "date": pyarrow.date32(),
    }
    schema = pyarrow.schema([(name, types.get(kind, pyarrow.string())) for name, kind in kinds.items()])
    texts = [name for name, kind in kinds.items() if kind not in types]
    rows, count = iter(rows), 0
    with parquet.ParquetWriter(stream, schema, compression="zstd", write_page_checksum=True) as writer:
        while group := list(islice(rows, _GROUP)):
            for row in group:
                row.update({name: _text(row[name]) for name in texts if row.get(name) is not None})
            writer.write_table(pyarrow.Table.from_pylist(group, schema))
            count += len(group)
    return count


# --- in -------------------------------------------------------------------------------------------------------------


def read_parquet(stream: BinaryIO, name: str, read_table: _ReadTable) -> _Raws:
    """The rows of a file with the column `accord_row`; any other is a table. Raises SourceError."""
    lines = _lines(stream)
    header = next(lines)
    if ROW not in header.cells:
        yield from read_table(_with(header, lines), name)
        return
    for line in lines:
        cells = dict(zip(header.cells, line.cells, strict=True))
        yield _row(cells, f"{name}:{line.number}")


def text_column(stream: BinaryIO, column: str) -> Iterator[str]:
    """The texts of one column. Raises SourceError."""
    lines = _lines(stream, [column])
    place = next(lines).cells.index(column)
    return (line.cells[place] for line in lines)


def _with(header: Line, lines: Iterator[Line]) -> Iterator[Line]:
    yield header
    yield from lines


def _row(cells: Flat, place: str) -> tuple[Mapping[str, Any] | None, str, list[Problem]]:
    text = cells.pop(ROW)
    if len(text) > ROW_LIMIT:
        return None, place, [too_long(place)]
    raw, problems = decode_object(text, place)
    said = [] if raw is None else list(_contradictions(raw, cells, place))
    return (None if said else raw), place, [*problems, *said]


def _contradictions(raw: Mapping[str, Any], cells: Flat, place: str) -> Iterator[Problem]:
    """A column that was changed, and the row beside it not: nobody can say which is meant."""
    for column, value in flat({key: value for key, value in raw.items() if value is not BROKEN}).items():
        if column in cells and not _says(cells[column], value, column):
            message = f'column "{column}" says "{cells[column]}", and the row in "{ROW}" says "{_said(value, column)}"'
            hint = f'correct both, or leave "{ROW}" out: then the columns are read as a table'
            yield Problem("said-twice", "error", f"{place}:{column}", message, hint)


def _says(cell: str, value: Any, column: str) -> bool:
    return _said(_instant(cell) if column in TIMES else cell, column) == _said(value, column)


def _said(value: Any, column: str) -> str:
    return format_instant(value) if column in TIMES and value is not None else _text(value)


def _lines(stream: BinaryIO, columns: list[str] | None = None) -> Iterator[Line]:
    """The header, then every record as text. Raises SourceError."""
    pyarrow, parquet = _parts()
    source = seekable(stream)
    with _readable(pyarrow):
        file = parquet.ParquetFile(source, page_checksum_verification=True)
        names = [name for name in file.schema_arrow.names if columns is None or name in columns]
        if columns is not None and names != columns:
            raise SourceError(f'it has no column "{columns[0]}"')
        at_once = _at_once(file.metadata, source.seek(0, io.SEEK_END))
    yield Line(1, names)
    number, taken = 1, 0
    batches = file.iter_batches(batch_size=at_once, columns=columns)
    while True:
        with _readable(pyarrow):
            batch = next(batches, None)
            texts = [] if batch is None else [_texts(column, pyarrow) for column in batch.columns]
        if batch is None:
            break
        taken += sum(len(text) for column in texts for text in column)
        if taken > MOST_UNPACKED:
            raise SourceError("the file unpacks to more than 2 GiB: the rest of it is not read")
        for cells in zip(*texts, strict=True):
            number += 1
            yield Line(number, cells)
    said = file.metadata.num_rows
    if said != number - 1:
        raise SourceError(f"the file is damaged: it says that it has {said} rows and has {number - 1}")


@contextmanager
def _readable(pyarrow: Any) -> Iterator[None]:
    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise SourceError("not a Parquet file that can be read, or a damaged one") from error


def _at_once(metadata: Any, size: int) -> int:
    """So many rows that one value, repeated in all of them, does not fill the memory. Raises SourceError for a bomb."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > min(MOST_UNPACKED, max(FREE_UNPACKED, MOST_RATIO * size)):
        raise SourceError("the file unpacks to far more than its size: it is not read")
    largest: int = max((group.total_byte_size for group in groups), default=1)
    return min(_MOST_AT_ONCE, _BYTES_AT_ONCE // max(1, largest)) or 1


def _texts(column: Any, pyarrow: Any) -> list[str]:
    """The values of a column as a CSV would hold them."""
    types = pyarrow.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        # As bytes: a file may call text what is no UTF-8, which the gate refuses.
        column = column.cast(pyarrow.large_binary())
        return ["" if held is None else held.decode("utf-8", "surrogateescape") for held in column.to_pylist()]
    if types.is_timestamp(kind):
        ticks = column.cast(pyarrow.int64()).to_pylist()
        return ["" if tick is None else _time_text(tick, kind.unit, kind.tz) for tick in ticks]
    return ["" if value is None else _text(value) for value in column.to_pylist()]


def _time_text(ticks: int, unit: str, zone: str | None) -> str:
    """With Z where the column is of instants (Arrow counts them in UTC, whatever zone is named); without an offset
    where it is of local times. What is finer than a microsecond stays so, to be refused."""
    seconds, rest = divmod(ticks, _PER_SECOND[unit])
    try:
        text = format_instant(seconds * SECOND).removesuffix("Z")
    except OverflowError:  # no year that a calendar has: the row is refused with it
        return f"{ticks} {unit}"
    digits = str(rest).rjust(len(str(_PER_SECOND[unit])) - 1, "0").rstrip("0") if rest else ""
    return f"{text}{'.' if digits else ''}{digits}{'Z' if zone is not None else ''}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float):
        # Spreadsheet libraries write "not a number" where a cell is empty.
        return "" if value != value else format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, int | Decimal):
        return format(Decimal(value), "f")
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return json.dumps(value, ensure_ascii=False, default=str)
