"""`accord evaluate`, `deadlines`: verdicts on a log."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Accord = Callable[..., Result]
ASK = ("--rules", "river", "--events", "events.jsonl")


def statuses(text: str) -> dict[str, tuple[str, bool]]:
    found: dict[str, Any] = json.loads(text)
    return {f"{v['norm']}{''.join(v['for'].values())}": (v["is"], v["firm"]) for v in found["verdicts"]}


def test_the_board_tells_where_every_norm_stands(accord: Accord) -> None:
    result = accord("evaluate", *ASK)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "River Accord (river-accord, rules 1)"
    assert "as of 4 Mar 2026 09:00 (Europe/Kyiv), on all rows: 6 events from 6 rows" in result.stdout
    assert any("✗ breached" in line and "2 no_strikes (p=RU)" in line and "material x1" in line for line in lines)
    assert any("… active" in line and "12 Apr 2026, 39 days left" in line for line in lines)
    assert "could be breached" in result.stdout
    assert result.stderr == ""


def test_json_is_the_contract_and_the_same_every_time(accord: Accord) -> None:
    first, second = (accord("evaluate", *ASK, "--format", "json") for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stdout == json.dumps(json.loads(first.stdout), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    found = json.loads(first.stdout)
    assert found["as_of"] == "2026-03-04T07:00:00Z"
    assert (found["known_at"], found["readings"]["where"]) == (None, "whole")
    assert statuses(first.stdout) == {
        "no_strikesRU": ("breached", True),
        "no_strikesUA": ("holding", False),
        "cap": ("holding", True),
        "elections": ("active", True),
        "visits": ("active", True),
    }


def test_csv_lists_one_verdict_a_line(accord: Accord) -> None:
    rows = list(csv.DictReader(io.StringIO(accord("evaluate", *ASK, "--format", "csv").stdout)))
    assert [row["norm"] for row in rows].count("no_strikes") == 2
    open_end = next(row for row in rows if row["for"] == "p=UA")
    assert open_end["could_be"] == "breached|holding"


def test_an_earlier_state_of_knowledge_gives_the_verdicts_of_then(accord: Accord) -> None:
    then = accord("evaluate", *ASK, "--known-at", "2026-03-03", "--as-of", "2026-03-04", "--format", "json")
    assert statuses(then.stdout)["no_strikesRU"] == ("holding", True)


def test_a_date_means_the_end_of_that_day_in_the_zone(accord: Accord) -> None:
    on_day = accord("evaluate", *ASK, "--as-of", "2026-04-12", "--format", "json")
    assert json.loads(on_day.stdout)["as_of"] == "2026-04-12T20:59:59.999999Z"
    assert statuses(on_day.stdout)["elections"] == ("active", True)
    after = accord("evaluate", *ASK, "--as-of", "2026-04-13", "--format", "json")
    assert statuses(after.stdout)["elections"] == ("breached", True)


def test_another_reading_gives_other_verdicts_and_the_board_says_so(accord: Accord) -> None:
    result = accord("evaluate", *ASK, "--reading", "where=bank", "--format", "json")
    assert statuses(result.stdout)["no_strikesRU"] == ("holding", False)
    assert "other readings than the book's: where=bank" in accord("evaluate", *ASK, "--reading", "where=bank").stdout


def test_the_other_matcher_gives_the_same_answer(accord: Accord) -> None:
    pytest.importorskip("durable")
    durable = accord("evaluate", *ASK, "--matcher", "durable", "--format", "json")
    assert durable.exit_code == 0, durable.stderr
    assert durable.stdout == accord("evaluate", *ASK, "--format", "json").stdout


def test_several_event_files_follow_one_option(accord: Accord) -> None:
    lines = Path("events.jsonl").read_text().splitlines(keepends=True)
    Path("a.jsonl").write_text("".join(lines[:3]))
    with gzip.open("b.jsonl.gz", "wt") as packed:
        packed.write("".join(lines[3:]))
    together = accord("evaluate", "--rules", "river", "--events", "a.jsonl", "b.jsonl.gz", "--format", "json")
    apart = accord("evaluate", "--events", "b.jsonl.gz", "--events", "a.jsonl", "--rules", "river", "--format", "json")
    assert together.exit_code == 0, together.stderr
    assert together.stdout == apart.stdout == accord("evaluate", *ASK, "--format", "json").stdout


def test_events_come_from_standard_input(accord: Accord) -> None:
    log = Path("events.jsonl").read_text()
    result = accord("evaluate", "--rules", "river", "--events", "-", "--format", "json", stdin=log)
    assert result.stdout == accord("evaluate", *ASK, "--format", "json").stdout


@pytest.mark.parametrize(
    ("level", "as_of", "code"),
    [
        ("material", "2026-03-04", 1),
        ("note", "2026-03-04", 1),
        ("note", "2026-02-28", 0),
        ("material", "2026-02-28", 0),
    ],
)
def test_a_violation_fails_the_run_only_where_a_level_is_given(
    level: str, as_of: str, code: int, accord: Accord
) -> None:
    assert accord("evaluate", *ASK, "--as-of", as_of, "--fail-level", level).exit_code == code
    assert accord("evaluate", *ASK, "--as-of", as_of).exit_code == 0


def test_a_violation_below_the_level_does_not_fail_the_run(accord: Accord) -> None:
    Path("more.jsonl").write_text(
        '{"id": "r2", "event": "strength_report", "at": "2026-02-26T10:00:00+02:00", "of": "UA", "strength": 1200}\n'
    )
    asked = ("evaluate", *ASK, "more.jsonl", "--known-at", "2026-02-28", "--fail-level")
    assert accord(*asked, "minor").exit_code == 1
    assert accord(*asked, "serious").exit_code == 0


def bad_row(text: str = '{"id": "x", "event": "strike", "at": "2026-03-02", "plaice": "ford"}') -> None:
    with open("events.jsonl", "a") as log:
        log.write(f"{text}\n")


def test_a_bad_row_is_told_and_hides_no_verdict(accord: Accord) -> None:
    bad_row()
    result = accord("evaluate", *ASK, "--format", "json")
    assert result.exit_code == 3
    assert statuses(result.stdout)["no_strikesRU"] == ("breached", True)
    found = json.loads(result.stdout)
    assert found["events"]["problems"] == len([p for p in found["problems"] if p["severity"] == "error"]) > 0
    assert "events.jsonl:7:plaice" in result.stderr
    assert 'did you mean "place"?' in result.stderr


def test_the_board_tells_of_bad_rows_at_its_top(accord: Accord) -> None:
    bad_row()
    assert "not taken" in "".join(accord("evaluate", *ASK).stdout.splitlines()[:6])


def test_strict_stops_at_a_bad_row(accord: Accord) -> None:
    bad_row()
    result = accord("evaluate", *ASK, "--strict")
    assert (result.exit_code, result.stdout) == (3, "")


def test_a_warning_changes_no_exit_code_and_quiet_hides_it(accord: Accord) -> None:
    bad_row('{"id": "x", "retracts": "nowhere", "known": "2026-03-02"}')
    result = accord("evaluate", *ASK, "--strict")
    assert result.exit_code == 0
    assert "warning" in result.stderr
    assert accord("evaluate", *ASK, "--quiet").stderr == ""


def test_a_broken_rule_book_is_bad_input_with_every_problem(accord: Accord) -> None:
    file = Path("river/provisions/3.yaml")
    file.write_text(file.read_text().replace("within: 100 days", "within: 100d").replace("by: board", "by: bord"))
    result = accord("evaluate", *ASK)
    assert result.exit_code == 3
    assert '"100d"' in result.stderr
    assert '"bord"' in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--rules", "rivr", "--events", "events.jsonl"), '"rivr" is no folder and no shipped rule book'),
        (("--rules", "river"), "--events"),
        (("--events", "events.jsonl"), "which rule book? Name its folder, or one that is shipped: peace-plan-20"),
        (("--rules", "river", "events.jsonl"), "event files stand after --events"),
        (("--rules", "river/vocabulary.yaml", "--events", "events.jsonl"), "name the folder that holds"),
        (("--rules", "river", "--events", "missing.jsonl"), 'there is no file "missing.jsonl"'),
        ((*ASK, "--mapping", "m.yaml"), 'there is no file "m.yaml"'),
        ((*ASK, "--as-of", "12.04.2026"), '"12.04.2026"'),
        ((*ASK, "--known-at", "2026-04-12T10:00:00"), "no offset"),
        ((*ASK, "--reading", "where"), "ID=OPTION"),
        ((*ASK, "--reading", "wher=bank"), 'did you mean "where"?'),
        ((*ASK, "--reading", "where=river"), "there are: bank, whole"),
        ((*ASK, "--reading", "where=bank", "--reading", "where=whole"), '"where" is given twice'),
        ((*ASK, "--matcher", "regex"), "compiled and durable"),
        ((*ASK, "--fail-level", "grave"), "material"),
        ((*ASK, "--format", "xml"), "csv"),
    ],
)
def test_a_bad_argument_is_named_with_a_remedy(arguments: tuple[str, ...], told: str, accord: Accord) -> None:
    result = accord("evaluate", *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_deadlines_are_listed_by_urgency(accord: Accord) -> None:
    result = accord("deadlines", *ASK, "--within", "60 days")
    assert result.exit_code == 0
    assert "◷ due soon" in result.stdout
    assert "39 days left" in result.stdout
    found = json.loads(accord("deadlines", *ASK, "--format", "json").stdout)
    assert [(v["norm"], v["deadline"]) for v in found["deadlines"]] == [("elections", "running"), ("visits", "not set")]
    assert found["within"] == "14 days"


def test_a_length_that_is_none_is_refused(accord: Accord) -> None:
    result = accord("deadlines", *ASK, "--within", "30d")
    assert result.exit_code == 2
    assert '"30d"' in result.stderr


def test_a_matcher_that_refuses_a_rule_is_told_in_a_line(accord: Accord) -> None:
    pytest.importorskip("durable")
    file = Path("river/provisions/3.yaml")
    wide = "must_not: {event: strength_report, where: {strength: {gt: 99999999999999999999.5 persons}}}"
    file.write_text(file.read_text().replace("tests:", f"  - id: wide\n    who: UA\n    {wide}\ntests:"))
    for command in (("evaluate", *ASK), ("test", "river")):
        result = accord(*command, "--matcher", "durable")
        assert result.exit_code == 4, result.stderr
        assert "--matcher compiled" in result.stderr
        assert accord(*command).exit_code == 0


def test_of_many_problems_the_first_are_told_with_the_errors_among_them(accord: Accord) -> None:
    for number in range(50):
        bad_row(f'{{"id": "w{number}", "event": "strike", "at": "2026-03-02", "known": "2026-03-01", "place": "ford"}}')
    bad_row()
    result = accord("evaluate", *ASK, "--format", "json")
    assert len(json.loads(result.stdout)["problems"]) == 52
    assert sum(line.startswith("events.jsonl:") for line in result.stderr.splitlines()) == 40
    assert "events.jsonl:57:plaice" in result.stderr
    assert (
        result.stderr.splitlines()[-1]
        == "… and 12 more; accord check (rules) or accord read --format json (rows) tells them all"
    )
    assert "more" not in accord("evaluate", *ASK, "--quiet").stderr


@pytest.mark.parametrize("columns", ["20", "60", "400"])
def test_no_width_of_the_terminal_stops_the_board(
    columns: str, accord: Accord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for command in ("evaluate", "deadlines"):
        assert accord(command, *ASK).exit_code == 0
