"""JSON Schema of a row of a log: of any agreement, or with the event types of one."""

from __future__ import annotations

from typing import Any

from engine.report import words
from engine.vocabulary import BUILT_IN, EventType, FieldType, Vocabulary

_Schema = dict[str, Any]
_TIME: _Schema = {
    "description": "RFC 3339 with an offset, at most six decimals of a second; or a date of the agreement's zone",
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2}))?$",
}
_AT: _Schema = {
    "description": "when it happened; a date or a span means one instant somewhere in it",
    "anyOf": [
        _TIME,
        {
            "type": "object",
            "properties": {"from": _TIME, "to": _TIME},
            "required": ["from", "to"],
            "additionalProperties": False,
        },
    ],
}
_ID: _Schema = {"type": "string", "minLength": 1}
_KEPT: _Schema = {
    "source": {"description": "who reported it; kept and shown, not judged"},
    "source_grade": {"enum": ["A", "B", "C", "D", "E", "F"]},
    "credibility": {"enum": [1, 2, 3, 4, 5, 6]},
    "location": {"type": "object"},
    "note": {},
    "attachments": {},
}


def event_schema(vocabulary: Vocabulary | None) -> _Schema:
    """The four kinds of row. Without a vocabulary the fields of the agreement's own events are left open."""
    evidence = _evidence(vocabulary)
    types = [_event(type_, vocabulary, evidence) for type_ in _types(vocabulary)]
    if vocabulary is None:
        types.append(_any_event(evidence))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"row of a log of {vocabulary.agreement}" if vocabulary else "row of a log",
        "anyOf": [*types, _correction(evidence), _retraction(), _confirmation(vocabulary, evidence)],
    }


def _types(vocabulary: Vocabulary | None) -> list[EventType]:
    found = BUILT_IN if vocabulary is None else vocabulary.event_types
    return [found[name] for name in sorted(found)]


def _evidence(vocabulary: Vocabulary | None) -> _Schema:
    return {"enum": list(vocabulary.evidence)} if vocabulary else {"type": "string"}


def _row(title: str, properties: _Schema, required: list[str], *, more: bool = False) -> _Schema:
    return {
        "title": title,
        "type": "object",
        "properties": {"id": _ID, **properties, **_KEPT},
        "required": ["id", *required],
        "additionalProperties": more,
    }


def _event(type_: EventType, vocabulary: Vocabulary | None, evidence: _Schema) -> _Schema:
    fields = {name: _field(field, vocabulary) for name, field in sorted(type_.fields.items())}
    bound = {"for": {"type": "object"}} if type_.name in BUILT_IN else {}
    common = {"event": {"const": type_.name}, "at": _AT, "known": _TIME, "evidence": evidence}
    required = sorted(name for name, field in type_.fields.items() if field.required)
    return _row(words.in_english(type_.title) or type_.name, {**common, **fields, **bound}, ["event", "at", *required])


def _any_event(evidence: _Schema) -> _Schema:
    own = {"type": "string", "not": {"enum": sorted(BUILT_IN)}}
    return _row(
        "an event of the agreement",
        {"event": own, "at": _AT, "known": _TIME, "evidence": evidence},
        ["event", "at"],
        more=True,
    )


def _correction(evidence: _Schema) -> _Schema:
    """Names any fields of the event that it corrects; null removes an optional one."""
    named = {"corrects": _ID, "at": _AT, "known": _TIME, "evidence": evidence}
    return _row("correction", named, ["corrects", "known"], more=True)


def _retraction() -> _Schema:
    return _row("retraction", {"retracts": _ID, "known": _TIME, "why": {"type": "string"}}, ["retracts", "known"])


def _confirmation(vocabulary: Vocabulary | None, evidence: _Schema) -> _Schema:
    named = {"confirms": _ID, "by": _actor(vocabulary), "at": _AT, "known": _TIME, "evidence": evidence}
    return _row("confirmation", named, ["confirms", "by", "at"])


def _actor(vocabulary: Vocabulary | None) -> _Schema:
    return {"enum": sorted(vocabulary.actors)} if vocabulary else {"type": "string"}


def _field(field: FieldType, vocabulary: Vocabulary | None) -> _Schema:
    title = words.in_english(field.title)
    found = _type_of(field, vocabulary)
    described = ", ".join(part for part in (title, f"in {field.unit}" if field.unit else "") if part)
    return {**found, "description": described} if described else found


def _type_of(field: FieldType, vocabulary: Vocabulary | None) -> _Schema:
    if field.kind == "party":
        return _actor(vocabulary)
    if field.kind == "place":
        return {"enum": sorted(vocabulary.places)} if vocabulary else {"type": "string"}
    if field.kind == "enum":
        return {"enum": list(field.values)}
    if field.kind == "number":
        return {"type": "number"} if field.negative else {"type": "number", "minimum": 0}
    if field.kind == "bool":
        return {"type": "boolean"}
    if field.kind == "date":
        return {"type": "string", "format": "date"}
    return {"type": "string"}
