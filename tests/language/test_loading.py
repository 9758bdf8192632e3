"""What a rule book is read as: YAML 1.2, exact numbers, times as text, and a plan with every name resolved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine.evaluation.verdicts import WORST_FIRST
from engine.language import Rulebook, RulebookError, check_rulebook, json_schema, load_rulebook
from engine.language.check.tests import STATUSES
from engine.language.locate import parse_document
from engine.language.plan import (
    AnyOf,
    By,
    EveryCalendar,
    EveryLength,
    Holds,
    Keep,
    Match,
    Milestones,
    Must,
    MustNot,
    NoDeadline,
    OnNorm,
    OnState,
    Pred,
    Var,
    Within,
)
from engine.time import Duration, parse_instant

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(Path(__file__).parent / "river")


def test_yaml_is_read_as_1_2_with_times_as_text_and_numbers_exact() -> None:
    root = parse_document(b"a: NO\nb: on\nc: 12:30\nd: 2026-01-01\ne: 0.1\nf: 1.10\ng: 1e3\nh: 0x10\ni: ~\n", "x").root
    assert root["a"] == "NO" and root["b"] == "on" and root["c"] == "12:30" and root["d"] == "2026-01-01"
    assert root["e"] == Decimal("0.1") and root["f"].literal == "1.10"
    assert root["g"] == "1e3" and root["h"] == "0x10" and root["i"] is None


def test_every_key_and_value_knows_its_place() -> None:
    root = parse_document(b"a:\n  - {b: 1,\n     c: x}\n", "book/x.yaml").root
    entry = root["a"][0]
    assert str(entry.key("c")) == "book/x.yaml:3:6"
    assert str(entry.at("c")) == "book/x.yaml:3:9"
    assert str(root["a"].items_at[0]) == "book/x.yaml:2:5"


def test_a_version_keeps_its_digits(book: Rulebook) -> None:
    assert book.version == "1.10"


def test_places_are_a_tree_and_titles_may_speak_several_languages(book: Rulebook) -> None:
    vocabulary = book.vocabulary
    assert vocabulary.containing["island"] == {"island", "delta", "basin"}
    assert vocabulary.place_titles == {"island": "the island"}
    assert vocabulary.title == {"en": "Accord on the river", "uk": "Угода про річку"}


def test_keys_of_matches_are_unique_over_the_book(book: Rulebook) -> None:
    keys = [match.key for match in _matches(book)]
    assert len(keys) == len(set(keys))
    assert {"report#1/must", "report#2/must", "hear@hearing=from_report/when", "hear/must"} <= set(keys)


def _matches(value: object) -> list[Match]:
    if isinstance(value, Match):
        return [value]
    if isinstance(value, (tuple, list)):
        return [match for part in value for match in _matches(part)]
    if hasattr(value, "__dataclass_fields__"):
        return [match for name in value.__dataclass_fields__ for match in _matches(getattr(value, name))]
    return []


def _norm(book: Rulebook, id_: str, version: str | None = None) -> object:
    return next(norm for norm in book.norms if norm.id == id_ and version in (None, norm.version))


def test_each_modal_word_and_deadline_has_its_shape(book: Rulebook) -> None:
    modal = {norm.id: norm.modal for norm in book.norms}
    leave, pay, announced = modal["leave"], modal["pay"], modal["announced"]
    assert isinstance(modal["no_landing"], MustNot)
    assert isinstance(leave, Must) and leave.deadline == Within(Duration(7, "day"))
    assert isinstance(announced, Must) and announced.deadline == NoDeadline()
    assert isinstance(pay, Must) and isinstance(pay.deadline, Milestones)
    assert [step.written for step in pay.deadline.of] == ["25 thousand EUR", "1 million EUR"]
    assert [step.at_least for step in pay.deadline.of] == [25_000, 1_000_000]
    assert pay.deadline.of[1].deadline == By(date(2027, 1, 1))
    assert _norm(book, "report", "1").modal.deadline == EveryCalendar("month")  # type: ignore[attr-defined]
    assert _norm(book, "report", "2").modal.deadline == EveryLength(Duration(2, "week"))  # type: ignore[attr-defined]


def test_a_share_is_a_fraction_and_a_date_is_a_date(book: Rulebook) -> None:
    share = _norm(book, "share").modal  # type: ignore[attr-defined]
    assert isinstance(share, Keep)
    assert share.bound.at_least == Decimal("0.5") and share.bound.window == "year"
    assert share.bound.measure.match.preds[1] == Pred("paid_on", "gte", (date(2026, 1, 1),))


def test_columns_of_a_table_are_read_as_what_they_are_used_for(book: Rulebook) -> None:
    fleet = _norm(book, "fleet")
    assert fleet.who == Var("r", "of")  # type: ignore[attr-defined]
    rows = {name: dict(cells) for name, cells in fleet.for_each[0].rows}  # type: ignore[attr-defined]
    assert rows["small"] == {"of": "north", "cap": Decimal(20), "stale": Duration(90, "day")}
    assert rows["large"]["cap"] == Decimal(1000)


def test_quantities_and_durations_may_stand_in_a_list(edited: Edit) -> None:
    folder = edited(
        "provisions/one.yaml",
        "norms:\n  - id: no_l",
        "norms:\n  - id: steps\n    for_each: {t: [5 days, 9 days]}\n    who: north\n    when: {event: signing}\n"
        "    must: {event: permit}\n    within: $t\n  - id: no_l",
    )
    steps = next(norm for norm in load_rulebook(folder).norms if norm.id == "steps")
    assert isinstance(steps.modal, Must) and isinstance(steps.modal.deadline, Within)
    var = steps.modal.deadline.duration
    assert isinstance(var, Var)
    rows = {name: dict(cells) for name, cells in steps.for_each[0].rows}
    assert rows["5 days"][str(var.column)] == Duration(5, "day")


def test_triggers_and_conditions_keep_their_form(book: Rulebook) -> None:
    hear = _norm(book, "hear")
    assert hear.when == AnyOf((OnNorm("breach", "no_landing"), OnState("enters", "crowded")))  # type: ignore[attr-defined]
    crowded = next(state for state in book.states if state.id == "crowded")
    assert isinstance(crowded.holds_while, Holds)
    assert crowded.holds_while.bound.rolling == Duration(30, "day")


def test_a_version_runs_from_the_first_instant_of_its_first_day_to_the_midnight_that_ends_its_last(
    book: Rulebook,
) -> None:
    valid = _norm(book, "report", "1").valid  # type: ignore[attr-defined]
    assert valid.start == parse_instant("2026-01-01T00:00:00+02:00")
    assert valid.end == parse_instant("2027-01-01T00:00:00+02:00")


def test_a_group_that_a_duty_is_owed_to_stands_for_its_members(book: Rulebook) -> None:
    assert _norm(book, "hear").to == ("north", "south")  # type: ignore[attr-defined]


def test_grades_follow_the_match_then_the_norm_then_the_vocabulary(edited: Edit) -> None:
    edited("provisions/one.yaml", "    waived_by: council\n", "    evidence: reported\n")
    folder = edited(
        "provisions/one.yaml", "{event: patrol}\n    observe", "{event: patrol, evidence: alleged}\n    observe"
    )
    norm = next(norm for norm in load_rulebook(folder).norms if norm.id == "no_landing")
    assert norm.grade == 1
    assert isinstance(norm.modal, MustNot) and norm.modal.act.grade == 1
    assert norm.observed_by is not None and norm.observed_by.grade == 0


def test_a_reading_replaces_norms_by_id(book: Rulebook) -> None:
    norms, _, options = book.with_readings({"hearing": "from_report"})
    assert options == {"hearing": "from_report"}
    assert [norm.provision for norm in norms if norm.id == "hear"] == ["1"]
    assert len(norms) == len(book.norms)


def test_tests_stay_as_written_with_exact_numbers(book: Rulebook) -> None:
    test = book.tests[0]
    assert test.given[2] == {"at": "2026-01-06", "event": "census", "of": "north", "boats": Decimal(30)}
    assert test.given[3]["amount"] == Decimal("10.5")
    assert test.given[3]["at"] == {"from": "2026-01-07", "to": "2026-01-08"}
    assert test.expect[2] == {"at": "2026-01-06", "state": "trust", "is": False, "certainly": False}
    assert test.expect_places[0].endswith("one.yaml:100:9")


def test_the_fingerprint_does_not_depend_on_where_the_book_lies(book: Rulebook, river: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(river, copy)
    assert load_rulebook(copy).sha256 == book.sha256
    (copy / "vocabulary.yaml").write_bytes((copy / "vocabulary.yaml").read_bytes() + b"# more\n")
    assert load_rulebook(copy).sha256 != book.sha256


def test_all_problems_of_a_folder_are_shown_at_once(edited: Edit) -> None:
    edited("vocabulary.yaml", "counts: verified", "counts: verifed")
    edited("provisions/one.yaml", "    cures: no_landing\n", "    cuers: no_landing\n")
    edited("provisions/one.yaml", "who: south\n    to: north", "who: souht\n    to: north")
    folder = edited("provisions/one.yaml", "over: each year", "over: each decade")
    (folder / "provisions" / "two.yaml").write_text(
        "provision: 2\nnorms: [{id: x, who: noth, must_not: {event: tol}}]\n"
    )
    book, problems = check_rulebook(folder)
    assert book is None
    errors = {problem.code for problem in problems if problem.severity == "error"}
    assert errors == {"unknown-grade", "unknown-key", "unknown-party", "bad-duration", "unknown-event"}


def test_a_file_that_is_no_yaml_hides_nothing_in_the_others_and_unknowns_nothing(edited: Edit) -> None:
    folder = edited("provisions/one.yaml", "who: south\n    to: north", "who: souht\n    to: north")
    (folder / "provisions" / "two.yaml").write_text("provision: [\n")
    edited("provisions/one.yaml", "when: {breach: no_landing}", "when: {breach: in_the_other_file}")
    problems = check_rulebook(folder)[1]
    assert {problem.code for problem in problems if problem.severity == "error"} == {
        "yaml",
        "unknown-party",
        "untied-cure",
    }


def test_a_refused_norm_is_not_called_unknown(edited: Edit) -> None:
    folder = edited("provisions/one.yaml", "    who: $p\n    must_not:", "    must_not:")
    assert [problem.code for problem in check_rulebook(folder)[1] if problem.severity == "error"] == ["missing-key"]


def test_an_error_carries_every_problem_and_shows_it(edited: Edit) -> None:
    folder = edited("provisions/one.yaml", "severity: material", "severity: grave")
    with pytest.raises(RulebookError, match='"severity" cannot be "grave"') as caught:
        load_rulebook(folder)
    assert [problem.code for problem in caught.value.problems] == ["unknown-word"]


def test_the_schema_of_each_kind_of_file_names_its_keys() -> None:
    rulebook, vocabulary = json_schema("rulebook"), json_schema("vocabulary")
    assert {"provision", "norms", "states", "readings", "tests"} <= rulebook["properties"].keys()
    assert {"agreement", "zone", "events", "places"} <= vocabulary["properties"].keys()
    norm = rulebook["$defs"]["NormSpec"]
    assert {"for_each", "while", "paused_while", "observe_every"} <= norm["properties"].keys()
    assert norm["additionalProperties"] is False
    assert [part["required"] for part in norm["oneOf"]] == [["must"], ["must_not"], ["keep"], ["may"]]


def test_a_refused_field_makes_no_further_noise(edited: Edit) -> None:
    folder = edited("vocabulary.yaml", "boats: {type: number, unit: boats}", "boats: {type: nmber, unit: boats}")
    assert [problem.code for problem in check_rulebook(folder)[1]] == ["unknown-word"]


def test_the_statuses_that_tests_may_expect_are_those_that_verdicts_have() -> None:
    assert STATUSES == WORST_FIRST


def test_a_misspelt_form_is_answered_with_the_nearest_form(edited: Edit) -> None:
    folder = edited(
        "provisions/one.yaml", "when: {enters: in_force}\n    must: {reach", "when: {enter: in_force}\n    must: {reach"
    )
    problems = check_rulebook(folder)[1]
    assert [(problem.code, problem.hint) for problem in problems] == [("unknown-key", 'did you mean "enters"?')]


def test_a_refused_test_leaves_no_norm_called_untested(edited: Edit) -> None:
    folder = edited("provisions/one.yaml", "  - name: nobody lands", "  - naem: nobody lands")
    assert [problem.code for problem in check_rulebook(folder)[1]] == ["unknown-key"]
