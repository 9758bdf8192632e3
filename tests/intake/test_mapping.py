"""The mapping file: other people's tables become rows of the log."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from engine.events import Row
from engine.intake import problems_of_log
from engine.problems import Problem
from engine.time import format_instant
from engine.vocabulary import Vocabulary

ReadFile = Callable[..., tuple[list[Row], list[Problem]]]

HEAD = "mapping: test\nzone: Europe/Kyiv\n"
RAID = """\
events:
  - event: raid
    id: nr
    at: when
    fields: {place: {column: where, values: {the ford: ford, the north: north}}}
"""


def entry(*lines: str, head: str = HEAD) -> str:
    """A mapping with one entry: `entry("event: entry", "at: when")`."""
    return head + "events:\n  - " + "\n    ".join(lines) + "\n"


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in problems]


def spans(rows: list[Row]) -> list[tuple[str, str]]:
    return [(format_instant(row.span[0]), format_instant(row.span[1])) for row in rows if row.span is not None]


def test_columns_become_fields_and_value_maps_become_words(read_file: ReadFile) -> None:
    rows, problems = read_file("t.csv", "nr,when,where\n1,2026-03-02 10:00, the ford \n", HEAD + RAID)
    assert problems == []
    assert (rows[0].id, rows[0].event, rows[0].fields) == ("1", "raid", {"place": "ford"})
    assert spans(rows) == [("2026-03-02T08:00:00Z",) * 2]


# --- times --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "span"),
    [
        ("2026-03-02 10:00", ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z")),
        ("2026-03-02 9:05", ("2026-03-02T07:05:00Z", "2026-03-02T07:05:00Z")),
        ("2026-03-02T10:00:30.5", ("2026-03-02T08:00:30.500000Z", "2026-03-02T08:00:30.500000Z")),
        ("2026-03-02 10:00:00+00:00", ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")),
        ("2026-03-02", ("2026-03-01T22:00:00Z", "2026-03-02T21:59:59.999999Z")),
        ("02.03.2026 10:00", ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z")),
        ("2.3.2026", ("2026-03-01T22:00:00Z", "2026-03-02T21:59:59.999999Z")),
        ("3/2/2026 12:30 AM", ("2026-03-01T22:30:00Z", "2026-03-01T22:30:00Z")),
        ("2026-10-25 03:30", ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")),  # the clocks show it twice
    ],
)
def test_a_time_is_read_as_the_table_writes_it(read_file: ReadFile, cell: str, span: tuple[str, str]) -> None:
    times = 'times: [DD.MM.YYYY hh:mm, DD.MM.YYYY, "MM/DD/YYYY hh:mm AM"]\n'
    rows, problems = read_file("t.csv", f"when\n{cell}\n", entry("event: entry", "at: when", head=HEAD + times))
    assert problems == []
    assert spans(rows) == [span]


@pytest.mark.parametrize(
    "cell",
    ["2026-03-29 03:30", "2026-02-30", "2026-03-02 24:00", "2026-03-02 10:60", "1899-01-01", "02.03.2026", "soon"],
)
def test_a_time_that_the_clock_or_the_calendar_never_showed_is_told(read_file: ReadFile, cell: str) -> None:
    rows, problems = read_file("t.csv", f"when\n{cell}\n", entry("event: entry", "at: when"))
    assert rows == [] and told(problems) == [("t.csv:2:when", "bad-time")]


def test_a_time_without_an_offset_needs_a_zone(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "at: when", head="mapping: test\n")
    rows, problems = read_file("t.csv", "when\n2026-03-02 10:00\n2026-03-02\n", mapping)
    assert len(rows) == 1  # a day is a day of the agreement's zone
    assert "has no offset" in problems[0].message and "`zone`" in problems[0].hint


def test_a_span_has_two_columns_or_one_and_a_length(read_file: ReadFile) -> None:
    table = "a,b,n\n2026-03-01,2026-03-02 10:00,2\n"
    for at, span in (
        ("{from: a, to: b}", ("2026-02-28T22:00:00Z", "2026-03-02T08:00:00Z")),
        ("{to: b, lasts: {column: n, unit: days}}", ("2026-02-28T08:00:00Z", "2026-03-02T08:00:00Z")),
        ("{to: b, lasts: {value: 90, unit: minutes}}", ("2026-03-02T06:30:00Z", "2026-03-02T08:00:00Z")),
        ("{from: b, lasts: {value: 3, unit: hours}}", ("2026-03-02T08:00:00Z", "2026-03-02T11:00:00Z")),
        ("{from: a, lasts: {column: n, unit: days}}", ("2026-02-28T22:00:00Z", "2026-03-02T21:59:59.999999Z")),
        ("{to: a, lasts: {column: n, unit: days}}", ("2026-02-27T22:00:00Z", "2026-03-01T21:59:59.999999Z")),
    ):
        rows, problems = read_file("t.csv", table, entry("event: entry", f"at: {at}"))
        assert problems == [] and spans(rows) == [span], at


def test_days_of_a_length_are_counted_on_the_clock_of_the_zone(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "at: {to: b, lasts: {value: 1, unit: days}}")
    rows, _ = read_file("t.csv", "b\n2026-03-29 19:30\n", mapping)
    assert spans(rows) == [("2026-03-28T17:30:00Z", "2026-03-29T16:30:00Z")]  # 23 hours


def test_a_span_that_ends_before_it_starts_or_lacks_an_end_is_told(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "at: {from: a, to: b}")
    rows, problems = read_file("t.csv", "a,b\n2026-03-02,2026-03-01\n2026-03-02,\n", mapping)
    assert rows == []
    assert told(problems) == [("t.csv:2:b", "bad-span"), ("t.csv:3:b", "missing-time")]


def test_a_date_and_a_time_may_stand_in_columns_of_their_own(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "at: {date: d, time: t}", "known: {value: 2026-04-01}")
    rows, problems = read_file("t.csv", "d,t\n2026-03-02,10:00\n2026-03-02,\n", mapping)
    assert problems == []
    assert spans(rows)[0][0] == "2026-03-02T08:00:00Z"
    assert spans(rows)[1] == ("2026-03-01T22:00:00Z", "2026-03-02T21:59:59.999999Z")
    assert format_instant(rows[0].known) == "2026-04-01T20:59:59.999999Z"


def test_start_and_end_become_rows_of_their_own(read_file: ReadFile) -> None:
    mapping = HEAD + (
        "events:\n"
        "  - {event: raid, id: {prefix: start-, columns: [nr]}, at: a, fields: {place: {value: ford}}}\n"
        "  - {event: entry, id: {prefix: end-, columns: [nr]}, at: b}\n"
    )
    rows, problems = read_file("t.csv", "nr,a,b\n1,2026-03-01 10:00,2026-03-01 12:00\n", mapping)
    assert problems == []
    assert [(row.id, row.event) for row in rows] == [("start-1", "raid"), ("end-1", "entry")]


# --- values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("otherwise", "rows_left", "codes"),
    [
        ("error", 1, ["unmapped-value"]),
        ("skip", 1, ["rows-skipped"]),
        ("absent", 2, []),
        ("keep", 1, ["unknown-value"]),
    ],
)
def test_a_value_that_is_not_in_the_map(read_file: ReadFile, otherwise: str, rows_left: int, codes: list[str]) -> None:
    mapping = entry(
        "event: raid",
        "at: when",
        "fields:",
        "  place: {value: ford}",
        f"  weapon: {{column: w, values: {{gun: rifle}}, otherwise: {otherwise}}}",
    )
    rows, problems = read_file("t.csv", "when,w\n2026-03-02,gun\n2026-03-03,bow\n", mapping)
    assert len(rows) == rows_left
    assert [problem.code for problem in problems] == codes


def test_an_empty_cell_is_absent_unless_the_map_names_it(read_file: ReadFile) -> None:
    table = "when,where\n2026-03-02,\n2026-03-03,n/a\n"
    mapping = 'empty: ["n/a"]\n' + entry(
        "event: raid", "at: when", "fields:", '  place: {column: where, values: {"": valley}}'
    )
    rows, problems = read_file("t.csv", table, mapping)
    assert problems == [] and [row.fields["place"] for row in rows] == ["valley", "valley"]
    rows, problems = read_file("t.csv", table, mapping.replace('"": valley', "ford: ford"))
    assert rows == [] and told(problems) == [("t.csv:2:place", "missing-field"), ("t.csv:3:place", "missing-field")]


def test_spellings_are_matched_by_patterns_in_order_after_exact_ones(read_file: ReadFile) -> None:
    mapping = entry(
        "event: raid",
        "at: when",
        "fields:",
        '  place: {column: where, values: {The Ford: ford}, like: {"* and *": valley, "The *": north}}',
    )
    table = "when,where\n2026-03-02,The Ford\n2026-03-02,The Ford and more\n2026-03-02,The Mill\n"
    rows, problems = read_file("t.csv", table, mapping)
    assert problems == [] and [row.fields["place"] for row in rows] == ["ford", "valley", "north"]


def test_maps_and_lists_may_be_named_once_and_used_often(read_file: ReadFile) -> None:
    mapping = (
        "maps: {areas: {F: ford, N: north}}\nlists: {far: [N]}\n"
        + HEAD
        + (
            "events:\n"
            "  - event: raid\n"
            "    when: {where: {not_in: far}}\n"
            "    at: when\n"
            "    fields: {place: {column: where, values: areas}}\n"
            "  - {event: entry, when: {where: {in: far}}, at: when}\n"
        )
    )
    rows, problems = read_file("t.csv", "when,where\n2026-03-02,F\n2026-03-02,N\n", mapping)
    assert problems == [] and [row.event for row in rows] == ["raid", "entry"]


def test_numbers_are_scaled_exactly_and_read_in_the_form_that_the_table_uses(read_file: ReadFile) -> None:
    mapping = "numbers: {decimal: ',', thousands: ' '}\n" + entry(
        "event: payment", "at: when", "fields:", "  to: {value: A}", "  amount: {column: sum, multiply_by: 1000000}"
    )
    rows, problems = read_file("t.csv", 'when,sum\n2026-03-02,"1 234,5"\n2026-03-02,"12 34"\n', mapping)
    assert [row.fields["amount"] for row in rows] == [Decimal(1234500000)]
    assert told(problems) == [("t.csv:3:amount", "wrong-type")]


def test_constants_joined_columns_and_kept_keys(read_file: ReadFile) -> None:
    mapping = entry(
        "event: letter",
        "at: when",
        "evidence: {value: reported}",
        "source: who",
        "source_grade: {value: C}",
        "credibility: c",
        "note: {columns: [who, what], join: ': '}",
        "location: {lat: y, lon: x, precision: {value: 2}}",
        "fields: {subject: {columns: [what, who]}}",
    )
    table = "when,who,what,c,y,x\n2026-03-02,K,peace,3,48.5,-35\n2026-03-02,,talks,,,\n"
    rows, problems = read_file("t.csv", table, mapping.replace("note: {columns", "attachments: {columns"))
    assert problems == []
    assert rows[0].evidence == "reported"
    assert rows[0].kept == {
        "source": "K",
        "source_grade": "C",
        "credibility": 3,
        "attachments": ["K: peace"],
        "location": {"lat": Decimal("48.5"), "lon": Decimal(-35), "precision": "2"},
    }
    assert [row.fields["subject"] for row in rows] == ["peace K", "talks"]
    assert rows[1].kept == {"source_grade": "C", "attachments": ["talks"]}


def test_a_problem_of_a_row_names_the_field_and_the_column(read_file: ReadFile) -> None:
    mapping = entry("event: payment", "at: when", "fields: {to: who, amount: sum}")
    rows, problems = read_file("t.csv", "when,who,sum\n2026-03-02,C,many\n", mapping)
    assert rows == []
    assert told(problems) == [("t.csv:2:amount", "wrong-type"), ("t.csv:2:to", "unknown-party")]
    assert problems[0].message.endswith('(column "sum")')


# --- ids ----------------------------------------------------------------------------------------------------------


def test_an_id_is_joined_of_columns_or_a_digest_of_them(read_file: ReadFile) -> None:
    table = "nr,when,source\n7,2026-03-02,a very long address of a report\n"
    for id_, expected in (
        ("nr", "7"),
        ("{columns: [source, nr]}", "a very long address of a report-7"),
        ("{prefix: r-, columns: [nr]}", "r-7"),
        ("{prefix: r-, columns: [nr, source], digest: true}", "r-3f1d6de01a22e9ce"),
    ):
        rows, problems = read_file("t.csv", table, entry("event: entry", "at: when", f"id: {id_}"))
        assert problems == []
        assert len(rows[0].id) == len(expected) and (rows[0].id == expected or "digest" in id_)


def test_a_digest_depends_on_the_columns_named_and_on_nothing_else(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "at: when", "id: {columns: [nr, kind], digest: true}")
    table = "nr,kind,when\n1,a,2026-03-02\n1,a,2026-03-03\n1a,,2026-03-02\n"
    rows, _ = read_file("t.csv", table, mapping)
    assert rows[0].id == rows[1].id != rows[2].id


def test_without_an_id_the_whole_row_makes_one(read_file: ReadFile) -> None:
    rows, _ = read_file(
        "t.csv", "when,x\n2026-03-02,1\n2026-03-02,2\n2026-03-02,1\n", entry("event: entry", "at: when")
    )
    assert rows[0].id.startswith("entry-")
    assert rows[0].id == rows[2].id != rows[1].id


def test_exact_duplicates_are_one_event_or_each_an_event_of_its_own(read_file: ReadFile, words: Vocabulary) -> None:
    table = "nr,when,x\n1,2026-03-02,a\n1,2026-03-02,a\n1,2026-03-02,b\n"
    mapping = entry("event: letter", "at: when", "id: {columns: [nr], duplicates: each}", "fields: {subject: x}")
    rows, problems = read_file("t.csv", table, mapping)
    assert problems == [] and [row.id for row in rows] == ["1", "1-2", "1"]
    assert "t.csv:4:id" in [problem.place for problem in problems_of_log(rows, words)]
    rows, _ = read_file("t.csv", table, mapping.replace("each", "one"))
    assert [row.id for row in rows] == ["1", "1", "1"]


# --- conditions and skips -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "fitting"),
    [
        ("5", ["5"]),
        ("[5, x]", ["5", "x"]),
        ("{not: x}", ["5", "12", ""]),
        ("{in: [12]}", ["12"]),
        ("{not_in: [12, x]}", ["5", ""]),
        ('{like: "1*"}', ["12"]),
        ('{not_like: ["1*", "?"]}', [""]),
        ("{exists: false}", [""]),
        ("{exists: true, not: x}", ["5", "12"]),
        ("{gt: 5}", ["12"]),
        ("{gte: 5, lt: 12}", ["5"]),
        ("{lte: 12.0}", ["5", "12"]),
    ],
)
def test_a_condition_looks_at_the_cells_of_a_row(read_file: ReadFile, test: str, fitting: list[str]) -> None:
    mapping = entry("event: letter", f"when: {{n: {test}}}", "at: when", "fields: {subject: nr}")
    rows, _ = read_file(
        "t.csv", "nr,when,n\n5,2026-03-02,5\n12,2026-03-02,12\nx,2026-03-02,x\n-,2026-03-02,\n", mapping
    )
    assert [str(row.fields["subject"]).replace("-", "") for row in rows] == fitting


def test_skipped_rows_are_counted_by_reason(read_file: ReadFile) -> None:
    mapping = (
        HEAD
        + "skip:\n  - {when: {kind: test}, because: a test alarm}\n  - {when: {n: 0}, because: nothing happened}\n"
        + "events:\n  - {event: entry, at: when}\n"
    )
    table = "when,kind,n\n2026-03-01,test,1\n2026-03-02,real,0\n2026-03-03,test,0\n2026-03-04,real,1\n"
    rows, problems = read_file("t.csv", table, mapping)
    assert len(rows) == 1
    assert [(problem.severity, problem.place, problem.message) for problem in problems] == [
        ("report", "t.csv", "1 row skipped: nothing happened"),
        ("report", "t.csv", "2 rows skipped: a test alarm"),
    ]


def test_rows_that_fit_no_entry_are_never_passed_over_in_silence(read_file: ReadFile) -> None:
    mapping = entry("event: entry", "when: {kind: real}", "at: when")
    rows, problems = read_file("t.csv", "when,kind\n2026-03-01,real\n2026-03-02,odd\n2026-03-03,odd\n", mapping)
    assert len(rows) == 1
    assert (problems[0].severity, problems[0].message) == ("warning", "2 rows fit no entry of the mapping: 3, 4")


# --- later words --------------------------------------------------------------------------------------------------


def test_a_table_may_correct_retract_and_confirm(read_file: ReadFile) -> None:
    mapping = HEAD + (
        "events:\n"
        "  - {event: raid, when: {do: report}, id: nr, at: when, fields: {place: {value: ford}, men: n}}\n"
        "  - {corrects: of, when: {do: correct}, id: nr, known: when, fields: {men: n}}\n"
        "  - {retracts: {columns: [of]}, when: {do: drop}, id: nr, known: when, fields: {why: {value: error}}}\n"
        "  - {confirms: {value: s1}, when: {do: confirm}, id: nr, at: when, fields: {by: {value: board}}}\n"
    )
    table = (
        "nr,do,of,when,n\n"
        "s1,report,,2026-03-01,5\n"
        "c1,correct,s1,2026-03-02,6\n"
        "x1,drop,c1,2026-03-03,\n"
        "k1,confirm,,2026-03-04,\n"
    )
    rows, problems = read_file("t.csv", table, mapping)
    assert problems == []
    assert [(row.id, row.kind, row.target) for row in rows] == [
        ("s1", "event", None),
        ("c1", "correction", "s1"),
        ("x1", "retraction", "c1"),
        ("k1", "confirmation", "s1"),
    ]


def test_built_in_events_come_in_with_the_binding_that_they_are_for(read_file: ReadFile) -> None:
    mapping = entry(
        "event: extension", "at: when", "for: {p: who}", "fields: {norm: {value: n}, by: {value: board}, days: d}"
    )
    rows, problems = read_file("t.csv", "when,who,d\n2026-03-02,A,5\n", mapping)
    assert problems == [] and rows[0].for_ == (("p", "A"),)


# --- tables -------------------------------------------------------------------------------------------------------


def test_the_table_may_have_another_separator_and_a_preface(read_file: ReadFile) -> None:
    mapping = "table: {delimiter: ';', header: 3}\n" + entry("event: entry", "at: when")
    rows, problems = read_file("t.csv", "Report of the week\n\nwhen;x\n2026-03-02;1\n", mapping)
    assert problems == [] and rows[0].place == "t.csv:4"


def test_a_sheet_is_chosen_by_name_and_its_naive_times_get_the_zone(read_file: ReadFile) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("log")
    sheet.append(["when"])
    sheet.append([datetime.fromisoformat("2026-03-02T10:30:00")])
    out = io.BytesIO()
    book.save(out)
    mapping = "table: {sheet: log}\n" + entry("event: entry", "at: when")
    rows, problems = read_file("t.xlsx", out.getvalue(), mapping)
    assert problems == [] and spans(rows) == [("2026-03-02T08:30:00Z",) * 2]
    _, problems = read_file("t.xlsx", out.getvalue(), mapping.replace("log", "logs"))
    assert problems[0].message == 'the workbook has no sheet "logs" (it has Sheet, log)'


def test_json_lines_are_rows_already_and_need_no_mapping(read_file: ReadFile) -> None:
    rows, problems = read_file("t.jsonl", '{"id": "a", "event": "entry", "at": "2026-03-02"}', HEAD + RAID)
    assert len(rows) == 1 and problems == []


def test_a_refused_cell_spoils_the_rows_that_use_it(read_file: ReadFile) -> None:
    table = "nr,when,where\n1,2026-03-02,a\0b\n2,2026-03-02,the ford\n"
    rows, problems = read_file("t.csv", table, HEAD + RAID)
    assert [row.id for row in rows] == ["2"]
    assert told(problems) == [("t.csv:2:where", "nul-character")]


# --- mistakes in the mapping itself -------------------------------------------------------------------------------


BESIDE = "date may have a time beside it: {date: COLUMN, time: COLUMN}"
VALUES = "values: {the ford: ford, the north: north}"


@pytest.mark.parametrize(
    ("right", "wrong", "place", "code", "hint"),
    [
        ("fields", "feilds", "7:5", "unknown-key", 'did you mean "fields"?'),
        ("event: raid", "event: riad", "4:12", "unknown-event", 'did you mean "raid"?'),
        ("{place", "{plaice", "7:14", "unknown-field", 'did you mean "place"?'),
        ("ford: ford", "ford: fort", "7:56", "unknown-place", 'did you mean "ford"?'),
        ("Kyiv", "Kiew", "2:7", "unknown-zone", "an IANA zone like Europe/Kyiv"),
        ("column: where", "column: were", "7:30", "unknown-column", 'did you mean "where"?'),
        ("at: when", "evidence: {value: sure}", "6:23", "unknown-grade", "weakest first: alleged, reported, verified"),
        ("at: when", "known: when", "4:5", "missing-key", "at: the column that says when"),
        ("event: raid", "corrects: nr", "4:5", "missing-key", "known: when this word became known"),
        ("id: nr", "retracts: nr", "4:5", "not-exactly-one", ""),
        ("at: when", "at: {from: when}", "6:9", "not-exactly-one", ""),
        ("at: when", "at: {value: 5, column: nr}", "6:9", "not-exactly-one", BESIDE),
        ("at: when", "at: {time: when}", "6:9", "not-exactly-one", BESIDE),
        ("values: {", "multiply_by: 2, values: {", "7:50", "wrong-type", ""),
        (VALUES, "values: areas", "7:45", "unknown-map", ""),
        (VALUES, "values: [ford]", "7:45", "wrong-shape", ""),
        ("id: nr", "when: {nr: {in: few}}", "5:21", "unknown-list", ""),
        ("id: nr", "note: {columns: [nr], value: x}", "5:11", "not-exactly-one", ""),
        ("id: nr", "id: {columns: [nr], value: x}", "5:9", "not-exactly-one", ""),
        ("id: nr", "id: nr\n    id: nr", "6:5", "duplicate-key", "keep one of them"),
        ("zone: Europe/Kyiv", "times: [DD.MM hh:mm]", "2:9", "bad-format", "as in DD.MM.YYYY hh:mm"),
        ("zone: Europe/Kyiv", "table: {delimiter: ';;'}", "2:20", "wrong-shape", 'as in ";" or "\\t"'),
        ("events:", "evnts:", "3:1", "unknown-key", 'did you mean "events"?'),
        ("mapping: test", "title: test", "1:1", "missing-key", 'add "mapping"'),
        (f"{{place: {{column: where, {VALUES}}}}}", "{}", "4:5", "missing-field", ""),
        ("events:", "events: [", "", "yaml", ""),
    ],
)
def test_a_mistake_in_the_mapping_is_told_with_its_place_and_nothing_is_read(
    read_file: ReadFile, right: str, wrong: str, place: str, code: str, hint: str
) -> None:
    mapping = (HEAD + RAID).replace(right, wrong, 1)
    rows, problems = read_file("t.csv", "nr,when,where\n1,2026-03-02,the ford\n", mapping)
    assert rows == []
    found = [problem for problem in problems if problem.code == code]
    assert found, [str(problem) for problem in problems]
    assert found[0].place.startswith(f"mapping.yaml:{place}")
    assert found[0].hint == hint


def test_a_mapping_that_is_not_there_is_a_problem(words: Vocabulary, tmp_path: Any) -> None:
    from engine.intake import read_events

    rows, problems = read_events(tmp_path / "t.csv", words, tmp_path / "none.yaml")
    assert rows == [] and problems[0].code == "unreadable-file"
