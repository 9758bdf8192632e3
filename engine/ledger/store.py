"""The database: opened, migrated, appended to by one writer at a time, read in one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event, exc
from sqlalchemy.dialects import postgresql

from engine.ledger import guards
from engine.ledger.entries import COLUMNS, OF_THE_LOG, Draft, Entry, Kind
from engine.ledger.merkle import Edge, Range, leaf_hash, positions, stored_count
from engine.ledger.notes import Checkpoint, Signer, signed
from engine.ledger.tables import CHECKPOINT, ENTRY, LIKENESS, NODE
from engine.time import Instant

REVISION = "0001"
_PATIENCE_SECONDS = 60
_LOCK = 0x6163636F7264  # "accord": the one writer of a PostgreSQL ledger
_SOME = 500


Snapshot = Connection
"""What `reading` and `filling` give, for those who hand it on."""


class StorageError(Exception):
    """The database cannot be used; the message says why, `hint` what to do."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Store:
    """An open database. `file` is its file where it is one."""

    engine: Engine
    file: Path | None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a row stands. `new`: it was added now; else it had been there already, with the same content."""

    id: str
    seq: int
    recorded_at: Instant
    new: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """The id stands in the ledger with other content: what was sent is not taken."""

    draft: Draft
    stands: Entry


@dataclass(frozen=True)
class Appended:
    receipts: tuple[Receipt, ...]
    clashes: tuple[Clash, ...]
    checkpoint: str
    alike: Mapping[str, str] = field(default_factory=dict)
    """Id of a new row -> id of the latest row before it that may report the same thing."""
    behind: str = ""
    """Why the copy of the checkpoint beside the database could not be written; the rows are recorded all the same."""


# --- opening --------------------------------------------------------------------------------------------------------


def open_store(url: str, *, make: bool = False) -> Store:
    """The database of a path or URL. `make`: it may be created. Raises StorageError."""
    file = file_of(url)
    if file is not None and not make and not file.is_file():
        raise StorageError(f'there is no ledger "{file}"', "accord init makes one")
    if file is not None and not file.resolve().parent.is_dir():
        raise StorageError(f'there is no folder for "{file}"')
    with told():
        engine = sa.create_engine(_sqlalchemy_url(url, file), poolclass=sa.pool.NullPool)
    if file is not None:
        event.listen(engine, "do_connect", _connect_sqlite)
    event.listen(engine, "begin", _begin)
    return Store(engine, file)


def file_of(url: str) -> Path | None:
    """The file of a SQLite ledger; None for a database server."""
    if "://" not in url:
        return Path(url)
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return Path(rest.removeprefix("/") or "accord.db")
    if scheme in ("postgresql", "postgres"):
        return None
    raise StorageError(f'"{scheme}" is no kind of database', "a path, or postgresql://host/name")


def _sqlalchemy_url(url: str, file: Path | None) -> Any:
    if file is not None:
        return sa.URL.create("sqlite", database=str(file))
    return sa.make_url(f"postgresql+psycopg://{url.partition('://')[2]}")


def _connect_sqlite(dialect: Any, _: object, arguments: Any, options: Any) -> Any:
    connection = dialect.connect(*arguments, **options)
    try:
        _prepare_sqlite(connection)
    except dialect.dbapi.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith("SQLITE_IOERR_SHM"):
            raise
        # The disk has no room for what processes share to read together: who has the file alone reads without it.
        connection = dialect.connect(*arguments, **options)
        _prepare_sqlite(connection, "locking_mode=EXCLUSIVE")
    return connection


def _prepare_sqlite(connection: Any, *first: str) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver's guess
    patience = f"busy_timeout={_PATIENCE_SECONDS * 1000}"  # early: the next ones may have to wait, too
    for pragma in (*first, patience, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A SQLite transaction that will write says so at once: one that reads first and then writes fails when another
    came in between."""
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def told() -> Iterator[None]:
    """What the database says, in a line. Raises StorageError."""
    try:
        yield
    except exc.DBAPIError as error:
        raise StorageError(*_in_words(str(error.orig).strip().split("\n")[0])) from error
    except UnicodeDecodeError as error:  # of the driver, where a damaged file holds no text any longer
        raise StorageError(*_in_words("malformed")) from error
    except exc.SQLAlchemyError as error:
        raise StorageError(f"the database refused: {str(error).splitlines()[0]}") from error


