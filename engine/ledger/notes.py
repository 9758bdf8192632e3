"""Signed notes of C2SP: a text, and below it who signed it. Checkpoints, the heads of the tree, are such notes.

The formats are public (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), so that other people's tools read them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.ledger.merkle import HASH_SIZE

_ED25519 = b"\x01"
_DASH = "\N{EM DASH}"
_MOST_SIGNATURES = 100
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A note or key that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whose signature is believed."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_b64(_ED25519 + self.public)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs. `seed`: 32 secret bytes; they are not shown where this is printed."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self._key().public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The line below a note."""
        return f"{_DASH} {self.name} {_b64(self.verifier.id + self._key().sign(text.encode()))}\n"

    def secret(self) -> str:
        """The text of a key file, as Go's sumdb/note writes it."""
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{_b64(_ED25519 + self.seed)}"

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        return f"Signer({self.verifier})"


def new_signer(name: str) -> Signer:
    """A fresh key. Raises NoteError for a name that a note cannot hold."""
    _check_name(name)
    return Signer(name, Ed25519PrivateKey.generate().private_bytes_raw())


def parse_signer(text: str) -> Signer:
    """A key file. Raises NoteError."""
    name, id_, key = _parts(text.strip().removeprefix("PRIVATE+KEY+"), "key file")
    signer = Signer(name, key)
    if signer.verifier.id != id_:
        raise NoteError("the key file is damaged: its key and its number do not belong together")
    return signer


def parse_verifier(text: str) -> Verifier:
    """`name+number+key`. Raises NoteError."""
    name, id_, key = _parts(text.strip(), "public key")
    verifier = Verifier(name, key)
    if verifier.id != id_:
        raise NoteError("the public key is damaged: its key and its number do not belong together")
    return verifier


def _parts(text: str, what: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    id_, _, key = rest.partition("+")
    found = _unb64(key)
    if not name or len(id_) != 8 or found is None or len(found) != 33 or found[:1] != _ED25519:
        raise NoteError(f'the {what} is not of the form "name+number+key" for Ed25519')
    _check_name(name)
    try:
        return name, bytes.fromhex(id_), found[1:]
    except ValueError as error:
        raise NoteError(f"the number of the {what} is not hexadecimal") from error


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or _CONTROL.search(name):
        raise NoteError(f'"{name}" cannot name a key: no spaces, no plus, not empty')


def signed(text: str, signers: Iterable[Signer]) -> str:
    return f"{text}\n{''.join(signer.sign(text) for signer in signers)}"


def opened(note: str, verifiers: Sequence[Verifier]) -> tuple[str, list[Verifier]]:
    """The text of a note, and who of `verifiers` signed it. Raises NoteError where the note has not the form of one, or
    where the signature of somebody known is wrong."""
    text, lines = _taken_apart(note)
    found: list[Verifier] = []
    for line in lines:
        name, signature = _signature(line)
        for verifier in verifiers:
            if verifier.name == name and verifier.id == signature[:4] and verifier not in found:
                _check(verifier, signature[4:], text)
                found.append(verifier)
    return text, found


def _taken_apart(note: str) -> tuple[str, list[str]]:
    text, gap, below = note.rpartition("\n\n")
    if not gap or not below.endswith("\n") or _CONTROL.search(note):
        raise NoteError("this is no signed note: a text, an empty line, and lines of signatures")
    lines = below[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError(f"the note has more than {_MOST_SIGNATURES} signatures")
    return f"{text}\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    words = line.split(" ")
    found = _unb64(words[2]) if len(words) == 3 and words[0] == _DASH else None
    if found is None or len(found) < 5 or not _NAME.fullmatch(words[1]):
        raise NoteError("below the empty line of a note stand signatures, and nothing else")
    return words[1], found


def _check(verifier: Verifier, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, text.encode())
    except (InvalidSignature, UnicodeEncodeError) as error:
        raise NoteError(f'the signature of "{verifier.name}" does not belong to this text') from error


# --- checkpoints ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a ledger: so many rows, with this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


_COUNT = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def parse_checkpoint(text: str) -> Checkpoint:
    """The text of a note as a checkpoint; lines after the third are for others. Raises NoteError."""
    lines = text.split("\n")
    root = _unb64(lines[2]) if len(lines) >= 4 else None
    if root is None or len(root) != HASH_SIZE or not lines[0] or not _COUNT.fullmatch(lines[1]) or "" in lines[:-1]:
        raise NoteError("the note is no checkpoint: the ledger's name, the number of rows, and the root")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_count(text: str) -> int | None:
    """A number as checkpoints and proofs write it: no sign, no zeros before it."""
    return int(text) if _COUNT.fullmatch(text) else None


def unverified_checkpoint(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises NoteError."""
    return parse_checkpoint(_taken_apart(note)[0])


def open_checkpoint(note: str, verifiers: Sequence[Verifier]) -> tuple[Checkpoint, list[Verifier]]:
    """What a note says, and who of `verifiers` signed it. Raises NoteError."""
    text, found = opened(note, verifiers)
    return parse_checkpoint(text), found


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes | None:
    """Standard base64 in its one spelling, or nothing."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _b64(raw) == text else None


encoded, decoded = _b64, _unb64
