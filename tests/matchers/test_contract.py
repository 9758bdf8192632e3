"""What every matcher answers: readable cases, and random worlds against an oracle written out plainly."""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.matching import Hits, MakeMatcher
from engine.events import Event, FieldValue
from engine.language.plan import Match, Pred
from engine.matchers import MATCHERS, MatcherName, matcher
from engine.vocabulary import EventType, FieldKind, FieldType, Vocabulary

HAS_DURABLE = sys.version_info < (3, 13)
NAMES: list[MatcherName] = [name for name in MATCHERS if name != "durable" or HAS_DURABLE]

FIELDS: dict[str, FieldKind] = {
    "by": "party",
    "place": "place",
    "weapon": "enum",
    "amount": "number",
    "vessel": "text",
    "night": "bool",
    "day": "date",
}
PLACES = {
    "ukraine": None,
    "donetsk": "ukraine",
    "buffer": "donetsk",
    "kyiv": "ukraine",
    "russia": None,
    "moscow": "russia",
}
KYIV_DAY = date(2026, 4, 12)


def world(places: dict[str, str | None] | None = None) -> Vocabulary:
    fields = {name: FieldType(name, kind, required=False) for name, kind in FIELDS.items()}
    events = {name: EventType(name, fields) for name in ("strike", "arrival")}
    parties = dict.fromkeys(("UA", "RU", "EU"), "")
    return Vocabulary("test", "Europe/Kyiv", parties=parties, places=places or PLACES, events=events)


def event(**fields: FieldValue) -> Event:
    return Event("e1", "strike", 0, 0, "verified", fields, 0)


def match(*preds: Pred) -> Match:
    return Match("m", "strike", preds)


def one_in(field: str, *values: Any) -> Pred:
    return Pred(field, "in", values)


def none_of(field: str, *values: Any) -> Pred:
    return Pred(field, "not", values)


def answers(make: MakeMatcher, vocabulary: Vocabulary, matches: Sequence[Match], events: Sequence[Event]) -> list[Hits]:
    made = make(vocabulary, matches)
    try:
        return list(made.hits(events))
    finally:
        made.close()


@pytest.fixture(params=NAMES)
def make(request: pytest.FixtureRequest) -> MakeMatcher:
    return matcher(request.param)


def word(make: MakeMatcher, asked: Match, happened: Event) -> str:
    hits = answers(make, world(), [asked], [happened])[0]
    return "yes" if hits.yes else "open" if hits.open else "no"