_WORDS = (
    ("no such table", "this is no ledger: it has no table of rows", "accord init makes one"),
    ("does not exist", "", "accord init makes a ledger in a database that exists"),
    ("file is not a database", "the file is no ledger, or its beginning is damaged", "restore a backup"),
    ("malformed", "the file of the ledger is damaged", "accord verify says more; restore a backup"),
    ("database or disk is full", "the disk is full: nothing of this was recorded", "make room and repeat"),
    ("disk I/O error", "the disk refused to write: nothing of this was recorded", "is it full? Make room and repeat"),
    ("readonly", "the ledger may be read here, not written", "look at the permissions of the file and its folder"),
    ("unable to open", "the file of the ledger cannot be opened", "look at the permissions of the file and its folder"),
    ("is locked", "another program keeps the ledger busy", "wait for it, or end it"),
    ("connection", "", "look whether the database server runs, and at the address"),
)


def _in_words(said: str) -> tuple[str, str]:
    for sign, words, hint in _WORDS:
        if sign in said:
            return words or f"the database refused: {said}", hint
    return f"the database refused: {said}", ""


@contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """One snapshot: what others add meanwhile is not seen."""
    with told(), store.engine.connect() as connection:
        if store.is_postgresql:
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def _writing(store: Store) -> Iterator[Connection]:
    """The one writer; others wait for their turn."""
    with told(), store.engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            if store.is_postgresql:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection


def migrate(store: Store) -> None:
    """Bring the tables to this version's shape; nothing is changed where they have it. Raises StorageError."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with _writing(store) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_revision(store: Store) -> None:
    """Raises StorageError where the tables have another shape than this version's."""
    with reading(store) as connection:
        if not sa.inspect(connection).has_table(ENTRY.name):
            raise StorageError("this is no ledger: it has no table of rows", "accord init makes one")
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    if list(found) != [REVISION]:
        known = ", ".join(found) or "none"
        raise StorageError(
            f"the ledger has the tables of version {known}, this program those of {REVISION}",
            "accord init brings an older ledger up to date",
        )


# --- appending ------------------------------------------------------------------------------------------------------


def append(
    store: Store,
    drafts: Sequence[Draft],
    *,
    now: Callable[[], Instant],
    signers: Sequence[Signer],
    same: Callable[[Draft, Entry], bool],
    follow: Callable[[Connection, Sequence[Entry]], Sequence[Draft]] = lambda connection, added: (),
) -> Appended:
    """Add rows, the tree above them and a checkpoint in one transaction: all of it is there, or nothing.

    An id that is there already is not added again: with the same content (`same`) its receipt is given, with other
    content it clashes. `signers`: the ledger's own key first. `follow`: asked for rows that come after those that were
    added, under ids that are new; it sees the rows before. Raises StorageError.
    """
    with _writing(store) as connection:
        last = _last(connection)
        there = {entry.id: entry for entry in entries_with(connection, [draft.id for draft in drafts])}
        added: list[tuple[Draft, Entry]] = []
        receipts: list[Receipt] = []
        clashes: list[Clash] = []
        for draft in drafts:
            stands = there.get(draft.id)
            if stands is None:
                last = _placed(draft, last, now())
                there[draft.id] = last
                added.append((draft, last))
                receipts.append(Receipt(last.id, last.seq, last.recorded_at, new=True))
            elif same(draft, stands):
                receipts.append(Receipt(stands.id, stands.seq, stands.recorded_at, new=False))
            else:
                clashes.append(Clash(draft, stands))
        alike = _alike(connection, added)
        for draft in follow(connection, [entry for _, entry in added]) if added else ():
            last = _placed(draft, last, now())
            added.append((draft, last))
        note = _add(connection, added, signers) if added else head_note(connection)
    return Appended(tuple(receipts), tuple(clashes), note, alike)


