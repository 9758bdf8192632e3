"""The commands of the ledger as a user runs them: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engine.cli.app import app
from tests.ledger.conftest import RIVER

Accord = Callable[..., Result]
ROOT = Path(__file__).parents[2]
EVENTS = str(ROOT / "tests" / "cli" / "events.jsonl")


@pytest.fixture
def accord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accord:
    """`accord("log", …)` in a folder of its own, as the user `team 3`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("ACCORD_SOURCE", "team 3")
    monkeypatch.delenv("ACCORD_LEDGER", raising=False)

    def run(*arguments: str, stdin: str | None = None, code: int = 0) -> Result:
        done = CliRunner().invoke(app, arguments, input=stdin)
        assert done.exit_code == code, (arguments, done.exit_code, done.stderr, done.exception)
        return done

    return run


@pytest.fixture
def ledger(accord: Accord) -> Accord:
    """With the rule book `river` in force and its story taken in."""
    accord("init", "--rules", RIVER, "--name", "river/ledger", "--quiet")
    accord("import", EVENTS, "--trust-known")
    return accord


def shown(result: Result) -> Any:
    return json.loads(result.stdout)


def statuses(result: Result) -> dict[str, str]:
    return {f"{v['norm']}{''.join(v['for'].values())}": v["is"] for v in shown(result)["verdicts"]}


STRIKE = ("log", "strike", "by=RU", "place=valley", "--at", "2026-03-03T10:10:00+02:00")


def test_a_ledger_is_made_once_and_says_its_public_key(accord: Accord) -> None:
    made = accord("init", "--name", "river/ledger")
    assert made.stdout.startswith("made accord.db\npublic key: river/ledger+")
    assert "accord.db.key: keep a copy" in made.stderr
    again = accord("init", "--name", "lake/ledger", "--format", "json")
    assert shown(again)["new"] is False
    assert shown(again)["vkey"] == Path("accord.db.vkey").read_text().strip()
    assert shown(again)["vkey"].startswith("river/ledger+")
    rotated = accord("init", "--rotate-key", "--format", "json")
    assert shown(rotated)["vkey"] != shown(again)["vkey"]


def test_the_same_file_twice_changes_nothing(ledger: Accord) -> None:
    again = ledger("import", EVENTS, "--trust-known")
    assert again.stdout == "0 rows recorded, 6 there already\n"
    found = shown(ledger("import", EVENTS, "--format", "json"))
    assert (found["recorded"], found["there_already"], found["problems"]) == (0, 6, [])


def test_an_import_says_in_a_line_how_many_verdicts_it_has_changed(accord: Accord) -> None:
    accord("init", "--rules", RIVER, "--quiet")
    done = accord("import", EVENTS, "--trust-known").stdout.splitlines()
    # Two prohibitions, the cap, the elections, the visits.
    assert done == ["6 rows recorded, 0 there already", "5 verdicts changed; accord status shows them"]
    found = shown(accord("log", "visit", "by=RU", "--at", "2026-03-04", "--format", "json"))["changes"]
    assert [(one["norm"], one["by"], one["after"]["is"]) for one in found] == [("visits", ["team 3/1"], "met")]
    again = shown(accord("import", EVENTS, "--format", "json"))
    assert (again["recorded"], again["changes"]) == (0, [])


def test_verdicts_are_those_of_the_files(ledger: Accord) -> None:
    asked = ("--as-of", "2026-03-04", "--format", "json")
    of_files = ledger("evaluate", "--rules", RIVER, "--events", EVENTS, *asked)
    assert ledger("evaluate", *asked).stdout == of_files.stdout == ledger("status", *asked).stdout
    then = ("--known-at", "2026-03-03", *asked)
    assert ledger("status", *then).stdout == ledger("evaluate", "--rules", RIVER, "--events", EVENTS, *then).stdout
    for command in (("explain", "no_strikes"), ("deadlines",), ("compare", "--against-known-at", "2026-03-03")):
        files = ledger(*command, "--rules", RIVER, "--events", EVENTS, "--as-of", "2026-03-04", "--format", "json")
        assert ledger(*command, "--as-of", "2026-03-04", "--format", "json").stdout == files.stdout


def test_on_a_ledger_now_is_asked_about(ledger: Accord) -> None:
    assert statuses(ledger("status", "--format", "json"))["elections"] == "breached"
    assert "✗ breached" in ledger("status").stdout
    assert list(csv.DictReader(io.StringIO(ledger("status", "--format", "csv").stdout)))


