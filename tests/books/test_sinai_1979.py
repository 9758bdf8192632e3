"""The second agreement: its story held to verdicts that were derived by hand, and what hangs on its readings."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from engine.language.plan import May
from tests.books.stories import Story

STORY = Story("sinai-1979")


def test_the_story_is_read_without_a_problem_and_has_every_kind_of_row() -> None:
    rows, problems = STORY.log()
    assert problems == []
    assert set(Counter(row.kind for row in rows)) == {"event", "correction", "retraction", "confirmation"}
    assert {"alleged", "reported", "verified"} <= {row.evidence for row in rows}


@pytest.mark.parametrize(("case", "expected"), list(STORY.expectations("verdicts")))
def test_a_verdict_on_the_story_is_the_one_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    STORY.check_verdict(case, expected)


@pytest.mark.parametrize(("case", "expected"), list(STORY.expectations("states")))
def test_a_state_in_the_story_is_as_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    STORY.check_state(case, expected)


def test_every_norm_with_a_verdict_is_derived_for_every_instant() -> None:
    wanted = {norm.id for norm in STORY.book().norms if not isinstance(norm.modal, May)}
    for case in STORY.cases():
        assert {expected["norm"] for expected in case["verdicts"]} == wanted, case["title"]


def is_(norm: str, binding: dict[str, str], **readings: str) -> str:
    return STORY.seen("1982-07-20", **readings)[norm, binding].is_


def test_what_hangs_on_how_soon_ambassadors_are_sent() -> None:
    assert is_("ambassadors", {"p": "EG"}) == "met"
    assert is_("ambassadors", {"p": "EG"}, upon_completion="month") == "met_late"
    assert is_("ambassadors", {"p": "EG"}, upon_completion="three_months") == "met"


def test_what_hangs_on_who_finds_the_withdrawal() -> None:
    assert is_("withdrawal", {"s": "final"}) == "met"
    assert is_("withdrawal", {"s": "final"}, who_finds="receiving_party") == "breached"


def test_what_hangs_on_when_a_violation_is_one() -> None:
    """From the act 48 hours end at 07:30 on the 14th, before the remedy of 15:00; from its confirmation after it."""
    verdicts = STORY.seen("1982-06-20", "1982-06-20", violation_found="verified")
    assert STORY.seen("1982-06-20", "1982-06-20")["heavy_weapons", {"z": "zone_b"}].is_ == "cured"
    assert verdicts["heavy_weapons", {"z": "zone_b"}].is_ == "breached"


def test_what_hangs_on_what_a_month_is() -> None:
    assert is_("verification_rhythm", {"z": "zone_a"}) == "holding"
    assert is_("verification_rhythm", {"z": "zone_a"}, month="rolling") == "breached"
