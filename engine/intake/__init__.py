"""Bytes in, rows or problems out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from engine.events import Row, as_known
from engine.intake.csv_file import read_csv
from engine.intake.json_lines import read_json_lines, write_jsonl
from engine.intake.mapped import mapped_rows, naming_columns
from engine.intake.mapping import TableSpec, load_mapping
from engine.intake.parquet_file import read_parquet, write_parquet
from engine.intake.rows import parse_row, parse_rows
from engine.intake.source import SourceError, kind_of, opened
from engine.intake.table import Line, raw_rows
from engine.intake.xlsx_file import read_xlsx
from engine.problems import Problem, in_order
from engine.vocabulary import Vocabulary

__all__ = [
    "RawRows",
    "parse_row",
    "parse_rows",
    "problems_of_log",
    "raw_rows_of",
    "read_all",
    "read_events",
    "write_jsonl",
    "write_parquet",
]

Source = str | Path
Progress = Callable[[int, int], None]
_Readable = Iterator[tuple[Mapping[str, Any], str]]
_Raws = Iterator[tuple[Mapping[str, Any] | None, str, list[Problem]]]


class _ReadTable(Protocol):
    def __call__(self, lines: Iterator[Line], name: str) -> _Raws: ...


class HasVocabulary(Protocol):
    """A rule book, as far as the intake looks at one."""

    @property
    def vocabulary(self) -> Vocabulary: ...


def read_events(
    source: Source, book: HasVocabulary | Vocabulary, mapping: Source | None = None
) -> tuple[list[Row], list[Problem]]:
    """The rows of one file (`-`: JSON Lines on standard input), and every problem in them by `file:row:field`."""
    return read_all([source], book, mapping)


def read_all(
    sources: Iterable[Source],
    book: HasVocabulary | Vocabulary,
    mapping: Source | None = None,
    progress: Progress | None = None,
) -> tuple[list[Row], list[Problem]]:
    """The rows of several files as one log: a correction in one may name an event in another.

    A mapping reads the tables (CSV, XLSX, Parquet) among them; JSON Lines are rows already. `progress` hears now and
    then how many rows have been read, of how many (0: nobody knows).
    """
    vocabulary = book if isinstance(book, Vocabulary) else book.vocabulary
    if mapping is None:
        plain = partial(raw_rows, vocabulary=vocabulary)
        return _read(sources, vocabulary, TableSpec.model_construct(), plain, progress)
    found, problems = load_mapping(mapping, vocabulary)
    if found is None:
        return [], problems
    table = found.table or TableSpec.model_construct()
    rows, told = _read(sources, vocabulary, table, partial(mapped_rows, mapping=found, vocabulary=vocabulary), progress)
    return rows, in_order([*problems, *naming_columns(told, found)])


def _read(
    sources: Iterable[Source],
    vocabulary: Vocabulary,
    table: TableSpec,
    read_table: _ReadTable,
    progress: Progress | None,
) -> tuple[list[Row], list[Problem]]:
    problems: list[Problem] = []
    raws = _readable(sources, table, read_table, problems)
    rows, told = parse_rows(raws if progress is None else _counted(raws, progress), vocabulary)
    return rows, in_order([*problems, *told])


@dataclass(frozen=True)
class RawRows:
    """Rows as they were written, with their places, one at a time, for who keeps them so. `problems`: of the gate; it
    is filled while the rows are taken. `named`: the problems of rows in the words of their table."""

    rows: _Readable
    problems: list[Problem]
    named: Callable[[Sequence[Problem]], list[Problem]]


def raw_rows_of(sources: Iterable[Source], vocabulary: Vocabulary, mapping: Source | None = None) -> RawRows:
    """As `read_all`, before rows are judged by themselves."""
    problems: list[Problem] = []
    if mapping is None:
        plain = partial(raw_rows, vocabulary=vocabulary)
        return RawRows(_readable(sources, TableSpec.model_construct(), plain, problems), problems, list)
    found, problems = load_mapping(mapping, vocabulary)
    if found is None:
        return RawRows(iter(()), problems, list)
    mapped = partial(mapped_rows, mapping=found, vocabulary=vocabulary)
    rows = _readable(sources, found.table or TableSpec.model_construct(), mapped, problems)
    return RawRows(rows, problems, partial(naming_columns, mapping=found))


_NOW_AND_THEN = 2000


def _counted(raws: _Readable, progress: Progress) -> _Readable:
    for number, raw in enumerate(raws, start=1):
        if number % _NOW_AND_THEN == 0:
            progress(number, 0)
        yield raw


def _readable(
    sources: Iterable[Source], table: TableSpec, read_table: _ReadTable, problems: list[Problem]
) -> _Readable:
    """What the gate lets through, one raw row at a time; what it does not is told in `problems`."""
    for source in sources:
        for raw, place, found in _raws_of(str(source), table, read_table):
            problems += found
            if raw is not None:
                yield raw, place


def problems_of_log(rows: Iterable[Row], vocabulary: Vocabulary) -> list[Problem]:
    """What is wrong with rows together: one id with two contents, a later word on nothing. Evaluation tells it too."""
    return in_order(as_known(list(rows), vocabulary).problems)


def _raws_of(source: str, table: TableSpec, read_table: _ReadTable) -> _Raws:
    name = "stdin" if source == "-" else source
    kind = kind_of(source)
    if kind is None:
        hint = ".jsonl, .csv, .xlsx or .parquet, each also packed as .gz; - for JSON Lines on standard input"
        message = f'"{Path(source).suffix}" is no kind of event file'
        yield None, name, [Problem("unknown-file-kind", "error", name, message, hint)]
        return
    try:
        with opened(source) as stream:
            if kind == "json lines":
                yield from read_json_lines(stream, name)
            elif kind == "csv":
                yield from read_table(read_csv(stream, table.delimiter), name)
            elif kind == "parquet":
                yield from read_parquet(stream, name, read_table)
            else:
                yield from read_table(read_xlsx(stream, table.sheet), name)
    except SourceError as error:
        yield None, name, [Problem("unreadable-file", "error", name, str(error), error.hint)]
