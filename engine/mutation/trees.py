"""Norms and states as trees: every node, and a copy in which one node is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from engine.language.plan import (
    AllCond,
    AllOf,
    AnyCond,
    AnyOf,
    Extendable,
    Family,
    InOrder,
    Keep,
    May,
    Must,
    MustNot,
    NoDeadline,
    Quorum,
    Valid,
    Var,
)
from engine.time import Duration

Path = tuple[str, ...]
Found = TypeVar("Found")
Look = Callable[[Any, Any, Path], Iterator[tuple[Found, Any]]]
"""Node, the node above it, and the way to it -> what can be changed about the node alone, and the node so changed."""

_LEAVES = (Duration, Extendable, Family, NoDeadline, Quorum, Valid, Var)
_WORDS = {"while_": "while"}
_SILENT = frozenset({"modal", "match", "measure", "bound", "cond", "act", "deadline"})
_PARTS: dict[type, str] = {
    AllOf: "all", AllCond: "all", AnyOf: "any", AnyCond: "any", InOrder: "in_order",
    Must: "must", MustNot: "must_not", Keep: "keep", May: "may",
}  # fmt: skip


def rewrites(node: Any, look: Look[Found], above: Any = None, path: Path = ()) -> Iterator[tuple[Found, Any]]:
    """Every change that `look` finds in a tree, each with the whole tree so changed."""
    here = path + _word_of(node)
    yield from look(node, above, here)
    for name, child in _children(node):
        if isinstance(child, tuple):
            for number, part in enumerate(child):
                for found, new in rewrites(part, look, node, (*here, str(number))):
                    yield found, replace(node, **{name: (*child[:number], new, *child[number + 1 :])})
        else:
            for found, new in rewrites(child, look, node, here + _word(name)):
                yield found, replace(node, **{name: new})


def nodes(node: Any) -> Iterator[Any]:
    """The node itself and everything in it."""
    yield node
    for _, child in _children(node):
        for part in child if isinstance(child, tuple) else (child,):
            yield from nodes(part)


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(node):
        child = getattr(node, field.name)
        if _is_node(child) or (isinstance(child, tuple) and child and all(_is_node(part) for part in child)):
            yield field.name, child


def _is_node(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, _LEAVES)


def _word_of(node: Any) -> Path:
    word = _PARTS.get(type(node))
    return (word,) if word else ()


def _word(name: str) -> Path:
    return () if name in _SILENT else (_WORDS.get(name, name),)
