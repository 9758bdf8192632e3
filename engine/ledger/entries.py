"""A row of the ledger, and its leaf: the bytes that the tree is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from engine.time import Instant

Kind = Literal[
    "opening",
    "event",
    "decision",
    "correction",
    "retraction",
    "confirmation",
    "activation",
    "verdict",
    "report",
    "key",
]
KINDS: tuple[str, ...] = get_args(Kind)
OF_THE_LOG: tuple[Kind, ...] = ("event", "decision", "correction", "retraction", "confirmation")
"""What is judged: events, decisions (extensions, waivers, rulings) and later words on either."""

OWN: tuple[str, ...] = ("rules", "verdicts", "key", "report")
"""What the ids of the ledger's own rows begin with, before the stroke. A sender with such an id would block the ledger:
the row that it adds next would find its place taken."""


def is_own(id_: str) -> bool:
    """Is it an id that only the ledger itself gives?"""
    return id_.partition("/")[0] in OWN and "/" in id_


@dataclass(frozen=True, slots=True)
class Draft:
    """A row before it has its place. `known` is None where it becomes known by being recorded.

    `body`: JSON text, as it was given. `rulebook`: SHA-256 of the rule book whose words it uses. `likeness`: what rows
    that may report the same thing have in common; it is looked up, it is no part of the row.
    """

    id: str
    kind: Kind
    source: str
    body: str
    known: Instant | None = None
    rulebook: str | None = None
    likeness: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it stands in the ledger. `seq` counts from 0 and is its number in the tree."""

    seq: int
    id: str
    kind: str
    source: str
    recorded_at: Instant
    known: Instant
    body: str
    rulebook: str | None = None

    def leaf(self) -> bytes:
        return leaf_of({name: getattr(self, name) for name in COLUMNS})


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Entry))


def leaf_of(columns: Mapping[str, Any]) -> bytes:
    """Canonical JSON of every column that has a value. A column that a later version adds, empty in earlier rows,
    leaves their leaves as they were.

    Keys are ASCII, integers lie within 2**53, there are no fractions: then sorted JSON is that of RFC 8785. What a
    damaged file holds instead of UTF-8 goes in as it stands, and gives another hash.
    """
    kept = {name: value for name, value in columns.items() if value is not None}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape")


class NoEntry(ValueError):
    """A leaf that no row can have."""


def entry_of(leaf: bytes) -> Entry:
    """The row of a leaf. Raises NoEntry unless the row gives this very leaf again."""
    try:
        columns = json.loads(leaf)
        entry = Entry(**columns)
        same = entry.leaf() == leaf
    except (ValueError, TypeError, RecursionError) as error:
        raise NoEntry("this is no row of a ledger") from error
    numbers = (entry.seq, entry.recorded_at, entry.known)
    texts = (entry.id, entry.kind, entry.source, entry.body, entry.rulebook or "")
    sound = all(type(number) is int for number in numbers) and all(type(text) is str for text in texts)
    if not sound or entry.kind not in KINDS or not same:
        raise NoEntry("this is no row of a ledger")
    return entry
