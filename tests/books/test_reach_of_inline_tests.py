"""What the tests inside the shipped books reach, of all that the norms and states in them can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import monitor
from engine.language import Rulebook
from engine.language.plan import Keep, Match, May, Must, NoDeadline, Norm, RuleTest, State, Var
from engine.mutation.trees import nodes
from engine.time import Instant

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted(file.parent.name for file in ROOT.glob("rules/*/vocabulary.yaml"))


@dataclass
class Reached:
    """What the tests that have one norm or state in force say of it. An option of a reading has norms and states of
    its own, and each version of a norm its own time: the tests of the others say nothing of it."""

    said: list[tuple[RuleTest, Instant, Mapping[str, Any]]] = field(default_factory=list)
    tests: list[RuleTest] = field(default_factory=list)

    @property
    def statuses(self) -> set[str]:
        return {str(expected["is"]) for _, _, expected in self.said}


@cache
def the_book(name: str) -> Rulebook:
    return monitor.load(str(ROOT / "rules" / name))


@cache
def reached(name: str) -> dict[str, Reached]:
    """By the place at which the norm or state is written."""
    book = the_book(name)
    found: dict[str, Reached] = defaultdict(Reached)
    for test in book.tests:
        norms, states, _ = book.with_readings(dict(test.readings))
        entries: list[Norm | State] = [*norms, *states]
        for entry in entries:
            here = found[entry.place]
            here.tests.append(test)
            here.said.extend(said_of(entry, test, book))
    return found


def said_of(
    entry: Norm | State, test: RuleTest, book: Rulebook
) -> Iterator[tuple[RuleTest, Instant, Mapping[str, Any]]]:
    word = "norm" if isinstance(entry, Norm) else "state"
    for expected in test.expect:
        if str(expected.get(word)) == entry.id:
            at, _ = monitor.asked(expected, book.vocabulary)
            if in_its_time(entry, at):
                yield test, at, expected


def in_its_time(entry: Norm | State, at: Instant) -> bool:
    valid = entry.valid if isinstance(entry, Norm) else None
    return valid is None or (valid.start <= at and (valid.end is None or at < valid.end))


def every_norm(book: Rulebook) -> list[tuple[str, Norm]]:
    """Those that only an option has as well, each under its name."""
    base = [(norm.id + (f" of {norm.version}" if norm.version else ""), norm) for norm in book.norms]
    return base + [
        (f"{norm.id} under {reading.id}={option.id}" + (f" of {norm.version}" if norm.version else ""), norm)
        for reading in book.readings
        for option in reading.options
        for norm in option.norms
    ]


def every_entry(book: Rulebook) -> list[tuple[str, Norm | State]]:
    return [*every_norm(book), *every_state(book)]


def every_state(book: Rulebook) -> list[tuple[str, State]]:
    return [(state.id, state) for state in book.states] + [
        (f"{state.id} under {reading.id}={option.id}", state)
        for reading in book.readings
        for option in reading.options
        for state in option.states
    ]


# --- verdicts --------------------------------------------------------------------------------------------------------


def grows_silent(norm: Norm) -> bool:
    """Whether no news turns it unknown."""
    stale = isinstance(norm.modal, Keep) and norm.modal.bound.stale_after is not None
    return norm.observed_by is not None or stale


def untried(norm: Norm, statuses: set[str]) -> list[str]:
    """What no test reaches, of what this norm can be."""
    wanted = [{"holding", "met"}]
    if not (isinstance(norm.modal, Must) and isinstance(norm.modal.deadline, NoDeadline)):
        wanted.append({"breached"})
    if grows_silent(norm):
        wanted.append({"unknown"})
    return [" or ".join(sorted(any_of)) for any_of in wanted if not any_of & statuses]


@pytest.mark.parametrize("name", BOOKS)
def test_each_norm_is_kept_and_broken_and_unknown_where_silence_makes_it_so(name: str) -> None:
    assert [
        f"{called}: no test reaches {missing}"
        for called, norm in every_norm(the_book(name))
        if not isinstance(norm.modal, May)
        for missing in untried(norm, reached(name)[norm.place].statuses)
    ] == []


# --- states ----------------------------------------------------------------------------------------------------------


def turns(here: Reached, first: bool) -> bool:
    """Is it `first` in one test, and the other later in the same test, of the same binding?"""
    rows = [
        (test.name, repr(expected.get("for")), at, expected["is"])
        for test, at, expected in here.said
        if "known_at" not in expected
    ]
    return any(
        (a[0], a[1]) == (b[0], b[1]) and a[2] < b[2] and (a[3], b[3]) == (first, not first) for a in rows for b in rows
    )


@pytest.mark.parametrize("name", BOOKS)
def test_each_state_begins_and_ends_in_a_test(name: str) -> None:
    found = []
    for called, state in every_state(the_book(name)):
        here = reached(name)[state.place]
        if state.begins is not None and not turns(here, first=False):
            found.append(f"{called}: begins in no test")
        if state.ends is not None and not turns(here, first=True):
            found.append(f"{called}: ends in no test")
        if state.holds_while is not None and not {"True", "False"} <= here.statuses:
            found.append(f"{called}: is not seen both ways")
    assert found == []


# --- the right body and the wrong one ---------------------------------------------------------------------------------


def speakers(here: Reached, event: str, norm: str) -> set[str]:
    """Who says this built-in word about the norm."""
    rows = [row for test in here.tests for row in test.given]
    return {str(row["by"]) for row in rows if row.get("event") == event and row.get("norm") == norm}


def named_in(names: Iterable[str | Var], entry: Norm | State) -> set[str]:
    """`waived_by: $p.other` names whoever stands in that column, or is bound by that variable."""
    found: set[str] = set()
    for name in names:
        found |= {str(value) for value in values_of(name, entry)} if isinstance(name, Var) else {name}
    return found


def values_of(var: Var, entry: Norm | State) -> Iterator[Any]:
    (family,) = [family for family in entry.for_each if family.var == var.name]
    for row, cells in family.rows:
        yield row if var.column is None else dict(cells)[var.column]
    yield from family.values


def one_sided(spoke: set[str], entitled: set[str]) -> list[str]:
    sides = {"the right body": spoke & entitled, "a wrong body": spoke - entitled}
    return [f"not by {side}" for side, found in sides.items() if not found]


@pytest.mark.parametrize("name", BOOKS)
def test_each_waiver_is_given_by_the_right_body_and_by_a_wrong_one(name: str) -> None:
    found = []
    for called, norm in every_norm(the_book(name)):
        here = reached(name)[norm.place]
        if norm.waived_by:
            found += [
                f"{called}: {no}" for no in one_sided(speakers(here, "waiver", norm.id), named_in(norm.waived_by, norm))
            ]
            found += [f"{called}: never waived"] if "waived" not in here.statuses else []
    assert found == []


@pytest.mark.parametrize("name", BOOKS)
def test_each_extension_is_given_by_the_right_body_and_by_a_wrong_one(name: str) -> None:
    assert [
        f"{called}: {no}"
        for called, norm in every_norm(the_book(name))
        if norm.extendable is not None
        for no in one_sided(
            speakers(reached(name)[norm.place], "extension", norm.id), named_in(norm.extendable.by, norm)
        )
    ] == []


@pytest.mark.parametrize("name", BOOKS)
def test_rulings_are_made_by_the_right_body_and_by_a_wrong_one(name: str) -> None:
    book = the_book(name)
    rows = [row for test in book.tests for row in test.given if row.get("event") == "ruling"]
    entitled = set(book.vocabulary.ruled_by)
    assert not entitled or one_sided({str(row["by"]) for row in rows}, entitled) == []


def confirmers(here: Reached, event: str) -> set[str]:
    """Who confirms events of this type."""
    found = set()
    for test in here.tests:
        types = {str(row["id"]): row.get("event") for row in test.given if "id" in row}
        found |= {str(row["by"]) for row in test.given if types.get(str(row.get("confirms"))) == event}
    return found


@pytest.mark.parametrize("name", BOOKS)
def test_each_confirmation_is_given_by_the_right_body_and_by_a_wrong_one(name: str) -> None:
    """Where several must confirm, one of them alone is the wrong one."""
    book, found = the_book(name), []
    for called, entry in every_entry(book):
        here = reached(name)[entry.place]
        for match in nodes(entry):
            if isinstance(match, Match) and match.quorum is not None:
                sides = one_sided(confirmers(here, match.event), named_in(match.quorum.of, entry))
                wrong = [no for no in sides if match.quorum.needed == 1 or "right" in no]
                found += [f"{called}: {match.event} confirmed {no}" for no in wrong]
    assert found == []


# --- cures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOOKS)
def test_each_cure_cures_in_time_and_does_not_when_it_comes_too_late(name: str) -> None:
    found = []
    for called, norm in every_norm(the_book(name)):
        if norm.cures is None:
            continue
        here = reached(name)[norm.place]
        cured = [e for t in here.tests for e in t.expect if e.get("norm") == norm.cures and e["is"] == "cured"]
        if not cured or "met" not in here.statuses:
            found.append(f"{called}: cures in no test")
        if not {"met_late", "breached"} & here.statuses:
            found.append(f"{called}: is in time in every test")
    assert found == []
