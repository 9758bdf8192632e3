"""The mapping file: how other people's tables become rows of a log, as models with places (file:line:column)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError

from engine.intake.local_time import TimeFormat, bad_format, parse_format
from engine.intake.rows import why_refused
from engine.language.draft import is_zone
from engine.language.locate import Document, Fields, Number, Place, read_document
from engine.language.models import Flag, Located, Name, Scalar, Text, Whole, shown
from engine.language.shape import Shaping, shape
from engine.problems import Problem, in_order, nearest
from engine.vocabulary import BUILT_IN, KEPT_KEYS, EventType, FieldType, Vocabulary

TARGETS = ("corrects", "retracts", "confirms")


def _refusal(code: str, said: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("problem", "{said}", {"code": code, "said": said, "hint": hint})


# --- scalars and lists --------------------------------------------------------------------------------------------


def _names(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(_word(item) for item in items)


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Number | bool):
        return shown(value)
    raise _refusal("wrong-shape", f"{shown(value)} is not a text", "write the text of the cell")


def _names_or_list(value: Any) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else _names(value)


def _value_map(value: Any) -> str | dict[str, Any]:
    if isinstance(value, str):
        return value
    if isinstance(value, Fields) and not any(isinstance(held, dict | list) for held in value.values()):
        return value
    raise _refusal("wrong-shape", "a value map is {text of the cell: value}, or the name of one of `maps`")


def _one_character(value: Any) -> str:
    if isinstance(value, str) and len(value) == 1 and value not in '\r\n"':
        return value
    raise _refusal("wrong-shape", f'"{shown(value)}" is not one character', 'as in ";" or "\\t"')


def _zone(value: Any) -> str:
    if isinstance(value, str) and is_zone(value):
        return value
    raise _refusal("unknown-zone", f'"{shown(value)}" is no time zone', "an IANA zone like Europe/Kyiv")


def _time_format(value: Any) -> TimeFormat:
    text = _word(value)
    wrong = bad_format(text)
    if wrong:
        raise _refusal("bad-format", f'"{text}": {wrong}', "as in DD.MM.YYYY hh:mm")
    return parse_format(text)


def _factor(value: Any) -> Number:
    if isinstance(value, Number):
        return value
    raise _refusal("wrong-shape", f'"{shown(value)}" is no number', "as in 1000 or 0.001")


Words = Annotated[tuple[str, ...], PlainValidator(_names)]
WordsOrList = Annotated[str | tuple[str, ...], PlainValidator(_names_or_list)]
ValueMap = Annotated[Any, PlainValidator(_value_map)]


def _form_of(value: Any) -> str:
    return "<mapping>" if isinstance(value, Located | dict) else "<column>"


# --- values -------------------------------------------------------------------------------------------------------


class CellSpec(Located):
    """What one value is made of: a column, several joined, or a constant."""

    called: ClassVar[str] = "a value"
    column: Name | None = None
    columns: Words | None = None
    join: Text = " "
    value: Scalar | None = None
    values: ValueMap | None = None
    like: ValueMap | None = None
    otherwise: Literal["error", "absent", "skip", "keep"] = "error"
    multiply_by: Annotated[Number, PlainValidator(_factor)] | None = None


CellOrColumn = Annotated[
    Annotated[Name, Tag("<column>")] | Annotated[CellSpec, Tag("<mapping>")], Discriminator(_form_of)
]


class MomentSpec(Located):
    called: ClassVar[str] = "a time"
    column: Name | None = None
    date: Name | None = None
    time: Name | None = None
    value: Text | None = None


Moment = Annotated[Annotated[Name, Tag("<column>")] | Annotated[MomentSpec, Tag("<mapping>")], Discriminator(_form_of)]


class LengthSpec(Located):
    called: ClassVar[str] = "a length"
    column: Name | None = None
    value: Whole | None = None
    unit: Literal["minutes", "hours", "days"]


class AtSpec(MomentSpec):
    called: ClassVar[str] = "a time"
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None
    lasts: LengthSpec | None = None


At = Annotated[Annotated[Name, Tag("<column>")] | Annotated[AtSpec, Tag("<mapping>")], Discriminator(_form_of)]


class IdSpec(Located):
    called: ClassVar[str] = "an id"
    prefix: Text = ""
    columns: Words | None = None
    digest: Flag = False
    duplicates: Literal["one", "each"] = "one"
    value: Text | None = None


Id = Annotated[Annotated[Name, Tag("<column>")] | Annotated[IdSpec, Tag("<mapping>")], Discriminator(_form_of)]


class LocationSpec(Located):
    called: ClassVar[str] = "a location"
    lat: CellOrColumn
    lon: CellOrColumn
    precision: CellOrColumn | None = None


# --- conditions ---------------------------------------------------------------------------------------------------


class TestSpec(Located):
    __test__: ClassVar[bool] = False
    called: ClassVar[str] = "a test of a cell"
    not_: Words | None = Field(None, alias="not")
    in_: WordsOrList | None = Field(None, alias="in")
    not_in: WordsOrList | None = None
    like: Words | None = None
    not_like: Words | None = None
    gt: Annotated[Number, PlainValidator(_factor)] | None = None
    gte: Annotated[Number, PlainValidator(_factor)] | None = None
    lt: Annotated[Number, PlainValidator(_factor)] | None = None
    lte: Annotated[Number, PlainValidator(_factor)] | None = None
    exists: Flag | None = None


CellTest = Annotated[Annotated[Words, Tag("<column>")] | Annotated[TestSpec, Tag("<mapping>")], Discriminator(_form_of)]
Condition = dict[str, CellTest]


class SkipSpec(Located):
    called: ClassVar[str] = "a skip"
    when: Condition
    because: Text


# --- the file -----------------------------------------------------------------------------------------------------


class EventSpec(Located):
    """One row of the log that a row of the table gives."""

    called: ClassVar[str] = "an event"
    event: Name | None = None
    corrects: Id | None = None
    retracts: Id | None = None
    confirms: Id | None = None
    when: Condition | None = None
    id: Id | None = None
    at: At | None = None
    known: Moment | None = None
    evidence: CellOrColumn | None = None
    source: CellOrColumn | None = None
    source_grade: CellOrColumn | None = None
    credibility: CellOrColumn | None = None
    note: CellOrColumn | None = None
    attachments: CellOrColumn | None = None
    location: LocationSpec | None = None
    for_: dict[str, CellOrColumn] | None = Field(None, alias="for")
    fields: dict[str, CellOrColumn] = Field(default_factory=dict)

    @property
    def target(self) -> str | None:
        return next((key for key in TARGETS if getattr(self, key) is not None), None)

    @cached_property
    def cells(self) -> dict[str, str | CellSpec]:
        """Everything that is neither a time nor an id, by its key in the row."""
        given = {name: getattr(self, name) for name in ("evidence", *sorted(KEPT_KEYS - {"location"}))}
        return {**{name: cell for name, cell in given.items() if cell is not None}, **self.fields}


class TableSpec(Located):
    called: ClassVar[str] = "a table"
    sheet: Name | None = None
    delimiter: Annotated[str, PlainValidator(_one_character)] = ","
    header: Whole = 1


class NumbersSpec(Located):
    called: ClassVar[str] = "the form of numbers"
    decimal: Annotated[str, PlainValidator(_one_character)] = "."
    thousands: Annotated[str, PlainValidator(_one_character)] | None = None


class MappingFile(Located):
    called: ClassVar[str] = "a mapping"
    mapping: Name
    title: Text | None = None
    note: Text | None = None
    table: TableSpec | None = None
    zone: Annotated[str, PlainValidator(_zone)] | None = None
    times: list[Annotated[TimeFormat, PlainValidator(_time_format)]] = Field(default_factory=list)
    numbers: NumbersSpec | None = None
    empty: Words = ()
    lists: dict[str, Words] = Field(default_factory=dict)
    maps: dict[str, ValueMap] = Field(default_factory=dict)
    skip: list[SkipSpec] = Field(default_factory=list)
    events: Annotated[list[EventSpec], Field(min_length=1)]

    def map_of(self, given: Any) -> dict[str, Any]:
        """A value map by itself or by its name."""
        found = self.maps.get(given, {}) if isinstance(given, str) else given
        return found if isinstance(found, dict) else {}

    def list_of(self, given: str | tuple[str, ...]) -> tuple[str, ...]:
        return self.lists.get(given, ()) if isinstance(given, str) else given


def load_mapping(path: str | Path, vocabulary: Vocabulary) -> tuple[MappingFile | None, list[Problem]]:
    """The mapping, checked against the words it maps to; None where anything in it is an error."""
    document = read_document(Path(path), str(path))
    found, problems = _shaped(document)
    if found is not None:
        problems = [*problems, *_check(found, vocabulary)]
    bad = any(problem.severity == "error" for problem in problems)
    return (None if bad else found), in_order(problems)


def _shaped(document: Document) -> tuple[MappingFile | None, list[Problem]]:
    if document.root is None:
        return None, document.problems
    shaping = Shaping()
    model = shape(MappingFile, document.root, document.place, shaping)
    problems = [*document.problems, *shaping.problems]
    # What shape() left out as damaged must not be held against the rest.
    return (None if any(problem.severity == "error" for problem in problems) else model), problems


# --- checks against the vocabulary --------------------------------------------------------------------------------


def _check(mapping: MappingFile, vocabulary: Vocabulary) -> Iterator[Problem]:
    for skip in mapping.skip:
        yield from _check_condition(mapping, skip.when, skip.node)
    for entry in mapping.events:
        yield from _check_entry(mapping, entry, vocabulary)


def _check_entry(mapping: MappingFile, entry: EventSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    said = [key for key in ("event", *TARGETS) if getattr(entry, key) is not None]
    if len(said) != 1:
        words = " and ".join(f'"{key}"' for key in said) or "none of them"
        yield entry.node.place.problem(
            "not-exactly-one", f"an entry says one of event, corrects, retracts, confirms, not {words}"
        )
        return
    type_ = vocabulary.event_types.get(entry.event) if entry.event is not None else None
    if entry.event is not None and type_ is None:
        yield entry.node.at("event").problem(
            "unknown-event",
            f'"{entry.event}" is no event of the vocabulary',
            nearest(entry.event, vocabulary.event_types),
        )
        return
    if entry.when is not None:
        yield from _check_condition(mapping, entry.when, entry.node)
    yield from _check_times(entry)
    yield from _check_ids(entry)
    yield from _check_fields(mapping, entry, type_, vocabulary)


def _check_condition(mapping: MappingFile, condition: Condition, node: Fields) -> Iterator[Problem]:
    for column, test in condition.items():
        if not isinstance(test, TestSpec):
            continue
        for key in ("in", "not_in"):
            name = getattr(test, "in_" if key == "in" else key)
            if isinstance(name, str) and name not in mapping.lists:
                yield test.node.at(key).problem(
                    "unknown-list", f'"{name}" is none of `lists`', nearest(name, mapping.lists)
                )
        if not test.node:
            yield node.place.problem("wrong-shape", f'the test of "{column}" says nothing')


def _check_times(entry: EventSpec) -> Iterator[Problem]:
    if entry.at is None and (entry.event is not None or entry.confirms is not None):
        yield entry.node.place.problem("missing-key", 'the entry has no "at"', "at: the column that says when")
    if entry.known is None and (entry.corrects is not None or entry.retracts is not None):
        yield entry.node.place.problem("missing-key", 'the entry has no "known"', "known: when this word became known")
    if isinstance(entry.at, AtSpec):
        yield from _check_at(entry.at)
    for moment in (entry.known, *_edges(entry.at)):
        if isinstance(moment, MomentSpec):
            yield from _check_moment(moment)


def _edges(at: Any) -> list[Any]:
    return [at.from_, at.to] if isinstance(at, AtSpec) else []


def _check_at(at: AtSpec) -> Iterator[Problem]:
    ends = [name for name, end in (("from", at.from_), ("to", at.to), ("lasts", at.lasts)) if end is not None]
    if not ends:
        yield from _check_moment(at)
    elif len(ends) != 2 or any(getattr(at, key) is not None for key in ("column", "date", "time", "value")):
        yield at.node.place.problem("not-exactly-one", "a span says two of from, to, lasts, and nothing else")
    if at.lasts is not None and (at.lasts.column is None) == (at.lasts.value is None):
        yield at.lasts.node.place.problem("not-exactly-one", "a length says one of column, value")


def _check_moment(moment: MomentSpec) -> Iterator[Problem]:
    said = [key for key in ("column", "date", "value") if getattr(moment, key) is not None]
    if len(said) != 1 or (moment.time is not None and moment.date is None):
        hint = "date may have a time beside it: {date: COLUMN, time: COLUMN}"
        yield moment.node.place.problem("not-exactly-one", "a time says one of column, date, value", hint)


def _check_ids(entry: EventSpec) -> Iterator[Problem]:
    for key in ("id", *TARGETS):
        spec = getattr(entry, key)
        if isinstance(spec, IdSpec) and spec.value is not None and spec.columns is not None:
            yield spec.node.place.problem("not-exactly-one", "an id says one of columns, value")
        if key != "id" and isinstance(spec, IdSpec) and spec.value is None and spec.columns is None:
            yield spec.node.place.problem("missing-key", "which row is meant? give columns or value")


def _check_fields(
    mapping: MappingFile, entry: EventSpec, type_: EventType | None, vocabulary: Vocabulary
) -> Iterator[Problem]:
    allowed = fields_of(entry, vocabulary)
    for name, cell in entry.cells.items():
        field = allowed.get(name)
        if name in entry.fields and field is None:
            whose = f"{type_.name} has" if type_ is not None else "the vocabulary has"
            yield _field_place(entry, name).problem(
                "unknown-field", f'{whose} no field "{name}"', nearest(name, allowed)
            )
        elif isinstance(cell, CellSpec):
            yield from _check_cell(mapping, cell, field or _grade(name), vocabulary)
    for name, field in (type_.fields if type_ is not None else {}).items():
        if field.required and name not in entry.fields:
            yield entry.node.place.problem(
                "missing-field", f'{entry.event} needs "{name}", and the entry maps nothing to it'
            )


def _field_place(entry: EventSpec, name: str) -> Place:
    fields = entry.node.get("fields")
    return fields.key(name) if isinstance(fields, Fields) else entry.node.place


def fields_of(entry: EventSpec, vocabulary: Vocabulary) -> dict[str, FieldType]:
    """What `fields` of an entry may name: of a confirmation `by`, of a retraction `why`."""
    if entry.event is not None:
        type_ = vocabulary.event_types.get(entry.event)
        return dict(type_.fields) if type_ is not None else {}
    if entry.confirms is not None:
        return {"by": FieldType("by", "party")}
    if entry.retracts is not None:
        return {"why": FieldType("why", "text")}
    types = [*BUILT_IN.values(), *vocabulary.events.values()]
    return {name: field for type_ in types for name, field in type_.fields.items()}


def _grade(name: str) -> FieldType | None:
    return FieldType(name, "text") if name == "evidence" else None


def _check_cell(
    mapping: MappingFile, cell: CellSpec, field: FieldType | None, vocabulary: Vocabulary
) -> Iterator[Problem]:
    said = [key for key in ("column", "columns", "value") if getattr(cell, key) is not None]
    if len(said) != 1:
        yield cell.node.place.problem("not-exactly-one", "a value says one of column, columns, value")
    for key in ("values", "like"):
        given = getattr(cell, key)
        if isinstance(given, str) and given not in mapping.maps:
            yield cell.node.at(key).problem("unknown-map", f'"{given}" is none of `maps`', nearest(given, mapping.maps))
    if cell.multiply_by is not None and (field is None or field.kind != "number"):
        yield cell.node.at("multiply_by").problem("wrong-type", "only a number can be multiplied")
    if field is not None:
        yield from _check_results(mapping, cell, field, vocabulary)


def _check_results(mapping: MappingFile, cell: CellSpec, field: FieldType, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Constants and the results of value maps must be values of the field: told once here, not in every row."""
    results = [(cell.value, cell.node.at("value"))] if cell.value is not None else []
    for key in ("values", "like"):
        held = mapping.map_of(getattr(cell, key)) if getattr(cell, key) is not None else {}
        places = held.at if isinstance(held, Fields) else lambda _: cell.node.place
        results += [(value, places(word)) for word, value in held.items() if value is not None]
    for value, place in results:
        refused = _refused(as_written(value, field), field, vocabulary)
        if refused is not None:
            yield replace(refused, place=str(place))


