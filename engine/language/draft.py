"""A rule book as its files say it: models, each with its places, before names are resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from engine.geometry import Area
from engine.language.locate import Document, Fields, Place
from engine.language.models import (
    WEEKDAYS,
    EventSpec,
    FieldSpec,
    NormSpec,
    PlaceSpec,
    ProvisionFile,
    ReadingSpec,
    StateSpec,
    TestSpec,
    VocabularyFile,
)
from engine.vocabulary import EventType, FieldType, Vocabulary


@dataclass(frozen=True)
class Origin:
    """Where a norm or state stands: in a provision, or in an option of one of its readings."""

    provision: str
    reading: str | None = None
    option: str | None = None


@dataclass(frozen=True)
class ProvisionDraft:
    document: Document
    model: ProvisionFile


@dataclass(frozen=True)
class Draft:
    """`whole`: every file could be read, so a name that is nowhere is unknown. `damaged`: mappings of which a part was
    refused, so that nothing is said about what else they lack. `declared`: (`norms`, `states` or `readings`, id) of all
    that the files name, of refused ones too."""

    vocabulary_file: VocabularyFile
    vocabulary_document: Document
    vocabulary: Vocabulary
    provisions: tuple[ProvisionDraft, ...]
    whole: bool = True
    damaged: frozenset[Place] = frozenset()
    declared: frozenset[tuple[str, str]] = frozenset()

    def norms(self) -> Iterator[tuple[NormSpec, Origin]]:
        """Every norm of the book, those of reading options included."""
        for provision in self.provisions:
            name = provision.model.provision
            for norm in provision.model.norms:
                yield norm, Origin(name)
            for reading in provision.model.readings:
                for option in reading.options:
                    for norm in option.norms:
                        yield norm, Origin(name, reading.id, option.id)

    def states(self) -> Iterator[tuple[StateSpec, Origin]]:
        """Every state of the book, those of reading options included."""
        for provision in self.provisions:
            name = provision.model.provision
            for state in provision.model.states:
                yield state, Origin(name)
            for reading in provision.model.readings:
                for option in reading.options:
                    for state in option.states:
                        yield state, Origin(name, reading.id, option.id)

    def readings(self) -> Iterator[tuple[ReadingSpec, str]]:
        for provision in self.provisions:
            for reading in provision.model.readings:
                yield reading, provision.model.provision

    def tests(self) -> Iterator[tuple[TestSpec, str]]:
        for provision in self.provisions:
            for test in provision.model.tests:
                yield test, provision.model.provision

    def declared_as(self, kind: str) -> set[str]:
        """The ids that the files give to `norms`, `states` or `readings`."""
        return {name for of, name in self.declared if of == kind}

    def damaged_at(self, node: Fields) -> bool:
        return node.place in self.damaged

    @cached_property
    def damaged_events(self) -> frozenset[str]:
        """Event types of which a field was refused: what else is no field of theirs is not known."""
        found = []
        for name, event in self.vocabulary_file.events.items():
            fields = event.node.get("fields")
            if self.damaged_at(event.node) or (isinstance(fields, Fields) and self.damaged_at(fields)):
                found.append(name)
        return frozenset(found)


def make_vocabulary(model: VocabularyFile, areas: Mapping[str, Area]) -> Vocabulary:
    """The words of the agreement. What is wrong with them is said by the checks; here it is only kept from raising."""
    counts = model.counts if model.counts in model.evidence else model.evidence[-1]
    default = model.default_evidence if model.default_evidence in model.evidence else counts
    places = {name: (entry.in_ if isinstance(entry, PlaceSpec) else entry) for name, entry in model.places.items()}
    described = {name: entry for name, entry in model.places.items() if isinstance(entry, PlaceSpec)}
    return Vocabulary(
        agreement=model.agreement,
        zone=model.zone if is_zone(model.zone) else "UTC",
        title=model.title,
        source=model.source if isinstance(model.source, str) or model.source is None else str(model.source),
        version=model.version,
        parties={name: title or name for name, title in model.parties.items()},
        bodies={name: title or name for name, title in model.bodies.items()},
        groups={name: tuple(members) for name, members in model.groups.items()},
        places=places,
        place_titles={name: entry.title for name, entry in described.items() if entry.title is not None},
        areas=areas,
        evidence=tuple(model.evidence),
        counts=counts,
        default_evidence=default,
        ruled_by=tuple(str(name) for name in model.ruled_by),
        weekend=frozenset(WEEKDAYS.index(day) for day in model.weekend),
        holidays=frozenset(model.holidays),
        clauses=tuple(model.clauses),
        coverage=tuple(model.coverage),
        events={name: _event_type(name, event) for name, event in model.events.items()},
    )


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _event_type(name: str, model: EventSpec) -> EventType:
    return EventType(name, {key: _field_type(key, spec) for key, spec in model.fields.items()}, model.title)


def _field_type(name: str, model: FieldSpec) -> FieldType:
    return FieldType(
        name=name,
        kind=model.type,
        required=model.required,
        unit=model.unit,
        negative=model.negative,
        values=tuple(model.values or ()),
        title=model.title,
    )