def _placed(draft: Draft, last: Entry | None, now: Instant) -> Entry:
    """After the last row, and later: a clock that was set back does not reorder what was known when."""
    recorded_at = now if last is None else max(now, last.recorded_at + 1)
    return Entry(
        seq=0 if last is None else last.seq + 1,
        id=draft.id,
        kind=draft.kind,
        source=draft.source,
        recorded_at=recorded_at,
        known=recorded_at if draft.known is None else draft.known,
        body=draft.body,
        rulebook=draft.rulebook,
    )


def _add(connection: Connection, added: Sequence[tuple[Draft, Entry]], signers: Sequence[Signer]) -> str:
    entries = [entry for _, entry in added]
    edge = edge_of(connection, entries[0].seq)
    _insert(connection, ENTRY, [_columns(entry) for entry in entries])
    words = [{"seq": entry.seq, "likeness": draft.likeness} for draft, entry in added if draft.likeness]
    _insert(connection, LIKENESS, words)
    add_nodes(connection, edge, entries)
    note = signed(Checkpoint(signers[0].name, edge.size, edge.root()).text(), signers)
    add_checkpoint(connection, edge.size, note)
    return note


def add_nodes(connection: Connection, edge: Edge, entries: Iterable[Entry]) -> None:
    """The tree grows by these rows; `edge` is moved with it."""
    first = stored_count(edge.size)
    nodes = [node for entry in entries for node in edge.add(leaf_hash(entry.leaf()))]
    _insert(connection, NODE, [{"position": first + place, "hash": node} for place, node in enumerate(nodes)])


def add_checkpoint(connection: Connection, size: int, note: str) -> None:
    _insert(connection, CHECKPOINT, [{"size": size, "note": note}])


def _insert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """On PostgreSQL a column at a time: row by row took three times as long."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sa.insert(table), rows)
        return
    columns = [table.c[name] for name in rows[0]]
    arrays = [sa.bindparam(c.name, [row[c.name] for row in rows], postgresql.ARRAY(c.type)) for c in columns]
    lists = sa.func.unnest(*arrays).table_valued(*(c.name for c in columns)).render_derived()
    connection.execute(sa.insert(table).from_select([c.name for c in columns], sa.select(lists)))


def _columns(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in COLUMNS}


def _alike(connection: Connection, added: Sequence[tuple[Draft, Entry]]) -> dict[str, str]:
    """The latest earlier row, of the ledger or of this batch, that has in common what people look at."""
    wanted = sorted({draft.likeness for draft, _ in added if draft.likeness})
    latest: dict[str, str] = {}
    for some in _in_pieces(wanted):
        last = sa.select(sa.func.max(LIKENESS.c.seq).label("seq")).where(LIKENESS.c.likeness.in_(some))
        found = last.group_by(LIKENESS.c.likeness).subquery()
        joined = sa.join(found, LIKENESS, found.c.seq == LIKENESS.c.seq).join(ENTRY, ENTRY.c.seq == found.c.seq)
        asked = sa.select(LIKENESS.c.likeness, ENTRY.c.id).select_from(joined)
        latest |= dict(connection.execute(asked).all())
    alike: dict[str, str] = {}
    for draft, entry in added:
        if draft.likeness:
            if draft.likeness in latest:
                alike[entry.id] = latest[draft.likeness]
            latest[draft.likeness] = entry.id
    return alike


@contextmanager
def filling(store: Store) -> Iterator[Connection]:
    """A transaction that puts rows into an empty ledger as they stood in another. Raises StorageError."""
    with _writing(store) as connection:
        if _last(connection) is not None:
            raise StorageError("the ledger has rows already", "restore into a new one")
        yield connection


def add_as_they_stood(connection: Connection, edge: Edge, entries: Sequence[Entry]) -> None:
    _insert(connection, ENTRY, [_columns(entry) for entry in entries])
    add_nodes(connection, edge, entries)


def add_likeness(connection: Connection, words: Mapping[int, str]) -> None:
    _insert(connection, LIKENESS, [{"seq": seq, "likeness": likeness} for seq, likeness in words.items()])


# --- reading --------------------------------------------------------------------------------------------------------


def _last(connection: Connection) -> Entry | None:
    found = connection.execute(_select().order_by(ENTRY.c.seq.desc()).limit(1)).first()
    return None if found is None else Entry(*found)


def _select() -> sa.Select[Any]:
    return sa.select(*(ENTRY.c[name] for name in COLUMNS))


def size(connection: Connection) -> int:
    last = _last(connection)
    return 0 if last is None else last.seq + 1


def last_entry(connection: Connection) -> Entry | None:
    return _last(connection)


def entries(
    connection: Connection,
    *,
    kinds: Collection[Kind] | None = None,
    source: str | None = None,
    known_at: Instant | None = None,
    first: int = 0,
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Rows in their order; `known_at`: those known by then; `first`: from that one on; at most `limit` of them."""
    asked = _select() if not first else _select().where(ENTRY.c.seq >= first)
    if kinds is not None:
        asked = asked.where(ENTRY.c.kind.in_(sorted(kinds)))
    if source is not None:
        asked = asked.where(ENTRY.c.source == source)
    if known_at is not None:
        asked = asked.where(ENTRY.c.known <= known_at)
    asked = asked.order_by(ENTRY.c.seq.desc() if newest_first else ENTRY.c.seq).limit(limit)
    with connection.execute(asked.execution_options(yield_per=_SOME)) as result:
        for found in result:
            yield Entry(*found)


