"""Rows of a log, and the events that they amount to as known at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from engine.problems import Problem
from engine.time import Instant
from engine.vocabulary import Vocabulary

FieldValue = str | bool | Decimal | date
RowKind = Literal["event", "correction", "retraction", "confirmation"]


@dataclass(frozen=True, slots=True)
class Row:
    """One accepted row. Nothing is ever edited: later word on an event is a row of its own.

    `known`: when it became known. `span`: when it happened, first and last instant (equal for a certain time); None for
    a retraction, and for a correction that says nothing of the time. `fields`: the named fields, of a correction those
    it replaces (None: removed). `target`: the row that is corrected, retracted or confirmed.
    """

    id: str
    kind: RowKind
    known: Instant
    place: str
    event: str | None = None
    span: tuple[Instant, Instant] | None = None
    fields: Mapping[str, FieldValue | None] = field(default_factory=dict)
    for_: tuple[tuple[str, FieldValue], ...] = ()
    evidence: str | None = None
    target: str | None = None
    by: str | None = None
    why: str | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)

    def same_content(self, other: Row) -> bool:
        """Equal as parsed values, `known` and place in the file aside."""
        return replace(self, known=0, place="") == replace(other, known=0, place="")


@dataclass(frozen=True, slots=True)
class Confirmation:
    id: str
    by: str
    span: tuple[Instant, Instant]
    evidence: str
    known: Instant


@dataclass(frozen=True, slots=True)
class Event:
    """An event with every later word laid over it. `words`: ids of the rows that it is made of, its own first."""

    id: str
    type: str
    lo: Instant
    hi: Instant
    evidence: str
    fields: Mapping[str, FieldValue]
    known: Instant
    for_: tuple[tuple[str, FieldValue], ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    words: tuple[str, ...] = ()
    source: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class KnownLog:
    """The events known at K, by (last instant, id); and what is wrong with the rows together."""

    events: tuple[Event, ...]
    problems: tuple[Problem, ...]
    rows: int


def as_known(rows: Sequence[Row], vocabulary: Vocabulary, known_at: Instant | None = None) -> KnownLog:
    """Lay the rows known at `known_at` (None: all) over each other. The order of the rows does not matter."""
    problems: list[Problem] = []
    if known_at is not None:
        rows = [row for row in rows if row.known <= known_at]
    standing = _one_per_id(rows, problems)
    retracted = _retractions(standing, problems)
    corrections: dict[str, list[Row]] = defaultdict(list)
    confirmations: dict[str, list[Row]] = defaultdict(list)
    for row in standing.values():
        if row.kind == "correction" and row.target and row.id not in retracted:
            corrections[row.target].append(row)
        elif row.kind == "confirmation" and row.target and row.id not in retracted:
            confirmations[row.target].append(row)
    for row in standing.values():
        _check_target(row, standing, problems)
    events = [
        _laid_over(row, corrections.get(row.id, []), confirmations.get(row.id, []), vocabulary)
        for row in standing.values()
        if row.kind == "event" and row.id not in retracted
    ]
    events.sort(key=lambda event: (event.hi, event.id))
    return KnownLog(tuple(events), tuple(problems), len(rows))


def _one_per_id(rows: Iterable[Row], problems: list[Problem]) -> dict[str, Row]:
    """Same id and content: one row, known at the earlier. Other content: the one known earlier stands, unless both were
    known at once; then both are errors."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.id].append(row)
    standing: dict[str, Row] = {}
    for id_, group in groups.items():
        if len(group) == 1:
            standing[id_] = group[0]
            continue
        contents: list[Row] = []
        for row in sorted(group, key=lambda r: r.known):
            if not any(row.same_content(other) for other in contents):
                contents.append(row)
        first = contents[0]
        clash = [other for other in contents[1:] if other.known == first.known]
        if not clash:
            standing[id_] = first
        for other in contents[1:]:
            problems.append(_clash(other, first, stands=not clash))
        if clash:
            problems.append(_clash(first, clash[0], stands=False))
    return standing


