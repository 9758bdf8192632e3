"""Small rule books and logs, written in the test that asks about them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.intake import parse_rows
from engine.language import Rulebook
from tests.naive.random_books import load_written


@cache
def book(norms: str, states: str = "", zone: str = "UTC") -> Rulebook:
    """Of norms and states written as in a rule file, over the vocabulary of the random books: parties A and B, bodies
    board (which rules) and panel, grades alleged, reported, verified (which counts)."""
    provision = {"provision": "1", "title": "Small", "text": "A small one.", "source": "invented"}
    loaded = load_written({**provision, "norms": _yaml(norms), "states": _yaml(states) if states else []}, zone)
    assert loaded is not None
    return loaded


def _yaml(text: str) -> Any:
    return [dict(entry) for entry in YAML(typ="safe", pure=True).load(text)]


def asked(rules: Rulebook, given: Sequence[str], as_of: str | None, known_at: str | None = None) -> Verdicts:
    """The answer for rows written `{id: g, at: 2026-03-02, event: go}`."""
    rows, problems = parse_rows([(_plain(row), f"row {n}") for n, row in enumerate(given, 1)], rules.vocabulary)
    assert [problem for problem in problems if problem.severity == "error"] == []
    return monitor.evaluate(rules, rows, as_of=as_of, known_at=known_at)


def _plain(row: str) -> dict[str, Any]:
    """Times stay text, as in a log."""
    found: dict[str, Any] = dict(YAML(typ="safe", pure=True).load(row))
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in found.items()}
