"""CSV: bytes -> lines of a table. Bytes that are no UTF-8 come through as half surrogates, which the table refuses."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from engine.intake.gate import ROW_LIMIT, lines
from engine.intake.table import Line

_TOO_LONG = "\0too long"


def read_csv(stream: BinaryIO, delimiter: str = ",") -> Iterator[Line]:
    """Every record with its number: a cell may hold line ends, so records are counted, not physical lines."""
    reader = csv.reader(_texts(stream), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Line(number, (), f"not CSV: {error}")
            continue
        if cells is None:
            return
        too_long = cells == [_TOO_LONG]
        yield Line(number, () if too_long else cells, f"longer than {ROW_LIMIT // 1024} KiB" if too_long else "")


def _texts(stream: BinaryIO) -> Iterator[str]:
    first = True
    for line in lines(stream):
        if line is None:
            yield _TOO_LONG
        else:
            text = line.decode("utf-8", "surrogateescape")
            yield (text.removeprefix("\ufeff") if first else text) + "\n"
        first = False
