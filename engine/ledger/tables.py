"""The tables of a ledger."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

ENTRY = Table(
    "entry",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),  # microseconds since 1970, as everywhere in the engine
    Column("known", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("rulebook", Text),
)
Index("entry_by_kind", ENTRY.c.kind, ENTRY.c.seq)
Index("entry_by_source", ENTRY.c.source, ENTRY.c.seq)

NODE = Table(
    "node",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # `merkle.position`
    Column("hash", LargeBinary, nullable=False),
)

CHECKPOINT = Table(
    "checkpoint",
    METADATA,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

LIKENESS = Table(  # looked up, not judged: it can be computed again from the rows
    "likeness",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("likeness", Text, nullable=False),
)
Index("likeness_by_words", LIKENESS.c.likeness)

TABLES = (ENTRY, NODE, CHECKPOINT, LIKENESS)
