"""What only the durable-rules matcher can do: lose its child, refuse a match, be missing."""

from __future__ import annotations

import os
import signal
from decimal import Decimal
from pathlib import Path

import pytest

from engine.evaluation.matching import Hits
from engine.events import Event
from engine.language.plan import Match, Pred
from engine.matchers import MatcherDied, MatcherMissing, MatcherRefused
from engine.matchers.durable import TOGETHER, DurableMatcher
from engine.vocabulary import EventType, FieldType, Vocabulary

VOCABULARY = Vocabulary(
    "test",
    "UTC",
    events={
        "arrival": EventType("arrival", {"vessel": FieldType("vessel", "text"), "tons": FieldType("tons", "number")}),
    },
)
ANNA = Match("norm/must_not", "arrival", (Pred("vessel", "in", ("Anna",)),))

STAND_IN = """
import os
class MessageNotHandledException(Exception): pass
class Ruleset:
    def __init__(self, name, host, rules): pass
    def assert_fact(self, fact):
        if fact["v0"] == "=Poison": os._exit(11)
        raise MessageNotHandledException
"""


def arrival(vessel: str) -> Event:
    return Event(f"arrival of {vessel}", "arrival", 0, 0, "verified", {"vessel": vessel}, 0)


def stand_in(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child, a process of its own, finds this in place of durable-rules."""
    (folder / "durable").mkdir()
    (folder / "durable" / "__init__.py").write_text("")
    (folder / "durable" / "engine.py").write_text(engine)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_child_that_is_killed_in_mid_run_is_started_again_and_reported() -> None:
    ships = [arrival(f"ship {number}") for number in range(2 * TOGETHER)] + [arrival("Anna")]
    matcher = DurableMatcher(VOCABULARY, [ANNA])
    hits = matcher.hits(ships)
    answers = [next(hits)]
    os.kill(matcher.child_pid, signal.SIGKILL)
    answers += hits
    matcher.close()
    assert answers == [Hits((), ())] * (2 * TOGETHER) + [Hits((0,), ())]
    first, last = f"arrival of ship {TOGETHER}", f"arrival of ship {2 * TOGETHER - 1}"
    assert matcher.crashes == 1
    assert matcher.notes == [
        f'durable-rules ended with code -9 among events "{first}" to "{last}"; it was started again'
    ]


def test_an_event_that_kills_the_child_every_time_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, STAND_IN, monkeypatch)
    matcher = DurableMatcher(VOCABULARY, [ANNA])
    with pytest.raises(MatcherDied, match='durable-rules died twice on event "arrival of Poison"'):
        list(matcher.hits([arrival("Berta"), arrival("Poison"), arrival("Clara")]))
    matcher.close()
    assert matcher.crashes == 3


def test_where_durable_rules_is_missing_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "raise ImportError('cannot import name time')", monkeypatch)
    with pytest.raises(MatcherMissing) as refusal:
        DurableMatcher(VOCABULARY, [])
    assert str(refusal.value) == "durable-rules is not installed here (it needs Python < 3.13 and a C compiler)"


def test_a_number_beyond_its_integers_is_refused_by_the_name_of_the_match() -> None:
    cap = Match("cap/keep", "arrival", (Pred("tons", "gt", (Decimal("9" * 30),)),))
    with pytest.raises(MatcherRefused) as refusal:
        DurableMatcher(VOCABULARY, [ANNA, cap])
    assert str(refusal.value) == f'durable-rules cannot carry "cap/keep": {"9" * 30} does not fit its 64-bit numbers'


def test_more_alternatives_than_it_takes_are_refused_by_the_name_of_the_match() -> None:
    fleet = Match("fleet/must", "arrival", (Pred("vessel", "in", tuple(f"ship {number}" for number in range(600))),))
    with pytest.raises(MatcherRefused, match='cannot carry "fleet/must": 602 values in one condition'):
        DurableMatcher(VOCABULARY, [ANNA, fleet])


def test_a_closed_matcher_leaves_no_process_behind() -> None:
    matcher = DurableMatcher(VOCABULARY, [ANNA])
    matcher.close()
    with pytest.raises(ProcessLookupError):
        os.kill(matcher.child_pid, 0)
