"""`accord check`, `test`, `coverage`, `schema`, `read`: rule books and logs by themselves."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from engine import load_rulebook
from engine.intake import read_all

Accord = Callable[..., Result]
COMMANDS = ("demo", "check", "test", "evaluate", "explain", "deadlines", "compare", "coverage", "read", "schema")


def break_a_rule() -> None:
    file = Path("river/provisions/3.yaml")
    file.write_text(file.read_text().replace("within: 100 days", "within: 100d"))


def test_a_sound_book_has_no_errors(accord: Accord) -> None:
    result = accord("check", "river")
    assert result.exit_code == 0, result.stderr
    assert "river: " in result.stdout
    assert "3 provisions, 4 norms, 1 state, 1 reading, 3 tests" in result.stdout


def test_errors_are_told_with_their_places_and_end_with_three(accord: Accord) -> None:
    break_a_rule()
    result = accord("check", "river", "river-later")
    assert result.exit_code == 3
    assert "3.yaml:" in result.stderr
    assert '"100d"' in result.stderr
    assert "river: 1 error" in result.stdout
    assert "river-later: " in result.stdout


def test_problems_as_json_and_as_a_list(accord: Accord) -> None:
    break_a_rule()
    found = json.loads(accord("check", "river", "--format", "json").stdout)
    error = next(problem for problem in found["problems"] if problem["severity"] == "error")
    assert sorted(error) == ["code", "hint", "message", "place", "severity"]
    assert error["place"].split(":")[0].endswith("3.yaml")
    rows = list(csv.DictReader(io.StringIO(accord("check", "river", "--format", "csv").stdout)))
    assert error in rows


def test_without_names_the_book_that_is_here_is_checked(accord: Accord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("river")
    result = accord("check")
    assert result.exit_code == 0
    assert result.stdout.startswith("river: ")


def test_the_tests_of_a_book_pass_and_the_last_line_counts_them(accord: Accord) -> None:
    result = accord("test", "river", "river-later")
    assert result.exit_code == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "6 passed, 0 failed"


def test_a_failed_test_tells_what_was_expected_and_what_came(accord: Accord) -> None:
    file = Path("river/provisions/3.yaml")
    file.write_text(file.read_text().replace("norm: elections, is: breached", "norm: elections, is: met"))
    result = accord("test", "river")
    assert result.exit_code == 1
    assert "FAILED river 3: elections are met in time, or missed" in result.stdout
    assert "met" in result.stdout
    assert "breached" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 passed, 1 failed"
    found = json.loads(accord("test", "river", "--format", "json").stdout)
    assert (found["passed"], found["failed"]) == (2, 1)
    assert [r["name"] for r in found["results"] if not r["passed"]] == ["elections are met in time, or missed"]


def test_the_tests_of_a_broken_book_do_not_run(accord: Accord) -> None:
    break_a_rule()
    result = accord("test", "river", "river-later")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1] == "3 passed, 0 failed"


def test_coverage_is_complete_or_says_what_is_missing(accord: Accord) -> None:
    result = accord("coverage", "river")
    assert result.exit_code == 0, result.stderr
    assert "3 clauses: 2 tested, 0 encoded, 1 declaratory, 0 missing" in result.stdout
    Path("river/provisions/1.yaml").unlink()
    result = accord("coverage", "river")
    assert result.exit_code == 1
    assert "✗ missing" in result.stdout
    rows = list(csv.DictReader(io.StringIO(accord("coverage", "river", "--format", "csv").stdout)))
    assert {row["id"]: row["is"] for row in rows} == {"1": "missing", "2": "tested", "3": "tested"}
    found = json.loads(accord("coverage", "river", "--format", "json").stdout)
    assert found["clauses"][0]["is"] == "missing"


@pytest.mark.parametrize("kind", ["rulebook", "vocabulary", "event"])
def test_schemas_are_json(kind: str, accord: Accord) -> None:
    result = accord("schema", kind)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["$schema"].startswith("https://json-schema.org/")


def test_the_schema_of_events_can_name_the_events_of_a_book(accord: Accord) -> None:
    found = json.loads(accord("schema", "event", "--rules", "river").stdout)
    assert "strength_report" in [kind["title"] for kind in found["anyOf"]]
    assert accord("schema", "vocabulary", "--rules", "river").exit_code == 2


def test_reading_a_log_shows_its_rows(accord: Accord) -> None:
    result = accord("read", "events.jsonl", "--rules", "river")
    assert result.exit_code == 0, result.stderr
    assert "strength=900" in result.stdout
    assert "6 rows taken, 0 errors" in result.stderr
    assert accord("read", "events.jsonl", "--rules", "river", "--quiet").stderr == ""


def test_problems_of_a_log_are_told_by_row_and_field(accord: Accord) -> None:
    with open("events.jsonl", "a") as log:
        log.write('{"id": "p1", "event": "patrol_report", "at": "2026-02-21", "place": "ford"}\n')
        log.write('{"id": "x", "event": "strike", "at": "2026-03-01T14:05:00", "place": "ford"}\n')
    result = accord("read", "events.jsonl", "--rules", "river", "--format", "json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert found["rows"] == 7
    assert [problem["place"] for problem in found["problems"]] == ["events.jsonl:7:id", "events.jsonl:8:at"]


def test_rows_can_be_written_and_read_again(accord: Accord) -> None:
    assert accord("read", "events.jsonl", "--rules", "river", "--to", "again.jsonl").exit_code == 0
    asked = ("evaluate", "--rules", "river", "--format", "json", "--events")
    assert accord(*asked, "again.jsonl").stdout == accord(*asked, "events.jsonl").stdout
    assert accord("read", "again.jsonl", "--rules", "river", "--to", "again.parquet").exit_code == 0
    assert accord(*asked, "again.parquet").stdout == accord(*asked, "events.jsonl").stdout
    rows = list(
        csv.DictReader(io.StringIO(accord("read", "again.jsonl", "--rules", "river", "--format", "csv").stdout))
    )
    assert [row["id"] for row in rows if row["strength"] == "900"] == ["r1"]


def test_rows_are_not_written_in_a_form_that_is_not_there(accord: Accord) -> None:
    assert accord("read", "events.jsonl", "--rules", "river", "--to", "log.txt").exit_code == 2
    assert accord("read", "events.jsonl", "--rules", "river", "--to", "no/such/log.jsonl").exit_code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, accord: Accord) -> None:
    result = accord(command, "--help")
    assert result.exit_code == 0
    assert f"accord {command}" in result.stdout
    assert "--format" in result.stdout
    assert "--quiet" in result.stdout


def test_the_list_of_commands_loads_only_what_it_shows() -> None:
    code = "\n".join(
        (
            "import sys, engine",
            "before = set(sys.modules)",
            "import engine.cli.app",
            "loaded = {name.split('.')[0] for name in set(sys.modules) - before}",
            "print(sorted(loaded & {'rich', 'sqlalchemy', 'apscheduler', 'openpyxl', 'durable'}))",
        )
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_a_row_without_effect_is_told_when_it_is_read(accord: Accord) -> None:
    with open("events.jsonl", "a") as log:
        log.write('{"id": "x", "event": "extension", "at": "2026-03-01", "norm": "elections", "days": 9, "by": "RU"}\n')
    result = accord("read", "events.jsonl", "--rules", "river", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert [(p["severity"], p["place"]) for p in found["problems"]] == [("report", "events.jsonl:7:by")]


def test_a_long_list_of_problems_ends_with_how_many_there_are_of_each_code(accord: Accord) -> None:
    file = Path("river/provisions/3.yaml")
    wrong = "".join(f"  - {{id: n{number}, who: XX, must_not: {{event: visti}}}}\n" for number in range(30))
    file.write_text(file.read_text().replace("tests:", f"{wrong}tests:"))
    result = accord("check", "river")
    assert result.exit_code == 3
    assert result.stderr.count("3.yaml:") >= 60
    assert "30 unknown-event" in result.stderr.splitlines()[-1]
    break_a_rule()
    assert " in all: " not in accord("check", "river-later").stderr


def more_strikes(count: int) -> None:
    row = '{{"id": "x{}", "event": "strike", "at": "2026-03-01", "place": "ford"}}\n'
    with open("events.jsonl", "a") as log:
        log.writelines(row.format(number) for number in range(count))


def test_a_long_log_is_not_printed_whole(accord: Accord) -> None:
    more_strikes(30)
    result = accord("read", "events.jsonl", "--rules", "river")
    assert "… and 16 more; --format csv or --to FILE.jsonl for all of them" in result.stdout
    assert "36 rows taken, 0 errors" in result.stderr


def test_the_intake_tells_now_and_then_how_far_it_is(accord: Accord) -> None:
    book = load_rulebook("river")
    more_strikes(5000)
    told: list[int] = []
    rows, _ = read_all(["events.jsonl"], book, progress=lambda done, of: told.append(done))
    assert (len(rows), told) == (5006, [2000, 4000])
