"""One report at a time, as a person gives it: with a number of its own, and taken back by the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.intake import RawRows
from engine.intake.gate import decode_object
from engine.keeping.ledger import Ledger
from engine.keeping.taking_in import TARGETS, Sending, Taken, take_in
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger.entries import OF_THE_LOG, Entry

_TRIES = 20


def log_rows(ledger: Ledger, raws: Sequence[Mapping[str, Any]], sender: str) -> Taken:
    """Rows of one sender; those without an id get the sender's next number. Raises StorageError."""
    taken = Taken()
    for raw in raws:
        one = _log_one(ledger, _with_whole_targets(ledger, raw, sender), sender)
        taken.receipts += one.receipts
        taken.problems += one.problems
        taken.changes += one.changes
        taken.checkpoint = one.checkpoint or taken.checkpoint
    return taken


def _log_one(ledger: Ledger, raw: Mapping[str, Any], sender: str) -> Taken:
    if raw.get("id") is not None:
        return _taken(ledger, raw, sender)
    # Somebody else may log under the same name at the same moment, and get the number first.
    first = next_number(ledger, sender)
    for number in range(first, first + _TRIES):
        taken = _taken(ledger, {**raw, "id": f"{sender}/{number}"}, sender)
        lost = any(problem.code == "id-with-two-contents" for problem in taken.problems)
        if not lost and all(receipt.new for receipt in taken.receipts):
            break
    return taken


def _taken(ledger: Ledger, raw: Mapping[str, Any], sender: str) -> Taken:
    raws = RawRows(iter([(raw, "log")]), [], list)
    return take_in(ledger, raws, Sending(sender, own_ids=True, own_targets=False))


def _with_whole_targets(ledger: Ledger, raw: Mapping[str, Any], sender: str) -> dict[str, Any]:
    named = {key: raw[key] for key in TARGETS if isinstance(raw.get(key), str)}
    return {**raw, **{key: found for key, id_ in named.items() if (found := whole_id(ledger, id_, sender))}}


def whole_id(ledger: Ledger, id_: str, sender: str) -> str | None:
    """The id of a row of the ledger: as it is said, or the sender's own number of that name; None where there is no
    such row. Raises StorageError."""
    ids = [id_, f"{sender}/{id_}"]
    with storage.reading(ledger.store) as connection:
        there = {entry.id for entry in storage.entries_with(connection, ids)}
    return next((one for one in ids if one in there), None)


def next_number(ledger: Ledger, sender: str) -> int:
    with storage.reading(ledger.store) as connection:
        return 1 + sum(1 for _ in storage.entries(connection, kinds=OF_THE_LOG, source=sender))


def last_of(ledger: Ledger, sender: str) -> Entry | None:
    """A sender's last entry that is not a retraction and has not been retracted. Raises StorageError."""
    retracted: set[str] = set()
    with storage.reading(ledger.store) as connection:
        for entry in storage.entries(connection, kinds=["retraction"]):
            retracted.add(_target(entry))
        newest = storage.entries(connection, kinds=OF_THE_LOG, source=sender, newest_first=True)
        found = [entry for entry in newest if entry.kind != "retraction" and entry.id not in retracted]
    return found[0] if found else None


def _target(entry: Entry) -> str:
    return str((decode_object(entry.body, "ledger")[0] or {}).get("retracts"))


def attachment(ledger: Ledger, file: Path) -> dict[str, str]:
    """A file, kept beside the ledger; what the row says of it. Raises StorageError."""
    return {"name": file.name, "sha256": homes.attach(ledger.home, file), "size": str(file.stat().st_size)}
