"""`could_be` stays useful, and dear to nobody, with hundreds of open reports."""

from __future__ import annotations

from typing import Any

import pytest

from engine import evaluate, load_rulebook
from engine.evaluation import run
from engine.evaluation.verdicts import Verdicts
from engine.intake import parse_rows

VOCABULARY = """
agreement: many
zone: UTC
parties: {A: Alphaland, B: Betaland}
bodies: {board: Board}
evidence: [alleged, verified]
counts: verified
events:
  start: {fields: {}}
  shot: {fields: {by: {type: party, required: false}}}
  report: {fields: {}}
  strength: {fields: {men: {type: number, unit: persons}}}
"""
PROVISION = """
provision: "1"
states:
  - {id: calm, begins: {event: start}}
  - {id: trust, initially: true, ends: {breach: no_shot}}
norms:
  - {id: no_shot, who: A, must_not: {event: shot, where: {by: A}}, while: {state: calm}, waived_by: board}
  - {id: answer, who: A, when: {breach: no_shot}, must: {event: report}, within: 2 days}
  - {id: weekly, who: A, when: {event: start}, must: {event: report}, within: 7 days}
  - {id: cap, who: A, keep: {latest: strength.men, at_most: 100 persons, stale_after: 30 days}, while: {state: calm}}
  - {id: loyal, who: A, must_not: {event: strength}, while: {not: {state: trust}}}
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("many")
    (folder / "provisions").mkdir()
    (folder / "vocabulary.yaml").write_text(VOCABULARY)
    (folder / "provisions" / "one.yaml").write_text(PROVISION)
    book = load_rulebook(folder)

    def judged(extra: list[dict[str, Any]], as_of: str) -> Verdicts:
        raw = [{"id": "s", "event": "start", "at": "2026-01-01T00:00:00Z"}, *extra]
        rows, problems = parse_rows([(row, f"log:{n}") for n, row in enumerate(raw, 1)], book.vocabulary)
        assert not problems
        return evaluate(book, rows, as_of=as_of)

    return judged


def reports(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"r{n}", "event": "shot", "at": f"2026-01-{2 + n % 20:02d}T{n // 20:02d}:00:00Z"} | fields
        for n in range(count)
    ]


@pytest.mark.parametrize("fields", [{"by": "A", "evidence": "alleged"}, {}])
def test_a_ban_with_300_unverified_reports_holds_and_could_be_breached(answer: Any, fields: dict[str, Any]) -> None:
    verdict = answer(reports(300, **fields), "2026-02-01")["no_shot"]
    assert (verdict.is_, verdict.could_be) == ("holding", ("breached", "holding"))


def test_reports_against_another_party_leave_it_firm(answer: Any) -> None:
    assert answer(reports(300, by="B", evidence="alleged"), "2026-02-01")["no_shot"].firm


def test_reports_before_the_ban_began_leave_it_firm(answer: Any) -> None:
    early = [{**row, "at": row["at"].replace("2026-01", "2025-12")} for row in reports(300, by="A", evidence="alleged")]
    assert answer(early, "2026-02-01")["no_shot"].firm


def test_one_verified_report_among_300_makes_the_breach_firm(answer: Any) -> None:
    sure = {"id": "x", "event": "shot", "at": "2026-01-25T00:00:00Z", "by": "A"}
    verdict = answer([*reports(300, by="A", evidence="alleged"), sure], "2026-02-01")["no_shot"]
    assert (verdict.is_, verdict.firm) == ("breached", True)


def test_a_state_that_300_reports_could_end_is_possible_and_not_certain(answer: Any) -> None:
    states = {state.state: state for state in answer(reports(300, by="A", evidence="alleged"), "2026-02-01").states}
    assert (states["trust"].is_, states["trust"].certainly, states["trust"].possibly) == (True, False, True)
    assert states["calm"].certainly


def test_each_report_shows_the_duty_that_it_would_open(answer: Any) -> None:
    verdicts = answer(reports(300, by="A", evidence="alleged"), "2026-02-01")
    rows = [verdict for verdict in verdicts.verdicts if verdict.norm == "answer"]
    assert len(rows) == 300
    assert {(row.is_, row.alleged) for row in rows} == {("dormant", "breached")}


def test_what_hangs_on_none_of_the_reports_stays_firm(answer: Any) -> None:
    verdicts = answer(reports(300, by="A", evidence="alleged"), "2026-02-01")
    assert (verdicts["weekly"].is_, verdicts["weekly"].firm) == ("breached", True)
    assert (verdicts["cap"].is_, verdicts["cap"].firm) == ("unknown", True)


def test_hundreds_of_open_reports_cost_no_run_for_each_combination(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = 0
    go = run.Run.go

    def counted(self: run.Run, *asked: Any) -> run.Run:
        nonlocal runs
        runs += 1
        return go(self, *asked)

    monkeypatch.setattr(run.Run, "go", counted)
    answer(reports(300, by="A", evidence="alleged"), "2026-02-01")
    assert runs <= 50
