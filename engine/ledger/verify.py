"""Is the ledger what was signed? Every row hashed again, the tree built again, every checkpoint checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from engine.ledger.entries import COLUMNS, KINDS, leaf_of
from engine.ledger.merkle import EMPTY_ROOT, Edge, leaf_hash, stored_count
from engine.ledger.notes import Checkpoint, NoteError, Verifier, open_checkpoint, parse_verifier
from engine.ledger.store import Store, checkpoint_notes, missing_guards, nodes, reading, size
from engine.ledger.tables import CHECKPOINT, ENTRY
from engine.problems import Problem

_MOST_TOLD = 100
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verified:
    """`first_bad`: the number of the first row that is not what it was; None where all are. `replayed`: how many
    verdict rows were judged again; None where none were to be."""

    rows: int
    root: bytes
    checkpoints: int
    problems: tuple[Problem, ...]
    first_bad: int | None
    replayed: int | None = None

    @property
    def is_sound(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)


@dataclass
class _Walk:
    """The way through the rows: what has been built of the tree, and what was found on it.

    `rows`: the tree of the rows as they stand. `kept`: the tree of the hashes that were stored for them. One of the two
    is changed where they part; the next signature says which.
    """

    rows: Edge = field(default_factory=Edge)
    kept: Edge = field(default_factory=Edge)
    vouched: int = 0
    suspects: list[tuple[int, bool]] = field(default_factory=list)
    keys: list[tuple[int, Verifier]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bad_rows: list[int] = field(default_factory=list)
    lost: bool = False
    books: set[str] = field(default_factory=set)
    found: int = 0
    checked: int = 0

    def find(self, code: str, place: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, "error", place, message, hint))

    def blame(self, seq: int, code: str, message: str, hint: str = "") -> None:
        self.bad_rows.append(seq)
        self.find(code, f"row {seq}", message, hint)


def verify(
    store: Store,
    *,
    trusted: Verifier | None = None,
    saved: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Everything that can be checked of a ledger. `trusted`: a key of its own that is known from elsewhere (else those
    that it names itself are believed). `saved`: checkpoints that were kept elsewhere, by their name. Raises
    StorageError where the database cannot be read at all.
    """
    with reading(store) as connection:
        return check(connection, trusted=trusted, saved=saved, progress=progress)


