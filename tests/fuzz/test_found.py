"""What the fuzzer found, each as the smallest input that showed it."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from engine.events import Row
from engine.intake import parse_row
from engine.intake.csv_file import read_csv
from engine.intake.gate import decode_object
from engine.intake.table import raw_rows
from engine.language.locate import MAX_MARKS, parse_document
from engine.problems import Problem
from engine.time import TimeError, parse_instant
from engine.vocabulary import Vocabulary
from tests.fuzz.canonical import gathered, written
from tests.fuzz.targets import words


@pytest.fixture(scope="module")
def ford() -> Vocabulary:
    return words()


def read(vocabulary: Vocabulary, **keys: Any) -> tuple[Row | None, list[Problem]]:
    row = {"id": "x", "event": "extension", "norm": "hear", "by": "board", "days": 3, "at": "2026-03-01", **keys}
    return parse_row({key: value for key, value in row.items() if value is not ...}, vocabulary, "log:1")


@pytest.mark.parametrize("column", ["9" * 5000, "²", "٣"])
def test_a_column_called_like_a_number_is_an_unknown_column(ford: Vocabulary, column: str) -> None:
    table = f"id,event,at,{column}\ne1,entry,2026-03-01,x\ne2,entry,2026-03-01,\n".encode()
    rows, problems = gathered(raw_rows(read_csv(BytesIO(table)), "log.csv", ford), ford)
    assert [row.id for row in rows] == ["e2"]
    assert {problem.code for problem in problems} == {"unknown-column", "unknown-field"}


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 10**30, Decimal("1E-31")])
def test_a_binding_is_held_to_the_same_numbers_as_a_field(ford: Vocabulary, value: Any) -> None:
    row, problems = read(ford, for_=..., **{"for": {"n": value}})
    assert row is None
    assert [(problem.code, problem.place) for problem in problems] == [("bad-number", "log:1:for")]


@pytest.mark.parametrize("key", ["credibility", "instance"])
def test_a_number_that_is_none_is_refused_wherever_a_number_may_stand(ford: Vocabulary, key: str) -> None:
    row, problems = read(ford, **{key: Decimal("sNaN")})
    assert row is None
    assert [problem.code for problem in problems] == ["bad-number"]


def test_an_instance_named_by_a_number_is_named_in_plain_digits(ford: Vocabulary) -> None:
    row, _ = read(ford, instance=Decimal("2.50E+4"))
    assert row is not None and row.fields["instance"] == "25000"


@pytest.mark.parametrize("time", ["1900-01-01T00:00:00+14:00", "2200-12-31T23:59:59-12:00"])
def test_a_time_whose_utc_year_could_not_be_read_again_is_refused(time: str) -> None:
    with pytest.raises(TimeError, match="in UTC, outside the years 1900 to 2200"):
        parse_instant(time)


def test_a_day_that_begins_before_the_first_year_in_utc_is_refused(ford: Vocabulary) -> None:
    row, problems = read(ford, at="1900-01-01")
    assert row is None
    assert [problem.code for problem in problems] == ["bad-time"]


def test_the_first_and_last_days_that_are_taken_read_back(ford: Vocabulary) -> None:
    for day in ("1900-01-02", "2200-12-31"):
        row, _ = read(ford, at=day)
        assert row is not None and '"at":' in written([row])


def test_marks_on_one_line_are_listed_up_to_the_limit_like_marks_on_many() -> None:
    for text in ("\x01" * 5000, "\u202e" * 5000, "\x01\n" * 5000):
        marks = [p for p in parse_document(text.encode(), "x.yaml").problems if p.code != "yaml"]
        assert len(marks) == MAX_MARKS


def test_the_key_that_stands_twice_is_named_among_thousands() -> None:
    keys = ",".join(f'"{number}":1' for number in range(20_000))
    raw, problems = decode_object(f'{{{keys},"a":1,"a":2}}', "log:1")
    assert raw is None
    assert [problem.place for problem in problems] == ["log:1:a"]


@pytest.mark.parametrize("header", ["at,at.from,at.to", "at.from,at,at.to"])
def test_a_time_given_in_two_ways_is_refused_and_neither_is_dropped(ford: Vocabulary, header: str) -> None:
    table = f"id,event,{header}\ne1,entry,2026-03-01,2026-03-02,2026-03-04\n".encode()
    rows, problems = gathered(raw_rows(read_csv(BytesIO(table)), "log.csv", ford), ford)
    assert rows == []
    assert {problem.code for problem in problems} == {"said-twice"}


def test_columns_that_stand_twice_are_named_among_thousands(ford: Vocabulary) -> None:
    table = f"{','.join(map(str, range(20_000)))},a,a\n".encode()
    _, problems = gathered(raw_rows(read_csv(BytesIO(table)), "log.csv", ford), ford)
    assert [(problem.code, problem.place) for problem in problems] == [("duplicate-column", "log.csv:1:a")]
