"""Parquet: rows come back as they were, columns are what an analyst can count with, tables are read as their CSV."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import load_rulebook, read_events
from engine.events import Row
from engine.intake import parquet_file, source, write_jsonl, write_parquet
from engine.problems import Problem

ReadFile = Callable[..., tuple[list[Row], list[Problem]]]
ROOT = Path(__file__).parents[2]

LOG = """\
{"id": "r1", "event": "raid", "at": "2026-03-02", "place": "ford", "men": 12345678901234567890.5, "by": "A"}
{"id": "r2", "event": "raid", "at": "2026-03-02T10:00:00.000001+02:00", "place": "north", "weapon": "rifle"}
{"id": "c1", "corrects": "r1", "known": "2026-03-09", "by": null, "men": 3, "note": "наряд"}
{"id": "x1", "retracts": "r2", "known": "2026-03-10", "why": "seen twice"}
{"id": "k1", "confirms": "r1", "by": "board", "at": "2026-03-04"}
{"id": "p1", "event": "permit", "at": "2026-03-05", "granted": true, "until_day": "2026-04-01", "evidence": "reported"}
{"id": "w1", "event": "waiver", "at": "2026-03-05", "norm": "n", "by": "board", "for": {"p": "A"}}
{"id": "l1", "event": "letter", "at": {"from": "2026-03-05", "to": "2026-03-07"}, "subject": "=1+1", "credibility": 2,
 "source": "post", "location": {"lat": 48.5, "lon": 35, "precision": "500 m"}, "attachments": ["a.jpg"]}
