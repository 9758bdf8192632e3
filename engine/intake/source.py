"""Where bytes come from: a file, a packed file, or standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

FREE_UNPACKED = 64 * 1024 * 1024
MOST_RATIO = 100
MOST_UNPACKED = 2 * 1024 * 1024 * 1024
"""A packed file may unpack to 64 MiB freely, beyond that to a hundred times its size, and to 2 GiB at most."""

KINDS = {".jsonl": "json lines", ".ndjson": "json lines", ".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}


class SourceError(Exception):
    """The bytes cannot be had; the message says why, in the user's words, `hint` what to do."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def kind_of(source: str) -> str | None:
    """`json lines`, `csv`, `xlsx`, `parquet`, by the name; None for any other."""
    if source == "-":
        return "json lines"
    name = Path(source.removesuffix(".gz"))
    return KINDS.get(name.suffix.lower())


@contextmanager
def opened(source: str) -> Iterator[BinaryIO]:
    """The bytes of a source, unpacked. Raises SourceError, also while they are read."""
    try:
        if source == "-":
            yield sys.stdin.buffer
        elif source.endswith(".gz"):
            with open(source, "rb") as packed:
                yield cast(BinaryIO, io.BufferedReader(_Unpacked(packed, Path(source).stat().st_size)))
        else:
            with open(source, "rb") as plain:
                yield plain
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise SourceError("the packed file is damaged: what could be unpacked of it was read") from error
    except OSError as error:
        raise SourceError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def seekable(stream: BinaryIO) -> BinaryIO:
    """For formats that have their contents at the end: a packed file is unpacked into memory."""
    return stream if stream.seekable() else io.BytesIO(stream.read())


class _Unpacked(io.RawIOBase):
    """A gzip stream that stops before a small file fills the memory."""

    def __init__(self, packed: BinaryIO, size: int):
        self._stream = gzip.GzipFile(fileobj=packed)
        self._left = min(MOST_UNPACKED, max(FREE_UNPACKED, MOST_RATIO * size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise SourceError("the packed file unpacks to far more than its size: the rest of it is not read")
        buffer[: len(piece)] = piece
        return len(piece)