def _clash(other: Row, first: Row, *, stands: bool) -> Problem:
    differs = _differing(first, other)
    outcome = "the row known earlier stands" if stands else "neither row is taken: both are known at once"
    return Problem(
        "id-with-two-contents",
        "error",
        f"{other.place}:id",
        f'id "{other.id}" already stands in {first.place} with other content ({", ".join(differs)}); {outcome}',
        "give the new report an id of its own, or send it as a correction",
    )


def _differing(first: Row, other: Row) -> list[str]:
    names = [key for key in sorted({*first.fields, *other.fields}) if first.fields.get(key) != other.fields.get(key)]
    shown = {"kind": "kind", "event": "event", "span": "at", "for_": "for", "evidence": "evidence", "target": "target"}
    shown |= {"by": "by", "why": "why", "kept": "kept keys"}
    names += [word for name, word in shown.items() if getattr(first, name) != getattr(other, name)]
    return names


def _retractions(standing: Mapping[str, Row], problems: list[Problem]) -> set[str]:
    retracted: set[str] = set()
    for row in standing.values():
        if row.kind != "retraction" or row.target is None:
            continue
        target = standing.get(row.target)
        if target is not None and target.kind == "retraction":
            problems.append(
                Problem(
                    "retraction-of-retraction",
                    "error",
                    f"{row.place}:retracts",
                    f'"{row.target}" is a retraction and cannot be taken back',
                    "report the event anew under an id of its own",
                )
            )
            continue
        retracted.add(row.target)
    return retracted


def _check_target(row: Row, standing: Mapping[str, Row], problems: list[Problem]) -> None:
    if row.target is None:
        return
    key = {"correction": "corrects", "retraction": "retracts", "confirmation": "confirms"}[row.kind]
    target = standing.get(row.target)
    if target is None:
        problems.append(
            Problem(
                "target-not-in-log",
                "warning",
                f"{row.place}:{key}",
                f'"{row.target}" is nowhere in the log; the row waits for it',
            )
        )
    elif row.kind == "correction" and target.kind != "event":
        problems.append(
            Problem(
                "correction-of-later-word",
                "error",
                f"{row.place}:{key}",
                f'"{row.target}" is a {target.kind}: name the event "{target.target}"',
                f"corrects: {target.target}",
            )
        )
    elif row.kind == "confirmation" and target.kind != "event":
        problems.append(
            Problem(
                "confirmation-of-later-word",
                "error",
                f"{row.place}:{key}",
                f'"{row.target}" is a {target.kind}: only events are confirmed',
                f"confirms: {target.target}",
            )
        )


def _laid_over(row: Row, corrections: list[Row], confirmations: list[Row], vocabulary: Vocabulary) -> Event:
    assert row.span is not None and row.event is not None
    if not corrections and not confirmations and None not in row.fields.values():
        source = row.kept.get("source") if row.kept else None
        return Event(
            row.id,
            row.event,
            row.span[0],
            row.span[1],
            row.evidence or vocabulary.default_evidence,
            row.fields,  # type: ignore[arg-type]  # no value is None
            row.known,
            row.for_,
            (),
            (row.id,),
            None if source is None else str(source),
            row.place,
        )
    fields: dict[str, FieldValue | None] = dict(row.fields)
    span, evidence, known, kept, for_ = row.span, row.evidence, row.known, dict(row.kept), row.for_
    words = [row.id]
    for word in sorted(corrections, key=lambda r: (r.known, r.id)):
        fields.update(word.fields)
        span = word.span or span
        evidence = word.evidence or evidence
        for_ = word.for_ or for_
        kept.update(word.kept)
        words.append(word.id)
    given = tuple(
        Confirmation(c.id, c.by or "", c.span or (c.known, c.known), c.evidence or vocabulary.default_evidence, c.known)
        for c in sorted(confirmations, key=lambda r: (r.span or (r.known, r.known), r.id))
    )
    source = kept.get("source")
    return Event(
        id=row.id,
        type=row.event,
        lo=span[0],
        hi=span[1],
        evidence=evidence or vocabulary.default_evidence,
        fields={name: value for name, value in fields.items() if value is not None},
        known=known,
        for_=for_,
        confirmations=given,
        words=tuple(words),
        source=str(source) if source is not None else None,
        place=row.place,
    )
