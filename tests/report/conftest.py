"""A small agreement and a hand-made answer with every bucket in it: rendering needs no evaluator."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from engine.evaluation.verdicts import Breach, Figure, Part, StateVerdict, Told, Verdict, Verdicts, Why
from engine.events import Event
from engine.language.plan import Provision, Reading, ReadingOption, Rulebook
from engine.problems import Problem
from engine.time import Calendar, Instant, format_instant, parse_instant
from engine.vocabulary import Vocabulary

CALENDAR = Calendar("Europe/Kyiv")
AS_OF = CALENDAR.last_of(date(2026, 4, 15))


def midnight_after(day: str) -> Instant:
    return CALENDAR.end_of(date.fromisoformat(day))


def verdict(provision: str, norm: str, is_: str, bucket: str, **more: Any) -> Verdict:
    facts: dict[str, Any] = {
        "version": None,
        "binding": (),
        "instance": None,
        "who": "UA",
        "to": (),
        "could_be": (is_,),
        "severity": "serious",
        "modality": "hard",
        "title": None,
        "opened": parse_instant("2026-01-02T10:00:00+02:00"),
        "due": None,
        "due_exclusive": True,
        "deadline": None,
    }
    told = {"since": parse_instant("2026-01-02T10:00:00+02:00")}
    told |= {name: more.pop(name) for name in TOLD if name in more}
    why = Why(lambda: Told(**told))  # type: ignore[arg-type]
    return Verdict(provision=provision, norm=norm, is_=is_, bucket=bucket, why=why, **facts | more)  # type: ignore[arg-type]


TOLD = tuple(field.name for field in fields(Told))


def retold(verdict: Verdict, **changes: Any) -> Verdict:
    """The same with other reasons, and with whatever else is to be otherwise."""
    told = replace(verdict.why.told, **{name: changes.pop(name) for name in TOLD if name in changes})
    return replace(verdict, why=Why(lambda: told), **changes)


@pytest.fixture
def book() -> Rulebook:
    vocabulary = Vocabulary(
        agreement="river-accord",
        zone="Europe/Kyiv",
        title={"en": "River Accord", "uk": "Річкова угода"},
        version="2",
        parties={"UA": "Upper Aland", "RU": {"en": "Lower Ruland"}},
        bodies={"board": "the Board"},
    )
    titles = {"6": "Limit on forces", "14": "Fund", "25": "Elections in 100 days", "28": "Ceasefire"}
    provisions = tuple(
        Provision(id_, title, f"What clause {id_} says.", "text", f"{id_}.yaml") for id_, title in titles.items()
    )
    options = (ReadingOption("calendar", "calendar days"), ReadingOption("working", "working days"))
    reading = Reading("days", "25", "which days are counted?", options, "calendar", "the text names none")
    return Rulebook(vocabulary, provisions, (), (), (reading,), (), "3f2a91c0" * 8)


def strike(id_: str, at: str, evidence: str, source: str) -> Event:
    when = parse_instant(at)
    return Event(id_, "strike", when, when, evidence, {"by": "RU"}, when, words=(id_,), source=source)


@pytest.fixture
def verdicts() -> Verdicts:
    occurred = parse_instant("2026-03-03T14:05:00+02:00")
    began = Event("c1", "ceasefire", occurred, occurred, "verified", {}, occurred, words=("c1",))
    events = {
        "c1": began,
        "s1": strike("s1", "2026-03-03T14:05:00+02:00", "verified", "patrol 7"),
        "s2": strike("s2", "2026-04-14T02:00:00+03:00", "alleged", "a party"),
    }
    strikes = verdict(
        "28",
        "no_strikes",
        "breached",
        "violated",
        binding=(("p", "RU"),),
        who="RU",
        to=("UA",),
        severity="material",
        title="No strikes while the ceasefire holds",
        since=occurred,
        because=("s1",),
        breaches=(Breach(occurred, None, ("s1",), "open"), Breach(None, None, ("s0",), "excused")),
        parts=(
            Part("act", "s1"),
            Part("open act", "s2", "alleged is below verified"),
            Part("state", "c1", "ceasefire_in_force"),
        ),
        figures=(Figure("held since", "2026-02-03T10:00:00Z"), Figure("strikes", "1")),
        reason="a strike by RU is recorded while ceasefire_in_force holds",
        would_change=("a ruling of no_violation by board",),
        events=events,
    )
    late = verdict(
        "25",
        "elections",
        "breached",
        "violated",
        could_be=("breached", "met_late", "met"),
        due=midnight_after("2026-04-12"),
        deadline="missed",
        since=midnight_after("2026-04-12"),
        breaches=(Breach(midnight_after("2026-04-12"), None, ("c1",), "open"),),
        reason="the due passed without an election_held",
    )
    listed = (
        verdict(
            "6",
            "forces_cap",
            "unknown",
            "cannot tell",
            severity="material",
            reason="no reading of personnel_report for 60 days",
        ),
        verdict("6", "forces_plan", "active", "no deadline set", deadline="not set"),
        verdict(
            "14",
            "tranche",
            "met",
            "compliant",
            who="EU",
            instance="25 bn USD",
            due=midnight_after("2026-03-31"),
            deadline="met",
        ),
        verdict(
            "14",
            "tranche",
            "active",
            "not yet",
            who="EU",
            instance="100 bn USD",
            due=midnight_after("2026-04-24"),
            deadline="running",
        ),
        verdict(
            "14",
            "profit_report_of_the_reconstruction_vehicle",
            "breached",
            "shortfall",
            modality="soft",
            severity="minor",
        ),
        late,
        verdict(
            "25",
            "register",
            "in_grace",
            "not yet",
            due=midnight_after("2026-04-10"),
            deadline="in grace",
            figures=(Figure("grace ends", format_instant(midnight_after("2026-04-24"))),),
        ),
        verdict("25", "seats", "suspended", "not yet", due=midnight_after("2026-06-10"), deadline="suspended"),
        verdict("28", "leave_buffer", "dormant", "not yet", who="RU", opened=None, since=None, deadline="waiting"),
        verdict("28", "no_entry", "holding", "not observed", who="RU"),
        strikes,
        verdict("28", "no_strikes", "holding", "compliant", binding=(("p", "UA"),), could_be=("breached", "holding")),
    )
    states = (
        StateVerdict("agreement_in_force", (), None, True, True, True, parse_instant("2026-01-02T10:00:00+02:00")),
        StateVerdict("ceasefire_in_force", (), None, True, False, True, parse_instant("2026-02-03T12:00:00+02:00")),
        StateVerdict("guarantee", (("p", "UA"),), None, False, False, True, None),
        StateVerdict("amnesty", (), None, False, False, False, None),
    )
    problems = (
        Problem("unknown-field", "error", "log.jsonl:7:whith", 'event "strike" has no field "whith"'),
        Problem("at-after-known", "warning", "log.jsonl:9:at", '"at" is later than "known"'),
    )
    return Verdicts(
        agreement="river-accord",
        rulebook_version="2",
        rulebook_sha256="3f2a91c0" * 8,
        as_of=AS_OF,
        known_at=None,
        readings={"days": "working"},
        rows=5,
        events=events,
        verdicts=listed,
        states=states,
        problems=problems,
    )