def log_entries(connection: Connection, known_at: Instant | None = None) -> Iterator[Entry]:
    """The rows that are judged."""
    return entries(connection, kinds=OF_THE_LOG, known_at=known_at)


def entries_with(connection: Connection, ids: Iterable[str]) -> list[Entry]:
    """The rows of these ids, as far as there are any."""
    found: list[Entry] = []
    for some in _in_pieces(sorted(set(ids))):
        found += [Entry(*row) for row in connection.execute(_select().where(ENTRY.c.id.in_(some)))]
    return found


def _in_pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), _SOME):
        yield values[first : first + _SOME]


def head_note(connection: Connection) -> str:
    """The latest signed checkpoint; empty where there is none."""
    asked = sa.select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
    return connection.execute(asked).scalar() or ""


def checkpoint_notes(connection: Connection) -> Generator[tuple[int, str]]:
    """Every signed checkpoint, by its size."""
    asked = sa.select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size)
    with connection.execute(asked.execution_options(yield_per=_SOME)) as result:
        for found in result:
            yield found[0], found[1]


def nodes(connection: Connection) -> Generator[tuple[int, bytes]]:
    """Every stored hash of the tree, in the order in which it was completed."""
    asked = sa.select(NODE.c.position, NODE.c.hash).order_by(NODE.c.position)
    with connection.execute(asked.execution_options(yield_per=_SOME)) as result:
        for found in result:
            yield found[0], found[1]


def edge_of(connection: Connection, size: int) -> Edge:
    """The right edge of the tree over the first `size` rows."""
    wanted = positions((0, size))
    stored = hashes_at(connection, wanted)
    return Edge(size, [stored[place] for place in wanted])


def hashes_of(connection: Connection, ranges: Iterable[Range]) -> dict[int, bytes]:
    """What `merkle.range_hash` needs for these ranges."""
    return hashes_at(connection, [place for leaves in ranges for place in positions(leaves)])


def hashes_at(connection: Connection, wanted: Collection[int]) -> dict[int, bytes]:
    asked = sa.select(NODE.c.position, NODE.c.hash).where(NODE.c.position.in_(sorted(set(wanted))))
    stored = dict(connection.execute(asked).all())
    if len(stored) < len(set(wanted)):
        raise StorageError("hashes of the tree are missing", "accord verify says which; restore a backup")
    return stored


def missing_guards(connection: Connection) -> list[str]:
    return guards.missing(connection)
