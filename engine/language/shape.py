"""A located tree to a model, and what pydantic has against it as problems in the user's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.language.locate import Broken, Fields, Items, Place
from engine.language.models import Findings, Located, shown
from engine.problems import Problem, nearest

ROUNDS = 8
_STAND_IN = "UTC"
"""For what a file as a whole lacks (its zone, its id), so that the rest of it can be checked."""

Model = TypeVar("Model", bound=Located)


@dataclass
class Shaping:
    """What was found in the shape of a file."""

    problems: list[Problem] = field(default_factory=list)
    damaged: set[Place] = field(default_factory=set)


def shape(model: type[Model], root: Any, place: Place, found: Shaping) -> Model | None:
    """The model of `root`. What is wrong is reported and left out, so that the rest can be checked all the same;
    None where nothing is left."""
    if not isinstance(root, Fields):
        if not isinstance(root, Broken):
            message = f"{model.called} is a mapping, not {_quoted(root)}"
            found.problems.append(place.problem("wrong-shape", message, f"known keys: {', '.join(model.keys())}"))
        return None
    findings = Findings()
    for attempt in range(ROUNDS):
        try:
            result = model.model_validate(root, context=findings)
        except ValidationError as error:
            details = error.errors(include_url=False)
            if attempt == 0:
                found.problems.extend(_problems(details, root, findings))
            if not _leave_out(details, root, found.damaged):
                break
            continue
        _close(findings, found)
        return result
    _close(findings, found)
    return None


def _close(findings: Findings, found: Shaping) -> None:
    found.problems.extend(findings.problems)
    found.damaged |= findings.unknown_in


def _quoted(value: Any) -> str:
    return shown(value) if isinstance(value, (dict, list)) or value is None else f'"{shown(value)}"'


@dataclass(frozen=True)
class _Spot:
    """Where an error stands: `key` in `holder`; `missing` where the key is not there."""

    holder: Fields | Items
    key: str | int
    missing: bool
    word: str

    @property
    def place(self) -> Place:
        if self.missing:
            return self.holder.place
        if isinstance(self.holder, Items):
            return self.holder.items_at[int(self.key)]
        return self.holder.at(str(self.key))

    @property
    def value(self) -> Any:
        if self.missing:
            return None
        return self.holder[int(self.key)] if isinstance(self.holder, Items) else self.holder[str(self.key)]


def _spot(root: Fields, loc: tuple[int | str, ...]) -> _Spot | None:
    """Follow pydantic's path; the tags of unions (`<match>`) in it are no part of the file."""
    holder: Fields | Items | None = None
    key: str | int = ""
    node: Any = root
    word = ""
    for step in loc:
        if isinstance(node, Fields) and str(step) in node:
            holder, key, node = node, str(step), node[str(step)]
            word = str(step)
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            holder, key, node = node, step, node[step]
        elif not str(step).startswith("<") and isinstance(node, Fields):
            return _Spot(node, str(step), True, str(step))
    return _Spot(holder, key, False, word) if holder is not None else None


def _problems(details: list[ErrorDetails], root: Fields, findings: Findings) -> list[Problem]:
    problems = []
    for detail in details:
        spot = _spot(root, detail["loc"])
        if spot is None or detail["type"] == "broken" or isinstance(spot.value, Broken):
            continue
        if detail["type"] == "missing" and (spot.holder.place, spot.key) in findings.misspelt:
            continue
        problems.append(_translated(detail, spot, root))
    return problems


def _translated(detail: ErrorDetails, spot: _Spot, root: Fields) -> Problem:
    context: Mapping[str, Any] = detail.get("ctx") or {}
    kind = detail["type"]
    if kind == "problem" and context["said"]:
        return spot.place.problem(context["code"], context["said"], context["hint"])
    if kind == "missing":
        owner = _owner(spot.holder)
        return spot.place.problem("missing-key", f'{owner} has no "{spot.key}"', f'add "{spot.key}"')
    if kind == "literal_error":
        allowed = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        hint = nearest(shown(spot.value), allowed) or f"one of: {', '.join(allowed)}"
        return spot.place.problem("unknown-word", f'"{spot.word}" cannot be {_quoted(spot.value)}', hint)
    if kind in ("too_short", "list_too_short"):
        return spot.place.problem("wrong-shape", f'"{spot.word}" is empty', "list at least one")
    wanted = context.get("wanted") or {"list_type": "a list", "dict_type": "a mapping"}.get(kind, "something else")
    return spot.place.problem("wrong-shape", f'"{spot.word}" takes {wanted}, not {_quoted(spot.value)}')


def _owner(holder: Fields | Items) -> str:
    if isinstance(holder, Fields):
        for key in ("id", "name", "provision", "agreement", "event"):
            if isinstance(holder.get(key), str):
                return f'"{holder[key]}"'
    return "this"


def _leave_out(details: list[ErrorDetails], root: Fields, damaged: set[Place]) -> bool:
    """Take the refused parts out of the tree. False where nothing smaller than the whole is left to take out."""
    doomed: dict[int, tuple[Fields | Items, set[Any]]] = {}
    for detail in details:
        spot = _spot(root, detail["loc"])
        if spot is not None and spot.missing:
            damaged.add(spot.holder.place)
            if spot.holder is root:
                root[str(spot.key)] = _STAND_IN
                continue
            spot = _spot(root, _up_to(root, detail["loc"], spot.holder))
        if spot is None:
            return False
        damaged.add(spot.holder.place)
        doomed.setdefault(id(spot.holder), (spot.holder, set()))[1].add(spot.key)
    for holder, keys in doomed.values():
        for key in sorted(keys, reverse=True):
            del holder[key]
            if isinstance(holder, Items):
                del holder.items_at[key]
    return True


def _up_to(root: Fields, loc: tuple[int | str, ...], holder: Fields | Items) -> tuple[int | str, ...]:
    """The part of a path that leads to `holder`."""
    for end in range(len(loc), -1, -1):
        spot = _spot(root, loc[:end])
        if spot is not None and not spot.missing and spot.value is holder:
            return loc[:end]
    return ()
