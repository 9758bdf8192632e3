"""Proof files that anybody can check offline: that a row is in the ledger, that a ledger only grew.

Inclusion is the format of c2sp.org/tlog-proof, with the row itself as its extra line; growth is the request that
c2sp.org/tlog-witness describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.ledger.merkle import HASH_SIZE, is_consistent, is_included, leaf_hash
from engine.ledger.notes import Checkpoint, NoteError, Verifier, decoded, encoded, open_checkpoint, parse_count

_MAGIC = "c2sp.org/tlog-proof@v1"
_LONGEST_PATH = 63
LONGEST_FILE = 64 * 1024 * 1024


class ProofError(ValueError):
    """A proof that does not hold, or a file that is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """`leaf`: the row, as the bytes that the tree was made of. `note`: the signed checkpoint."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        head = [_MAGIC, f"extra {encoded(self.leaf)}", f"index {self.index}", *map(encoded, self.path)]
        return "\n".join(head) + "\n\n" + self.note


@dataclass(frozen=True, slots=True)
class Growth:
    """From a checkpoint of `old` rows to that of `note`."""

    old: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        return "\n".join([f"old {self.old}", *map(encoded, self.path)]) + "\n\n" + self.note


def parse_proof(text: str) -> Inclusion | Growth:
    """A proof file. Raises ProofError."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if gap and lines[0] == _MAGIC:
        return _inclusion(lines[1:], note)
    old = parse_count(lines[0].removeprefix("old ")) if gap and lines[0].startswith("old ") else None
    if old is None:
        raise ProofError(f'this is no proof file: it begins neither with "{_MAGIC}" nor with "old" and a number')
    return Growth(old, _hashes(lines[1:]), note)


def _inclusion(lines: Sequence[str], note: str) -> Inclusion:
    leaf = decoded(lines[0].removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    if leaf is None:
        raise ProofError("the proof does not hold the row that it is about: its extra line is missing or damaged")
    said = lines[1] if len(lines) > 1 else ""
    index = parse_count(said.removeprefix("index ")) if said.startswith("index ") else None
    if index is None:
        raise ProofError("the proof does not say which row it is about: its index line is missing or damaged")
    return Inclusion(leaf, index, _hashes(lines[2:]), note)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > _LONGEST_PATH:
        raise ProofError(f"the proof has more than {_LONGEST_PATH} hashes: no ledger is that large")
    found = [raw for raw in map(decoded, lines) if raw is not None and len(raw) == HASH_SIZE]
    if len(found) != len(lines):
        raise ProofError("a hash of the proof is damaged")
    return tuple(found)


def check_inclusion(proof: Inclusion, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint, if a believed key signed it and the row is in it. Raises ProofError."""
    head = believed(proof.note, verifiers)
    if proof.index >= head.size:
        raise ProofError(f"row {proof.index} cannot be among the first {head.size} rows")
    if not is_included(leaf_hash(proof.leaf), proof.index, head.size, proof.path, head.root):
        raise ProofError(f"the row in this file is not row {proof.index} of the signed ledger")
    return head


def check_growth(proof: Growth, old_note: str, verifiers: Sequence[Verifier]) -> tuple[Checkpoint, Checkpoint]:
    """Both checkpoints, if believed keys signed them and the later only adds to the earlier. Raises ProofError."""
    then, now = believed(old_note, verifiers), believed(proof.note, verifiers)
    if then.origin != now.origin:
        raise ProofError(f'the earlier checkpoint is of "{then.origin}", the later one of "{now.origin}"')
    if then.size != proof.old:
        raise ProofError(f"the proof starts from {proof.old} rows, the earlier checkpoint has {then.size}")
    if not is_consistent(then.size, then.root, now.size, now.root, proof.path):
        raise ProofError(f"the ledger of {now.size} rows does not begin with the {then.size} rows that were signed")
    return then, now


def believed(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """A checkpoint that one of `verifiers` signed. Raises ProofError."""
    try:
        head, found = open_checkpoint(note, verifiers)
    except NoteError as error:
        raise ProofError(str(error)) from error
    if not found:
        raise ProofError("no key that you believe signed this checkpoint")
    if not any(verifier.name == head.origin for verifier in found):
        raise ProofError(f'the checkpoint is of "{head.origin}", the key is of "{found[0].name}"')
    return head
