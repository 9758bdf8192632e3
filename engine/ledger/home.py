"""What lies beside the database: the secret key, the public one, the last signed checkpoint, attachments by hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import sqlalchemy as sa

from engine.ledger.notes import NoteError, Signer, Verifier, parse_signer, parse_verifier, unverified_checkpoint
from engine.ledger.store import StorageError, Store

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Home:
    """`stem`: the path that all of the files begin with, `accord.db` for `accord.db.key`."""

    stem: Path

    @property
    def key(self) -> Path:
        return self._beside("key")

    @property
    def next_key(self) -> Path:
        return self._beside("key.next")

    @property
    def public_key(self) -> Path:
        return self._beside("vkey")

    @property
    def checkpoint(self) -> Path:
        return self._beside("checkpoint")

    @property
    def attachments(self) -> Path:
        return self._beside("files")

    def _beside(self, ending: str) -> Path:
        return self.stem.with_name(f"{self.stem.name}.{ending}")


def home_of(store: Store) -> Home:
    """Beside the file of a SQLite ledger; of a server's database `NAME` in the folder ACCORD_HOME, else in this one."""
    if store.file is not None:
        return Home(store.file)
    name = sa.make_url(str(store.engine.url)).database or "accord"
    return Home(Path(os.environ.get("ACCORD_HOME") or ".") / name)


# --- keys -----------------------------------------------------------------------------------------------------------


def write_key(home: Home, signer: Signer, *, as_next: bool = False) -> None:
    """The secret readable by its owner alone, the public key for everybody. `as_next`: for when it comes into force."""
    _write(home.next_key if as_next else home.key, f"{signer.secret()}\n".encode(), mode=0o600)
    if not as_next:
        write_public_key(home, signer.verifier)


def write_public_key(home: Home, verifier: Verifier) -> None:
    _write(home.public_key, f"{verifier}\n".encode())


def read_key(home: Home, in_force: Verifier | None = None) -> Signer:
    """The secret key; it must be the one `in_force`. Raises StorageError."""
    signer = read_key_file(home.key)
    if in_force is None or signer.verifier == in_force:
        return signer
    if home.next_key.exists() and read_key_file(home.next_key).verifier == in_force:
        return _put_next_in_force(home, signer)
    hint = "put the ledger's own key in its place"
    raise StorageError(f'"{home.key}" is not the key that this ledger is signed with', hint)


def _put_next_in_force(home: Home, old: Signer) -> Signer:
    """The old key is kept under its number."""
    new = read_key_file(home.next_key)
    _write(home.key.with_name(f"{home.key.name}.{old.verifier.id.hex()}"), f"{old.secret()}\n".encode(), mode=0o600)
    write_key(home, new)
    home.next_key.unlink()
    return new


def read_key_file(file: Path) -> Signer:
    """Raises StorageError."""
    try:
        return parse_signer(file.read_text("utf-8"))
    except FileNotFoundError as error:
        hint = "without it the ledger can be read, not added to; put the key back beside it"
        raise StorageError(f'the secret key "{file}" is missing', hint) from error
    except (NoteError, UnicodeDecodeError) as error:
        raise StorageError(f'"{file}": {error}', "put a copy of the key in its place") from error
    except OSError as error:
        raise StorageError(f'"{file}" cannot be read: {_reason(error)}') from error


def read_public_key(file: Path) -> Verifier:
    """Raises StorageError."""
    try:
        return parse_verifier(file.read_text("utf-8"))
    except (NoteError, UnicodeDecodeError) as error:
        raise StorageError(f'"{file}": {error}') from error
    except OSError as error:
        raise StorageError(f'"{file}" cannot be read: {_reason(error)}') from error


# --- the last checkpoint --------------------------------------------------------------------------------------------


def keep_checkpoint(home: Home, note: str) -> None:
    """Beside the database, so that rows cut off at its end are missed. Written after the rows are safe: it may be
    behind them, never before."""
    with suppress(NoteError):
        if home.checkpoint.exists():
            kept = unverified_checkpoint(home.checkpoint.read_text("utf-8"))
            if kept.size >= unverified_checkpoint(note).size:
                return
    _write(home.checkpoint, note.encode())


def kept_checkpoint(home: Home) -> str | None:
    """Raises StorageError where there is one and it cannot be read."""
    try:
        return home.checkpoint.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f'"{home.checkpoint}" cannot be read: {error}') from error


# --- attachments ----------------------------------------------------------------------------------------------------


def attach(home: Home, file: Path) -> str:
    """Keep a copy of a file under its SHA-256, which is returned. The same file twice is kept once. Raises
    StorageError."""
    try:
        found = sha256_of(file)
        with open(file, "rb") as stream:
            keep_attachment(home, stream, found)
    except OSError as error:
        raise StorageError(f'"{file}" cannot be kept: {_reason(error)}') from error
    return found


def keep_attachment(home: Home, stream: IO[bytes], sha256: str) -> None:
    """Raises StorageError, also where the content has another hash."""
    kept = attachment(home, sha256)
    if kept.exists():
        return
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f'"{kept.parent}" cannot be made: {_reason(error)}') from error
    digest = hashlib.sha256()
    with whole(kept, mode=0o444) as target:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            target.write(piece)
        if digest.hexdigest() != sha256:
            raise StorageError(f'the attachment "{sha256}" is not what its name says')


def attachment(home: Home, sha256: str) -> Path:
    return home.attachments / sha256[:2] / sha256


def attachments(home: Home) -> Iterator[Path]:
    yield from sorted(path for path in home.attachments.glob("??/*") if len(path.name) == 64)


def sha256_of(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Whole or not at all. Raises StorageError."""
    with whole(file, mode=mode) as target:
        target.write(content)


@contextmanager
def whole(file: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file that is there whole, and safe, or not at all; a device or a pipe is written to as it is. Raises
    StorageError."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if file.exists() and not file.is_file():
            with open(file, "wb") as device:
                yield device
            return
        half.unlink(missing_ok=True)  # of a run that was killed; it would keep its own permissions
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        half.replace(file)
    except OSError as error:
        raise StorageError(f'"{file}" cannot be written: {_reason(error)}') from error
    finally:
        half.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
