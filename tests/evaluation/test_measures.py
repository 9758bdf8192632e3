"""Numbers read in a window, and whether they are in bounds."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.evaluation.measures import BoundReader, Record
from engine.language.plan import Keep
from engine.time import BEGINNING, DAY

from .small import book


def record(*values: tuple[int, str, int | None]) -> Record:
    """Of (day, event, number)."""
    made = Record()
    for day, event, value in values:
        made.add(day * DAY, event, None if value is None else Decimal(value))
    return made


def reader(bound: str, *records: Record) -> BoundReader:
    """Of a `keep` written as in a rule file."""
    modal = book(f"- {{id: kept, who: A, keep: {bound}}}").norms[0].modal
    assert isinstance(modal, Keep)
    return BoundReader(modal.bound, records[0], records[1] if len(records) > 1 else None)


@pytest.mark.parametrize("which", ["max", "min"])
def test_the_first_of_the_greatest_or_least_of_any_stretch_is_found(which: str) -> None:
    rng = random.Random(f"extremes {which}")
    numbers = [rng.randrange(40) for _ in range(1200)]
    made = record(*((n, f"e{n}", number) for n, number in enumerate(numbers)))
    stretches = [(0, 1200), (0, 256), (256, 512), (255, 513), (1, 1199), (512, 1200), (1023, 1025), (7, 8)]
    stretches += [(start, start + rng.randint(1, 1200 - start)) for start in rng.choices(range(1199), k=60)]
    for start, end in stretches:
        best = (max if which == "max" else min)(numbers[start:end])
        assert made.extreme(which, start, end) == numbers.index(best, start)


def test_a_window_leaves_out_its_first_instant_and_takes_its_last() -> None:
    made = record((1, "a", 5), (2, "b", 7), (3, "c", 9))
    assert made.slice(1 * DAY, 3 * DAY) == (1, 3)
    assert made.slice(1 * DAY - 1, 3 * DAY - 1) == (0, 2)
    assert made.indices_of(["c", "x", "a"]) == [2, 0]
    assert (made.last_upto(2 * DAY), made.last_upto(2 * DAY - 1), made.last_upto(0)) == (2 * DAY, DAY, BEGINNING)


@pytest.mark.parametrize(
    ("bound", "value", "events"),
    [
        ("{sum: stock.tons, at_most: 20 t}", 16, ("b", "c")),
        ("{count: stock, at_most: 20}", 2, ("b", "c")),
        ("{max: stock.tons, at_most: 20 t}", 9, ("c",)),
        ("{min: stock.tons, at_most: 20 t}", 7, ("b",)),
        ("{latest: stock.tons, at_most: 20 t, stale_after: 9 days}", 9, ("c",)),
    ],
)
def test_what_came_before_the_opening_is_not_counted(bound: str, value: int, events: tuple[str, ...]) -> None:
    judged = reader(bound, record((1, "a", 99), (2, "b", 7), (3, "c", 9))).read(3 * DAY, 2 * DAY)
    assert (judged.value.value, judged.value.events, judged.reading) == (value, events, "in")


@pytest.mark.parametrize(
    ("bound", "value", "events"),
    [
        ("{sum: stock.tons, at_most: 20 t}", 16, ("a", "c")),
        ("{count: stock, at_most: 20}", 2, ("a", "c")),
        ("{max: stock.tons, at_most: 20 t}", 9, ("c",)),
        ("{min: stock.tons, at_most: 20 t}", 7, ("a",)),
    ],
)
def test_what_fired_the_trigger_is_left_out(bound: str, value: int, events: tuple[str, ...]) -> None:
    made = record((1, "a", 7), (2, "b", 99), (2, "b2", 0), (3, "c", 9))
    judged = reader(bound, made).read(3 * DAY, DAY, without=frozenset({"b", "b2", "x"}))
    assert (judged.value.value, judged.value.events) == (value, events)


def test_what_fired_the_trigger_outside_the_window_takes_nothing_from_it() -> None:
    made = record((1, "a", 7), (2, "b", 8), (5, "c", 9))
    judged = reader("{sum: stock.tons, at_most: 20 t}", made).read(4 * DAY, 2 * DAY, without=("a", "c"))
    assert judged.value.value == 8


@pytest.mark.parametrize(
    ("bound", "value", "per", "reading"),
    [
        ("at_least: 50 %", 5, 10, "in"),
        ("at_least: 50 %", 4, 10, "out"),
        ("at_most: 50 %", 5, 10, "in"),
        ("at_most: 50 %", 6, 10, "out"),
        ("at_least: 50 %", -5, -10, "in"),
        ("at_least: 50 %", -4, -10, "out"),
        ("at_least: 50 %", -6, -10, "in"),
        ("at_most: 50 %", -5, -10, "in"),
        ("at_most: 50 %", -6, -10, "out"),
        ("at_most: 50 %", -4, -10, "in"),
        ("at_most: 50 %", 0, 0, "in"),
        ("at_least: 50 %", 0, 0, "in"),
        ("at_least: 50 %", 1, 0, "none"),
        ("at_least: 50 %", 1, None, "none"),
        ("at_least: 50 %", None, 1, "none"),
    ],
)
def test_a_share_is_judged_by_its_sign_and_of_nothing_is_in_bounds_where_it_is_nothing(
    bound: str, value: int | None, per: int | None, reading: str
) -> None:
    top = record() if value is None else record((1, "v", value))
    bottom = record() if per is None else record((1, "p", per))
    asked = f"{{max: stock.tons, per: {{max: stock.tons}}, {bound}}}"
    assert reader(asked, top, bottom).read(DAY, BEGINNING).reading == reading


@pytest.mark.parametrize(("value", "reading"), [(9, "out"), (10, "in"), (20, "in"), (21, "out")])
def test_both_ends_of_a_band_are_inside(value: int, reading: str) -> None:
    asked = reader("{sum: stock.tons, at_least: 10 t, at_most: 20 t}", record((1, "a", value)))
    assert asked.read(DAY, BEGINNING).reading == reading


def test_a_floor_may_wait_and_a_milestone_stands_in_for_it() -> None:
    asked = reader("{sum: stock.tons, at_least: 10 t}", record((1, "a", 9)))
    assert asked.read(DAY, BEGINNING, floor=False).reading == "in"
    assert asked.read(DAY, BEGINNING, at_least=Decimal(9)).reading == "in"
    assert asked.read(DAY, BEGINNING, at_least=Decimal(0)).reading == "in"
    assert asked.read(DAY, BEGINNING).reading == "out"


@pytest.mark.parametrize(("now", "value"), [(3 * DAY - 1, 7), (3 * DAY, None), (2 * DAY, 7), (DAY, 7), (DAY - 1, None)])
def test_a_reading_turns_stale_so_long_after_it(now: int, value: int | None) -> None:
    asked = reader("{latest: stock.tons, at_most: 20 t, stale_after: 2 days}", record((1, "a", 7)))
    judged = asked.read(now, BEGINNING)
    assert judged.value.value == value
    assert judged.reading == ("none" if value is None else "in")
    assert judged.value.at == (DAY if now >= DAY else None)
    assert judged.value.events == (("a",) if now >= DAY else ())


def test_a_rolling_window_drops_what_is_as_old_as_it_is_long() -> None:
    asked = reader("{sum: stock.tons, over: 2 days, at_most: 20 t}", record((1, "a", 7), (2, "b", 8)))
    assert asked.read(3 * DAY - 1, BEGINNING).value.value == 15
    assert asked.read(3 * DAY, BEGINNING).value.value == 8
    assert asked.read(3 * DAY, BEGINNING).after == DAY
    assert asked.read(3 * DAY, 3 * DAY).after == 3 * DAY - 1
    assert asked.edges(DAY) == [3 * DAY]


def test_only_latest_looks_behind_the_opening() -> None:
    top, bottom = record((1, "a", 7), (4, "b", 8)), record((2, "c", 7))
    latest = reader("{latest: stock.tons, at_most: 20 t, stale_after: 2 days}", top)
    share = reader("{sum: stock.tons, per: {latest: stock.tons}, at_most: 50 %}", top, bottom)
    assert latest.looks_back and share.looks_back
    assert not reader("{sum: stock.tons, at_most: 20 t}", top).looks_back
    assert (latest.last_certain(4 * DAY), share.last_certain(4 * DAY)) == (4 * DAY, 2 * DAY)
    assert latest.edges(DAY) == [3 * DAY]