""".replace(",\n ", ", ")


def as_text(rows: list[Row]) -> str:
    out = io.StringIO()
    write_jsonl(rows, out)
    return out.getvalue()


def as_parquet(rows: list[Row]) -> bytes:
    out = io.BytesIO()
    assert write_parquet(rows, out) == len(rows)
    return out.getvalue()


def table(**columns: Any) -> bytes:
    out = io.BytesIO()
    named = {name.replace("__", "."): values for name, values in columns.items()}
    pq.write_table(pa.table(named), out, compression="zstd")
    return out.getvalue()


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in problems]


@pytest.fixture
def rows(read_file: ReadFile) -> list[Row]:
    found, problems = read_file("log.jsonl", LOG)
    assert problems == []
    return found


# --- rows, out and in -----------------------------------------------------------------------------------------------


def test_rows_come_back_as_they_were(rows: list[Row], read_file: ReadFile) -> None:
    again, problems = read_file("log.parquet", as_parquet(rows))
    assert problems == []
    assert as_text(again) == as_text(rows)
    assert all(one.same_content(other) and one.known == other.known for one, other in zip(rows, again, strict=True))
    assert as_parquet(again) == as_parquet(rows)


def test_a_whole_story_comes_back_as_it_was(tmp_path: Path) -> None:
    book = load_rulebook("peace-plan-28")
    rows, _ = read_events(ROOT / "fixtures" / "peace-plan-28" / "events.jsonl", book)
    (tmp_path / "log.parquet").write_bytes(as_parquet(rows))
    again, problems = read_events(tmp_path / "log.parquet", book)
    assert not [problem for problem in problems if problem.severity == "error"]
    assert as_text(again) == as_text(rows)


def test_columns_are_of_types_that_one_can_count_with(rows: list[Row]) -> None:
    found = pq.read_table(io.BytesIO(as_parquet(rows)))
    assert found.schema.names[:6] == ["id", "event", "corrects", "retracts", "confirms", "at.from"]
    assert found.schema.names[-1] == "accord_row"
    types = {field.name: str(field.type) for field in found.schema}
    assert types["at.from"] == types["at.to"] == types["known"] == "timestamp[us, tz=UTC]"
    assert (types["men"], types["granted"], types["until_day"]) == ("double", "bool", "date32[day]")
    assert {types[name] for name in ("place", "by", "for.p", "location.precision")} == {"string"}
    first, _, correction, *_ = found.to_pylist()
    assert first["at.from"] == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert first["at.to"] == datetime(2026, 3, 2, 21, 59, 59, 999999, tzinfo=UTC)
    assert '"men":12345678901234567890.5' in first["accord_row"]  # where the float has it rounded
    assert correction["by"] is None and '"by":null' in correction["accord_row"]


def test_without_the_rows_the_columns_are_read_as_a_table(rows: list[Row], read_file: ReadFile) -> None:
    found = pq.read_table(io.BytesIO(as_parquet(rows[1:2] + rows[3:7])))
    out = io.BytesIO()
    pq.write_table(found.drop_columns(["accord_row"]), out)
    again, problems = read_file("log.parquet", out.getvalue())
    assert problems == []
    assert as_text(again) == as_text(rows[1:2] + rows[3:7])


def test_an_empty_log_is_a_file_too(read_file: ReadFile) -> None:
    assert read_file("log.parquet", as_parquet([])) == ([], [])


def test_rows_filtered_with_another_tool_are_still_rows(rows: list[Row], read_file: ReadFile) -> None:
    found = pq.read_table(io.BytesIO(as_parquet(rows)))
    kept = found.filter(pa.compute.equal(found["event"], "raid")).append_column("seen", pa.array([0.5, 0.7]))
    out = io.BytesIO()
    pq.write_table(kept.cast(pa.schema([f.with_type(_in_nanoseconds(f.type)) for f in kept.schema])), out)
    again, problems = read_file("log.parquet", out.getvalue())
    assert problems == []
    assert as_text(again) == as_text(rows[:2])


def _in_nanoseconds(type_: Any) -> Any:
    return pa.timestamp("ns", type_.tz) if pa.types.is_timestamp(type_) else type_


def test_a_changed_column_beside_an_unchanged_row_is_refused(rows: list[Row], read_file: ReadFile) -> None:
    found = pq.read_table(io.BytesIO(as_parquet(rows[:2])))
    place = found.schema.get_field_index("place")
    out = io.BytesIO()
    pq.write_table(found.set_column(place, "place", pa.array(["ford", "valley"])), out)
    again, problems = read_file("log.parquet", out.getvalue())
    assert [row.id for row in again] == ["r1"]
    assert told(problems) == [("log.parquet:3:place", "said-twice")]
    assert 'says "valley"' in problems[0].message and 'says "north"' in problems[0].message


# --- tables of others -----------------------------------------------------------------------------------------------


def test_a_table_is_read_as_its_csv(read_file: ReadFile) -> None:
    columns = {
        "id": ["a", "b", "c"],
        "event": pa.array(["raid", "payment", "raid"]).dictionary_encode(),
        "at": pa.array([1772445600000, 1772496000000, None], pa.timestamp("ms", "Europe/Kyiv")),
        "at__from": pa.array([None, None, date(2026, 3, 4)]),
        "at__to": pa.array([None, None, date(2026, 3, 5)]),
        "place": ["ford", None, "north"],
        "men": pa.array([12, None, float("nan")], pa.float64()),
        "amount": pa.array([None, Decimal("5.50"), None], pa.decimal128(38, 2)),
        "to": pa.array([None, "A", None], pa.large_string()),
        "credibility": pa.array([3, None, None], pa.int8()),
        "note": pa.nulls(3),
    }
    from_columns, problems = read_file("log.parquet", table(**columns))
    assert problems == []
    text = """\
id,event,at,at.from,at.to,place,men,amount,to,credibility
a,raid,2026-03-02T10:00:00Z,,,ford,12,,,3
b,payment,2026-03-03T00:00:00Z,,,,,5.50,A,
c,raid,,2026-03-04,2026-03-05,north,,,,
"""
    from_text, problems = read_file("log.csv", text)
    assert problems == []
    assert as_text(from_columns) == as_text(from_text)


def test_a_mapping_reads_a_table_of_columns(read_file: ReadFile) -> None:
    mapping = """\
mapping: patrol
zone: Europe/Kyiv
events:
  - event: raid
    id: {prefix: p-, columns: [No]}
    at: Start
    fields: {place: Where, men: Men}
