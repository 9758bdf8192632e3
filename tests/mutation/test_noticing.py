"""What a test notices, what none does, and how that is told."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from typer.testing import CliRunner

from engine import monitor
from engine.cli.app import app
from engine.language.plan import Rulebook
from engine.mutation import Mutant, mutants, mutate
from engine.report.layout import plain
from engine.report.mutation import Mutation, mutation_lines
from tests.mutation.conftest import Load, Write

STATES = "- {id: peace, begins: {event: signature}, ends: {event: shelling}}"
NORMS = """
- {id: pay, who: A, when: {enters: peace}, must: {event: payment, where: {by: A}}, within: 5 days}
- {id: quiet, who: B, must_not: {event: strike, where: {by: B, place: valley}}, while: {state: peace}}
- {id: permit, who: B, may: {event: strike, where: {by: B, place: ford}, confirmed_by: {all: [watch]}},
   overrides: [quiet]}
- {id: leave, who: B, when: {breach: quiet}, must: {event: vote, where: {by: B}}, within: 2 days, cures: quiet}
"""
LAST_DAY = """
- name: the last day of five
  given:
    - {event: signature, at: 2026-01-01T10:00:00Z, by: A}
  expect:
    - {at: 2026-01-06, norm: pay, is: active}
    - {at: 2026-01-07, norm: pay, is: breached}
"""
STRIKES = """
- name: a strike, cured
  given:
    - {event: signature, at: 2026-01-01T10:00:00Z, by: A}
    - {event: strike, at: 2026-01-02T10:00:00Z, by: B, place: valley}
    - {event: vote, at: 2026-01-04T10:00:00Z, by: B}
  expect:
    - {at: 2026-01-03, norm: quiet, is: breached, because: [e2]}
    - {at: 2026-01-05, norm: quiet, is: cured}
- name: a permitted strike
  given:
    - {event: signature, at: 2026-01-01T10:00:00Z, by: A}
    - {event: strike, at: 2026-01-02T10:00:00Z, by: B, place: ford}
    - {confirms: e2, at: 2026-01-02T11:00:00Z, by: watch}
  expect:
    - {at: 2026-01-03, norm: quiet, is: holding}
    - {at: 2026-01-03, state: peace, is: true}
"""


def noticed(found: Mutation) -> dict[str, str | None]:
    return {tried.id: tried.noticed_by for tried in found.tried}


def test_a_test_of_the_last_day_notices_a_deadline_moved_by_a_day(load: Load) -> None:
    found = noticed(mutate(load(NORMS, states=STATES, tests=LAST_DAY)))
    assert found["1 pay: deadline: within 5 days -> within 4 days"] == "the last day of five"
    assert found["1 pay: deadline: within 5 days -> within 6 days"] == "the last day of five"


def test_what_no_test_looks_at_is_noticed_by_none(load: Load) -> None:
    book = load(NORMS, states=STATES, tests=LAST_DAY)
    found = {tried.id: tried for tried in mutate(book).survivors}
    payer = found["1 pay: where: must: payment where by: A -> nothing"]
    assert payer.tests == 1, "a test asks about the norm, but in none does anybody else pay"
    assert payer.place.endswith("1.yaml:6:10")
    assert found["1 quiet: while: peace -> nothing"].tests == 0


def test_a_permission_a_cure_and_a_state_are_noticed_through_what_hangs_on_them(load: Load) -> None:
    found = noticed(mutate(load(NORMS, states=STATES, tests=STRIKES)))
    assert found["1 permit: by: may: strike by B -> strike by A"] == "a permitted strike"
    assert found["1 leave: by: must: vote by B -> vote by A"] == "a strike, cured"
    assert found["1 peace: event: begins: signature -> vote"] is not None


def test_asking_only_what_can_be_affected_gives_what_the_whole_book_gives(load: Load) -> None:
    book = load(NORMS, states=STATES, tests=LAST_DAY + STRIKES)
    found = mutate(book)
    assert len(found.tried) > 20
    for mutant, tried in zip(mutants(book), found.tried, strict=True):
        assert (monitor.run_tests(put(mutant, book)).failed > 0) == (tried.noticed_by is not None), mutant.id


def put(mutant: Mutant, book: Rulebook) -> Rulebook:
    return replace(
        book,
        norms=tuple(mutant.new if norm is mutant.old else norm for norm in book.norms),  # type: ignore[misc]
        states=tuple(mutant.new if state is mutant.old else state for state in book.states),  # type: ignore[misc]
    )


def test_a_test_that_fails_already_notices_nothing_and_is_named(load: Load) -> None:
    wrong = LAST_DAY.replace("is: active", "is: met")
    found = mutate(load(NORMS, states=STATES, tests=wrong))
    assert found.failing == ("the last day of five",)
    assert len(found.survivors) == len(found.tried)
    assert "Failing already, and so noticing nothing: the last day of five" in plain(mutation_lines("ford", found, 100))


def test_several_processes_find_what_one_finds(load: Load) -> None:
    many = "\n".join(
        NORMS.strip().split("\n")[0].replace("pay,", f"pay{n},").replace("5 days", f"{n + 3} days") for n in range(18)
    )
    book = load(many, states=STATES, tests=LAST_DAY.replace("pay", "pay2"))
    alone = mutate(book)
    heard: list[tuple[int, int]] = []
    assert len(alone.tried) >= 100
    assert mutate(book, workers=2, progress=lambda done, of: heard.append((done, of))) == alone
    assert heard[-1] == (len(alone.tried), len(alone.tried))


def test_counts_add_up_by_kind(load: Load) -> None:
    found = mutate(load(NORMS, states=STATES, tests=LAST_DAY))
    told = found.as_json()
    assert told["made"] == told["noticed"] + told["survived"] == sum(count["made"] for count in told["kinds"])
    assert all(count["made"] == count["noticed"] + count["survived"] for count in told["kinds"])
    assert len(told["survivors"]) == told["survived"]


def test_changes_that_nobody_notices_never_change_the_exit_code(write: Write) -> None:
    folder = write(NORMS, states=STATES, tests=LAST_DAY)
    result = CliRunner().invoke(app, ["check", str(folder), "--mutate"])
    assert result.exit_code == 0
    assert "No test notices:" in result.stdout
    assert "1 quiet: while: peace -> nothing" in " ".join(result.stdout.split())
    assert "changes tried" not in result.stderr, "no progress where stderr is no terminal"


def test_a_book_with_errors_is_not_changed_and_ends_with_three(write: Write) -> None:
    folder = write(NORMS.replace("5 days", "5d"), states=STATES)
    result = CliRunner().invoke(app, ["check", str(folder), "--mutate", "--format", "json"])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["mutations"] == []


def test_survivors_as_json_and_as_a_list(write: Write) -> None:
    folder = write(NORMS, states=STATES, tests=LAST_DAY)
    found = json.loads(CliRunner().invoke(app, ["check", str(folder), "--mutate", "--format", "json"]).stdout)
    assert sorted(found) == ["mutations", "problems"]
    (told,) = found["mutations"]
    assert told["rulebook"] == "ford"
    assert set(told["survivors"][0]) == {"id", "kind", "place", "provision", "entry", "change", "tests"}
    listed = CliRunner().invoke(app, ["check", str(folder), "--mutate", "--format", "csv"]).stdout
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert [row["id"] for row in rows] == [survivor["id"] for survivor in told["survivors"]]
