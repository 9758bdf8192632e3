"""An export as Parquet: each leaf that was hashed, and columns of what it says beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from engine.intake.gate import decode_object
from engine.intake.parquet_file import text_column, write_columns
from engine.intake.source import SourceError
from engine.ledger.entries import COLUMNS, OF_THE_LOG, Entry
from engine.ledger.store import StorageError

ENDING = ".parquet"
_MAGIC = b"PAR1"
_LEAF = "leaf"
_KINDS = {
    "seq": "integer",
    "id": "text",
    "kind": "text",
    "source": "text",
    "recorded_at": "time",
    "known": "time",
    **dict.fromkeys(("event", "at", "evidence", "by", "place", "target", "body", "rulebook", _LEAF), "text"),
}
_SAID = ("event", "at", "evidence", "by", "place")
_TARGETS = ("corrects", "retracts", "confirms")


def write_entries(entries: Iterable[Entry], stream: BinaryIO) -> int:
    """Raises StorageError where pyarrow is missing."""
    with columnar():
        return write_columns(_KINDS, map(_columns, entries), stream)


def _columns(entry: Entry) -> dict[str, Any]:
    """What the body says, spelt as it was sent: what it means is for a rule book to say."""
    raw = (decode_object(entry.body, "")[0] if entry.kind in OF_THE_LOG else None) or {}
    said = {name: raw[name] for name in _SAID if raw.get(name) is not None}
    said |= {"target": raw[word] for word in _TARGETS if word in raw}  # noqa: B035 - a row has one of them
    texts = {name: value if isinstance(value, str) else json.dumps(value, default=str) for name, value in said.items()}
    return {**{name: getattr(entry, name) for name in COLUMNS}, **texts, _LEAF: entry.leaf().decode("utf-8")}


def is_columnar(stream: BinaryIO) -> bool:
    """By its first bytes, whatever the file is called."""
    begins = stream.read(len(_MAGIC))
    stream.seek(0)
    return begins == _MAGIC


def leaves(stream: BinaryIO) -> Iterator[bytes]:
    """Raises StorageError."""
    with columnar():
        for text in text_column(stream, _LEAF):
            yield text.encode("utf-8", "surrogateescape")


@contextmanager
def columnar() -> Iterator[None]:
    """What Parquet refuses, as storage says it."""
    try:
        yield
    except SourceError as error:
        raise StorageError(str(error), error.hint) from error
