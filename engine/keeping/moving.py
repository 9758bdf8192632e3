"""The ledger as files: exports that anybody can check, backups, and both read back with the same root."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from engine.intake.gate import lines
from engine.keeping import columns
from engine.keeping.ledger import Ledger, clock, key_in_force
from engine.keeping.reading import book_of, rows_of
from engine.keeping.taking_in import likeness
from engine.language import Rulebook
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger.entries import OF_THE_LOG, Entry, NoEntry, entry_of
from engine.ledger.merkle import Edge
from engine.ledger.notes import NoteError, unverified_checkpoint
from engine.ledger.store import Snapshot, StorageError
from engine.ledger.verify import Progress

ROWS, CHECKPOINTS, FILES = "rows.jsonl", "checkpoints.jsonl", "files"
_FILE = re.compile(rf"{FILES}/[0-9a-f]{{64}}", re.ASCII)
_LONGEST_LINE = 64 * 1024 * 1024
_GROUP = 1000


@dataclass(frozen=True)
class Moved:
    """`rows` of a ledger with this signed head; `attachments`: how many files went with them."""

    rows: int
    checkpoint: str
    attachments: int = 0


# --- out ------------------------------------------------------------------------------------------------------------


def export(ledger: Ledger, to: Path | BinaryIO, progress: Progress | None = None) -> Moved:
    """Every row as the leaf that was hashed, one a line (or one a record, in a file that ends in .parquet), and beside
    a file its signed checkpoint. Raises StorageError."""
    with storage.reading(ledger.store) as connection:
        note = storage.head_note(connection)
        if not isinstance(to, Path):
            return Moved(_write_rows(connection, to, progress), note)
        with homes.whole(checkpoint_of(to)) as beside:
            beside.write(note.encode())
            beside.flush()  # first: where there is no room for it, there are no rows without it either
            with homes.whole(to) as stream:
                if to.suffix.lower() == columns.ENDING:
                    count = columns.write_entries(_told(connection, progress), stream)
                else:
                    count = _write_rows(connection, stream, progress)
    return Moved(count, note)


def checkpoint_of(export_file: Path) -> Path:
    return export_file.with_name(f"{export_file.name}.checkpoint")


def backup(ledger: Ledger, to: Path, progress: Progress | None = None) -> Moved:
    """Rows, checkpoints and attachments of one instant in one file, while others go on adding. Not the secret key.
    Raises StorageError."""
    with storage.reading(ledger.store) as connection, homes.whole(to) as stream:
        note = storage.head_note(connection)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open(ROWS, "w", force_zip64=True) as rows:
                count = _write_rows(connection, rows, progress)
            with archive.open(CHECKPOINTS, "w", force_zip64=True) as notes:
                for size, text in storage.checkpoint_notes(connection):
                    notes.write(f"{json.dumps({'note': text, 'size': size}, sort_keys=True)}\n".encode())
            files = list(homes.attachments(ledger.home))
            for file in files:
                archive.write(file, f"{FILES}/{file.name}")
    return Moved(count, note, len(files))


def _write_rows(connection: Snapshot, stream: IO[bytes], progress: Progress | None) -> int:
    count = 0
    for entry in _told(connection, progress):
        stream.write(entry.leaf() + b"\n")
        count += 1
    return count


def _told(connection: Snapshot, progress: Progress | None) -> Iterator[Entry]:
    of = storage.size(connection)
    for count, entry in enumerate(storage.entries(connection), start=1):
        yield entry
        if progress is not None and count % _GROUP == 0:
            progress(count, of)


# --- in -------------------------------------------------------------------------------------------------------------


@dataclass
class _Filling:
    """A ledger while it is filled: how far, under which rule books."""

    connection: Snapshot
    notes: Mapping[int, str]
    edge: Edge = field(default_factory=Edge)
    books: dict[str, Rulebook] = field(default_factory=dict)


def restore(source: Path, url: str, *, key: Path | None = None, progress: Progress | None = None) -> Ledger:
    """A new ledger with the rows of a backup or an export: the same rows, the same root, the same signatures. `key`:
    its secret key, without which it can be read only. Raises StorageError; then no row is there."""
    signer = None if key is None else homes.read_key_file(key)
    with _opened(source) as (rows, notes, archive):
        ledger = _filled(url, rows, notes, archive, progress)
    verifier = key_in_force(ledger)
    homes.write_public_key(ledger.home, verifier)
    homes.keep_checkpoint(ledger.home, notes[max(notes)])
    if signer is not None:
        if signer.verifier != verifier:
            raise StorageError(f'"{key}" is not the key of this ledger: it was restored, and can be read only')
        homes.write_key(ledger.home, signer)
    return ledger


def _filled(
    url: str,
    rows: Iterator[Entry],
    notes: Mapping[int, str],
    archive: zipfile.ZipFile | None,
    progress: Progress | None,
) -> Ledger:
    store = storage.open_store(url, make=True)
    storage.migrate(store)
    ledger = Ledger(store, homes.home_of(store), clock)
    with storage.filling(store) as connection:
        filling = _Filling(connection, notes)
        for group in _groups(rows, notes):
            _fill(filling, group)
            if progress is not None:
                progress(filling.edge.size, 0)
        _check_filled(filling)
        if archive is not None:
            _restore_files(archive, ledger)
    return ledger


@contextmanager
def _opened(source: Path) -> Iterator[tuple[Iterator[Entry], dict[int, str], zipfile.ZipFile | None]]:
    """The rows, the checkpoints that vouch for them, and where the attachments are."""
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                with archive.open(CHECKPOINTS) as stream:
                    notes = dict(_notes(stream))
                with archive.open(ROWS) as stream:
                    yield _entries(lines(stream, _LONGEST_LINE)), notes, archive  # type: ignore[arg-type]
        else:
            note = checkpoint_of(source).read_text("utf-8")
            with open(source, "rb") as stream:
                yield _entries(_leaves(stream)), {unverified_checkpoint(note).size: note}, None
    except (OSError, UnicodeDecodeError, NoteError, ValueError, KeyError, zipfile.BadZipFile) as error:
        hint = f"a file that accord backup made, or an export with its {checkpoint_of(source).name} beside it"
        raise StorageError(f'"{source}" is neither a backup nor an export: {_said(error)}', hint) from error


def _said(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def _notes(stream: IO[bytes]) -> Iterator[tuple[int, str]]:
    for line in stream:
        said = json.loads(line)
        size, note = said["size"], said["note"]
        if unverified_checkpoint(note).size != size:
            raise ValueError(f"the checkpoint of {size} rows is damaged")
        yield size, note


def _leaves(stream: BinaryIO) -> Iterator[bytes | None]:
    return columns.leaves(stream) if columns.is_columnar(stream) else lines(stream, _LONGEST_LINE)


def _entries(leaves: Iterator[bytes | None]) -> Iterator[Entry]:
    for number, line in enumerate(leaves):
        try:
            entry = entry_of(line or b"")
        except NoEntry as error:
            raise StorageError(f"line {number + 1} of the rows is no row of a ledger") from error
        if entry.seq != number:
            raise StorageError(f"line {number + 1} of the rows is row {entry.seq}: row {number} is missing")
        yield entry


def _groups(entries: Iterator[Entry], notes: Mapping[int, str]) -> Iterator[list[Entry]]:
    """Each ends where a checkpoint was signed, or earlier."""
    group: list[Entry] = []
    for entry in entries:
        group.append(entry)
        if entry.seq + 1 in notes or len(group) == _GROUP:
            yield group
            group = []
    if group:
        yield group


def _fill(filling: _Filling, group: list[Entry]) -> None:
    storage.add_as_they_stood(filling.connection, filling.edge, group)
    note = filling.notes.get(filling.edge.size)
    if note is not None:
        if unverified_checkpoint(note).root != filling.edge.root():
            message = f"the rows up to {filling.edge.size - 1} are not those that the checkpoint was signed for"
            raise StorageError(message, "take another backup or export")
        storage.add_checkpoint(filling.connection, filling.edge.size, note)
    filling.books |= {book.sha256: book for book in (book_of(one) for one in group if one.kind == "activation")}
    storage.add_likeness(filling.connection, dict(_likenesses(filling, group)))


def _likenesses(filling: _Filling, group: list[Entry]) -> Iterator[tuple[int, str]]:
    for sha256, book in filling.books.items():
        entries = [entry for entry in group if entry.kind in OF_THE_LOG and entry.rulebook == sha256]
        seqs = {entry.id: entry.seq for entry in entries}
        for row in rows_of(entries, book.vocabulary)[0]:
            words = likeness(row, book.vocabulary)
            if words is not None:
                yield seqs[row.id], words


def _check_filled(filling: _Filling) -> None:
    vouched = max(filling.notes, default=0)
    if vouched != filling.edge.size or not vouched:
        raise StorageError(f"there are {filling.edge.size} rows, and the last checkpoint was signed for {vouched}")


def _restore_files(archive: zipfile.ZipFile, ledger: Ledger) -> None:
    for name in archive.namelist():
        if _FILE.fullmatch(name):
            with archive.open(name) as stream:
                homes.keep_attachment(ledger.home, stream, name.removeprefix(f"{FILES}/"))
