"""A story that we ship: its rule book, its log, and the verdicts on it that were derived by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.language import Rulebook
from engine.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
Expected = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """`name`: of the fixture and of the rule book."""

    name: str

    @cache  # noqa: B019 - there are two of them
    def book(self) -> Rulebook:
        return monitor.load(str(ROOT / "rules" / self.name))

    @cache  # noqa: B019
    def log(self) -> tuple[list[Row], list[Problem]]:
        return monitor.read([str(ROOT / "fixtures" / self.name / "events.jsonl")], self.book())

    @cache  # noqa: B019
    def seen(self, as_of: str, known_at: str | None = None, **readings: str) -> Verdicts:
        return monitor.evaluate(self.book(), self.log()[0], as_of=as_of, known_at=known_at, readings=readings)

    @cache  # noqa: B019
    def cases(self) -> list[dict[str, Any]]:
        text = (ROOT / "fixtures" / self.name / "expected.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)["cases"]
        return found

    def of(self, case: dict[str, Any]) -> Verdicts:
        return self.seen(case["as_of"], case["known_at"])

    def expectations(self, kind: str) -> Iterator[Any]:
        """Each expectation of `verdicts` or `states` with its case, for a test that runs over them."""
        for case in self.cases():
            for expected in case[kind]:
                words = [case["as_of"], case["known_at"] or "now", expected.get("norm") or expected["state"]]
                binding = ",".join(expected.get("for", {}).values())
                name = "-".join([*words, *filter(None, [binding, expected.get("instance")])])
                yield pytest.param(case, expected, id=name)

    def check_verdict(self, case: dict[str, Any], expected: Expected) -> None:
        verdict = self.of(case).find(expected["norm"], expected.get("for"), expected.get("instance"))
        assert (verdict.is_, list(verdict.could_be)) == (expected["is"], expected["could_be"]), verdict.reason

    def check_state(self, case: dict[str, Any], expected: Expected) -> None:
        named = expected["state"], tuple(sorted(expected.get("for", {}).items()))
        (state,) = [state for state in self.of(case).states if (state.state, state.binding) == named]
        found = {"is": state.is_, "certainly": state.certainly, "possibly": state.possibly}
        assert found == {key: expected[key] for key in found}
