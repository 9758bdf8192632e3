"""The words of one agreement: parties, bodies, places, grades of evidence, event types and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from engine.geometry import Area
from engine.time import Calendar

FieldKind = Literal["party", "place", "enum", "number", "text", "bool", "date"]
Title = str | Mapping[str, str]

ROW_KEYS = frozenset(
    {
        "at",
        "id",
        "event",
        "known",
        "evidence",
        "source",
        "corrects",
        "retracts",
        "confirms",
        "why",
        "for",
        "norm",
        "instance",
    }
)
"""Names that event fields may not take: rows use them themselves."""
KEPT_KEYS = frozenset({"source", "source_grade", "credibility", "location", "note", "attachments"})
"""Row keys that are kept and shown, not judged."""


@dataclass(frozen=True, slots=True)
class FieldType:
    name: str
    kind: FieldKind
    required: bool = True
    unit: str | None = None
    negative: bool = False
    values: tuple[str, ...] = ()
    title: Title | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    fields: Mapping[str, FieldType]
    title: Title | None = None


def _built_in(name: str, *fields: FieldType) -> EventType:
    return EventType(name, {f.name: f for f in fields})


BUILT_IN: Mapping[str, EventType] = {
    "extension": _built_in(
        "extension",
        FieldType("norm", "text"),
        FieldType("instance", "text", required=False),
        FieldType("until", "date", required=False),
        FieldType("days", "number", required=False),
        FieldType("by", "party"),
    ),
    "waiver": _built_in(
        "waiver",
        FieldType("norm", "text"),
        FieldType("instance", "text", required=False),
        FieldType("by", "party"),
        FieldType("why", "text", required=False),
    ),
    "ruling": _built_in(
        "ruling",
        FieldType("norm", "text"),
        FieldType("breach_by", "text", required=False),
        FieldType("instance", "text", required=False),
        FieldType("outcome", "enum", values=("violation", "no_violation")),
        FieldType("by", "party"),
    ),
}
"""Built-in events. `for` ({variable: value}) is read beside these fields and kept in `Event.for_`."""


@dataclass(frozen=True)
class Vocabulary:
    agreement: str
    zone: str
    title: Title | None = None
    source: str | None = None
    version: str | None = None
    parties: Mapping[str, Title] = field(default_factory=dict)
    bodies: Mapping[str, Title] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, str | None] = field(default_factory=dict)
    place_titles: Mapping[str, Title] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    """Of the places that have a shape."""
    evidence: tuple[str, ...] = ("verified",)
    counts: str = "verified"
    default_evidence: str = "verified"
    ruled_by: tuple[str, ...] = ()
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    clauses: tuple[str, ...] = ()
    coverage: tuple[str, ...] = ()
    events: Mapping[str, EventType] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.zone, self.weekend, self.holidays)

    @cached_property
    def event_types(self) -> Mapping[str, EventType]:
        """The agreement's own and the built-in ones."""
        return {**self.events, **BUILT_IN}

    @cached_property
    def actors(self) -> frozenset[str]:
        """Parties and bodies: what a field of type `party` may hold."""
        return frozenset(self.parties) | frozenset(self.bodies)

    @cached_property
    def containing(self) -> Mapping[str, frozenset[str]]:
        """Place -> itself and every place around it."""
        return {place: frozenset(self._upwards(place)) for place in self.places}

    @cached_property
    def inside(self) -> Mapping[str, frozenset[str]]:
        """Place -> itself and every place in it."""
        return {
            place: frozenset(other for other, around in self.containing.items() if place in around)
            for place in self.places
        }

    def _upwards(self, place: str) -> list[str]:
        chain: list[str] = []
        at: str | None = place
        while at is not None and at not in chain:
            chain.append(at)
            at = self.places.get(at)
        return chain

    def grade(self, name: str) -> int:
        """Rank of a grade of evidence: 0 is the weakest."""
        return self.evidence.index(name)


def with_words_of(own: Vocabulary, other: Vocabulary) -> Vocabulary:
    """`own`, able to read the log of another agreement too: with its names, values and event types beside the own ones.

    A row of a type that only the other has is then taken in, and no rule of the own book reads it. An event type whose
    fields have another type here stays as it is: one field name has one type in a whole vocabulary.
    """
    fields = {name: kind for event in own.events.values() for name, kind in event.fields.items()}
    added = {name: event for name, event in other.events.items() if _fits(event, fields)}
    return replace(
        own,
        parties={**_not_in(own.bodies, other.parties), **own.parties},
        bodies={**_not_in(own.parties, other.bodies), **own.bodies},
        places={**other.places, **own.places},
        events={**added, **{name: _beside(event, added.get(name)) for name, event in own.events.items()}},
    )


def _not_in(taken: Mapping[str, Title], names: Mapping[str, Title]) -> Mapping[str, Title]:
    return {name: title for name, title in names.items() if name not in taken}


def _fits(event: EventType, fields: Mapping[str, FieldType]) -> bool:
    def shape(field_: FieldType) -> tuple[FieldKind, str | None]:
        return field_.kind, field_.unit

    return all(shape(kind) == shape(fields.get(name, kind)) for name, kind in event.fields.items())


def _beside(event: EventType, other: EventType | None) -> EventType:
    """With the fields and values that only the other has: its rows may carry them."""
    if other is None:
        return event
    added = {name: replace(kind, required=False) for name, kind in other.fields.items()}
    wider = {name: _wider(kind, added.get(name, kind)) for name, kind in event.fields.items()}
    return replace(event, fields={**added, **wider})


def _wider(kind: FieldType, other: FieldType) -> FieldType:
    return replace(kind, values=tuple(dict.fromkeys((*kind.values, *other.values))))
