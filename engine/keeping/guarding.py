"""Proof that the ledger is what it was: verify, prove, and check a proof with nothing but a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from engine.intake.gate import decode_object
from engine.keeping.ledger import Ledger
from engine.keeping.replaying import replay
from engine.ledger import home as homes
from engine.ledger import store as storage
from engine.ledger import verify as verification
from engine.ledger.entries import Entry, NoEntry, entry_of
from engine.ledger.merkle import consistency_ranges, inclusion_ranges, range_hash
from engine.ledger.notes import Checkpoint, NoteError, Verifier, parse_verifier, unverified_checkpoint
from engine.ledger.proofs import (
    LONGEST_FILE,
    Growth,
    Inclusion,
    ProofError,
    check_growth,
    check_inclusion,
    parse_proof,
)
from engine.ledger.store import StorageError
from engine.ledger.verify import Progress, Verified, shortened
from engine.problems import Problem


def verify(
    ledger: Ledger,
    *,
    trusted: Verifier | None = None,
    saved: dict[str, str] | None = None,
    progress: Progress | None = None,
    replaying: Progress | None = None,
    quick: bool = False,
) -> Verified:
    """Every row, hash, signature, trigger and attachment; and every verdict judged again, unless `quick`. `trusted`: a
    key of the ledger that is known from elsewhere. `saved`: checkpoints kept elsewhere, by their file. Raises
    StorageError where nothing can be read."""
    kept = homes.kept_checkpoint(ledger.home)
    beside = {} if kept is None else {str(ledger.home.checkpoint): kept}
    try:
        found = verification.verify(ledger.store, trusted=trusted, saved={**beside, **(saved or {})}, progress=progress)
    except StorageError as error:
        if ledger.store.file is None:
            raise
        problem = Problem("damaged-file", "error", PLACE, str(error), "restore a backup")
        return Verified(0, b"", 0, (problem,), None)
    found = found if quick else _with_verdicts(ledger, found, replaying)
    return replace(found, problems=(*found.problems, *_check_attachments(ledger)))


PLACE = "ledger"


def _with_verdicts(ledger: Ledger, found: Verified, progress: Progress | None) -> Verified:
    """Judged again only where the rows are what was signed: from others, everything would come out otherwise."""
    if any(problem.severity == "error" and problem.code != "trigger-missing" for problem in found.problems):
        message = "the verdicts were not judged again: that tells something only where all rows are sound"
        return replace(found, problems=(*found.problems, Problem("verdicts-not-replayed", "warning", PLACE, message)))
    again = replay(ledger.store, found.rows, progress)
    first = min([seq for seq in (found.first_bad, *again.bad_rows) if seq is not None], default=None)
    problems = (*found.problems, *shortened(again.problems))
    return replace(found, problems=problems, first_bad=first, replayed=again.rows)


def _check_attachments(ledger: Ledger) -> Iterator[Problem]:
    """Files that rows name by hash, as far as they lie beside this ledger."""
    with storage.reading(ledger.store) as connection:
        named = [(entry.seq, sha256) for entry in storage.log_entries(connection) for sha256 in attached(entry)]
    for seq, sha256 in named:
        file = homes.attachment(ledger.home, sha256)
        if not file.exists():
            message = f'the attachment "{sha256}" is missing'
            yield Problem("attachment-missing", "error", f"row {seq}", message, "restore a backup")
        elif homes.sha256_of(file) != sha256:
            message = f'the attachment "{sha256}" was changed'
            yield Problem("attachment-changed", "error", f"row {seq}", message, "restore a backup")


def attached(entry: Entry) -> list[str]:
    """SHA-256 of the files that a row came with."""
    raw = decode_object(entry.body, PLACE)[0] if '"sha256"' in entry.body else None
    listed = (raw or {}).get("attachments")
    parts = listed if isinstance(listed, list) else []
    found = [part.get("sha256") for part in parts if isinstance(part, dict)]
    return [text for text in found if isinstance(text, str) and len(text) == 64 and text.isalnum()]


# --- proofs ---------------------------------------------------------------------------------------------------------


def prove(ledger: Ledger, id_: str) -> Inclusion | None:
    """That a row is in the ledger, as a file that proves it by itself; None where there is no such row. Raises
    StorageError."""
    with storage.reading(ledger.store) as connection:
        found = storage.entries_with(connection, [id_])
        if not found:
            return None
        note = storage.head_note(connection)
        ranges = inclusion_ranges(found[0].seq, _head(note).size)
        stored = storage.hashes_of(connection, ranges)
    path = tuple(range_hash(leaves, stored) for leaves in ranges)
    return Inclusion(found[0].leaf(), found[0].seq, path, note)


def prove_growth(ledger: Ledger, old_note: str) -> Growth:
    """That the ledger only grew since a checkpoint. Raises StorageError, and ProofError where that is of another ledger
    or of more rows than there are."""
    try:
        old = unverified_checkpoint(old_note)
    except NoteError as error:
        raise ProofError(str(error)) from error
    with storage.reading(ledger.store) as connection:
        note = storage.head_note(connection)
        head = _head(note)
        if old.origin != head.origin or old.size > head.size:
            raise ProofError(
                f'it is of {old.size} rows of "{old.origin}", the ledger has {head.size} rows and is "{head.origin}"'
            )
        ranges = consistency_ranges(old.size, head.size)
        stored = storage.hashes_of(connection, ranges)
    return Growth(old.size, tuple(range_hash(leaves, stored) for leaves in ranges), note)


def _head(note: str) -> Checkpoint:
    try:
        return unverified_checkpoint(note)
    except NoteError as error:
        raise StorageError(
            f"the last checkpoint of the ledger is damaged: {error}", "accord verify says more"
        ) from error


@dataclass(frozen=True)
class Proven:
    """What a proof file proves. `entry`: the row that is in the ledger; `since`: the checkpoint it has grown from."""

    head: Checkpoint
    entry: Entry | None = None
    since: Checkpoint | None = None


def check_proof(text: str, verifier: Verifier, old_note: str | None = None) -> Proven:
    """Believes nothing but the key. Raises ProofError."""
    if len(text) > LONGEST_FILE:
        raise ProofError("the file is too large for a proof")
    proof = parse_proof(text)
    if isinstance(proof, Growth):
        if old_note is None:
            raise ProofError("this file proves that a ledger grew: the earlier checkpoint is needed to check it")
        then, now = check_growth(proof, old_note, [verifier])
        return Proven(now, since=then)
    head = check_inclusion(proof, [verifier])
    try:
        entry = entry_of(proof.leaf)
    except NoEntry as error:
        raise ProofError(str(error)) from error
    if entry.seq != proof.index:
        raise ProofError(f"the row says that it is number {entry.seq}, the proof is of number {proof.index}")
    return Proven(head, entry=entry)


def read_verifier(text: str) -> Verifier:
    """A public key as it is written, or the file that holds it. Raises StorageError."""
    if "+" not in text or Path(text).is_file():
        return homes.read_public_key(Path(text))
    try:
        return parse_verifier(text)
    except NoteError as error:
        raise StorageError(str(error)) from error
