"""The rule books and the story that we ship: checked, tested, and held to verdicts that were derived by hand."""

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
from engine.language.plan import Keep, May, Must, NoDeadline, Norm
from engine.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted(file.parent.name for file in ROOT.glob("rules/*/vocabulary.yaml"))
STORY = ROOT / "fixtures" / "peace-plan-28"


@cache
def the_book(name: str) -> Rulebook:
    return monitor.load(str(ROOT / "rules" / name))


@cache
def the_story() -> tuple[list[Row], list[Problem]]:
    return monitor.read([str(STORY / "events.jsonl")], the_book("peace-plan-28"))


@cache
def seen(as_of: str, known_at: str | None) -> Verdicts:
    return monitor.evaluate(the_book("peace-plan-28"), the_story()[0], as_of=as_of, known_at=known_at)


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((STORY / "expected.json").read_text(encoding="utf-8"))["cases"]
    return found


def expectations(kind: str) -> Iterator[Any]:
    for case in cases():
        for expected in case[kind]:
            binding = ",".join(expected.get("for", {}).values())
            words = [case["as_of"], case["known_at"], expected[kind[:-1].replace("verdict", "norm")]]
            name = "-".join([*words, *filter(None, [binding, expected.get("instance")])])
            yield pytest.param(case, expected, id=name)


# --- the books -------------------------------------------------------------------------------------------------------


def test_the_books_that_are_expected_are_there() -> None:
    assert {"peace-plan-28", "truce"} <= set(BOOKS)


@pytest.mark.parametrize("name", BOOKS)
def test_a_shipped_book_has_no_errors_and_no_warnings_but_clauses_still_to_come(name: str) -> None:
    book, problems = monitor.check(str(ROOT / "rules" / name))
    assert book is not None, "\n".join(map(str, problems))
    assert [str(problem) for problem in problems if problem.code != "uncovered-clause"] == []


@pytest.mark.parametrize("name", BOOKS)
def test_the_tests_inside_a_shipped_book_pass(name: str) -> None:
    report = monitor.run_tests(the_book(name))
    assert report.passed > 0
    assert [str(failure) for result in report.results for failure in result.failures] == []


@pytest.mark.parametrize("name", BOOKS)
def test_every_provision_says_where_its_words_come_from(name: str) -> None:
    assert [provision.id for provision in the_book(name).provisions if not (provision.text and provision.source)] == []


@pytest.mark.parametrize("name", BOOKS)
def test_every_option_that_was_not_chosen_is_tried_by_a_test(name: str) -> None:
    book = the_book(name)
    tried = {setting for test in book.tests for setting in test.readings}
    others = {(r.id, option.id) for r in book.readings for option in r.options if option.id != r.chosen}
    assert others - tried == set()


def asked(book: Rulebook) -> dict[str, set[str]]:
    """Norm -> the statuses that the tests in the book expect of it."""
    found: dict[str, set[str]] = {norm.id: set() for norm in book.norms}
    for test in book.tests:
        for expected in test.expect:
            if "norm" in expected:
                found[str(expected["norm"])].add(str(expected["is"]))
    return found


def grows_silent(norm: Norm) -> bool:
    """Whether no news turns it unknown."""
    stale = isinstance(norm.modal, Keep) and norm.modal.bound.stale_after is not None
    return norm.observed_by is not None or stale


def untried(norm: Norm, statuses: set[str]) -> list[str]:
    """What no test in the book reaches, of what this norm can be."""
    wanted = [{"holding", "met"}]
    if not (isinstance(norm.modal, Must) and isinstance(norm.modal.deadline, NoDeadline)):
        wanted.append({"breached"})
    if grows_silent(norm):
        wanted.append({"unknown"})
    return [f"{norm.id}: no test reaches {' or '.join(sorted(any_of))}" for any_of in wanted if not any_of & statuses]


@pytest.mark.parametrize("name", BOOKS)
def test_each_norm_is_tested_kept_and_broken_and_unknown_where_silence_makes_it_so(name: str) -> None:
    book = the_book(name)
    statuses = asked(book)
    judged = [norm for norm in book.norms if not isinstance(norm.modal, May)]
    assert [said for norm in judged for said in untried(norm, statuses[norm.id])] == []


# --- the truces ------------------------------------------------------------------------------------------------------

_HEAD = "time_start,time_end,model,launch_place,target,target_main,launched,destroyed,source\n"
_WAVES = (
    "2025-04-19 03:00,2025-04-19 09:00,Shahed-136/131,,Ukraine,,5,4,post/1\n"
    "2025-04-20,2025-04-20,Orlan-10,,south,,1,1,post/2\n"
    "2025-04-20 20:00,2025-04-20 21:00,X-59,,Odesa oblast,,2,0,post/3\n"
    "2025-04-21,2025-04-21,Lancet,,south,,3,3,post/4\n"
)


def waves(folder: Path) -> list[Row]:
    table = folder / "waves.csv"
    table.write_text(_HEAD + _WAVES, encoding="utf-8")
    mapping = str(ROOT / "fixtures" / "mappings" / "strikes.yaml")
    rows, problems = monitor.read([str(table)], the_book("truce"), mapping)
    assert [str(problem) for problem in problems] == []
    return rows


