"""The story that we ship, held to verdicts that were derived by hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from engine.language.plan import May
from tests.books.stories import Story

STORY = Story("peace-plan-28")
END = "2027-02-28"

Binding = tuple[tuple[str, str], ...]
Place = tuple[str, Binding, str | None]
FIRST_BOOK = {
    "coordinated_response",
    "elections",
    "forces_cap",
    "leave_buffer",
    "metering",
    "no_city_strike",
    "no_entry",
    "no_strikes",
    "no_weapons",
    "power_share",
}
"""The norms that every pair names, whether or not they differ from the pair before."""


def binding_of(expected: dict[str, Any]) -> Binding:
    return tuple(sorted(expected.get("for", {}).items()))


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_story_is_read_without_a_problem() -> None:
    rows, problems = STORY.log()
    assert len(rows) >= 400
    assert problems == []


def test_the_story_has_every_kind_of_row_and_every_grade() -> None:
    rows, _ = STORY.log()
    assert set(Counter(row.kind for row in rows)) == {"event", "correction", "retraction", "confirmation"}
    assert {"extension", "waiver", "ruling"} <= {row.event for row in rows if row.event}
    assert {"alleged", "reported", "corroborated", "verified"} <= {row.evidence for row in rows}


def test_patrols_saw_something_saw_nothing_or_were_denied_access() -> None:
    kinds = Counter(row.event for row in STORY.log()[0])
    assert min(kinds["observation"], kinds["access_denied"], kinds["strike"], kinds["entry"]) > 5


def test_a_row_of_the_story_touches_every_provision_that_has_norms() -> None:
    """Touched: one of its verdicts rests, in some case, on an event other than the entry into force."""
    touched = {v.provision for case in STORY.cases() for v in STORY.of(case).verdicts if set(v.because) - {"in-force"}}
    assert {norm.provision for norm in STORY.book().norms} - touched == set()


# --- the verdicts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "expected"), list(STORY.expectations("verdicts")))
def test_a_verdict_on_the_story_is_the_one_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    STORY.check_verdict(case, expected)


@pytest.mark.parametrize(("case", "expected"), list(STORY.expectations("states")))
def test_a_state_in_the_story_is_as_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    STORY.check_state(case, expected)


def test_every_derived_verdict_says_why() -> None:
    assert [e for case in STORY.cases() for e in (*case["verdicts"], *case["states"]) if not e["why"]] == []


def statuses(case: dict[str, Any]) -> dict[Place, object]:
    found: dict[Place, object] = {(v.norm, v.binding, v.instance): (v.is_, v.could_be) for v in STORY.of(case).verdicts}
    return found | {(s.state, s.binding, None): (s.is_, s.certainly, s.possibly) for s in STORY.of(case).states}


def derived(case: dict[str, Any]) -> set[Place]:
    """What the case names. Without an instance it names the one that there is."""
    found: set[Place] = {(expected["state"], binding_of(expected), None) for expected in case["states"]}
    for expected in case["verdicts"]:
        norm, binding = expected["norm"], binding_of(expected)
        named = expected.get("instance")
        alone = [v.instance for v in STORY.of(case).verdicts if (v.norm, v.binding) == (norm, binding)]
        found.update((norm, binding, instance) for instance in ([named] if named else alone[:1] * (len(alone) == 1)))
    return found


def test_the_first_case_derives_everything() -> None:
    (first, *_) = STORY.cases()
    assert set(statuses(first)) - derived(first) == set()


def test_each_later_case_derives_what_differs_from_the_case_before() -> None:
    for before, case in pairwise(STORY.cases()):
        known = statuses(before)
        moved = {place for place, stands in statuses(case).items() if known.get(place) != stands}
        assert moved - derived(case) == set(), case["title"]


def test_every_case_derives_the_norms_of_the_first_book() -> None:
    assert {norm.id for norm in STORY.book().norms} >= FIRST_BOOK
    for case in STORY.cases():
        assert FIRST_BOOK - {expected["norm"] for expected in case["verdicts"]} == set(), case["title"]


def test_every_norm_with_a_verdict_is_derived_somewhere() -> None:
    wanted = {norm.id for norm in STORY.book().norms if not isinstance(norm.modal, May)}
    assert wanted - {expected["norm"] for case in STORY.cases() for expected in case["verdicts"]} == set()


# --- what the story shows --------------------------------------------------------------------------------------------


def test_what_may_not_rule_or_extend_is_kept_and_said_to_be_without_effect() -> None:
    said = [problem.message for problem in STORY.seen(END, None).problems if problem.code == "without-effect"]
    named = ("ruling-tf", "extension-reply", "extension-own", "extension-more")
    assert [[name for name in named if f'"{name}"' in message] for message in said] == [[name] for name in named]


def test_a_retraction_gives_the_guarantee_back_as_if_it_had_never_been_lost() -> None:
    then, now = STORY.seen("2026-05-16", "2026-05-16"), STORY.seen("2026-05-16", None)
    assert (then["no_city_strike"].is_, now["no_city_strike"].is_) == ("breached", "holding")
    assert "strike-moscow" in then["no_city_strike"].because
    assert "strike-moscow" not in now.events


@pytest.mark.parametrize(
    ("norm", "instance", "late"), [("metering", "2026-06-01", "meter-06"), ("board_reports", "2026-05-01", "report-05")]
)
def test_a_late_report_repairs_a_missed_month(norm: str, instance: str, late: str) -> None:
    then, now = (STORY.seen("2026-08-10", known).find(norm, None, instance) for known in ("2026-08-10", None))
    assert (then.is_, now.is_) == ("breached", "met")
    assert late in now.because


def test_a_look_that_came_in_late_ends_the_silence() -> None:
    then, now = (STORY.seen("2026-05-16", known)["no_weapons", {"p": "UA"}] for known in ("2026-05-16", None))
    assert (then.is_, now.is_) == ("unknown", "holding")


def test_both_sides_are_found_in_breach_of_something_and_have_kept_other_things() -> None:
    found = STORY.seen(END, None).verdicts
    for side in ("UA", "RU"):
        assert len([v for v in found if v.who == side and v.is_ in ("breached", "met_late")]) >= 5
        assert len([v for v in found if v.who == side and v.is_ in ("met", "holding", "cured", "excused")]) >= 15


@pytest.mark.parametrize(
    ("reading", "option", "norm", "by"),
    [
        ("city_strike", "article", "no_city_strike", "strike-12"),
        ("ukrainian_invasion", "any_means", "no_invasion_by_ukraine", "incursion-3"),
        ("enlargement", "invitation", "no_enlargement", "invited-ba"),
    ],
)
def test_a_breach_hangs_on_the_reading(reading: str, option: str, norm: str, by: str) -> None:
    assert STORY.seen(END, None)[norm].is_ == "holding"
    other = STORY.seen(END, None, **{reading: option})[norm]
    assert other.is_ == "breached"
    assert by in other.because
