"""CSV and XLSX without a mapping: columns are row keys and fields, empty cells are absent."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from engine.events import Row
from engine.intake import xlsx_file
from engine.intake.gate import ROW_LIMIT
from engine.problems import Problem
from engine.time import format_instant

ReadFile = Callable[..., tuple[list[Row], list[Problem]]]

HEAD = "id,event,at,by,place,men,amount,to\n"


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in problems]


def test_empty_cells_are_absent_fields(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", HEAD + "s1,raid,2026-03-02,A,ford,,,\ny1,payment,2026-03-03,,,,5.5,A\n")
    assert problems == []
    assert [dict(row.fields) for row in rows] == [{"by": "A", "place": "ford"}, {"amount": Decimal("5.5"), "to": "A"}]


def test_numbers_are_plain_and_the_header_is_row_one(read_file: ReadFile) -> None:
    rows, problems = read_file(
        "log.csv", HEAD + "y1,payment,2026-03-03,,,,5 bn USD,A\ns1,raid,2026-03-02,,ford,1e3,,\n"
    )
    assert rows == []
    assert told(problems) == [("log.csv:2:amount", "wrong-type"), ("log.csv:3:men", "wrong-type")]
    assert "a number in USD, no unit text" in problems[0].message


def test_bools_are_true_or_false(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "id,event,at,granted\np1,permit,2026-03-02,true\np2,permit,2026-03-02,yes\n")
    assert rows[0].fields == {"granted": True}
    assert told(problems) == [("log.csv:3:granted", "wrong-type")]


def test_a_column_may_name_one_value_inside_a_key(read_file: ReadFile) -> None:
    text = "id,event,at.from,at.to,norm,days,by,for.p,location.lat,location.lon,credibility\n"
    rows, problems = read_file("log.csv", text + "x1,extension,2026-03-01,2026-03-02,n,5,board,A,48.5,35,2\n")
    assert problems == []
    assert rows[0].for_ == (("p", "A"),)
    assert rows[0].kept == {"location": {"lat": Decimal("48.5"), "lon": Decimal(35)}, "credibility": 2}
    assert rows[0].span is not None and format_instant(rows[0].span[0]) == "2026-02-28T22:00:00Z"


def test_corrections_come_in_tables_too(read_file: ReadFile) -> None:
    text = "id,event,corrects,at,known,place,men\ns1,raid,,2026-03-02,,ford,5\nc1,,s1,,2026-03-05,,7\n"
    rows, problems = read_file("log.csv", text)
    assert problems == [] and rows[1].fields == {"men": Decimal(7)}


def test_a_column_that_nothing_knows_is_told_once_and_in_every_row_that_fills_it(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "id,event,at,plaice\ns1,entry,2026-03-02,\ns2,entry,2026-03-02,x\n")
    assert [row.id for row in rows] == ["s1"]
    assert told(problems) == [("log.csv:1:plaice", "unknown-column"), ("log.csv:3:plaice", "unknown-field")]
    assert problems[0].hint == 'did you mean "place"?'


def test_two_columns_of_one_name_stop_the_table(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "id,event,at,at\ns1,entry,2026-03-02,2026-03-03\n")
    assert rows == [] and told(problems) == [("log.csv:1:at", "duplicate-column")]


def test_a_row_with_too_many_or_too_few_cells_is_told(read_file: ReadFile) -> None:
    rows, problems = read_file(
        "log.csv", "id,event,at\ns1,entry\ns2,entry,2026-03-02,5\ns3,entry,2026-03-02,,\ns4,entry,2026-03-02\n"
    )
    assert [row.id for row in rows] == ["s3", "s4"]
    assert told(problems) == [("log.csv:2", "ragged-row"), ("log.csv:3", "ragged-row")]


def test_a_broken_quote_spoils_its_row_only(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", 'id,event,at\ns1,"entry"x,2026-03-02\ns2,entry,2026-03-02\n')
    assert [row.id for row in rows] == ["s2"]
    assert told(problems) == [("log.csv:2", "bad-row")]


def test_a_cell_may_hold_line_ends_and_records_are_counted(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", 'id,event,at,note\ns1,entry,2026-03-02,"a\nb"\ns2,entry,never,\n')
    assert rows[0].kept["note"] == "a\nb"
    assert told(problems) == [("log.csv:3:at", "bad-time")]


def test_a_leading_byte_order_mark_is_what_spreadsheets_write(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "\ufeffid,event,at\ns1,entry,2026-03-02\n")
    assert len(rows) == 1 and problems == []


def test_bytes_that_are_no_utf8_spoil_their_cell_only(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", b"id,event,at,note\ns1,entry,2026-03-02,caf\xe9\ns2,entry,2026-03-02,ok\n")
    assert [row.id for row in rows] == ["s2"]
    assert told(problems) == [("log.csv:2:note", "not-utf8")]


def test_nul_is_refused_and_direction_marks_are_warned_of(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "id,event,at,note\ns1,entry,2026-03-02,a\0b\ns2,entry,2026-03-02,a\u202eb\n")
    assert [row.id for row in rows] == ["s2"]
    assert told(problems) == [("log.csv:2:note", "nul-character"), ("log.csv:3:note", "text-direction-mark")]


def test_a_row_that_is_too_long_spoils_itself_only(read_file: ReadFile) -> None:
    long = "x" * (ROW_LIMIT + 10)
    rows, problems = read_file("log.csv", f"id,event,at,note\ns1,entry,2026-03-02,{long}\ns2,entry,2026-03-02,\n")
    assert [row.id for row in rows] == ["s2"]
    assert [problem.place for problem in problems] == ["log.csv:2"]


def test_a_table_without_a_header_is_told(read_file: ReadFile) -> None:
    assert told(read_file("log.csv", "")[1]) == [("log.csv:1", "no-header")]
    assert told(read_file("log.csv", ",,\n")[1]) == [("log.csv:1", "no-header")]


def test_empty_rows_are_passed_over(read_file: ReadFile) -> None:
    rows, problems = read_file("log.csv", "id,event,at\n,,\n\ns1,entry,2026-03-02\n")
    assert len(rows) == 1 and problems == []


def test_a_table_may_be_packed(read_file: ReadFile) -> None:
    rows, _ = read_file("log.csv.gz", gzip.compress(b"id,event,at\ns1,entry,2026-03-02\n"))
    assert len(rows) == 1


# --- XLSX ---------------------------------------------------------------------------------------------------------


def workbook(*rows: Sequence[object], date_format: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if date_format is not None:
        book.active["C2"].number_format = date_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_spreadsheet_is_read_like_the_csv_of_it(read_file: ReadFile) -> None:
    content = workbook(
        ["id", "event", "at", "amount", "to", "granted"],
        ["y1", "payment", "2026-03-02T10:00:00+02:00", 5.5, "A"],
        ["y2", "payment", "2026-03-02", 1e16, "A"],
        ["p1", "permit", "2026-03-02", None, None, True],
    )
    rows, problems = read_file("log.xlsx", content)
    assert problems == []
    assert [dict(row.fields) for row in rows] == [
        {"amount": Decimal("5.5"), "to": "A"},
        {"amount": Decimal("1e16"), "to": "A"},
        {"granted": True},
    ]


def test_a_day_in_a_spreadsheet_is_a_date_and_a_time_in_it_has_no_zone(read_file: ReadFile) -> None:
    head = ["id", "event", "at"]
    rows, problems = read_file(
        "log.xlsx",
        workbook(head, ["s1", "entry", datetime.fromisoformat("2026-03-02T00:00:00")], date_format="yyyy-mm-dd"),
    )
    assert problems == [] and rows[0].span is not None and format_instant(rows[0].span[0]) == "2026-03-01T22:00:00Z"
    rows, problems = read_file(
        "log.xlsx", workbook(head, ["s1", "entry", datetime.fromisoformat("2026-03-02T10:30:00")])
    )
    assert rows == [] and "has no offset" in problems[0].message


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 nor this"])
def test_what_is_no_workbook_is_a_problem(read_file: ReadFile, content: bytes) -> None:
    rows, problems = read_file("log.xlsx", content)
    assert rows == [] and told(problems) == [("log.xlsx", "unreadable-file")]


def test_a_zip_that_is_no_workbook_is_a_problem(read_file: ReadFile) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.txt", "a")
    assert told(read_file("log.xlsx", out.getvalue())[1]) == [("log.xlsx", "unreadable-file")]


def test_a_small_workbook_cannot_fill_the_memory(read_file: ReadFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "FREE_UNPACKED", 1000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", " " * 1_000_000)
    _, problems = read_file("log.xlsx", out.getvalue())
    assert "unpacks to far more" in problems[0].message


def test_a_spreadsheet_comes_packed_too(read_file: ReadFile) -> None:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for cells in (["id", "event", "at"], ["s1", "entry", "2026-03-02"]):
        book.active.append(cells)
    book.save(out)
    rows, problems = read_file("log.xlsx.gz", gzip.compress(out.getvalue()))
    assert problems == [] and [row.id for row in rows] == ["s1"]
