"""A ledger as one works with it: its database, the files beside it, and a clock."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.keeping.watching import Watch
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger.entries import Draft, Entry
from engine.ledger.home import Home
from engine.ledger.notes import NoteError, Signer, Verifier, new_signer, parse_verifier
from engine.ledger.store import Appended, StorageError, Store
from engine.time import Instant

FORMAT = 1
"""Of the leaf: what third parties hash. It stands in the first row."""


def clock() -> Instant:
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Ledger:
    store: Store
    home: Home
    now: Callable[[], Instant] = clock
    watch: Watch = field(default_factory=Watch)


def open_ledger(url: str, now: Callable[[], Instant] = clock) -> Ledger:
    """Raises StorageError where there is none, or none that this program can use."""
    store = storage.open_store(url)
    storage.check_revision(store)
    return Ledger(store, homes.home_of(store), now)


def make_ledger(
    url: str, *, name: str | None = None, sender: str = "", now: Callable[[], Instant] = clock
) -> tuple[Ledger, bool]:
    """A new ledger, with its first row; or the one that is there, brought up to date. The second: whether it is new.

    A key file that already lies beside it is used. Raises StorageError.
    """
    store = storage.open_store(url, make=True)
    storage.migrate(store)
    ledger = Ledger(store, homes.home_of(store), now)
    with storage.reading(store) as connection:
        if storage.last_entry(connection) is not None:
            return ledger, False
    signer = _key_for(ledger.home, name)
    body = json.dumps({"format": FORMAT, "vkey": str(signer.verifier)}, sort_keys=True, separators=(",", ":"))
    add(ledger, [Draft("opening", "opening", sender, body)], signers=[signer])
    return ledger, True


def _key_for(home: Home, name: str | None) -> Signer:
    if home.key.exists():
        return homes.read_key(home)
    try:
        signer = new_signer(name or f"accord-ledger/{secrets.token_hex(4)}")
    except NoteError as error:
        raise StorageError(str(error), "a name like example.org/ledger") from error
    homes.write_key(home, signer)
    return signer


def add(
    ledger: Ledger,
    drafts: list[Draft],
    *,
    signers: list[Signer] | None = None,
    same: Callable[[Draft, Entry], bool] = lambda draft, stands: draft.body == stands.body,
) -> Appended:
    """Rows, and what they change in the verdicts, safe when this returns; the checkpoint is kept beside the database
    too, where that can be. Raises StorageError; then no row was recorded."""
    signers = signers or [homes.read_key(ledger.home, key_in_force(ledger))]
    try:
        found = storage.append(
            ledger.store, drafts, now=ledger.now, signers=signers, same=same, follow=ledger.watch.follow
        )
    except BaseException:
        ledger.watch.forget()
        raise
    try:
        homes.keep_checkpoint(ledger.home, found.checkpoint)
    except StorageError as error:  # the rows are safe: who were told otherwise would send them again
        return replace(found, behind=str(error))
    return found


def key_in_force(ledger: Ledger) -> Verifier:
    """The public key that the ledger is signed with now. Raises StorageError."""
    with storage.reading(ledger.store) as connection:
        found = list(storage.entries(connection, kinds=["opening", "key"], newest_first=True, limit=1))
    if not found:
        raise StorageError("the ledger has no first row", "accord init makes one")
    last = found[0]
    try:
        return parse_verifier(json.loads(last.body)["vkey"])
    except (NoteError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"row {last.seq} does not hold a public key", "accord verify says more") from error


def rotate_key(ledger: Ledger, sender: str = "") -> Verifier:
    """A new secret key of the same name. The row that brings it is signed with the old one too, which is kept under
    its number. Raises StorageError."""
    old = homes.read_key(ledger.home, key_in_force(ledger))
    new = new_signer(old.name)
    # First the file, then the row: a run that dies in between leaves the old key in force, or the new one at hand.
    homes.write_key(ledger.home, new, as_next=True)
    with storage.reading(ledger.store) as connection:
        count = sum(1 for _ in storage.entries(connection, kinds=["key"]))
    body = json.dumps({"vkey": str(new.verifier)}, separators=(",", ":"))
    add(ledger, [Draft(f"key/{count + 1}", "key", sender, body)], signers=[new, old])
    return homes.read_key(ledger.home, new.verifier).verifier
