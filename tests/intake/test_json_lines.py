"""JSON Lines through the gate: what is refused, where, and that the rows beside it go on."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.events import Row
from engine.intake import read_all, read_events, source, write_jsonl
from engine.intake.gate import DEPTH_LIMIT, ROW_LIMIT
from engine.problems import Problem
from engine.vocabulary import Vocabulary

ReadFile = Callable[..., tuple[list[Row], list[Problem]]]

GOOD = '{"id": "g1", "event": "entry", "at": "2026-03-02T10:00:00+02:00"}'


def payment(amount: str, extra: str = "") -> str:
    return f'{{"id": "y1", "event": "payment", "at": "2026-03-02", "to": "A", "amount": {amount}{extra}}}'


@pytest.mark.parametrize(
    ("line", "place", "code"),
    [
        ("{", "log.jsonl:2", "not-json"),
        ("[1]", "log.jsonl:2", "not-an-object"),
        ('"text"', "log.jsonl:2", "not-an-object"),
        (f"{GOOD} {GOOD}", "log.jsonl:2", "not-json"),
        (payment("5", ', "amount": 5'), "log.jsonl:2:amount", "duplicate-key"),
        (payment("5", ', "location": {"lat": 1, "lat": 2, "lon": 3}'), "log.jsonl:2:lat", "duplicate-key"),
        (payment("NaN"), "log.jsonl:2:amount", "bad-number"),
        (payment("-Infinity"), "log.jsonl:2:amount", "bad-number"),
        (payment("1e400"), "log.jsonl:2:amount", "bad-number"),
        (payment("1e999999999999999999999"), "log.jsonl:2:amount", "bad-number"),
        (payment("9" * 31), "log.jsonl:2:amount", "bad-number"),
        (payment("9" * 5000), "log.jsonl:2:amount", "bad-number"),
        (payment("0." + "1" * 31), "log.jsonl:2:amount", "bad-number"),
        (payment("05"), "log.jsonl:2", "not-json"),
        (payment("+5"), "log.jsonl:2", "not-json"),
        (payment("5", ', "location": {"lat": NaN, "lon": 3}'), "log.jsonl:2:location", "bad-number"),
        (payment("5", ', "note": "a\\u0000b"'), "log.jsonl:2:note", "nul-character"),
        (payment("5", ', "note": "a\x00b"'), "log.jsonl:2", "not-json"),
        (payment("5", ', "note": "\\ud800"'), "log.jsonl:2:note", "lone-surrogate"),
        (payment("5", ', "attachments": [{"a\\udc00": "b"}]'), "log.jsonl:2:attachments", "lone-surrogate"),
        (payment("5", f', "attachments": {"[" * 40}{"]" * 40}'), "log.jsonl:2", "too-deep"),
        ("[" * 100_000, "log.jsonl:2", "too-deep"),
        ('{"a":' * 20_000, "log.jsonl:2", "too-deep"),
        (payment("5", f', "note": "{"x" * ROW_LIMIT}"'), "log.jsonl:2", "row-too-long"),
    ],
)
def test_a_row_that_the_gate_refuses_leaves_its_neighbours_alone(
    read_file: ReadFile, line: str, place: str, code: str
) -> None:
    rows, problems = read_file("log.jsonl", f"{GOOD}\n{line}\n{GOOD.replace('g1', 'g2')}\n")
    assert [row.id for row in rows] == ["g1", "g2"]
    assert [(problem.place, problem.code, problem.severity) for problem in problems] == [(place, code, "error")]


def test_bytes_that_are_no_utf8_are_refused_with_their_row(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl", GOOD.encode() + b'\n{"id": "caf\xe9"}\n')
    assert len(rows) == 1
    assert [(problem.place, problem.code) for problem in problems] == [("log.jsonl:2", "not-utf8")]


def test_a_surrogate_written_as_bytes_is_no_utf8(read_file: ReadFile) -> None:
    _, problems = read_file("log.jsonl", b'{"id": "\xed\xa0\x80"}\n')
    assert [problem.code for problem in problems] == ["not-utf8"]


def test_a_byte_order_mark_is_refused_in_json_lines(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl", b"\xef\xbb\xbf" + GOOD.encode())
    assert rows == []
    assert [(problem.place, problem.code) for problem in problems] == [("log.jsonl:1", "byte-order-mark")]


def test_a_pair_of_surrogate_escapes_is_one_character(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl", payment("5", ', "note": "\\ud83d\\ude00"'))
    assert problems == [] and rows[0].kept["note"] == "😀"


@pytest.mark.parametrize("mark", ["\u202e", "\\u202e", "\u200f", "\\u2066"])
def test_text_direction_marks_are_warned_of(read_file: ReadFile, mark: str) -> None:
    rows, problems = read_file("log.jsonl", payment("5", f', "note": "a{mark}b"'))
    assert len(rows) == 1
    assert [(problem.severity, problem.place) for problem in problems] == [("warning", "log.jsonl:1:note")]


def test_a_refused_value_does_not_hide_what_else_is_wrong_in_the_row(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl", payment("NaN", ', "wepon": 1'))
    assert rows == []
    assert [problem.place for problem in problems] == ["log.jsonl:1:amount", "log.jsonl:1:wepon"]


@pytest.mark.parametrize("amount", ["9007199254740993", "123456789012345678901234567890", "0.1", "1E5", "-0", "5.50"])
def test_numbers_of_thirty_digits_either_side_of_the_point_are_exact(read_file: ReadFile, amount: str) -> None:
    rows, problems = read_file("log.jsonl", payment(amount))
    assert problems == []
    assert rows[0].fields["amount"] == Decimal(amount)


def test_nesting_up_to_the_limit_is_no_matter_for_the_gate(read_file: ReadFile) -> None:
    deep = DEPTH_LIMIT - 2
    _, problems = read_file("log.jsonl", payment("5", f', "attachments": {"[" * deep}{"]" * deep}'))
    assert [problem.code for problem in problems] == ["wrong-type"]


def test_blank_lines_and_windows_line_ends_are_passed_over_and_counted(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl", f"\r\n  \r\n{GOOD}\r\n{{}}")
    assert len(rows) == 1
    assert {problem.place.split(":")[1] for problem in problems} == {"4"}


def test_a_log_may_be_empty(read_file: ReadFile) -> None:
    assert read_file("log.jsonl", "") == ([], [])


def test_rows_come_on_standard_input(words: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(f"{GOOD}\nx\n".encode())))
    rows, problems = read_events("-", words)
    assert len(rows) == 1
    assert problems[0].place == "stdin:2"


def test_a_packed_file_is_unpacked(read_file: ReadFile) -> None:
    rows, problems = read_file("log.jsonl.gz", gzip.compress(GOOD.encode()))
    assert len(rows) == 1 and problems == []


def test_of_a_damaged_packed_file_the_sound_rows_are_kept(read_file: ReadFile) -> None:
    many = "\n".join(GOOD.replace("g1", f"g{number}") for number in range(20_000))
    packed = gzip.compress(many.encode())
    rows, problems = read_file("log.jsonl.gz", packed[:-2000])
    assert rows and [problem.code for problem in problems][-1] == "unreadable-file"
    rows, problems = read_file("log.jsonl.gz", b"no gzip at all")
    assert rows == [] and [problem.code for problem in problems] == ["unreadable-file"]


def test_a_small_packed_file_cannot_fill_the_memory(read_file: ReadFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FREE_UNPACKED", 100_000)
    bomb = gzip.compress(GOOD.encode() + b"\n" + b" " * 5_000_000)
    rows, problems = read_file("log.jsonl.gz", bomb)
    assert len(rows) <= 1
    assert any("unpacks to far more than its size" in problem.message for problem in problems)


def test_a_file_that_is_not_there_or_of_no_known_kind_is_a_problem(words: Vocabulary, tmp_path: Path) -> None:
    for name, code in (("none.jsonl", "unreadable-file"), ("log.doc", "unknown-file-kind"), (".", "unknown-file-kind")):
        rows, problems = read_events(tmp_path / name, words)
        assert rows == [] and [problem.code for problem in problems] == [code]


def test_several_files_are_one_log(words: Vocabulary, tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    second.write_text(payment("5"), encoding="utf-8")
    first.write_text('{"id": "c1", "corrects": "y1", "known": "2026-04-01", "amount": null}', encoding="utf-8")
    rows, problems = read_all([first, second], words)
    assert [row.id for row in rows] == ["y1"]
    assert [problem.code for problem in problems] == ["null-required"]


def test_rows_written_and_read_again_are_the_same_rows(read_file: ReadFile) -> None:
    log = [
        {"id": "s1", "event": "raid", "at": "2026-03-02", "place": "ford", "men": 7, "source": "Пост", "note": "a\nb"},
        {"id": "l1", "event": "entry", "at": "2026-03-02", "location": {"lat": 48.25, "lon": 35}, "credibility": 2},
        {
            "id": "p1",
            "event": "permit",
            "at": "2026-03-02T10:00:00.25+02:00",
            "granted": True,
            "until_day": "2026-05-01",
        },
        {
            "id": "c1",
            "corrects": "s1",
            "known": "2026-03-05",
            "men": None,
            "at": {"from": "2026-03-01", "to": "2026-03-02"},
        },
        {"id": "x1", "retracts": "c1", "known": "2026-03-06", "why": "error"},
        {"id": "k1", "confirms": "s1", "by": "board", "at": "2026-03-05", "evidence": "reported"},
        {
            "id": "e1",
            "event": "extension",
            "norm": "n",
            "by": "board",
            "at": "2026-03-05",
            "days": 5,
            "for": {"p": "A"},
        },
    ]
    rows, problems = read_file("log.jsonl", "\n".join(map(json.dumps, log)))
    assert problems == []
    out = io.StringIO()
    assert write_jsonl(rows, out) == len(log)
    again, problems = read_file("log.jsonl", out.getvalue())
    assert problems == [] and again == rows


def test_written_rows_have_sorted_keys_times_in_utc_and_plain_numbers(read_file: ReadFile) -> None:
    rows, _ = read_file("log.jsonl", payment("5.50"))
    out = io.StringIO()
    write_jsonl(rows, out)
    assert out.getvalue() == (
        '{"amount":5.5,"at":{"from":"2026-03-01T22:00:00Z","to":"2026-03-02T21:59:59.999999Z"},'
        '"event":"payment","id":"y1","known":"2026-03-02T21:59:59.999999Z","to":"A"}\n'
    )
