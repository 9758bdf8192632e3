"""Family: the words of the agreement themselves: defined once, of one type, in a tree without circles."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import available_timezones

from engine.language import models
from engine.language.check.parts import named
from engine.language.draft import Draft, is_zone
from engine.language.locate import Fields, Place
from engine.problems import Problem, nearest
from engine.vocabulary import BUILT_IN, ROW_KEYS


def check(draft: Draft) -> Iterator[Problem]:
    file = draft.vocabulary_file
    yield from _zone(file)
    yield from _actors(file)
    yield from _places(file)
    yield from _grades(file)
    yield from _events(file)
    yield from _types(file)


def _section(file: models.VocabularyFile, name: str) -> Fields:
    node = file.node.get(name)
    return node if isinstance(node, Fields) else Fields(file.node.place)


def _zone(file: models.VocabularyFile) -> Iterator[Problem]:
    if not is_zone(file.zone):
        hint = nearest(file.zone, available_timezones()) or "a name of the IANA list, like Europe/Kyiv"
        yield file.node.at("zone").problem("unknown-zone", f'"{file.zone}" is no time zone', hint)


def _actors(file: models.VocabularyFile) -> Iterator[Problem]:
    bodies, groups = _section(file, "bodies"), _section(file, "groups")
    for name in file.bodies:
        if name in file.parties:
            message = f'"{name}" is a party already and cannot be a body too'
            yield bodies.key(name).problem("party-and-body", message, "give one of them another name")
    known = {*file.parties, *file.bodies}
    for group, members in file.groups.items():
        if group in known:
            message = f'"{group}" is a party or body already and cannot name a group too'
            yield groups.key(group).problem("party-and-group", message, "give the group another name")
        for member, place in _listed(groups, group, members):
            if member not in known:
                message = f'"{member}" of group "{group}" is no party and no body'
                yield place.problem("unknown-party", message, nearest(member, known))
    for member, place in named(file, "ruled_by", file.ruled_by):
        if str(member) not in known:
            message = f'"{member}" under "ruled_by" is no party and no body'
            yield place.problem("unknown-party", message, nearest(str(member), known))


def _listed(section: Fields, key: str, values: list[str]) -> Iterator[tuple[str, Place]]:
    places = getattr(section.get(key), "items_at", [section.at(key)] * len(values))
    yield from zip(values, places, strict=False)


def _places(file: models.VocabularyFile) -> Iterator[Problem]:
    section = _section(file, "places")
    parents = {name: entry.in_ if isinstance(entry, models.PlaceSpec) else entry for name, entry in file.places.items()}
    for name, parent in parents.items():
        entry = file.places[name]
        at = entry.node.at("in") if isinstance(entry, models.PlaceSpec) else section.at(name)
        if parent is not None and parent not in parents:
            message = f'"{parent}", in which "{name}" lies, is no place'
            yield at.problem("unknown-place", message, nearest(parent, parents))
        elif parent is not None and _lies_in_itself(name, parents):
            yield at.problem("place-circle", f'the place "{name}" lies in itself, through "{parent}"')


def _lies_in_itself(name: str, parents: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    at = parents.get(name)
    while at is not None and at not in seen:
        if at == name:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def _grades(file: models.VocabularyFile) -> Iterator[Problem]:
    seen: set[str] = set()
    for grade, place in named(file, "evidence", file.evidence):
        if grade in seen:
            message = f'the grade "{grade}" stands twice under "evidence"'
            yield place.problem("duplicate-grade", message, "each grade once, weakest first")
        seen.add(grade)
    for key, grade in (("counts", file.counts), ("default_evidence", file.default_evidence)):
        if grade is not None and grade not in file.evidence:
            hint = nearest(grade, file.evidence) or f"one of: {', '.join(file.evidence)}"
            yield file.node.at(key).problem("unknown-grade", f'"{grade}" under "{key}" is no grade of evidence', hint)


def _events(file: models.VocabularyFile) -> Iterator[Problem]:
    section = _section(file, "events")
    for name, event in file.events.items():
        if name in BUILT_IN:
            message = f'the event type "{name}" is built in'
            yield section.key(name).problem("reserved-event", message, "give it another name, or leave it out")
        for field, spec in event.fields.items():
            at = event.node["fields"].key(field)
            if field in ROW_KEYS:
                message = f'"{field}" is a key that rows use themselves and cannot be a field of "{name}"'
                yield at.problem("reserved-field", message, "give the field another name")
            yield from _field(field, spec)


def _field(name: str, spec: models.FieldSpec) -> Iterator[Problem]:
    if spec.type == "enum" and not spec.values:
        message = f'the field "{name}" is of type enum but lists no "values"'
        yield spec.node.at("type").problem("field-form", message, "add values: [ … ]")
    for key, kind in (("values", "enum"), ("unit", "number"), ("negative", "number")):
        if key in spec.node and spec.type != kind:
            message = f'"{key}" of the field "{name}" belongs to type {kind}, not {spec.type}'
            yield spec.node.key(key).problem("field-form", message, f"leave it out, or write type: {kind}")
    seen: set[str] = set()
    for value, place in named(spec, "values", spec.values or ()):
        if value in seen:
            yield place.problem("field-form", f'"{value}" stands twice in the values of "{name}"')
        seen.add(value)


def _types(file: models.VocabularyFile) -> Iterator[Problem]:
    """One field name means one thing everywhere: its type and its unit are said once."""
    first: dict[str, tuple[str, models.FieldSpec]] = {}
    for event, spec in file.events.items():
        for name, field in spec.fields.items():
            before = first.setdefault(name, (event, field))
            if (field.type, field.unit) == (before[1].type, before[1].unit):
                continue
            key = "type" if field.type != before[1].type else "unit"
            message = (
                f'the field "{name}" is {_described(field)} in "{event}" but {_described(before[1])} in "{before[0]}"'
            )
            place = field.node.at(key) if key in field.node else spec.node["fields"].key(name)
            yield place.problem("two-types", message, "one field name has one type and one unit")


def _described(field: models.FieldSpec) -> str:
    return f"{field.type} in {field.unit}" if field.unit else field.type
