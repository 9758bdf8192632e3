"""The revision beside the 28 points: the same log under both, and what is said of what only one of them has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine import monitor
from engine.cli.app import app
from engine.language import Rulebook

ROOT = Path(__file__).resolve().parents[2]
STORY = ROOT / "fixtures" / "peace-plan-28" / "events.jsonl"
OLD, NEW = (str(ROOT / "rules" / name) for name in ("peace-plan-28", "peace-plan-20"))

LOG = [
    {"id": "sign", "event": "signature", "at": "2026-02-20T12:00:00+02:00", "by": "EU"},
    {"id": "go", "event": "entry_into_force", "at": "2026-03-01T00:00:00+02:00"},
    {"id": "count", "event": "strength_report", "at": "2026-09-01T12:00:00+03:00", "of": "UA", "strength": 650000}
    | {"scope": "armed_forces"},
    {"id": "look", "event": "observation", "at": "2026-09-01T12:00:00+03:00", "by": "task_force", "place": "russia"},
    {"id": "drone", "event": "strike", "at": "2026-09-02T03:00:00+03:00", "by": "UA", "place": "belgorod"}
    | {"weapon": "drone", "cause": "none"},
    {"id": "spit", "event": "observation", "at": "2026-09-03T12:00:00+03:00", "by": "iaea", "place": "kinburn_spit"},
    {"id": "out", "event": "withdrawal_complete", "at": "2026-04-01T12:00:00+03:00", "by": "RU"},
    {"id": "out-yes", "confirms": "out", "at": "2026-04-02T12:00:00+03:00", "by": "task_force"},
    {"id": "r1", "event": "ruling", "at": "2026-09-04T12:00:00+03:00", "norm": "no_strikes", "breach_by": "drone"}
    | {"outcome": "no_violation", "by": "board", "for": {"p": "UA"}},
]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("log") / "log.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in LOG), encoding="utf-8")
    return str(file)


@pytest.fixture(scope="module")
def compared(log: str) -> Result:
    return compare(log, "--as-of", "2026-09-04")


def compare(log: str, *more: str) -> Result:
    return CliRunner().invoke(
        app, ["compare", "--rules", OLD, "--events", log, "--against", NEW, *more], env={"COLUMNS": "100"}
    )


@pytest.fixture(scope="module")
def books() -> tuple[Rulebook, Rulebook]:
    return monitor.load(OLD), monitor.load(NEW)


def test_one_log_is_read_under_both_agreements_without_a_problem(compared: Result) -> None:
    assert compared.exit_code == 0, compared.stderr
    assert "2 rows of 2 event types that only peace-plan-28 has words for: passed over in peace-plan-20" in (
        compared.stderr
    )
    assert "no_strikes" not in compared.stderr
    assert "target-not-in-log" not in compared.stderr


def test_650_000_break_the_old_cap_and_not_the_new_one(compared: Result) -> None:
    told = compared.stdout.partition("forces_cap (UA)\n")[2].splitlines()
    assert told[0].startswith("   before ✗ breached")
    assert told[1].startswith("   after  ◌ not observed")


def test_a_drone_on_a_third_place_costs_the_guarantee_of_the_revision_only(compared: Result) -> None:
    told = compared.stdout.partition("no_city_strike (UA)\n")[2].splitlines()
    assert told[0].startswith("   before ✓ holding")
    assert told[1].startswith("   after  ✗ breached")
    assert "   guarantee_valid: holds → does not hold" in compared.stdout.splitlines()


def test_the_deleted_clause_is_a_change_and_what_nobody_reports_on_is_not(compared: Result) -> None:
    assert "   after  no such norm; G05 there: No compensation for the guarantee" in compared.stdout.splitlines()
    heads = [line for line in compared.stdout.splitlines() if line and not line.startswith(" ")]
    assert not [line for line in heads if line.startswith("25 elections")]
    assert "norms that only peace-plan-28 has:" in compared.stdout
    assert "elections" in compared.stdout.partition("Not compared:")[2]


def test_the_list_for_machines_has_every_change_and_names_the_norms_of_one_side(log: str) -> None:
    found = json.loads(compare(log, "--format", "json").stdout)
    assert "elections" in found["only_before"]
    assert found["only_after"] == []
    assert {"forces_cap", "no_city_strike", "areas_relinquished"} <= {change["norm"] for change in found["changed"]}


def test_the_shipped_story_shows_the_revision() -> None:
    result = compare(str(STORY))
    assert result.exit_code == 0, result.stderr
    changed = result.stdout.partition("Not compared:")[0]
    assert all(word in changed for word in ("forces_cap", "no_city_strike", "areas_relinquished", "compensation"))


def test_the_revision_has_no_norm_of_its_own_name(books: tuple[Rulebook, Rulebook]) -> None:
    old, new = ({norm.id for norm in book.norms} for book in books)
    assert new <= old


def test_what_the_revision_names_lies_where_it_lies_in_the_28_points(books: tuple[Rulebook, Rulebook]) -> None:
    old, new = (book.vocabulary for book in books)
    assert set(new.events) <= set(old.events)
    assert {name: old.places.get(name, "?") for name in new.places} == dict(new.places)


def test_every_provision_of_the_revision_names_the_reports_that_it_rests_on(books: tuple[Rulebook, Rulebook]) -> None:
    _, new = books
    assert all("December 2025" in str(provision.source) for provision in new.provisions)
