"""A folder to a checked rule book: the way in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.language.areas import read_areas, shape_files
from engine.language.check import every_check
from engine.language.compile import compile_draft
from engine.language.draft import Draft, ProvisionDraft, make_vocabulary
from engine.language.locate import Document, Fields, Items, Place, read_document
from engine.language.models import ProvisionFile, VocabularyFile
from engine.language.plan import Rulebook
from engine.language.shape import Shaping, shape
from engine.problems import Problem, in_order, nearest

_HERE = Path(__file__).resolve().parent.parent
SHIPPED = (_HERE / "_rules", _HERE.parent / "rules")


class RulebookError(Exception):
    """A rule book that cannot be used; `problems` holds everything that was found, warnings included."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_rulebook(path: str | Path) -> Rulebook:
    """The rule book in a folder, or the shipped one of that id. Raises RulebookError, with every problem."""
    book, problems = check_rulebook(path)
    if book is None:
        raise RulebookError(problems)
    return book


def check_rulebook(path: str | Path) -> tuple[Rulebook | None, list[Problem]]:
    """The rule book (None where there are errors) and every problem of the folder, in the order of its files."""
    folder = Path(path)
    if not folder.is_dir():
        shipped = shipped_rulebook(str(path))
        if shipped is None:
            return None, [_no_such_rulebook(path)]
        folder = _as_seen_from_here(shipped)
    try:
        book, found = _checked(folder, fingerprint(folder), tuple(_not_read(folder)))
    except OSError:
        book, found = None, tuple(read_draft(folder)[1])
    return book, list(found)


@lru_cache(maxsize=8)
def _checked(folder: Path, sha256: str, beside: tuple[Path, ...]) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """The same files are the same book: what has been read once is not read again."""
    draft, problems = read_draft(folder)
    if draft is not None:
        problems.extend(every_check(draft))
    problems = in_order(problems)
    if draft is None or any(problem.severity == "error" for problem in problems):
        return None, tuple(problems)
    return compile_draft(draft, sha256, tuple(problems)), tuple(problems)


def shipped_rulebook(id: str) -> Path | None:
    """The folder of a rule book that comes with the engine: package data in a wheel, `rules/` in a checkout."""
    if not id or os.sep in id or id.startswith("."):
        return None
    return next((root / id for root in SHIPPED if (root / id).is_dir()), None)


def _as_seen_from_here(folder: Path) -> Path:
    """A path that reads the same in every checkout, where the book lies below the folder one works in."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def shipped_ids() -> tuple[str, ...]:
    """The ids of the rule books that come with the engine."""
    found = {path.parent.name for root in SHIPPED if root.is_dir() for path in root.glob("*/vocabulary.yaml")}
    return tuple(sorted(found))


def fingerprint(folder: Path) -> str:
    """SHA-256 over the names and contents of the files: the same on every machine and under every path."""
    digest = hashlib.sha256()
    for path in files_of(folder):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)) + content)
    return digest.hexdigest()


def files_of(folder: Path) -> list[Path]:
    """Everything that belongs to a rule book."""
    return [*_files(folder), *shape_files(folder)]


def _files(folder: Path) -> list[Path]:
    provisions = sorted(folder.glob("provisions/*.yaml"), key=lambda path: path.name)
    return [folder / "vocabulary.yaml", *provisions]


def _no_such_rulebook(path: str | Path) -> Problem:
    hint = nearest(str(path), shipped_ids())
    if not hint:
        hint = "give a folder with a vocabulary.yaml" + (
            f", or one of: {', '.join(shipped_ids())}" if shipped_ids() else ""
        )
    return Problem("no-such-rulebook", "error", str(path), f'there is no rule book "{path}"', hint)


def read_draft(folder: Path) -> tuple[Draft | None, list[Problem]]:
    """The models of every file, and what is wrong with their shape. None: there is no vocabulary to check against."""
    documents = [read_document(path, str(path)) for path in _files(folder)]
    problems = [problem for document in documents for problem in document.problems]
    problems.extend(_stray_files(folder))
    if len(documents) == 1:
        place = Place(str(folder), 1, 1)
        problems.append(place.problem("no-provisions", f'"{folder.name}" has no file in "provisions/"'))
    declared = frozenset(name for document in documents[1:] for name in _declared(document.root))
    shaping = Shaping()
    vocabulary_file = _shaped(VocabularyFile, documents[0], shaping)
    shaped = [(document, _shaped(ProvisionFile, document, shaping)) for document in documents[1:]]
    problems.extend(shaping.problems)
    if vocabulary_file is None:
        return None, problems
    areas, mistakes = read_areas(vocabulary_file, folder)
    problems.extend(mistakes)
    return (
        Draft(
            vocabulary_file=vocabulary_file,
            vocabulary_document=documents[0],
            vocabulary=make_vocabulary(vocabulary_file, areas),
            provisions=tuple(ProvisionDraft(document, model) for document, model in shaped if model is not None),
            whole=all(document.whole for document in documents),
            damaged=frozenset(shaping.damaged),
            declared=declared,
        ),
        problems,
    )


def _shaped(model: Any, document: Document, shaping: Shaping) -> Any:
    return shape(model, document.root, document.place, shaping) if document.root is not None else None


def _not_read(folder: Path) -> list[Path]:
    return sorted([*folder.glob("provisions/*.yml"), *folder.glob("provisions/*/*.yaml")])


def _stray_files(folder: Path) -> Iterator[Problem]:
    for path in _not_read(folder):
        message = f'"{path.name}" is not read'
        yield Place(str(path), 1, 1).problem(
            "file-not-read", message, 'provisions are files "provisions/NAME.yaml"', severity="warning"
        )


def _declared(root: Any) -> Iterator[tuple[str, str]]:
    """Kind and id of norms, states and readings as the file has them, of refused ones too: they are not unknown."""
    if not isinstance(root, Fields):
        return
    for key in ("norms", "states", "readings", "options"):
        entries = root.get(key)
        for entry in entries if isinstance(entries, Items) else ():
            if isinstance(entry, Fields):
                if isinstance(entry.get("id"), str):
                    yield key, entry["id"]
                yield from _declared(entry)
