"""Laws of the intake on any input: nothing raises, and what is taken is canonical."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.events import Row
from engine.intake import parse_rows, write_jsonl
from engine.intake.csv_file import read_csv
from engine.intake.json_lines import read_json_lines
from engine.intake.table import raw_rows
from engine.problems import Problem
from engine.vocabulary import Vocabulary

lenient = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = [
    "", "s1", "s2", "raid", "entry", "payment", "extension", "ruling", "waiver", "permit", "A", "B", "C", "board",
    "sides", "ford", "valley", "rifle", "verified", "reported", "violation", "B2", "é", "\0", "\u202e", "true", "5",
    "5.5", "-1", "1e5", "2026-03-02", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00", "2026-02-30", "2026-10-25",
]  # fmt: skip
KEYS = [
    "id", "event", "corrects", "retracts", "confirms", "at", "known", "evidence", "by", "why", "for", "norm",
    "instance", "until", "days", "outcome", "breach_by", "place", "weapon", "men", "amount", "to", "granted",
    "until_day", "metres", "source", "source_grade", "credibility", "location", "note", "attachments", "wepon", "",
]  # fmt: skip

words_ = st.sampled_from(WORDS) | st.text(max_size=8)
numbers = (
    st.integers()
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.floats()
    | st.sampled_from([Decimal("1e400"), Decimal("-0"), 10**31])
)
spans = st.fixed_dictionaries({"from": words_, "to": words_})
places = st.fixed_dictionaries({"lat": numbers | words_, "lon": numbers | words_})
scalars = st.none() | st.booleans() | words_ | numbers
values = (
    scalars
    | spans
    | places
    | st.lists(scalars, max_size=3)
    | st.dictionaries(words_ | st.integers(), scalars, max_size=3)
)
raws: st.SearchStrategy[dict[Any, Any]] = st.dictionaries(st.sampled_from(KEYS) | st.integers(), values, max_size=10)
likely = st.fixed_dictionaries(
    {"id": st.sampled_from(["s1", "s2"]), "at": st.sampled_from(["2026-03-02", "2026-03-02T10:00:00Z"])},
    optional={
        "event": st.sampled_from(["raid", "payment", "extension", "entry"]),
        "corrects": st.just("s1"),
        "known": st.just("2026-03-05"),
        "place": st.sampled_from(["ford", None]),
        "amount": numbers,
        "to": st.just("A"),
        "norm": st.just("n"),
        "days": numbers,
        "by": st.sampled_from(["A", "board"]),
    },
)


def check_canonical(rows: list[Row], vocabulary: Vocabulary) -> None:
    """What was taken is written as rows that are read as the same rows, without a word against them."""
    for row in rows:
        assert row.id
        assert row.span is None or row.span[0] <= row.span[1]
        assert row.kind in ("event", "correction", "retraction", "confirmation")
    out = io.StringIO()
    write_jsonl(rows, out)
    again, problems = from_json_lines(out.getvalue().encode("utf-8"), vocabulary)
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert [row.same_content(other) for row, other in zip(again, rows, strict=True)] == [True] * len(rows)


def from_json_lines(content: bytes, vocabulary: Vocabulary) -> tuple[list[Row], list[Problem]]:
    return gathered(list(read_json_lines(io.BytesIO(content), "log")), vocabulary)


def from_csv(content: bytes, vocabulary: Vocabulary) -> tuple[list[Row], list[Problem]]:
    return gathered(list(raw_rows(read_csv(io.BytesIO(content)), "log", vocabulary)), vocabulary)


def gathered(read: list[Any], vocabulary: Vocabulary) -> tuple[list[Row], list[Problem]]:
    rows, problems = parse_rows([(raw, place) for raw, place, _ in read if raw is not None], vocabulary)
    problems = [*problems, *(problem for _, _, found in read for problem in found)]
    assert all(str(problem).encode("utf-8") for problem in problems)
    return rows, problems


@lenient
@given(st.lists(raws | likely, max_size=4))
def test_any_mapping_is_a_row_or_problems(words: Vocabulary, log: list[dict[Any, Any]]) -> None:
    rows, problems = parse_rows(((raw, f"log:{number}") for number, raw in enumerate(log, 1)), words)
    refused = {problem.place.split(":")[1] for problem in problems if problem.severity == "error"}
    taken = {row.place.split(":")[1] for row in rows}
    assert taken | refused == {str(number) for number in range(1, len(log) + 1)}
    assert not taken & refused
    assert all(problem.message and problem.code for problem in problems)


@lenient
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_rows_or_problems(words: Vocabulary, content: bytes) -> None:
    for read in (from_json_lines, from_csv):
        rows, _ = read(content, words)
        check_canonical(rows, words)


json_values = st.recursive(
    st.none() | st.booleans() | words_ | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words_, inner, max_size=3),
    max_leaves=8,
)


@lenient
@given(
    st.lists(
        likely.map(lambda raw: {key: value for key, value in raw.items() if not isinstance(value, Decimal)})
        | st.dictionaries(st.sampled_from(KEYS), json_values, max_size=8),
        max_size=4,
    ),
    st.booleans(),
)
def test_json_rows_are_taken_whole_or_not_at_all(words: Vocabulary, log: list[Any], escaped: bool) -> None:
    lines = "\n".join(json.dumps(raw, ensure_ascii=escaped) for raw in log)
    rows, _ = from_json_lines(lines.encode("utf-8", "surrogatepass"), words)
    check_canonical(rows, words)


cells = words_.map(lambda text: text.replace("\0", "?"))


@lenient
@given(
    st.lists(st.sampled_from([*KEYS, "at.from", "at.to", "for.p", "location.lat"]), max_size=7),
    st.lists(st.lists(cells, max_size=7), max_size=4),
)
def test_csv_rows_are_taken_whole_or_not_at_all(words: Vocabulary, head: list[str], table: list[list[str]]) -> None:
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [head, *table])
    rows, _ = from_csv(text.encode("utf-8", "surrogatepass"), words)
    check_canonical(rows, words)