def _refused(value: Any, field: FieldType, vocabulary: Vocabulary) -> Problem | None:
    if field.name == "evidence":
        grades = vocabulary.evidence
        hint = nearest(str(value), grades) or f"weakest first: {', '.join(grades)}"
        return (
            None
            if value in grades
            else Problem("unknown-grade", "error", "", f'"{value}" is no grade of evidence', hint)
        )
    return why_refused(value, field, vocabulary)


def as_written(value: Any, field: FieldType | None) -> Any:
    """A value of the mapping file as the row holds it: a number where a number is asked for, else the author's text."""
    if isinstance(value, Number) and (field is None or field.kind != "number"):
        return value.literal
    return value


def columns_of(mapping: MappingFile) -> Iterator[tuple[str, Place]]:
    """Every column that the mapping reads, with where it is named."""
    for skip in mapping.skip:
        when = skip.node["when"]
        yield from ((column, when.key(column)) for column in skip.when)
    for entry in mapping.events:
        yield from _named_in(entry, entry.node.place)


_COLUMN_KEYS = frozenset({"column", "date", "time"})


def _named_in(value: Any, place: Place) -> Iterator[tuple[str, Place]]:
    """Columns are named by plain text where a column may stand, and by the keys column, columns, date, time, when."""
    if isinstance(value, EventSpec):
        yield from ((column, value.node["when"].key(column)) for column in value.when or ())
        for name in EventSpec.model_fields:
            if name not in ("event", "when"):
                yield from _named_in(getattr(value, name), place)
    elif isinstance(value, str):
        yield value, place
    elif isinstance(value, dict):
        for held in value.values():
            yield from _named_in(held, place)
    elif isinstance(value, Located):
        yield from _named_by_keys(value)


def _named_by_keys(spec: Located) -> Iterator[tuple[str, Place]]:
    for name in type(spec).model_fields:
        key = re.sub("_$", "", name)
        held = getattr(spec, name)
        if key in _COLUMN_KEYS and held is not None:
            yield held, spec.node.at(key)
        elif key == "columns":
            yield from ((column, spec.node.at(key)) for column in held or ())
        elif key in ("from", "to", "lasts", "lat", "lon", "precision") and held is not None:
            yield from _named_in(held, spec.node.at(key))