def test_a_report_by_words_is_recorded_with_a_receipt(ledger: Accord) -> None:
    done = ledger(*STRIKE, "--evidence", "reported", "--note", "смуга 2")
    assert done.stdout.startswith("recorded team 3/1 as row 10 at 20")
    row = shown(ledger("log", "strength_report", "of=UA", "strength=880.5", "--at", "2026-03-04", "--format", "json"))
    assert row["receipts"][0]["id"] == "team 3/2" and row["receipts"][0]["new"] is True
    assert row["checkpoint"].startswith("river/ledger\n12\n")
    line = next(line for line in exported(ledger) if line["id"] == "team 3/2")
    sent = json.loads(line["body"])
    assert (sent["strength"], sent["source"], line["source"]) == (880.5, "team 3", "team 3")


def exported(accord: Accord) -> list[dict[str, Any]]:
    accord("export", "--to", "all.jsonl", "--quiet")
    return [json.loads(line) for line in Path("all.jsonl").read_text().splitlines()]


def reported(accord: Accord) -> list[dict[str, Any]]:
    """What was sent, without the verdict rows between."""
    return [row for row in exported(accord) if row["kind"] != "verdict"]


def test_a_patrol_that_saw_nothing_is_a_report_too(ledger: Accord) -> None:
    ledger("log", "patrol_report", "place=valley", "--at", "2026-03-20T10:00:00+02:00")
    known = shown(ledger("status", "--as-of", "2026-03-25", "--format", "json"))
    assert statuses_of(known)["no_strikesUA"] == "holding"


def statuses_of(found: Any) -> dict[str, str]:
    return {f"{v['norm']}{''.join(v['for'].values())}": v["is"] for v in found["verdicts"]}


def test_a_mistake_in_a_report_is_told_and_nothing_is_recorded(ledger: Accord) -> None:
    before = len(exported(ledger))
    wrong = ledger("log", "strike", "place=valey", "--at", "2026-03-03", code=3)
    assert 'log:place: unknown-place: "valey"' in wrong.stderr and 'did you mean "valley"?' in wrong.stderr
    assert wrong.stdout == ""
    ledger("log", "strke", "place=valley", code=3)
    ledger("log", "strike", "place", code=2)
    ledger("log", code=2)
    ledger("log", "strike", "place=valley", "--until", "2026-03-03", code=2)
    ledger("log", "strike", "place=valley", "--attach", "nothing.jpg", code=2)
    ledger("log", "strike", "place=valley", "--source", "a/b", code=2)
    assert "what the ledger's own rows are called" in " ".join(
        ledger("log", "strike", "place=valley", "--source", "verdicts", code=2).stderr.split()
    )
    assert len(exported(ledger)) == before


def test_reports_come_as_json_on_standard_input(ledger: Accord) -> None:
    rows = [
        {"event": "strike", "at": "2026-03-02", "place": "ford"},
        {
            "id": "x",
            "event": "strike",
            "at": {"from": "2026-03-02", "to": "2026-03-03"},
            "place": "ford",
            "source": "radio",
        },
        {"corrects": "x", "by": "UA"},
    ]
    done = ledger("log", "-", stdin="".join(f"{json.dumps(row)}\n" for row in rows))
    assert [line.split(" as ")[0] for line in done.stdout.splitlines()][:3] == [
        "recorded team 3/1",
        "recorded team 3/x",
        "recorded team 3/3",
    ]
    bad = ledger("log", "-", stdin='{"event": "strike", "event": "strike"}\n', code=3)
    assert "duplicate-key" in bad.stderr


def test_what_looks_alike_is_pointed_out(ledger: Accord) -> None:
    ledger(*STRIKE)
    again = ledger(*STRIKE, "--note", "seen from the hill")
    assert again.stdout.startswith("recorded team 3/2")
    assert 'near-duplicate: "team 3/2" looks like "team 3/1"' in again.stderr


def test_undo_retracts_ones_own_last_entry(ledger: Accord) -> None:
    ledger(*STRIKE)
    assert statuses(ledger("status", "--known-at", "2100-01-01", "--as-of", "2026-03-04", "--format", "json"))
    ledger("log", "--undo")
    bodies = [json.loads(row["body"]) for row in reported(ledger)]
    assert bodies[-1]["retracts"] == "team 3/1"
    nothing = ledger("log", "--undo", "--source", "team 9", code=2)
    assert '"team 9" has no entry' in nothing.stderr


