"""The page on coverage: what it says of each part, and that the committed one is the one that the command prints."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from engine import monitor
from engine.cli.app import app
from engine.language.plan import (
    Match,
    May,
    Must,
    MustNot,
    NoDeadline,
    Norm,
    Provision,
    Reading,
    ReadingOption,
    Rulebook,
    RuleTest,
)
from engine.report.coverage import coverage
from engine.report.coverage_page import coverage_page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "coverage.md"
BOOKS = ("peace-plan-28", "peace-plan-20")
HEAD = """\
# Coverage: from each clause to its rows, norms, tests and readings

Generated; change the rules and print it anew:

    accord coverage peace-plan-28 --format markdown

A *row* is one condition of the agreement; the vocabulary of the book lists them under `coverage`, and norms and
provisions name them under `covers`. *Tests* counts the tests in the rule files that ask about the norm or state, and
*expected in them* is what they expect of it, worst first: a norm that no test expects to be broken would show here.
*Readings* are the ambiguities under which the norm or state is another one. The command ends with 1 where a clause or a
row is missing.
"""


def printed(book: str) -> str:
    result = CliRunner().invoke(app, ["coverage", str(ROOT / "rules" / book), "--format", "markdown"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_committed_page_is_what_the_command_prints() -> None:
    """ACCORD_REFRESH_DOCS=1 writes it, for the author to read the difference."""
    page = "\n".join([HEAD, *map(printed, BOOKS)])
    if os.environ.get("ACCORD_REFRESH_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def test_the_28_points_have_all_their_clauses_and_rows() -> None:
    found = coverage(monitor.load(str(ROOT / "rules" / "peace-plan-28")))
    assert [clause.id for clause in found.clauses if clause.id != "0"] == [str(number) for number in range(1, 29)]
    assert len(found.rows) == 71
    assert found.missing == []
    assert {entry.word for entry in (*found.clauses, *found.rows)} == {"tested", "declaratory"}


def written(book: Rulebook) -> Rulebook:
    """One clause that is tested, one that only declares, one that nobody has written; a permission and a reading."""
    act = Match("m", "vote")
    norms = (
        Norm("held", "25", "UA", Must(NoDeadline(), act=act), 0, covers=("X04",), title="elections | held"),
        Norm("quiet", "25", "UA", MustNot(act), 0),
        Norm("allowed", "25", "UA", May(act), 0, overrides=("quiet",)),
    )
    other = (replace(norms[0], title="both"), replace(norms[0], id="counted", covers=("X05",), title="counted"))
    reading = Reading("kind", "25", "?", (ReadingOption("one", "one"), ReadingOption("two", "two", other)), "one", "-")
    expect = ({"norm": "held", "is": "met"}, {"norm": "held", "is": "active"}, {"norm": "held", "is": "met"})
    tests = (RuleTest("t", "25", (), (), expect, "25.yaml:9:3", (), ()),)
    declared = Provision("1", "Preamble", "", "", "1.yaml", declaratory="states\n a fact", covers=("A01",))
    vocabulary = replace(book.vocabulary, clauses=("1", "25", "29"), coverage=("A01", "X04", "X05"))
    provisions = (declared, Provision("25", "Elections", "", "", "25.yaml"))
    return replace(
        book, vocabulary=vocabulary, norms=norms, readings=(reading,), tests=tests, provisions=provisions, states=()
    )


def page_of(book: Rulebook) -> list[str]:
    asked = written(book)
    return coverage_page(coverage(asked), asked).splitlines()


def test_a_clause_leads_to_its_rows_norms_tests_and_readings(book: Rulebook) -> None:
    assert "| **25** Elections | X04 | `held` elections \\| held | 1 | active, met | `kind` |" in page_of(book)


def test_a_norm_of_another_reading_is_told_as_such(book: Rulebook) -> None:
    assert "| | X05 | `counted` counted (under another reading) | | | `kind` |" in page_of(book)


def test_a_permission_is_tested_by_what_it_permits(book: Rulebook) -> None:
    assert "| | | `allowed` | | permits what `quiet` forbids | |" in page_of(book)


def test_what_only_declares_says_why_and_what_nobody_wrote_is_missing(book: Rulebook) -> None:
    page = page_of(book)
    assert "| **1** Preamble | A01 | declaratory: states a fact | | | |" in page
    assert "| **29** | | **missing** | | | |" in page
    assert "3 clauses: 0 tested, 1 encoded, 1 declaratory, 1 missing." in page


def test_a_row_leads_back_to_its_clause(book: Rulebook) -> None:
    assert "| X04 | tested | 25 | `held` | 1 | `kind` |" in page_of(book)


def test_rows_and_readings_stand_in_the_list_for_machines(book: Rulebook) -> None:
    clauses = {clause["id"]: clause for clause in coverage(written(book)).as_json()["clauses"]}
    assert (clauses["25"]["rows"], clauses["25"]["readings"]) == (["X04", "X05"], ["kind"])
    assert clauses["1"]["rows"] == ["A01"]
