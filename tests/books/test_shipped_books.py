"""The rule books that we ship: checked, tested, and asked about what nobody can know."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine import monitor
from engine.events import Row
from engine.language import Rulebook

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted(file.parent.name for file in ROOT.glob("rules/*/vocabulary.yaml"))


@cache
def the_book(name: str) -> Rulebook:
    return monitor.load(str(ROOT / "rules" / name))


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
