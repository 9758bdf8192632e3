"""Lists for spreadsheets, rows of a log as a table, coverage."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.evaluation.verdicts import Verdicts
from engine.events import Row
from engine.language.plan import Match, May, Must, MustNot, NoDeadline, Norm, Provision, Rulebook, RuleTest
from engine.report.coverage import coverage, coverage_lines
from engine.report.event_schema import event_schema
from engine.report.layout import plain, wrapped
from engine.report.log_rows import row_lines
from engine.report.sheets import as_csv, rows_csv, verdicts_csv
from engine.time import Calendar, parse_instant
from engine.vocabulary import EventType, FieldType, Vocabulary


def test_a_cell_that_looks_like_a_formula_is_written_as_text() -> None:
    dangerous = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "＝1"]  # noqa: RUF001
    written = list(csv.reader(io.StringIO(as_csv(["a"], [{"a": text} for text in dangerous]), newline="")))
    assert [row[0] for row in written[1:]] == [f"'{text}".replace("\r", "\n") for text in dangerous]


def test_verdicts_are_one_line_each(verdicts: Verdicts) -> None:
    rows = list(csv.DictReader(io.StringIO(verdicts_csv(v.as_json() for v in verdicts.verdicts))))
    assert len(rows) == len(verdicts.verdicts)
    strikes = next(row for row in rows if row["for"] == "p=RU")
    assert (strikes["is"], strikes["breaches"], strikes["firm"], strikes["to"]) == ("breached", "2", "true", "UA")


def test_rows_keep_exact_numbers_in_a_list() -> None:
    text = rows_csv([{"id": "e1", "event": "pay", "amount": Decimal("25.10")}, {"id": "e2", "corrects": "e1"}])
    assert text == "id,event,corrects,amount\ne1,pay,,25.1\ne2,,e1,\n"


def test_rows_of_a_log_read_as_a_table() -> None:
    at = parse_instant("2026-01-02T10:00:00+02:00")
    row = Row("e1", "event", at, "log.jsonl:1", event="pay", span=(at, at), fields={"amount": Decimal(5), "ok": True})
    later = Row("e2", "retraction", at, "log.jsonl:2", target="e1", why="sent twice")
    fixed = Row("e3", "correction", at, "log.jsonl:3", target="e1", fields={"note": None, "day": date(2026, 1, 3)})
    text = plain(row_lines([row, later, fixed], Calendar("Europe/Kyiv"), 100))
    assert "amount=5, ok=true" in text
    assert "retracts e1" in text
    assert "why=sent twice" in text
    assert "note=(removed), day=2026-01-03" in text


def many_rows(number: int) -> list[Row]:
    at = parse_instant("2026-01-02T10:00:00+02:00")
    fields = {"place": "northern_valley", "weapon": "artillery", "area": "the ford and the field"}
    return [
        Row(f"strike-{n:08}", "event", at, f"log.jsonl:{n}", event="strike_report", span=(at, at), fields=fields)
        for n in range(number)
    ]


def test_a_long_log_shows_its_first_rows_and_says_how_to_get_all() -> None:
    text = plain(row_lines(many_rows(1200), Calendar("Europe/Kyiv"), 100))
    assert text.count("strike_report") == 20
    assert "… and 1,180 more; --format csv or --to FILE.jsonl for all of them" in text
    assert "more" not in plain(row_lines(many_rows(20), Calendar("Europe/Kyiv"), 100))


def test_a_value_is_never_broken_inside_where_it_has_room_on_a_line_of_its_own() -> None:
    for width in (80, 100, 140):
        lines = plain(row_lines(many_rows(1), Calendar("Europe/Kyiv"), width)).splitlines()
        assert max(map(len, lines)) <= width
        assert all(any(pair in line for line in lines) for pair in ("place=northern_valley", "weapon=artillery"))
    assert any("area=the ford and the field" in line for line in lines)


def test_text_is_broken_between_its_pieces_before_it_is_broken_inside_one() -> None:
    assert wrapped("a=one two, b=three, c=4", 11, ", ") == ["a=one two,", "b=three,", "c=4"]
    assert wrapped("a=one two, b=three, c=4", 12, ", ") == ["a=one two,", "b=three, c=4"]
    assert wrapped("note=very long text, b=3", 10, ", ") == ["note=very", "long text,", "b=3"]


def test_coverage_tells_tested_encoded_declaratory_and_missing(book: Rulebook) -> None:
    act = Match("m", "vote")
    norms = (
        Norm("held", "25", "UA", Must(NoDeadline(), act=act), 0, covers=("X04",)),
        Norm("quiet", "28", "UA", MustNot(act), 0),
        Norm("allowed", "25", "UA", May(act), 0, overrides=("quiet",)),
    )
    test = RuleTest("t", "25", (), (), ({"norm": "held", "is": "met"},), "25.yaml:9:3", (), ())
    declared = Provision("1", "Preamble", "", "", "1.yaml", declaratory="states a fact", covers=("A01",))
    vocabulary = replace(book.vocabulary, clauses=("1", "25", "28", "29"), coverage=("A01", "X04", "X05"))
    written = replace(
        book, vocabulary=vocabulary, norms=norms, tests=(test,), provisions=(declared, *book.provisions[2:])
    )
    found = coverage(written)
    assert {c.id: c.word for c in found.clauses} == {
        "1": "declaratory",
        "25": "tested",
        "28": "encoded",
        "29": "missing",
    }
    assert {r.id: r.word for r in found.rows} == {"A01": "declaratory", "X04": "tested", "X05": "missing"}
    assert [entry.id for entry in found.missing] == ["29", "X05"]
    text = plain(coverage_lines(found, written, 100))
    assert "4 clauses: 1 tested, 1 encoded, 1 declaratory, 1 missing" in text
    assert text.index("✗ missing") < text.index("✓ tested")


def test_the_schema_of_events_knows_the_words_of_the_agreement() -> None:
    fields = {
        "by": FieldType("by", "party"),
        "amount": FieldType("amount", "number", required=False, unit="USD"),
        "place": FieldType("place", "place"),
    }
    vocabulary = Vocabulary(
        "x", "Europe/Kyiv", parties={"UA": "u"}, places={"here": None}, events={"pay": EventType("pay", fields)}
    )
    pay = next(kind for kind in event_schema(vocabulary)["anyOf"] if kind["title"] == "pay")
    assert pay["required"] == ["id", "event", "at", "by", "place"]
    assert pay["properties"]["by"] == {"enum": ["UA"]}
    assert pay["properties"]["amount"] == {"type": "number", "minimum": 0, "description": "in USD"}
    assert not pay["additionalProperties"]
    assert event_schema(None)["anyOf"][3]["additionalProperties"]