def check(
    connection: Connection,
    *,
    trusted: Verifier | None = None,
    saved: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Verified:
    """As `verify`, of what one connection sees."""
    walk = _Walk()
    _check_pages(connection, walk)
    _check_guards(connection, walk)
    with _raw_text(connection):
        _walk_rows(connection, walk, saved or {}, progress)
    _check_trust(walk, trusted)
    first = min(walk.bad_rows, default=None)
    return Verified(walk.found, walk.rows.root(), walk.checked, tuple(shortened(walk.problems)), first)


def shortened(problems: list[Problem]) -> list[Problem]:
    """As many as people read, and how many more."""
    left = len(problems) - _MOST_TOLD
    more = Problem("more-findings", "error", "ledger", f"{left:,} more findings", "")
    return problems if left <= 0 else [*problems[:_MOST_TOLD], more]


def _check_pages(connection: Connection, walk: _Walk) -> None:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.execute(sa.text("PRAGMA integrity_check")):
        if said != "ok":
            walk.find("damaged-file", "ledger", f"the database finds its file damaged: {said}", "restore a backup")
            return


def _check_guards(connection: Connection, walk: _Walk) -> None:
    for name in missing_guards(connection):
        walk.find(
            "trigger-missing",
            f"trigger {name}",
            "the trigger that refuses changes is gone, switched off or altered",
            "the rows below are checked all the same; restore a backup to have the triggers again",
        )


def _check_trust(walk: _Walk, trusted: Verifier | None) -> None:
    """A key that came into force later is as good as the first: it signed for all rows before it, and nobody brings it
    into a ledger without its own signature."""
    if trusted is not None and trusted not in [verifier for _, verifier in walk.keys]:
        named = walk.keys[0][1] if walk.keys else "none"
        walk.blame(0, "other-key", "the ledger names another key than the one that you trust", f"it names {named}")


@contextmanager
def _raw_text(connection: Connection) -> Iterator[None]:
    """Text that is no UTF-8 any longer is read as it stands, so that its row can be named."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


def _walk_rows(
    connection: Connection,
    walk: _Walk,
    saved: Mapping[str, str],
    progress: Progress | None,
) -> None:
    of, others = size(connection), _sizes(saved, walk)
    with (
        closing(_numbered(connection, walk)) as numbered,
        closing(nodes(connection)) as hashes,
        closing(checkpoint_notes(connection)) as signed,
    ):
        stored, notes = _Ahead(hashes), _Ahead(signed)
        for seq, columns in numbered:
            walk.found += columns is not None
            _check_row(walk, seq, columns, stored)
            for name, text in others.pop(seq + 1, ()):  # first: they are beyond the reach of who has the database
                _check_note(walk, (seq + 1, text), name)
            for note in notes.take_up_to(seq + 1):
                walk.checked += 1
                _check_note(walk, note, f"checkpoint {note[0]}")
            if walk.lost:
                return
            if progress is not None and seq % 5000 == 4999:
                progress(seq + 1, of)
        if not walk.lost:
            _check_end(walk, stored, notes, others)


def _sizes(saved: Mapping[str, str], walk: _Walk) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for name, note in saved.items():
        try:
            head, _ = open_checkpoint(note, ())
        except NoteError as error:
            walk.find("checkpoint-unreadable", name, str(error))
            continue
        found.setdefault(head.size, []).append((name, note))
    return found


class _Ahead:
    """Numbered things in their order, taken as far as one has come."""

    def __init__(self, items: Iterator[tuple[int, Any]]):
        self._items = items
        self._next = next(items, None)

    def take_up_to(self, number: int) -> Iterator[tuple[int, Any]]:
        while self._next is not None and self._next[0] <= number:
            found = self._next
            self._next = next(self._items, None)
            yield found

    @property
    def next(self) -> tuple[int, Any] | None:
        return self._next


def _numbered(connection: Connection, walk: _Walk) -> Generator[tuple[int, dict[str, Any] | None]]:
    """Each number from 0 on with the columns of its row, or with nothing where there is no such row."""
    asked = sa.select(*(ENTRY.c[name] for name in COLUMNS)).order_by(ENTRY.c.seq).execution_options(yield_per=500)
    signed_for = connection.execute(sa.select(sa.func.max(CHECKPOINT.c.size))).scalar()
    with connection.execute(asked) as result:
        yield from _in_sequence(result, walk, signed_for if isinstance(signed_for, int) else 0)


def _in_sequence(
    result: Iterable[Sequence[Any]], walk: _Walk, signed_for: int
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    expected = 0
    for row in result:
        columns = dict(zip(COLUMNS, row, strict=True))
        seq = columns["seq"]
        if not isinstance(seq, int) or seq < expected:
            number = seq if isinstance(seq, int) else expected
            walk.blame(number, "row-out-of-place", f'a row is numbered "{seq}": no row may have that number')
            continue
        if seq - expected > _MOST_TOLD:
            walk.blame(expected, "row-missing", f"rows {expected} to {seq - 1} are missing")
            walk.lost = True
            return
        yield from ((missing, None) for missing in range(expected, seq))
        yield seq, columns
        expected = seq + 1
    # What was cut off at the end: as long as the tree still has its hashes, the rows before it can be vouched for.
    yield from ((missing, None) for missing in range(expected, min(signed_for, expected + _MOST_TOLD)))


def _check_row(walk: _Walk, seq: int, columns: dict[str, Any] | None, stored: _Ahead) -> None:
    first, end = stored_count(seq), stored_count(seq + 1)
    there = dict(stored.take_up_to(end - 1))
    kept = there.get(first)
    kept = kept if isinstance(kept, bytes) and len(kept) == 32 else None
    found = _leaf_hash(columns)
    if found is None or found != kept:
        walk.suspects.append((seq, found is None))
    one = walk.rows.add(found or kept or EMPTY_ROOT)
    two = walk.kept.add(kept or found or EMPTY_ROOT)
    for place, right in enumerate(zip(one[1:], two[1:], strict=True), start=first + 1):
        if there.get(place) not in right:
            walk.find("tree-changed", f"row {seq}", f"hash {place} of the tree, completed by this row, is not right")
    if columns is not None:
        _check_sense(walk, seq, columns)


def _leaf_hash(columns: dict[str, Any] | None) -> bytes | None:
    """None for a row that is missing, or that holds what no row can."""
    if columns is None:
        return None
    try:
        return leaf_hash(leaf_of(columns))
    except (TypeError, ValueError):
        return None


def _check_sense(walk: _Walk, seq: int, columns: Mapping[str, Any]) -> None:
    """What holds of every row that this program ever wrote, whatever its hash."""
    kind, body = columns["kind"], columns["body"]
    if kind not in KINDS or (kind == "opening") != (seq == 0):
        walk.blame(seq, "row-changed", f'no row {seq} is of kind "{kind}"')
    elif kind in ("opening", "key"):
        _take_key(walk, seq, body)
    elif kind == "activation":
        _check_book(walk, seq, body)
    elif columns["rulebook"] is not None and columns["rulebook"] not in walk.books:
        walk.blame(seq, "rule-book-unknown", "the row was taken under a rule book that no row before it activates")


def _take_key(walk: _Walk, seq: int, body: Any) -> None:
    try:
        verifier = parse_verifier(json.loads(body)["vkey"])
    except (NoteError, ValueError, KeyError, TypeError):
        walk.blame(seq, "row-changed", "the row does not hold the public key that it is there for")
        return
    walk.keys.append((seq, verifier))


def _check_book(walk: _Walk, seq: int, body: Any) -> None:
    try:
        said = json.loads(body)
        named, files = said["sha256"], said["files"]
        found = fingerprint(files)
    except (ValueError, KeyError, TypeError, AttributeError):
        walk.blame(seq, "row-changed", "the row does not hold the rule book that it is there for")
        return
    walk.books.add(named)
    if found != named:
        walk.blame(seq, "rule-book-changed", f"the rule book in this row is not the one of SHA-256 {named}")


def fingerprint(files: Mapping[str, str]) -> str:
    """As `language.load.fingerprint` computes it from a folder, `vocabulary.yaml` first."""
    digest = hashlib.sha256()
    for name in sorted(files, key=lambda name: (name != "vocabulary.yaml", name)):
        content = files[name].encode()
        digest.update(b"%d:%s%d:" % (len(name.encode()), name.encode(), len(content)) + content)
    return digest.hexdigest()


def _check_note(walk: _Walk, numbered: tuple[int, Any], name: str) -> None:
    """A signed checkpoint settles everything up to it, one way or the other."""
    number, note = numbered
    head = _believed(walk, number, note, name)
    if head is None:
        return
    if head.root == walk.kept.root():
        for seq, unreadable in walk.suspects:
            _blame_row(walk, seq, unreadable)
        walk.rows = walk.kept.copy()
    elif head.root == walk.rows.root():
        for seq, _ in walk.suspects:
            walk.find("tree-changed", f"row {seq}", "the hash that the tree holds for this row is not the row's")
        walk.kept = walk.rows.copy()
    else:
        _blame_unsettled(walk, number, name)
    walk.vouched, walk.suspects = number, []


def _blame_row(walk: _Walk, seq: int, unreadable: bool) -> None:
    if unreadable:
        walk.blame(seq, "row-missing", "the row is missing, or cannot be read", "restore a backup")
    else:
        walk.blame(seq, "row-changed", "the row is not what it was when it was recorded", "restore a backup")


def _blame_unsettled(walk: _Walk, number: int, name: str) -> None:
    if walk.suspects:
        _blame_row(walk, *walk.suspects[0])
    else:
        last = number - 1
        message = f'rows {walk.vouched} to {last}, with the tree above them, are not those that "{name}" was signed for'
        walk.blame(walk.vouched, "rows-rewritten", message, "compare with an export or a backup")
    walk.lost = True


def _believed(walk: _Walk, number: int, note: Any, name: str) -> Checkpoint | None:
    """What the note says, if whoever had the key then signed it for this ledger and this number of rows."""
    in_force = [verifier for seq, verifier in walk.keys if seq < number]
    # The row that brings a new key is signed with the old one too: nobody can bring a key of their own.
    changed = len(in_force) > 1 and walk.keys[len(in_force) - 1][0] == number - 1
    needed = in_force[-2:] if changed else in_force[-1:]
    try:
        head, signers = open_checkpoint(note, needed)
    except (NoteError, TypeError) as error:
        walk.find("checkpoint-changed", name, f"{error}")
        return None
    if not needed or len(signers) < len(needed):
        walk.find("checkpoint-not-signed", name, "the checkpoint is not signed with the key that was in force")
    elif head.size != number or head.origin != needed[0].name:
        walk.find("checkpoint-changed", name, f'it is signed for {head.size} rows of "{head.origin}"')
    else:
        return head
    return None


def _check_end(walk: _Walk, stored: _Ahead, notes: _Ahead, others: Mapping[int, Sequence[tuple[str, str]]]) -> None:
    number = walk.rows.size
    if not number:
        walk.blame(0, "row-missing", "the ledger has no first row")
    later = [(f"checkpoint {place}", place) for place, _ in ([notes.next] if notes.next else [])]
    later += [(name, place) for place, named in others.items() for name, _ in named if place > number]
    if later:
        name, place = min(later, key=lambda found: found[1])
        walk.blame(number, "row-missing", f'rows {number} to {place - 1} are missing: "{name}" was signed for them')
    elif stored.next is not None:
        walk.blame(number, "row-missing", "the tree holds hashes of rows after the last one")
    if walk.vouched < number:
        for seq, unreadable in walk.suspects:
            _blame_row(walk, seq, unreadable)
        message = f"rows {walk.vouched} to {number - 1} are covered by no checkpoint that can be believed"
        walk.blame(walk.vouched, "row-not-signed", message)
