"""The board at the widths that readers have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from engine.evaluation.verdicts import Verdicts
from engine.language.plan import Rulebook
from engine.report.board import board
from engine.report.deadlines import deadline_lines, with_due_soon
from engine.report.explanation import Explanation, answer_text, explanation_lines
from engine.report.layout import plain
from engine.report.summary import by_provision
from engine.time import parse_instant
from tests.report.conftest import retold

GOLDEN = Path(__file__).parent / "golden"


def page(name: str, verdicts: Verdicts, book: Rulebook, width: int) -> str:
    if name == "deadlines":
        return plain(deadline_lines(with_due_soon(verdicts, book.vocabulary.calendar), book, width))
    if name == "explanation":
        strikes = next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))
        twin = next(v for v in verdicts.verdicts if v.binding == (("p", "UA"),))
        return plain(explanation_lines(Explanation(strikes, verdicts, book, (twin,)), width))
    if name == "summary":
        return plain(by_provision(verdicts, book, width))
    return plain(board(verdicts, book, width))


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("name", ["board", "deadlines", "explanation", "summary"])
def test_a_page_reads_as_agreed(name: str, width: int, verdicts: Verdicts, book: Rulebook) -> None:
    wanted = (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")
    assert page(name, verdicts, book, width) == wanted


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("name", ["board", "deadlines", "explanation", "summary"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, verdicts: Verdicts, book: Rulebook) -> None:
    assert max(cell_len(line) for line in page(name, verdicts, book, width).splitlines()) <= width


def test_what_needs_attention_stands_above_everything_else(verdicts: Verdicts, book: Rulebook) -> None:
    text = page("board", verdicts, book, 100)
    top, rest = text.split("\n\n6 Limit on forces\n")
    assert [top.count(word) for word in ("✗ breached", "~ shortfall", "? unknown", "could be breached")] == [2, 1, 1, 2]
    assert "breached" not in rest.split("\n◌")[0]


def test_the_gravest_violation_comes_first(verdicts: Verdicts, book: Rulebook) -> None:
    text = page("board", verdicts, book, 100)
    assert text.index("28 no_strikes (p=RU)") < text.index("25 elections (UA)") < text.index("14 profit_report")


def test_a_norm_that_nothing_watches_is_not_shown_as_kept(verdicts: Verdicts, book: Rulebook) -> None:
    line = next(line for line in page("board", verdicts, book, 100).splitlines() if "no_entry" in line)
    assert "not observed" in line
    assert "✓" not in line


def test_problems_of_the_input_are_told_at_the_top(verdicts: Verdicts, book: Rulebook) -> None:
    assert "input: 1 error (not taken), 1 warning" in page("board", verdicts, book, 100).splitlines()[:6]


def test_a_board_without_problems_or_other_readings_does_not_speak_of_them(verdicts: Verdicts, book: Rulebook) -> None:
    calm = replace(verdicts, problems=(), readings={"days": "calendar"})
    assert "input:" not in page("board", calm, book, 100)
    assert "reading" not in page("board", calm, book, 100).splitlines()[2]


def test_a_norm_without_a_title_shows_its_reason_alone(verdicts: Verdicts, book: Rulebook) -> None:
    top = page("board", verdicts, book, 100).split("\n\n6 Limit on forces\n")[0].splitlines()
    assert "   could be met late or met · the due passed without an election_held" in top
    assert "   no reading of personnel_report for 60 days" in top


def test_a_long_title_gives_way_to_the_reason_below_a_norm(verdicts: Verdicts, book: Rulebook) -> None:
    row = retold(verdicts.verdicts[0], title="At most " + 9 * "six hundred ", reason="no reading for 60 days")
    lines = page("board", replace(verdicts, verdicts=(row,)), book, 100).splitlines()
    line = next(line for line in lines if line.startswith("   At most"))
    assert line.endswith("…: no reading for 60 days")
    assert cell_len(line) <= 100


def test_what_is_excused_is_not_said_to_be_so_since_its_opening(verdicts: Verdicts, book: Rulebook) -> None:
    kept = next(v for v in verdicts.verdicts if v.norm == "no_entry")
    excused = replace(kept, is_="excused", could_be=("excused",), bucket="compliant")
    alone = replace(verdicts, verdicts=(excused,))
    told = answer_text(Explanation(excused, alone, book))
    assert "assessed as excused." in told
    assert "2 Jan 2026" not in page("board", alone, book, 100).split("States")[0]
    later = retold(excused, since=parse_instant("2026-02-05T12:00:00+02:00"))
    assert "assessed as excused since 5 Feb 2026 12:00." in answer_text(Explanation(later, alone, book))


def test_an_empty_answer_is_still_a_board(verdicts: Verdicts, book: Rulebook) -> None:
    nothing = replace(verdicts, verdicts=(), states=())
    assert "0 violated · 0 compliant" in page("board", nothing, book, 80)
    assert "no norm has a deadline" in page("deadlines", nothing, book, 80)
    assert page("summary", nothing, book, 80) == ""


def test_text_of_a_report_cannot_steer_the_terminal(verdicts: Verdicts, book: Rulebook) -> None:
    row = retold(verdicts.verdicts[0], reason="over\x1b[2Jwritten \u202eback\nnext")
    text = page("board", replace(verdicts, verdicts=(row,)), book, 100)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "over�[2Jwritten �back next" in text


def test_provisions_stand_in_the_order_of_the_agreement(verdicts: Verdicts, book: Rulebook) -> None:
    shuffled = page("summary", replace(verdicts, verdicts=verdicts.verdicts[::-1]), book, 100)
    assert in_order_of(shuffled, "6 Limit", "14 Fund", "25 Elections", "28 Ceasefire")
    listed = replace(book, vocabulary=replace(book.vocabulary, clauses=("28", "25", "14", "6")))
    assert in_order_of(page("summary", verdicts, listed, 100), "28 Ceasefire", "25 Elections", "14 Fund", "6 Limit")


def in_order_of(text: str, *words: str) -> bool:
    return [text.index(word) for word in words] == sorted(text.index(word) for word in words)


def test_bindings_that_stand_alike_are_one_entry(verdicts: Verdicts, book: Rulebook) -> None:
    strikes = next(v for v in verdicts.verdicts if v.binding == (("p", "UA"),))
    kept = replace(strikes, is_="holding", could_be=("holding",), bucket="compliant", breaches=())
    sides = [replace(kept, binding=(("p", side),)) for side in ("EU", "RU", "UA", "US")]
    text = page("board", replace(verdicts, verdicts=tuple(sides)), book, 100)
    assert text.count("no_strikes") == 1
    assert "   and 3 more alike: p=EU; p=RU; p=UA" in text