def test_one_sides_table_can_only_allege_and_its_silence_is_unknown(tmp_path: Path) -> None:
    seen = monitor.evaluate(the_book("truce"), waves(tmp_path), as_of="2025-04-20")
    russia, ukraine = seen["easter_strikes", {"p": "RU"}], seen["easter_strikes", {"p": "UA"}]
    assert (russia.is_, russia.could_be) == ("unknown", ("breached", "unknown"))
    assert (ukraine.is_, ukraine.could_be) == ("unknown", ("unknown",))
    assert {russia.bucket, ukraine.bucket} == {"cannot tell"}


def test_one_sides_word_convicts_only_under_the_other_reading_and_only_inside_the_window(tmp_path: Path) -> None:
    book, rows = the_book("truce"), waves(tmp_path)
    seen = monitor.evaluate(book, rows, as_of="2025-04-22", readings={"easter_proof": "one_party"})
    breaches = seen["easter_strikes", {"p": "RU"}].breaches
    strikes = [row.id for row in rows if row.event == "strike" and row.fields["model"] == "X-59"]
    assert [breach.because for breach in breaches] == [tuple(strikes)]


def test_totals_are_shown_beside_strikes_and_counted_with_none(tmp_path: Path) -> None:
    seen = monitor.evaluate(the_book("truce"), waves(tmp_path), as_of="2025-04-20")
    claims = seen["easter_claims", {"p": "RU"}]
    assert (claims.is_, claims.bucket, claims.severity) == ("breached", "shortfall", "note")


def test_without_targets_the_moratorium_can_be_broken_but_never_be_found_broken(tmp_path: Path) -> None:
    book, rows = the_book("truce"), waves(tmp_path)
    for proof in ("verified", "one_party"):
        readings = {"energy_start": "march_25", "energy_proof": proof}
        verdict = monitor.evaluate(book, rows, as_of="2025-04-21", readings=readings)["energy_strikes", {"p": "RU"}]
        assert (verdict.is_, verdict.alleged) == ("unknown", "breached")


# --- the story -------------------------------------------------------------------------------------------------------


def test_the_story_is_read_without_a_problem() -> None:
    rows, problems = the_story()
    assert len(rows) >= 40
    assert problems == []


def test_the_story_has_every_kind_of_row_and_more_than_one_grade() -> None:
    rows, _ = the_story()
    assert set(Counter(row.kind for row in rows)) == {"event", "correction", "retraction", "confirmation"}
    assert {"extension", "waiver", "ruling"} <= {row.event for row in rows if row.event}
    assert {"alleged", "reported", "corroborated", "verified"} <= {row.evidence for row in rows}


@pytest.mark.parametrize(("case", "expected"), list(expectations("verdicts")))
def test_a_verdict_on_the_story_is_the_one_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    verdict = seen(case["as_of"], case["known_at"]).find(
        expected["norm"], expected.get("for"), expected.get("instance")
    )
    assert (verdict.is_, list(verdict.could_be)) == (expected["is"], expected["could_be"]), verdict.reason


@pytest.mark.parametrize(("case", "expected"), list(expectations("states")))
def test_a_state_in_the_story_is_as_derived_by_hand(case: dict[str, Any], expected: dict[str, Any]) -> None:
    (state,) = [
        state
        for state in seen(case["as_of"], case["known_at"]).states
        if state.state == expected["state"] and dict(state.binding) == expected.get("for", {})
    ]
    assert {"is": state.is_, "certainly": state.certainly, "possibly": state.possibly} == {
        key: expected[key] for key in ("is", "certainly", "possibly")
    }


def test_every_norm_with_a_verdict_is_derived_for_every_instant() -> None:
    book = the_book("peace-plan-28")
    wanted = {norm.id for norm in book.norms if not isinstance(norm.modal, May)}
    for case in cases():
        assert {expected["norm"] for expected in case["verdicts"]} == wanted, case["title"]


def test_what_may_not_rule_or_extend_is_kept_and_said_to_be_without_effect() -> None:
    said = [problem for problem in seen("2026-09-15", None).problems if problem.code == "without-effect"]
    assert len(said) == 2
    assert any('"ruling-tf"' in problem.message for problem in said)
    assert any('"extension-own"' in problem.message for problem in said)


def test_a_retraction_gives_the_guarantee_back_as_if_it_had_never_been_lost() -> None:
    then, now = seen("2026-05-01", "2026-05-01"), seen("2026-05-01", None)
    assert then["no_city_strike"].is_ == "breached"
    assert now["no_city_strike"].is_ == "holding"
    assert "strike-moscow" in then["no_city_strike"].because
    assert "strike-moscow" not in now.events


def test_which_strikes_cost_the_guarantee_depends_on_the_reading() -> None:
    book, (rows, _) = the_book("peace-plan-28"), the_story()
    article = monitor.evaluate(book, rows, as_of="2026-09-15", readings={"city_strike": "article"})
    assert seen("2026-09-15", None)["no_city_strike"].is_ == "holding"
    assert article["no_city_strike"].is_ == "breached"
    assert "strike-09" in article["no_city_strike"].because