def test_later_words_name_their_report_and_change_the_verdict(ledger: Accord) -> None:
    asked = ("status", "--as-of", "2026-03-04", "--format", "json")
    assert statuses(ledger(*asked))["no_strikesRU"] == "breached"
    ledger("correct", "s1", "by=UA", "--note", "the wreck was looked at")
    assert statuses(ledger(*asked)) | {"no_strikesRU": "holding", "no_strikesUA": "breached"} == statuses(
        ledger(*asked)
    )
    ledger("retract", "s1", "--why", "an exercise")
    assert statuses(ledger(*asked))["no_strikesUA"] == "holding"
    ledger("confirm", "s2", "--by", "board", "--at", "2026-03-03")
    ledger("correct", "s2", "by=", "--at", "2026-03-02T03:00:00+02:00", "--evidence", "verified")
    assert json.loads(reported(ledger)[-1]["body"])["by"] is None
    for wrong in (("correct", "s9", "by=UA"), ("retract", "s9"), ("confirm", "s9", "--by", "board")):
        assert 'no row has the id "s9"' in ledger(*wrong, code=2).stderr
    ledger("correct", "s1", code=2)
    assert "unknown-field" in ledger("correct", "s1", "colour=red", code=3).stderr


def test_decisions_have_their_effect_or_are_said_to_have_none(ledger: Accord) -> None:
    ledger("extend", "elections", "--by", "board", "--days", "10", "--at", "2026-03-04")
    due = next(v for v in shown(ledger("deadlines", "--as-of", "2026-04-13", "--format", "json"))["deadlines"])
    assert (due["norm"], due["deadline"]) == ("elections", "extended")
    vain = ledger("extend", "elections", "--by", "UA", "--until", "2026-09-01", "--at", "2026-03-05")
    assert "without-effect" in vain.stderr and "recorded" in vain.stdout
    ruled = ledger(
        *(
            "ruling",
            "no_strikes",
            "--outcome",
            "no_violation",
            "--breach-by",
            "s1",
            "--by",
            "board",
            "--at",
            "2026-03-04",
        )
    )
    assert "without-effect" not in ruled.stderr
    assert shown(ledger("violations", "--norm", "no_strikes", "--format", "json"))["violations"][0]["status"] == "ruled"
    assert "without-effect" in ledger("waive", "elections", "--by", "board", "--why", "agreed").stderr
    ledger("extend", "elections", "--by", "board", code=2)
    ledger("ruling", "no_strikes", "--outcome", "violation", "--by", "board", code=2)
    assert 'did you mean "elections"?' in ledger("waive", "election", "--by", "board", code=2).stderr


def test_violations_are_listed_with_what_could_be_one_apart(ledger: Accord) -> None:
    asked = ("violations", "--as-of", "2026-03-04")
    text = ledger(*asked).stdout
    assert "On record: 1" in text and "Could be, on reports that are not established: 1" in text
    found = shown(ledger(*asked, "--format", "json"))["violations"]
    assert [(one["standing"], one["for"], one["status"]) for one in found] == [
        ("established", {"p": "RU"}, "open"),
        ("possible", {"p": "UA"}, None),
    ]
    for chosen, number in (
        (("--party", "RU"), 1),
        (("--standing", "possible"), 1),
        (("--status", "open"), 1),
        (("--status", "cured"), 0),
        (("--norm", "cap"), 0),
        (("--severity", "material"), 2),
    ):
        rows = list(csv.DictReader(io.StringIO(ledger(*asked, *chosen, "--format", "csv").stdout)))
        assert len(rows) == number, chosen
    assert "is none of open, late" in ledger(*asked, "--status", "grave", code=2).stderr
    of_files = ledger(*asked, "--rules", RIVER, "--events", EVENTS, "--format", "json")
    assert shown(of_files)["violations"] == found


def test_history_tells_every_change_and_the_row_behind_it(ledger: Accord) -> None:
    asked = ("history", "no_strikes", "--for", "p=RU", "--as-of", "2026-03-10")
    changes = shown(ledger(*asked, "--format", "json"))["changes"]
    assert [(change["by"], change["after"]["is"]) for change in changes] == [
        (["sign"], "holding"),
        (["s1"], "breached"),
    ]
    text = ledger(*asked).stdout
    assert " p=RU\n Known" in text and "4 Mar 2026 09:00  ✗ breached, 1 open  s1" in text
    later = ledger("history", "no_strikes", "--for", "p=UA", "--as-of", "2026-04-10").stdout
    assert re.search(r"22 Mar 2026 08:00 +\? unknown.* time alone\n", later)  # 30 days after p1
    moved = ("extend", "elections", "--by", "board", "--days", "10", "--at", "2026-03-04")
    assert "due 22 Apr 2026" in ledger(*moved).stdout
    rows = list(csv.DictReader(io.StringIO(ledger(*asked, "--format", "csv").stdout)))
    assert [row["by"] for row in rows] == ["sign", "s1"]
    assert 'no norm is called "no_strike"' in ledger("history", "no_strike", code=2).stderr