"""
    start = pa.array([1772485800, 1772409600], pa.timestamp("s"))  # 2 March, 21:10 and midnight, of no zone
    columns = table(No=[1, 2], Start=start, Where=["ford", "north"], Men=[2.5, 3.0], Rest=[[1], []])
    from_columns, problems = read_file("t.parquet", columns, mapping=mapping)
    assert problems == []
    text = "No,Start,Where,Men\n1,2026-03-02T21:10:00,ford,2.5\n2,2026-03-02T00:00:00,north,3\n"
    from_text, _ = read_file("t.csv", text, mapping=mapping)
    assert len(from_text) == 2 and as_text(from_columns) == as_text(from_text)


def test_what_a_column_cannot_say_is_refused_by_row(read_file: ReadFile) -> None:
    columns = table(
        id=["a", "b", "c", "d"],
        event=["raid"] * 4,
        at=pa.array([1772000000000000001, 10**17, 1772000000 * 10**9, 1772000000 * 10**9], pa.timestamp("ns", "UTC")),
        place=pa.array([b"ford", b"ford", b"\xff", b"ford"]).cast(pa.string(), safe=False),
        men=pa.array([1.0, 1.0, 1.0, float("inf")]),
    )
    rows, problems = read_file("log.parquet", columns)
    assert [row.id for row in rows] == ["b"]
    assert told(problems) == [
        ("log.parquet:2:at", "bad-time"),
        ("log.parquet:4:place", "not-utf8"),
        ("log.parquet:5:men", "wrong-type"),
    ]
    _, problems = read_file("log.parquet", table(id=["a"], event=["raid"], at=["2026-03-02"], place=["ford"], odd=[1]))
    assert told(problems)[0] == ("log.parquet:1:odd", "unknown-column")
    far = pa.array([10**17], pa.timestamp("ms", "UTC"))
    _, problems = read_file("log.parquet", table(id=["a"], event=["raid"], at=far, place=["ford"]))
    assert told(problems) == [("log.parquet:2:at", "bad-time")]


def test_columns_come_packed_too(rows: list[Row], read_file: ReadFile) -> None:
    again, problems = read_file("log.parquet.gz", gzip.compress(as_parquet(rows)))
    assert problems == []
    assert as_text(again) == as_text(rows)


# --- damaged, hostile, absent ---------------------------------------------------------------------------------------


def test_what_is_no_parquet_is_said_to_be_none(read_file: ReadFile) -> None:
    for content in (b"", b"PAR1", b"no columns at all", LOG.encode()):
        rows, problems = read_file("log.parquet", content)
        assert rows == []
        assert told(problems) == [("log.parquet", "unreadable-file")]


def test_damage_anywhere_is_told_and_never_raised(rows: list[Row], read_file: ReadFile) -> None:
    whole, choice = as_parquet(rows), random.Random(1)
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[choice.randrange(len(whole))] ^= 1 << choice.randrange(8)
        again, problems = read_file("log.parquet", bytes(damaged))
        assert problems or as_text(again) == as_text(rows)


def test_a_small_file_that_unpacks_to_far_more_is_not_read(
    read_file: ReadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (source, parquet_file):
        monkeypatch.setattr(module, "FREE_UNPACKED", 10_000)
    bomb = table(id=["x" * 1_000_000], event=["raid"], at=["2026-03-02"], place=["ford"])
    assert len(bomb) < 100_000
    rows, problems = read_file("log.parquet", bomb)
    assert rows == [] and "far more than its size" in problems[0].message


def test_a_value_that_is_repeated_does_not_fill_the_memory(
    read_file: ReadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "MOST_UNPACKED", 3_000_000)
    many = pa.array(["x" * 100_000]).take(pa.array([0] * 100))
    rows, problems = read_file("log.parquet", table(id=many, event=many, at=many))
    assert rows == [] and "more than 2 GiB" in problems[-1].message


def test_a_row_that_is_too_long_is_left_out(read_file: ReadFile) -> None:
    rows, problems = read_file("log.parquet", table(accord_row=["x" * 300_000, "[]"]))
    assert rows == [] and told(problems) == [
        ("log.parquet:2", "row-too-long"),
        ("log.parquet:3", "not-an-object"),
    ]


WITHOUT = """
import sys
sys.modules["pyarrow"] = None  # as where it is not installed
from engine.cli.app import main
main()
"""


def test_where_the_parts_are_missing_that_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_bytes(table(id=["a"]))
    (tmp_path / "log.jsonl").write_text("")
    book = str(ROOT / "tests" / "cli" / "river")

    def accord(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-c", WITHOUT, "read", "--rules", book, *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    code, said = accord("log.parquet")
    assert code == 3 and "log.parquet: unreadable-file: Parquet needs pyarrow" in said
    assert 'hint: pip install "accordwatch[columnar]"' in said
    code, said = accord("log.jsonl", "--to", "out.parquet")
    assert code == 4 and 'hint: pip install "accordwatch[columnar]"' in said
    assert not (tmp_path / "out.parquet").exists()


def test_the_parts_are_loaded_only_where_a_file_needs_them() -> None:
    ask = "import sys, engine, engine.cli.app, engine.intake, engine.keeping.moving; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
