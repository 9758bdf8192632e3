"""A small sample of the fuzzing (docs/fuzzing.md): every parser, and every failure that it could report."""

from __future__ import annotations

import json

import pytest

from tests.fuzz.canonical import Broken, check_against_json, from_json_lines
from tests.fuzz.run import Block, Outcome, run_block, time_bound
from tests.fuzz.targets import words

SAMPLES = {"rows": 2000, "json": 2000, "csv": 1000, "documents": 150, "rules": 60, "mapping": 200}


@pytest.mark.parametrize("target", SAMPLES)
def test_whatever_is_given_to_a_parser_is_taken_canonically_or_refused(target: str) -> None:
    outcome = run_block(Block(target, seed=7, number=0, executions=SAMPLES[target]))
    assert outcome.executions == SAMPLES[target]
    assert outcome.failures == {}
    assert outcome.taken > 0


def test_a_block_is_the_same_whoever_runs_it() -> None:
    first, again = (run_block(Block("json", seed=3, number=5, executions=300)) for _ in range(2))
    assert first.taken == again.taken


def test_a_failure_is_counted_with_the_first_input_that_showed_it() -> None:
    total = Outcome()
    total.add(Outcome(executions=10, failures={"ValueError in rows.py:_id": (2, "b'1'")}))
    total.add(Outcome(executions=10, failures={"ValueError in rows.py:_id": (1, "b'2'")}))
    assert (total.executions, total.failures) == (20, {"ValueError in rows.py:_id": (3, "b'1'")})


@pytest.mark.parametrize(
    "line",
    [
        '{"id":"e","event":"drift","at":"2026-03-01T00:00:00Z","metres":1.50000000000000001}',
        '{"id":"e","event":"drift","at":"2026-03-01T00:00:01Z","metres":1.5}',
        '{"id":"e","event":"drift","at":"2026-03-01T00:00:00Z","metres":1.5,"unheard":1}',
        '{"id":"e","event":"drift","at":"2026-03-01T00:00:00Z","metres":1.5,"metres":1.5}',
        '{"id":"e","event":"drift","at":"2026-03-01T00:00:00Z","metres":NaN}',
    ],
)
def test_a_row_that_says_other_than_its_line_would_be_noticed(line: str) -> None:
    said = json.dumps({"id": "e", "event": "drift", "at": "2026-03-01T00:00:00Z", "metres": 1.5})
    rows, _ = from_json_lines(said.encode(), words())
    with pytest.raises(Broken):
        check_against_json(rows[0], line.encode())


def test_the_bound_on_time_is_taken_off_again() -> None:
    with time_bound():
        pass
    assert run_block(Block("json", seed=1, number=0, executions=1)).executions == 1