CASES = [
    ("a match without preds takes every event of its type", match(), event(), "yes"),
    ("the asked value", match(one_in("by", "UA")), event(by="UA"), "yes"),
    ("another value", match(one_in("by", "UA")), event(by="RU"), "no"),
    ("one of several values", match(one_in("by", "UA", "RU")), event(by="RU"), "yes"),
    ("an act by nobody known may be theirs", match(one_in("by", "UA")), event(), "open"),
    ("nor is it known not to be theirs", match(none_of("by", "UA")), event(), "open"),
    ("not means another value", match(none_of("by", "UA")), event(by="RU"), "yes"),
    ("a failing pred outweighs an open one", match(one_in("by", "UA"), one_in("vessel", "A")), event(vessel="B"), "no"),
    ("an open pred outweighs a true one", match(one_in("by", "UA"), one_in("vessel", "A")), event(vessel="A"), "open"),
    ("exists asks about the record", match(Pred("by", "exists", (True,))), event(), "no"),
    ("absence is on record", match(Pred("by", "exists", (False,))), event(), "yes"),
    ("presence too", match(Pred("by", "exists", (False,))), event(by="UA"), "no"),
    ("a place inside the asked one", match(one_in("place", "ukraine")), event(place="buffer"), "yes"),
    ("a coarser place may have been it", match(one_in("place", "buffer")), event(place="donetsk"), "open"),
    ("a place beside it", match(one_in("place", "donetsk")), event(place="kyiv"), "no"),
    ("inside one of two, around neither", match(one_in("place", "russia", "buffer")), event(place="moscow"), "yes"),
    ("inside the wider of two that nest", match(one_in("place", "buffer", "ukraine")), event(place="donetsk"), "yes"),
    ("an excluded place and all in it", match(none_of("place", "donetsk")), event(place="buffer"), "no"),
    ("a coarser place is open under not", match(none_of("place", "donetsk")), event(place="ukraine"), "open"),
    ("elsewhere is not excluded", match(none_of("place", "donetsk")), event(place="kyiv"), "yes"),
    ("numbers compare by value", match(one_in("amount", Decimal("1.50"))), event(amount=Decimal("1.5")), "yes"),
    ("a hair above is above", match(Pred("amount", "gt", (Decimal(7),))), event(amount=Decimal("7.0000000001")), "yes"),
    ("a hair above is not equal", match(one_in("amount", Decimal(7))), event(amount=Decimal("7.0000000001")), "no"),
    ("a hair below is below", match(Pred("amount", "lt", (Decimal(-7),))), event(amount=Decimal("-7.00001")), "yes"),
    ("30 digits against a limit", match(Pred("amount", "gte", (Decimal(7),))), event(amount=Decimal("9" * 30)), "yes"),
    ("the limit itself", match(Pred("amount", "gte", (Decimal(7),))), event(amount=Decimal("7.0")), "yes"),
    ("text that looks like a number is text", match(one_in("vessel", "7")), event(vessel="7.0"), "no"),
    ("quotes and letters of any script", match(one_in("vessel", '"Ї\\n\n')), event(vessel='"Ї\\n\n'), "yes"),
    ("the beginning of a name is not the name", match(one_in("vessel", "Anna")), event(vessel="Anna B"), "no"),
    ("no text is text", match(one_in("vessel", "")), event(vessel=""), "yes"),
    ("very long text", match(one_in("vessel", "ї" * 70_000)), event(vessel="ї" * 70_000), "yes"),
    ("false is a value", match(one_in("night", False)), event(night=False), "yes"),
    ("a later day", match(Pred("day", "gt", (KYIV_DAY,))), event(day=date(2026, 4, 13)), "yes"),
    ("the same day", match(Pred("day", "lte", (KYIV_DAY,))), event(day=KYIV_DAY), "yes"),
    ("an earlier year", match(Pred("day", "gt", (KYIV_DAY,))), event(day=date(1999, 12, 31)), "no"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "happened", "expected"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_an_event_satisfies_a_match_or_may(make: MakeMatcher, asked: Match, happened: Event, expected: str) -> None:
    assert word(make, asked, happened) == expected


def test_an_event_of_a_type_that_no_match_asks_about_hits_nothing(make: MakeMatcher) -> None:
    arrival = Event("e1", "arrival", 0, 0, "verified", {"by": "UA"}, 0)
    assert answers(make, world(), [match(one_in("by", "UA"))], [arrival]) == [Hits((), ())]


def test_each_vessel_of_a_family_is_found_among_hundreds(make: MakeMatcher) -> None:
    family = [match(one_in("by", "UA"), one_in("vessel", f"v{number}")) for number in range(300)]
    seen = [event(by="UA", vessel="v299"), event(by="UA"), event(by="RU", vessel="v1"), event(vessel="v7")]
    nameless = Hits((), tuple(range(300)))
    assert answers(make, world(), family, seen) == [Hits((299,), ()), nameless, Hits((), ()), Hits((), (7,))]


def test_a_match_with_many_preds_is_taken_whole(make: MakeMatcher) -> None:
    bounds = [Pred("amount", "gt", (Decimal(number),)) for number in range(20)]
    over = [event(amount=Decimal(20)), event(amount=Decimal(19)), event()]
    assert answers(make, world(), [match(*bounds)], over) == [Hits((0,), ()), Hits((), ()), Hits((), (0,))]


# --- random worlds ------------------------------------------------------------------------------------------------

TEXTS = ["", "a", "ab", "7", "true", "é'\"", "none"]
NUMBERS = [Decimal(text) for text in ("0", "1", "1.0", "1.5", "1.4999", "-3", "600000", "0.001")]
POOL: dict[FieldKind, list[Any]] = {
    "party": ["UA", "RU", "EU"],
    "enum": ["missile", "drone", "none"],
    "number": NUMBERS,
    "text": TEXTS,
    "bool": [True, False],
    "date": [date(1900, 1, 1), KYIV_DAY, date(2026, 4, 13), date(2200, 12, 31)],
}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Vocabulary, list[Match], list[Event]]:
    places: dict[str, str | None] = {}
    for number in range(draw(st.integers(1, 8))):
        places[f"p{number}"] = draw(st.sampled_from([None, *places]))

    def value(field: str) -> st.SearchStrategy[Any]:
        return st.sampled_from(list(places) if FIELDS[field] == "place" else POOL[FIELDS[field]])

    def pred(field: str) -> st.SearchStrategy[Pred]:
        several = st.lists(value(field), min_size=1, max_size=3).map(tuple)
        forms = [st.builds(Pred, st.just(field), st.sampled_from(["in", "not"]), several)]
        forms.append(st.builds(Pred, st.just(field), st.just("exists"), st.booleans().map(lambda wanted: (wanted,))))
        if FIELDS[field] in ("number", "date"):
            one = value(field).map(lambda limit: (limit,))
            forms.append(st.builds(Pred, st.just(field), st.sampled_from(["gt", "gte", "lt", "lte"]), one))
        return st.one_of(forms)

    types = st.sampled_from(["strike", "arrival"])
    preds = st.lists(st.sampled_from(list(FIELDS)).flatmap(pred), max_size=4).map(tuple)
    fields = st.fixed_dictionaries({}, optional={name: value(name) for name in FIELDS})
    matches = draw(st.lists(st.builds(Match, st.just("m"), types, preds), min_size=1, max_size=12))
    seen = st.builds(lambda type_, held: Event("e", type_, 0, 0, "verified", held, 0), types, fields)
    return world(places), matches, draw(st.lists(seen, min_size=1, max_size=12))


def oracle(vocabulary: Vocabulary, asked: Sequence[Match], happened: Event) -> Hits:
    """The definition of a hit, as it stands in the protocol."""
    words = [
        [holds(vocabulary, pred, happened.fields.get(pred.field)) for pred in one.preds] if one.event == happened.type
        else [False]
        for one in asked
    ]  # fmt: skip
    yes = tuple(number for number, each in enumerate(words) if all(each))
    return Hits(yes, tuple(n for n, each in enumerate(words) if n not in yes and False not in each))


def holds(vocabulary: Vocabulary, pred: Pred, value: Any) -> bool | None:
    if pred.op == "exists":
        return (value is not None) == pred.values[0]
    if value is None:
        return None
    if FIELDS[pred.field] == "place":
        inside = any(asked in vocabulary.containing[value] for asked in pred.values)
        around = any(value in vocabulary.containing[str(asked)] for asked in pred.values)
        return (pred.op == "in") if inside else None if around else (pred.op == "not")
    if pred.op in ("in", "not"):
        return (value in pred.values) == (pred.op == "in")
    compare = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}[pred.op]
    return bool(compare(value, pred.values[0]))


@pytest.mark.parametrize("name", NAMES)
@given(worlds())
def test_every_matcher_agrees_with_the_definition(
    name: MatcherName, drawn: tuple[Vocabulary, list[Match], list[Event]]
) -> None:
    vocabulary, matches, events = drawn
    expected = [oracle(vocabulary, matches, happened) for happened in events]
    assert answers(matcher(name), vocabulary, matches, events) == expected