def test_a_new_rule_book_comes_into_force_and_the_old_one_stays_for_then(ledger: Accord, tmp_path: Path) -> None:
    shutil.copytree(RIVER, tmp_path / "later")
    vocabulary = tmp_path / "later" / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().replace('version: "1"', 'version: "2"'))
    assert "in force: river-accord 2, SHA-256 " in ledger("activate", "later").stdout
    assert "in force already" in ledger("activate", "later").stdout
    now = shown(ledger("status", "--format", "json"))["rulebook"]
    then = shown(ledger("status", "--known-at", "2026-03-04", "--format", "json"))["rulebook"]
    assert (now["version"], then["version"]) == ("2", "1")
    assert 'the rule book is of "' in ledger("activate", "truce", code=3).stderr
    vocabulary.write_text("agreement: nothing\n")
    ledger("activate", "later", code=3)
    ledger("activate", "nowhere", code=2)


def test_verify_says_sound_or_names_the_first_bad_row(ledger: Accord) -> None:
    shutil.copy("accord.db.checkpoint", "kept.checkpoint")
    sound = ledger("verify", "--vkey", "accord.db.vkey", "--checkpoint", "kept.checkpoint")
    assert sound.stdout.startswith("sound: 10 rows, 3 signed checkpoints, root ")
    assert sound.stdout.endswith("\n2 verdict rows judged again\n")
    found = shown(ledger("verify", "--format", "json"))
    assert (found["sound"], found["verdict_rows_replayed"]) == (True, 2)
    quick = ledger("verify", "--quick")
    assert "judged again" not in quick.stdout and "--quick: no verdict was judged again" in quick.stderr
    assert shown(ledger("verify", "--quick", "--format", "json"))["verdict_rows_replayed"] is None
    import sqlite3

    connection = sqlite3.connect("accord.db")
    with connection:
        connection.execute("DROP TRIGGER entry_no_update")
        connection.execute("UPDATE entry SET body = replace(body, '900', '990') WHERE id = 'r1'")
    connection.close()
    bad = ledger("verify", code=1)
    assert bad.stdout == "not sound: the first bad row is 8\n"
    assert "row 8: row-changed" in bad.stderr and "trigger entry_no_update: trigger-missing" in bad.stderr
    assert shown(ledger("verify", "--format", "json", code=1))["first_bad_row"] == 8
    ledger("verify", "--checkpoint", "nothing", code=2)
    ledger("verify", "--vkey", "nothing", code=4)


