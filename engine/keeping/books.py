"""Which rules are in force: rule books are rows of the ledger, text and all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.keeping.ledger import Ledger, add
from engine.language import Rulebook, check_rulebook
from engine.language.load import files_of, shipped_rulebook
from engine.ledger import store as storage
from engine.ledger.entries import Draft, Entry
from engine.ledger.store import Receipt, StorageError
from engine.problems import Problem
from engine.time import Instant


@dataclass(frozen=True)
class Activation:
    """A rule book as it stands in the ledger, in force from `recorded_at` on."""

    seq: int
    recorded_at: Instant
    book: Rulebook


def activate(ledger: Ledger, path: str, *, sender: str = "") -> tuple[Receipt | None, Rulebook | None, list[Problem]]:
    """Put a rule book in force. Where it is in force already, its receipt is given again; one with errors, or of
    another agreement, is not taken. Raises StorageError."""
    book, problems = check_rulebook(path)
    if book is None:
        return None, None, problems
    before = activations(ledger)
    other = [found.book for found in before if found.book.vocabulary.agreement != book.vocabulary.agreement]
    if other:
        return None, None, [*problems, _other_agreement(path, book, other[0])]
    if before and before[-1].book.sha256 == book.sha256:
        last = before[-1]
        return Receipt(_id(len(before)), last.seq, last.recorded_at, new=False), book, problems
    draft = Draft(_id(len(before) + 1), "activation", sender, _body(path, book), rulebook=book.sha256)
    return add(ledger, [draft]).receipts[0], book, problems


def _id(number: int) -> str:
    return f"rules/{number}"


def _other_agreement(path: str, book: Rulebook, other: Rulebook) -> Problem:
    mine, theirs = book.vocabulary.agreement, other.vocabulary.agreement
    message = f'the rule book is of "{mine}", the ledger of "{theirs}"'
    return Problem("other-agreement", "error", path, message, "one ledger for one agreement: accord init makes another")


def _body(path: str, book: Rulebook) -> str:
    folder = Path(path) if Path(path).is_dir() else shipped_rulebook(path)
    assert folder is not None, "it has just been read"
    files = {file.relative_to(folder).as_posix(): file.read_bytes().decode("utf-8") for file in files_of(folder)}
    said = {"agreement": book.vocabulary.agreement, "version": book.version, "sha256": book.sha256, "files": files}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def activations(ledger: Ledger) -> list[Activation]:
    """Every rule book that was ever in force, in order. Raises StorageError for one that cannot be read any longer."""
    with storage.reading(ledger.store) as connection:
        found = list(storage.entries(connection, kinds=["activation"]))
    return [Activation(entry.seq, entry.recorded_at, book_of(entry)) for entry in found]


def in_force(found: Sequence[Activation], known_at: Instant | None = None) -> Rulebook:
    """The rule book in force at an instant (None: now); before the first one, the first. Raises StorageError."""
    if not found:
        raise StorageError("no rule book is in force in this ledger", "accord activate RULEBOOK puts one in force")
    then = [one for one in found if known_at is None or one.recorded_at <= known_at]
    return (then[-1] if then else found[0]).book


def book_of(entry: Entry) -> Rulebook:
    """Raises StorageError."""
    return _loaded(entry.body)


@lru_cache(maxsize=8)
def _loaded(body: str) -> Rulebook:
    try:
        said = json.loads(body)
        files: dict[str, str] = said["files"]
        named = said["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError("a rule book in the ledger cannot be read", "accord verify says more") from error
    try:
        book, problems = _laid_out(files)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        hint = "make room, or name another folder in TMPDIR"
        raise StorageError(f'the rule book cannot be laid out in "{tempfile.gettempdir()}": {why}', hint) from error
    if book is None or book.sha256 != named:
        why = next(
            (str(problem.message) for problem in problems if problem.severity == "error"), "its text was changed"
        )
        raise StorageError(f"a rule book in the ledger cannot be used: {why}", "accord verify says more")
    return book


def _laid_out(files: dict[str, str]) -> tuple[Rulebook | None, list[Problem]]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "rules"
        for name, content in files.items():
            file = folder / name
            if not file.resolve().is_relative_to(folder.resolve()):
                raise StorageError(f'a rule book in the ledger has a file "{name}"', "accord verify says more")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        return check_rulebook(folder)
