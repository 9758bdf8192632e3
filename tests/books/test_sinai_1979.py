"""The second agreement: its story held to verdicts that were derived by hand, and what hangs on its readings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.language import Rulebook
from engine.language.plan import May
from engine.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
STORY = ROOT / "fixtures" / "sinai-1979"


@cache
def the_book() -> Rulebook:
    return monitor.load(str(ROOT / "rules" / "sinai-1979"))


@cache
def the_story() -> tuple[list[Row], list[Problem]]:
    return monitor.read([str(STORY / "events.jsonl")], the_book())


@cache
def seen(as_of: str, known_at: str | None) -> Verdicts:
    return monitor.evaluate(the_book(), the_story()[0], as_of=as_of, known_at=known_at)


@cache
def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((STORY / "expected.json").read_text(encoding="utf-8"))["cases"]
    return found


def expectations(kind: str) -> Iterator[Any]:
    for case in cases():
        for expected in case[kind]:
            words = [case["as_of"], case["known_at"] or "now", expected.get("norm") or expected["state"]]
            name = "-".join([*words, *expected.get("for", {}).values(), *filter(None, [expected.get("instance")])])
            yield pytest.param(case, expected, id=name)


def test_the_story_is_read_without_a_problem_and_has_every_kind_of_row() -> None:
    rows, problems = the_story()
    assert problems == []
    assert set(Counter(row.kind for row in rows)) == {"event", "correction", "retraction", "confirmation"}
    assert {"alleged", "reported", "verified"} <= {row.evidence for row in rows}


@pytest.mark.parametrize(("case", "expected"), list(expectations("verdicts")))
def test_a_verdict_on_the_story_is_the_one_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    verdict = seen(case["as_of"], case["known_at"]).find(
        expected["norm"], expected.get("for"), expected.get("instance")
    )
    assert (verdict.is_, list(verdict.could_be)) == (expected["is"], expected["could_be"]), verdict.reason


@pytest.mark.parametrize(("case", "expected"), list(expectations("states")))
def test_a_state_in_the_story_is_as_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    (state,) = [state for state in seen(case["as_of"], case["known_at"]).states if state.state == expected["state"]]
    assert {"is": state.is_, "certainly": state.certainly, "possibly": state.possibly} == {
        key: expected[key] for key in ("is", "certainly", "possibly")
    }


def test_every_norm_with_a_verdict_is_derived_for_every_instant() -> None:
    wanted = {norm.id for norm in the_book().norms if not isinstance(norm.modal, May)}
    for case in cases():
        assert {expected["norm"] for expected in case["verdicts"]} == wanted, case["title"]


def is_(norm: str, binding: dict[str, str], **readings: str) -> str:
    rows, _ = the_story()
    return monitor.evaluate(the_book(), rows, as_of="1982-07-20", readings=readings)[norm, binding].is_


def test_what_hangs_on_how_soon_ambassadors_are_sent() -> None:
    assert is_("ambassadors", {"p": "EG"}) == "met"
    assert is_("ambassadors", {"p": "EG"}, upon_completion="month") == "met_late"
    assert is_("ambassadors", {"p": "EG"}, upon_completion="three_months") == "met"


def test_what_hangs_on_who_finds_the_withdrawal() -> None:
    assert is_("withdrawal", {"s": "final"}) == "met"
    assert is_("withdrawal", {"s": "final"}, who_finds="receiving_party") == "breached"


def test_what_hangs_on_when_a_violation_is_one() -> None:
    """From the act 48 hours end at 07:30 on the 14th, before the remedy of 15:00; from its confirmation after it."""
    rows, _ = the_story()
    verdicts = monitor.evaluate(
        the_book(), rows, as_of="1982-06-20", known_at="1982-06-20", readings={"violation_found": "verified"}
    )
    assert seen("1982-06-20", "1982-06-20")["heavy_weapons", {"z": "zone_b"}].is_ == "cured"
    assert verdicts["heavy_weapons", {"z": "zone_b"}].is_ == "breached"


def test_what_hangs_on_what_a_month_is() -> None:
    assert is_("verification_rhythm", {"z": "zone_a"}) == "holding"
    assert is_("verification_rhythm", {"z": "zone_a"}, month="rolling") == "breached"