def test_a_proof_is_checked_with_the_key_alone(ledger: Accord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy("accord.db.checkpoint", "old.checkpoint")
    ledger(*STRIKE)
    ledger("prove", "s1", "--to", "s1.tlog-proof")
    ledger("prove", "--since", "old.checkpoint", "--to", "grown.proof")
    assert ledger("prove", "s1").stdout == Path("s1.tlog-proof").read_text()
    vkey = Path("accord.db.vkey").read_text().strip()
    for file in Path().glob("accord.db*"):
        file.unlink()
    held = ledger("verify-proof", "s1.tlog-proof", "--vkey", vkey)
    assert 'this is row 6 of the 12 rows that "river/ledger" signed' in held.stdout
    assert shown(ledger("verify-proof", "s1.tlog-proof", "--vkey", vkey, "--format", "json"))["row"]["id"] == "s1"
    grown = ledger("verify-proof", "grown.proof", "--vkey", vkey, "--old", "old.checkpoint")
    assert "the first 10 of the 12 rows" in grown.stdout
    Path("s1.tlog-proof").write_text(Path("s1.tlog-proof").read_text().replace("index 6", "index 7"))
    bad = ledger("verify-proof", "s1.tlog-proof", "--vkey", vkey, code=1)
    assert bad.stdout == "the proof does not hold\n" and "is not row 7" in bad.stderr
    assert shown(ledger("verify-proof", "s1.tlog-proof", "--vkey", vkey, "--format", "json", code=1))["holds"] is False
    ledger("verify-proof", "nothing", "--vkey", vkey, code=2)
    ledger("verify-proof", "grown.proof", "--vkey", "a+b", code=4)


def test_what_cannot_be_proven_is_said(ledger: Accord) -> None:
    assert 'no row has the id "s9"' in ledger("prove", "s9", code=2).stderr
    ledger("prove", code=2)
    Path("text").write_text("text")
    assert "no signed note" in ledger("prove", "--since", "text", code=2).stderr


def test_a_backup_is_restored_elsewhere_and_goes_on(ledger: Accord) -> None:
    assert ledger("backup", "b.zip").stdout == "10 rows and 0 attachments in b.zip\n"
    done = ledger("restore", "b.zip", "--ledger", "again.db", "--key", "accord.db.key")
    assert done.stdout.startswith("10 rows restored to again.db, root ")
    assert ledger(*STRIKE, "--ledger", "again.db").stdout.startswith("recorded team 3/1 as row 10")
    asked = ("--as-of", "2026-03-04", "--known-at", "2026-03-04", "--format", "json")
    assert ledger("status", "--ledger", "again.db", *asked).stdout == ledger("status", *asked).stdout
    ledger("restore", "b.zip", "--ledger", "again.db", code=4)
    ledger("restore", "nothing.zip", code=2)
    whole = ledger("export").stdout
    ledger("export", "--to", "all.jsonl")
    assert Path("all.jsonl").read_text() == whole
    assert "put its secret key beside it" in ledger("restore", "all.jsonl", "--ledger", "third.db").stderr


def test_attachments_are_kept_by_their_hash(ledger: Accord) -> None:
    Path("photo.jpg").write_bytes(b"crater")
    ledger(*STRIKE, "--attach", "photo.jpg")
    attached = json.loads(reported(ledger)[-1]["body"])["attachments"][0]
    assert attached["name"] == "photo.jpg"
    kept = Path("accord.db.files") / attached["sha256"][:2] / attached["sha256"]
    assert kept.read_bytes() == b"crater"


def test_where_there_is_no_ledger_that_is_said_with_the_remedy(accord: Accord) -> None:
    for command in (("status",), ("log", "strike"), ("verify",), ("export",), ("history", "x")):
        said = accord(*command, code=2).stderr
        assert "accord init makes one" in " ".join(said.split()), command
    named = accord("status", "--ledger", "nowhere.db", code=4)
    assert named.stderr == 'accord: there is no ledger "nowhere.db"\n  hint: accord init makes one\n'
    assert accord("status", "--ledger", "mysql://x/y", code=4).stderr.startswith(
        'accord: "mysql" is no kind of database'
    )
    accord("init", "--quiet")
    assert "accord activate RULEBOOK" in accord("status", code=4).stderr


def test_the_ledger_is_named_by_the_environment_too(ledger: Accord, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("accord.db").rename("other.db")
    for ending in ("key", "vkey", "checkpoint"):
        Path(f"accord.db.{ending}").rename(f"other.db.{ending}")
    monkeypatch.setenv("ACCORD_LEDGER", "other.db")
    assert ledger(*STRIKE).exit_code == 0


def test_other_words_for_the_same_log_are_asked_with_another_rule_book(ledger: Accord) -> None:
    shutil.copytree(ROOT / "tests" / "cli" / "river-later", "later")
    found = shown(ledger("status", "--as-of", "2026-03-04", "--format", "json"))
    other = shown(ledger("evaluate", "--rules", "later", "--as-of", "2026-03-04", "--format", "json"))
    assert other["rulebook"] != found["rulebook"]
    ledger("compare", "--against", "later", "--as-of", "2026-03-04")


def test_the_commands_work_on_postgresql(postgresql_url: str, accord: Accord) -> None:
    at = ("--ledger", postgresql_url)
    accord("init", "--rules", RIVER, *at, "--quiet")
    accord("import", EVENTS, "--trust-known", *at)
    accord(*STRIKE, *at)
    assert statuses(accord("status", "--format", "json", *at))["no_strikesRU"] == "breached"
    assert accord("verify", *at).stdout.startswith("sound: 12 rows")
    accord("backup", "b.zip", *at)
    accord("restore", "b.zip", "--ledger", "local.db")
    asked = ("--as-of", "2026-04-01", "--format", "json")
    assert accord("status", *asked, *at).stdout == accord("status", *asked, "--ledger", "local.db").stdout
