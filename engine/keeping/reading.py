"""What rows of a ledger hold: rule books, and rows of a log in the words of one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.events import Row
from engine.intake import parse_rows
from engine.intake.gate import decode_object
from engine.language import Rulebook, check_rulebook
from engine.ledger.entries import Entry
from engine.ledger.store import StorageError
from engine.problems import Problem, in_order
from engine.time import format_instant
from engine.vocabulary import Vocabulary

PLACE = "ledger"

Raw = Mapping[str, Any]
Placed = tuple[Raw, str]


def rows_of(entries: Sequence[Entry], vocabulary: Vocabulary) -> tuple[list[Row], list[Problem]]:
    """Rows in the words of a rule book: each known when the ledger says so."""
    problems: list[Problem] = []
    rows, told = parse_rows(_placed(entries, problems), vocabulary)
    return rows, in_order([*problems, *told])


def _placed(entries: Sequence[Entry], problems: list[Problem]) -> Iterator[Placed]:
    for entry in entries:
        place = f"{PLACE}:{entry.seq}"
        raw, found = decode_object(entry.body, place)
        problems += found
        if raw is not None:
            yield {**raw, "id": entry.id, "known": format_instant(entry.known)}, place


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
