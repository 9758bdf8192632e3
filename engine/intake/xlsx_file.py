"""XLSX through openpyxl: cells become text, so that a spreadsheet and a CSV of it are read alike."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from engine.intake.source import FREE_UNPACKED, MOST_RATIO, SourceError, seekable
from engine.intake.table import Line


def read_xlsx(stream: BinaryIO, sheet: str | None = None) -> Iterator[Line]:
    """Every row of a sheet (the first, unless one is named) with its number. Raises SourceError.

    Excel has no zones: a cell with a time becomes text without an offset, which only a mapping with a `zone` can place.
    A formula counts as the value that was last calculated and stored.
    """
    import openpyxl  # here: 0.3 s that few files need

    stream = seekable(stream)
    _refuse_bombs(stream)
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds for a damaged file
        raise SourceError("not an XLSX file that can be read") from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise SourceError(f'the workbook has no sheet "{sheet}" (it has {", ".join(book.sheetnames)})')
        worksheet = book[sheet] if sheet is not None else book.worksheets[0]
        yield from _lines(worksheet)
    finally:
        book.close()


def _refuse_bombs(stream: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(stream) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError("not an XLSX file that can be read") from error
    unpacked, packed_size = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > max(FREE_UNPACKED, MOST_RATIO * packed_size):
        raise SourceError("the workbook unpacks to far more than its size: it is not read")
    stream.seek(0)


def _lines(worksheet: Any) -> Iterator[Line]:
    width = 0
    try:
        for number, row in enumerate(worksheet.iter_rows(), start=1):
            cells = [_text(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            width = width or len(cells)
            yield Line(number, [*cells, *[""] * (width - len(cells))])
    except SourceError:
        raise
    except Exception as error:  # a damaged sheet is found only while it is read
        raise SourceError("the sheet is damaged: what could be read of it was read") from error


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, datetime):
        return value.date().isoformat() if _shows_no_time(cell, value) else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _shows_no_time(cell: Any, value: datetime) -> bool:
    at_midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
    return at_midnight and "h" not in str(cell.number_format).lower()
