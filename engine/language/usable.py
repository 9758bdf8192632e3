"""What can be judged of a rule book with errors: a bad rule never hides the verdicts of the good ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.language.check import every_check
from engine.language.compile import compile_draft
from engine.language.draft import Draft, ProvisionDraft
from engine.language.load import check_rulebook, fingerprint, read_draft, shipped_rulebook
from engine.language.locate import Fields, Items
from engine.language.plan import Rulebook
from engine.problems import Problem, in_order

_MOST_ROUNDS = 30


@dataclass(frozen=True)
class _Entry:
    """Where a norm, state, reading or test begins in its file. `belongs`: the reading whose option holds it, else
    itself. `softens`: the norms that it overrides or cures."""

    line: int
    column: int
    kind: str
    id: str | None
    belongs: tuple[str, str | None]
    softens: tuple[str, ...] = ()


def usable_rulebook(path: str | Path) -> tuple[Rulebook | None, list[Problem]]:
    """The rule book without the norms, states and readings that have errors, and without what refers to them; None
    where the vocabulary itself cannot be used. The problems are those of `check_rulebook`, and a `report` for each norm
    that is left out."""
    book, problems = check_rulebook(path)
    if book is not None:
        return book, problems
    folder = Path(path) if Path(path).is_dir() else shipped_rulebook(str(path))
    if folder is None:
        return None, problems
    draft, shape_problems = read_draft(folder)
    if draft is None:
        return None, problems
    reduced = _reduced(draft, shape_problems)
    if reduced is None:
        return None, problems
    left_out = in_order([*problems, *_left_out(draft, reduced)])
    return compile_draft(reduced, fingerprint(folder), tuple(left_out)), left_out


def _reduced(draft: Draft, shape_problems: list[Problem]) -> Draft | None:
    errors = [problem for problem in shape_problems if problem.severity == "error"]
    now: Draft | None = _without(replace(draft, whole=True, damaged=frozenset()), errors)
    for _ in range(_MOST_ROUNDS):
        if now is None:
            return None
        now = _without_softened(draft, now)
        errors = [problem for problem in every_check(now) if problem.severity == "error"]
        if not errors:
            return now
        smaller = _without(now, errors)
        if smaller == now:
            return None
        now = smaller
    return None


def _without_softened(whole: Draft, now: Draft) -> Draft:
    """Also without the norms that a left-out norm overrides or cures: judged without it they could read worse than they
    are, and a wrong verdict is worse than none."""
    judged = {norm.id for norm, origin in now.norms() if origin.reading is None}
    softened: set[tuple[str, str | None]] = set()
    for part in whole.provisions:
        for entry in _entries(part.document.root):
            if entry.kind == "norms" and entry.id not in judged:
                softened.update(("norms", name) for name in entry.softens)
    parts = [ProvisionDraft(part.document, _pruned(part.model, softened)) for part in now.provisions]
    left = replace(now, provisions=tuple(parts)) if softened & {("norms", name) for name in judged} else now
    return left if left is now else _without_softened(whole, replace(left, declared=frozenset(_declared(left))))


def _without(draft: Draft, errors: list[Problem]) -> Draft | None:
    """The draft without the entries in which the errors lie; None where one lies in the vocabulary."""
    if any(_file(error) == draft.vocabulary_document.name for error in errors):
        return None
    kept = []
    for part in draft.provisions:
        mine = [error for error in errors if _file(error) == part.document.name]
        bad = {entry.belongs for error in mine if (entry := _entry_at(part, error)) is not None}
        kept.append(ProvisionDraft(part.document, _pruned(part.model, bad)) if bad else part)
    left = replace(draft, provisions=tuple(kept))
    return replace(left, declared=frozenset(_declared(left)))


def _declared(draft: Draft) -> Iterator[tuple[str, str]]:
    """What is left must stand by itself: a name that only a refused entry declares is unknown now."""
    yield from (("norms", norm.id) for norm, _ in draft.norms())
    yield from (("states", state.id) for state, _ in draft.states())
    yield from (("readings", reading.id) for reading, _ in draft.readings())


def _pruned(model: Any, bad: set[tuple[str, str | None]]) -> Any:
    kinds = ("norms", "states", "readings")
    lists = {kind: [spec for spec in getattr(model, kind) if (kind, spec.id) not in bad] for kind in kinds}
    # A bad test hides nothing, and what is judged here needs none.
    return model.model_copy(update={**lists, "tests": []})


def _file(problem: Problem) -> str:
    return problem.place.rsplit(":", 2)[0]


def _entry_at(part: ProvisionDraft, problem: Problem) -> _Entry | None:
    """The last entry that begins at or before the problem."""
    _, line, column = problem.place.rsplit(":", 2)
    at = (int(line), int(column))
    before = [entry for entry in _entries(part.document.root) if (entry.line, entry.column) <= at]
    return max(before, key=lambda entry: (entry.line, entry.column), default=None)


def _entries(root: Any, belongs: tuple[str, str | None] | None = None) -> Iterator[_Entry]:
    if not isinstance(root, Fields):
        return
    for kind in ("norms", "states", "readings", "options", "tests"):
        items = root.get(kind)
        for item in items if isinstance(items, Items) else ():
            if isinstance(item, Fields):
                id_ = item.get("id") if isinstance(item.get("id"), str) else None
                mine = belongs or (kind, id_)
                yield _Entry(item.place.line, item.place.column, kind, id_, mine, tuple(_softened(item)))
                yield from _entries(item, mine)


def _softened(item: Fields) -> Iterator[str]:
    for key in ("overrides", "cures"):
        named = item.get(key)
        yield from (str(name) for name in (named if isinstance(named, Items) else [named]) if name is not None)


def _left_out(whole: Draft, reduced: Draft) -> Iterator[Problem]:
    judged = {norm.id for norm, origin in reduced.norms() if origin.reading is None}
    for document in (part.document for part in whole.provisions):
        for entry in _entries(document.root):
            if entry.kind == "norms" and entry.id is not None and entry.id not in judged:
                judged.add(entry.id)
                yield Problem(
                    "norm-left-out",
                    "report",
                    f"{document.name}:{entry.line}:{entry.column}",
                    f'norm "{entry.id}" is not judged: it, or something it refers to, has an error',
                )
