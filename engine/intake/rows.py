"""A decoded mapping becomes a row of the log, or problems by field: everything rule-language.md says of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.events import FieldValue, Row, RowKind
from engine.intake.gate import BROKEN
from engine.intake.located import placed
from engine.problems import Problem, in_order, nearest
from engine.quantities import QuantityError, checked, parse_number
from engine.time import Calendar, Instant, TimeError, looks_like_date, parse_date, parse_instant, within_years
from engine.vocabulary import BUILT_IN, KEPT_KEYS, EventType, FieldType, Vocabulary

Raw = Mapping[str, Any]
Span = tuple[Instant, Instant]

_KINDS: Mapping[str, RowKind] = {
    "event": "event",
    "corrects": "correction",
    "retracts": "retraction",
    "confirms": "confirmation",
}
_ROW_KEYS: Mapping[RowKind, frozenset[str]] = {
    "event": frozenset({"id", "event", "at", "known", "evidence"}),
    "correction": frozenset({"id", "corrects", "at", "known", "evidence"}),
    "retraction": frozenset({"id", "retracts", "known", "why"}),
    "confirmation": frozenset({"id", "confirms", "by", "at", "known", "evidence"}),
}
_LONGEST_EXTENSION = 100_000
_SURELY_SHORT = 10**18
_instant = lru_cache(maxsize=65536)(parse_instant)


@lru_cache(maxsize=65536)
def _whole_day(text: str, calendar: Calendar) -> Span:
    day = parse_date(text)
    return within_years(calendar.start_of(day), text), within_years(calendar.last_of(day), text)


def parse_rows(
    raws: Iterable[tuple[Raw, str]], vocabulary: Vocabulary, earlier: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Problem]]:
    """Rows of a log and every problem in them; a row with an error is left out and the others go on.

    `raws`: each mapping with its place (`file:row`). A correction may name an event anywhere in `raws`, or one of
    `earlier` ({id: event type} of rows taken before).
    """
    types = dict(earlier or {})
    rows: list[Row | None] = []
    problems: list[Problem] = []
    waiting: list[tuple[int, Raw, str]] = []
    for raw, place in raws:
        if "corrects" in raw:  # read last: the event may stand further down
            waiting.append((len(rows), raw, place))
            rows.append(None)
            continue
        row, found = parse_row(raw, vocabulary, place)
        rows.append(row)
        problems += found
        id_, event = raw.get("id"), raw.get("event")
        if isinstance(id_, str) and isinstance(event, str):
            types.setdefault(id_, event)
    for index, raw, place in waiting:
        target = raw["corrects"]
        rows[index], found = parse_row(raw, vocabulary, place, types.get(target) if isinstance(target, str) else None)
        problems += found
    return [row for row in rows if row is not None], in_order(problems)


def parse_row(
    raw: Raw, vocabulary: Vocabulary, place: str, corrected_event: str | None = None
) -> tuple[Row | None, list[Problem]]:
    """One row, or None where anything in it is an error; all of its problems either way.

    `corrected_event`: the event type that a correction is about, where it is known; else its fields are looked up by
    name, since one field name has one type in the whole vocabulary.
    """
    reading = _Reading(raw, vocabulary, place)
    kind = _kind(reading)
    row = None if kind is None else _READERS[kind](reading, corrected_event)
    return (None if reading.broken else row), reading.problems


@dataclass(slots=True)
class _Reading:
    """One row while it is read: what is wrong with it so far."""

    raw: Raw
    vocabulary: Vocabulary
    place: str
    broken: bool = False
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, "error", f"{self.place}:{name}", message, hint))
        self.broken = True

    def warn(self, name: str, code: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, "warning", f"{self.place}:{name}", message, hint))

    def get(self, name: str) -> Any:
        """The value of a row key; None where it is absent, null, or refused by the gate."""
        value = self.raw.get(name)
        return None if value is BROKEN else value


class _Refused(ValueError):
    """A value that cannot be taken: code, message, hint."""

    def __init__(self, code: str, message: str, hint: str = ""):
        self.code, self.message, self.hint = code, message, hint


def _kind(reading: _Reading) -> RowKind | None:
    said = _KINDS.keys() & reading.raw.keys()
    if len(said) == 1:
        return _KINDS[said.pop()]
    if not said:
        hint = next((found for key in reading.raw if (found := nearest(str(key), _KINDS))), "")
        reading.refuse(
            "event",
            "no-kind",
            "a row says one of event, corrects, retracts, confirms",
            hint or "event: the type of what happened",
        )
    elif {"event", "corrects"} <= said:
        reading.refuse(
            "event",
            "correction-of-event-type",
            "a correction cannot change what type of event it was",
            "retract the event and report it anew",
        )
    else:
        words = [key for key in _KINDS if key in said]
        reading.refuse(words[0], "two-kinds", f"a row says one of {' and '.join(words)}, not both")
    return None


# --- the four kinds of row ----------------------------------------------------------------------------------------


def _event(reading: _Reading, _: str | None) -> Row | None:
    type_ = _event_type(reading)
    id_, span = _id(reading), _at(reading, "an event")
    known = _known(reading, span)
    evidence = _evidence(reading)
    if type_ is None:
        return None
    fields, kept = _fields(reading, "event", type_)
    _put_in_place(reading, type_, fields, kept)
    _check_required(reading, type_, fields)
    for_ = _for(reading) if _may_name_binding("event", type_) else ()
    _check_built_in(reading, type_)
    if id_ is None or span is None or known is None:
        return None
    return Row(
        id=id_,
        kind="event",
        known=known,
        place=reading.place,
        event=type_.name,
        span=span,
        fields=fields,
        for_=for_,
        evidence=evidence,
        kept=kept,
    )


def _correction(reading: _Reading, event: str | None) -> Row | None:
    type_ = reading.vocabulary.event_types.get(event) if event is not None else None
    id_, target = _id(reading), _target(reading, "corrects")
    _refuse_null_keys(reading)
    span = _at(reading) if reading.get("at") is not None else None
    known = _known(reading, span, must_say="a correction")
    evidence = _evidence(reading)
    fields, kept = _fields(reading, "correction", type_)
    _warn_of_place_left(reading, fields, kept)
    for_ = _for(reading) if _may_name_binding("correction", type_) else ()
    if id_ is None or target is None or known is None:
        return None
    return Row(
        id=id_,
        kind="correction",
        known=known,
        place=reading.place,
        span=span,
        fields=fields,
        for_=for_,
        evidence=evidence,
        target=target,
        kept=kept,
    )


def _retraction(reading: _Reading, _: str | None) -> Row | None:
    id_, target = _id(reading), _target(reading, "retracts")
    known = _known(reading, None, must_say="a retraction")
    why = reading.get("why")
    if why is not None and not isinstance(why, str):
        reading.refuse("why", "wrong-type", f"{_shown(why)} is not text")
    kept = _fields(reading, "retraction", None)[1]
    if id_ is None or target is None or known is None:
        return None
    return Row(id=id_, kind="retraction", known=known, place=reading.place, target=target, why=why, kept=kept)


def _confirmation(reading: _Reading, _: str | None) -> Row | None:
    id_, target = _id(reading), _target(reading, "confirms")
    span = _at(reading, "a confirmation")
    known = _known(reading, span)
    evidence = _evidence(reading)
    by = _confirmed_by(reading)
    kept = _fields(reading, "confirmation", None)[1]
    if id_ is None or target is None or span is None or known is None or by is None:
        return None
    return Row(
        id=id_,
        kind="confirmation",
        known=known,
        place=reading.place,
        span=span,
        evidence=evidence,
        target=target,
        by=by,
        kept=kept,
    )


_READERS: Mapping[RowKind, Callable[[_Reading, str | None], Row | None]] = {
    "event": _event,
    "correction": _correction,
    "retraction": _retraction,
    "confirmation": _confirmation,
}


# --- keys of the row ----------------------------------------------------------------------------------------------


def _id(reading: _Reading) -> str | None:
    if reading.raw.get("id") is None:
        reading.refuse("id", "missing-key", "the row has no id", "every row needs an id of its own")
        return None
    return _name(reading, "id")


def _target(reading: _Reading, key: str) -> str | None:
    if reading.raw.get(key) is None:
        reading.refuse(key, "missing-key", f"{key} names no row", f"{key}: the id of a row")
        return None
    return _name(reading, key)


def _name(reading: _Reading, key: str) -> str | None:
    value = reading.get(key)
    if isinstance(value, str) and value:
        return value
    if value is not None:
        hint = f'write "{value}" in quotes' if isinstance(value, int | Decimal) else ""
        reading.refuse(key, "wrong-type", f"{_shown(value)} is not an id: ids are text that is not empty", hint)
    return None


def _event_type(reading: _Reading) -> EventType | None:
    name = reading.raw["event"]
    if name is BROKEN:
        return None
    types = reading.vocabulary.event_types
    if isinstance(name, str) and name in types:
        return types[name]
    hint = nearest(name, types) if isinstance(name, str) else ""
    reading.refuse("event", "unknown-event", f"{_shown(name)} is no event of the vocabulary", hint)
    return None


def _at(reading: _Reading, needed_by: str = "") -> Span | None:
    value = reading.get("at")
    if value is None:
        if needed_by and reading.raw.get("at") is None:
            hint = "at: an RFC 3339 time with an offset, a date, or {from, to}"
            reading.refuse("at", "missing-key", f"{needed_by} says when it was", hint)
        return None
    try:
        return _span(value, reading.vocabulary)
    except _Refused as refused:
        reading.refuse("at", refused.code, refused.message, refused.hint)
        return None


def _span(value: Any, vocabulary: Vocabulary) -> Span:
    if isinstance(value, str):
        return _edges(value, vocabulary)
    if not isinstance(value, Mapping):
        raise _Refused("bad-time", f"{_shown(value)} is not a time", "write an RFC 3339 time with an offset, or a date")
    if set(value) != {"from", "to"} or not all(isinstance(edge, str) for edge in value.values()):
        raise _Refused("bad-span", "a span of time is {from, to}: two times or dates, and nothing else")
    span = _edges(value["from"], vocabulary)[0], _edges(value["to"], vocabulary)[1]
    if span[0] > span[1]:
        raise _Refused("bad-span", f'"from" {value["from"]} is later than "to" {value["to"]}')
    return span


def _edges(text: str, vocabulary: Vocabulary) -> Span:
    """First and last instant of a time (equal) or of a date."""
    try:
        if looks_like_date(text):
            return _whole_day(text, vocabulary.calendar)
        instant = _instant(text)
        return instant, instant
    except TimeError as error:
        message = str(error)
        hint = "write the offset, as in 2026-04-12T09:30:00+03:00" if message.endswith("has no offset") else ""
        raise _Refused("bad-time", message, hint) from error


def _known(reading: _Reading, span: Span | None, must_say: str = "") -> Instant | None:
    value = reading.get("known")
    if value is None:
        if must_say and reading.raw.get("known") is None:
            reading.refuse(
                "known", "missing-key", f"{must_say} says when it became known", "known: the time of this later word"
            )
        return span[1] if span and not must_say else None
    if not isinstance(value, str):
        reading.refuse("known", "bad-time", f"{_shown(value)} is not a time", "an RFC 3339 time, or a date")
        return None
    try:
        known = _edges(value, reading.vocabulary)[1]
    except _Refused as refused:
        reading.refuse("known", refused.code, refused.message, refused.hint)
        return None
    if span is not None and span[0] > known:
        reading.warn("at", "at-after-known", f'it happened later than it became known ("{value}")')
    return known


def _evidence(reading: _Reading) -> str | None:
    value = reading.get("evidence")
    grades = reading.vocabulary.evidence
    if value is None or value in grades:
        return str(value) if value is not None else None
    hint = (nearest(value, grades) if isinstance(value, str) else "") or f"weakest first: {', '.join(grades)}"
    reading.refuse("evidence", "unknown-grade", f"{_shown(value)} is no grade of evidence", hint)
    return None


def _confirmed_by(reading: _Reading) -> str | None:
    value = reading.get("by")
    if value is None:
        if reading.raw.get("by") is None:
            reading.refuse("by", "missing-key", "a confirmation says who confirms", "by: a party or body")
        return None
    try:
        return _party(value, FieldType("by", "party"), reading.vocabulary)
    except _Refused as refused:
        reading.refuse("by", refused.code, refused.message, refused.hint)
        return None


def _for(reading: _Reading) -> tuple[tuple[str, FieldValue], ...]:
    value = reading.get("for")
    if value is None:
        return ()
    if not isinstance(value, Mapping) or not value:
        reading.refuse("for", "wrong-type", f"{_shown(value)} is not {{variable: value}}", "for: {p: RU}")
        return ()
    pairs: list[tuple[str, FieldValue]] = []
    for name, bound in value.items():
        if isinstance(name, str) and isinstance(bound, str | bool):
            pairs.append((name, bound))
        elif isinstance(name, str) and isinstance(bound, int | Decimal):
            try:
                pairs.append((name, _exact(bound)))
            except _Refused as refused:
                reading.refuse("for", refused.code, refused.message)
        else:
            reading.refuse("for", "wrong-type", f'{_shown(bound)} is no value for "{name}"')
    return tuple(sorted(pairs))


def _refuse_null_keys(reading: _Reading) -> None:
    for key in ("at", "evidence", "for"):
        if key in reading.raw and reading.raw[key] is None:
            reading.refuse(key, "null-key", f'null cannot remove "{key}"', "only an optional field is removed by null")


# --- fields -------------------------------------------------------------------------------------------------------


def _fields(
    reading: _Reading, kind: RowKind, type_: EventType | None
) -> tuple[dict[str, FieldValue | None], dict[str, Any]]:
    """The fields of the event type, and the keys that are kept and shown."""
    fields: dict[str, FieldValue | None] = {}
    kept: dict[str, Any] = {}
    allowed = _allowed_fields(reading.vocabulary, kind, type_)
    row_keys = _ROW_KEYS[kind]
    for name, value in reading.raw.items():
        if value is BROKEN:
            reading.broken = True
            continue
        if name in row_keys:
            continue
        field_type = allowed.get(name)
        try:
            if field_type is not None:
                if value is not None:
                    fields[name] = _BY_KIND[field_type.kind](value, field_type, reading.vocabulary)
                elif kind == "correction":
                    _refuse_removal(field_type)
                    fields[name] = None
            elif name in KEPT_KEYS:
                if value is not None:
                    kept[name] = _KEPT[name](value)
            elif name != "for" or not _may_name_binding(kind, type_):
                _refuse_unknown(reading, str(name), kind, type_, allowed)
        except _Refused as refused:
            reading.refuse(name, refused.code, refused.message, refused.hint)
    return fields, kept


def _allowed_fields(vocabulary: Vocabulary, kind: RowKind, type_: EventType | None) -> Mapping[str, FieldType]:
    if kind in ("retraction", "confirmation"):
        return {}
    return type_.fields if type_ is not None else fields_by_name(vocabulary)


def fields_by_name(vocabulary: Vocabulary) -> dict[str, FieldType]:
    """Every field of the vocabulary by its name; the agreement's own before the built-in ones."""
    types = [*BUILT_IN.values(), *vocabulary.events.values()]
    return {name: found for type_ in types for name, found in type_.fields.items()}


def _may_name_binding(kind: RowKind, type_: EventType | None) -> bool:
    """Only built-in events say `for` which binding of a norm they are."""
    return kind in ("event", "correction") and (type_ is None or type_.name in BUILT_IN)


def _refuse_removal(type_: FieldType) -> None:
    if type_.required:
        raise _Refused("null-required", f'"{type_.name}" is required: null cannot remove it', "correct its value")


def _refuse_unknown(
    reading: _Reading, name: str, kind: RowKind, type_: EventType | None, fields: Mapping[str, FieldType]
) -> None:
    whose = type_.name if type_ is not None else f"a {kind}"
    hint = nearest(name, [*fields, *_ROW_KEYS[kind], *KEPT_KEYS])
    reading.refuse(name, "unknown-field", f'{whose} has no field "{name}"', hint)


def _put_in_place(
    reading: _Reading, type_: EventType, fields: dict[str, FieldValue | None], kept: Mapping[str, Any]
) -> None:
    found = placed(kept["location"], fields, type_, reading.vocabulary) if "location" in kept else None
    if found is not None and found.place is not None:
        fields[found.field] = found.place
    elif found is not None and found.warning is not None:
        reading.warn("location", *found.warning)


def _warn_of_place_left(reading: _Reading, fields: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Which place a corrected location is in hangs on the event that it corrects, and that may not be known yet."""
    said = any(spec.kind == "place" and name in fields for name, spec in fields_by_name(reading.vocabulary).items())
    if "location" in kept and reading.vocabulary.areas and not said:
        message = "the correction moves the location and leaves the place as it was"
        reading.warn("location", "location-without-place", message, "say the place as well")


def _check_required(reading: _Reading, type_: EventType, fields: Mapping[str, FieldValue | None]) -> None:
    for name, field_type in type_.fields.items():
        if field_type.required and reading.raw.get(name) is None and name not in fields:
            own = type_.name not in BUILT_IN
            hint = "where it may be unknown, make it `required: false` in the vocabulary" if own else ""
            reading.refuse(name, "missing-field", f'{type_.name} needs "{name}"', hint)


_ONE_OF = {"extension": ("until", "days"), "ruling": ("breach_by", "instance")}


def _check_built_in(reading: _Reading, type_: EventType) -> None:
    pair = _ONE_OF.get(type_.name) if type_.name in BUILT_IN else None
    if pair and sum(reading.raw.get(name) is not None for name in pair) != 1:
        reading.refuse(pair[1], "not-exactly-one", f"{type_.name} says exactly one of {pair[0]}, {pair[1]}")


def _party(value: Any, type_: FieldType, vocabulary: Vocabulary) -> str:
    if isinstance(value, str) and value in vocabulary.actors:
        return value
    hint = nearest(value, vocabulary.actors) if isinstance(value, str) else ""
    if isinstance(value, str) and value in vocabulary.groups:
        hint = f"name one of {', '.join(vocabulary.groups[value])}"
    raise _Refused("unknown-party", f"{_shown(value)} is no party or body of the vocabulary", hint)


def _place(value: Any, type_: FieldType, vocabulary: Vocabulary) -> str:
    if isinstance(value, str) and value in vocabulary.places:
        return value
    hint = nearest(value, vocabulary.places) if isinstance(value, str) else ""
    raise _Refused("unknown-place", f"{_shown(value)} is no place of the vocabulary", hint)


def _enum(value: Any, type_: FieldType, vocabulary: Vocabulary) -> str:
    if isinstance(value, str) and value in type_.values:
        return value
    hint = (nearest(value, type_.values) if isinstance(value, str) else "") or f"one of {', '.join(type_.values)}"
    raise _Refused("unknown-value", f'{_shown(value)} is no value of "{type_.name}"', hint)


def _number(value: Any, type_: FieldType, vocabulary: Vocabulary) -> Decimal:
    if isinstance(value, str):
        raise _Refused("wrong-type", *_number_in_text(value, type_))
    number = _exact(value)
    if number < 0 and not type_.negative:
        raise _Refused(
            "negative-number",
            f'{_shown(value)} is below 0, and "{type_.name}" takes no negative numbers',
            "where it may be negative, write `negative: true` in the vocabulary",
        )
    if type_ is _DAYS and not (number == number.to_integral_value() and 1 <= number <= _LONGEST_EXTENSION):
        raise _Refused("bad-number", f"{_shown(value)} days: an extension is a whole number of days, at least 1")
    return number


_DAYS = BUILT_IN["extension"].fields["days"]


def _number_in_text(text: str, type_: FieldType) -> tuple[str, str]:
    asked = f"a number in {type_.unit}, no unit text" if type_.unit else "a number"
    try:
        parse_number(text)
    except QuantityError:
        return f'"{text}" is no plain number: here stands {asked}', "write it like 880000 or 5.5"
    return f'"{text}" is text: here stands {asked}', "write it without quotes"


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise _Refused("wrong-type", f"{_shown(value)} is no number")
    if isinstance(value, int) and abs(value) < _SURELY_SHORT:
        return Decimal(value)
    try:
        return checked(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    except QuantityError as error:
        raise _Refused("bad-number", str(error)) from error


def _text(value: Any, type_: FieldType, vocabulary: Vocabulary) -> str:
    if isinstance(value, str):
        return value
    if type_.name == "instance" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{_exact(value):f}"  # a milestone of a bare number is named by it
    raise _Refused("wrong-type", f"{_shown(value)} is not text", "write it in quotes")


def _bool(value: Any, type_: FieldType, vocabulary: Vocabulary) -> bool:
    if isinstance(value, bool):
        return value
    raise _Refused("wrong-type", f"{_shown(value)} is neither true nor false")


def _date(value: Any, type_: FieldType, vocabulary: Vocabulary) -> date:
    if not isinstance(value, str):
        raise _Refused("bad-date", f"{_shown(value)} is not a date", "write it like 2026-04-12")
    try:
        return parse_date(value)
    except TimeError as error:
        raise _Refused("bad-date", str(error)) from error


_BY_KIND: Mapping[str, Callable[[Any, FieldType, Vocabulary], FieldValue]] = {
    "party": _party,
    "place": _place,
    "enum": _enum,
    "number": _number,
    "text": _text,
    "bool": _bool,
    "date": _date,
}


def why_refused(value: Any, field_type: FieldType, vocabulary: Vocabulary) -> Problem | None:
    """What is wrong with a value of a field, without a place; None where nothing is."""
    try:
        _BY_KIND[field_type.kind](value, field_type, vocabulary)
    except _Refused as refused:
        return Problem(refused.code, "error", "", refused.message, refused.hint)
    return None


# --- keys that are kept and shown, not judged ---------------------------------------------------------------------


def _kept_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _Refused("wrong-type", f"{_shown(value)} is not text", "write it in quotes")


def _source_grade(value: Any) -> str:
    if isinstance(value, str) and value in ("A", "B", "C", "D", "E", "F"):
        return value
    raise _Refused("bad-grade", f"{_shown(value)} is no grade of a source", "A (reliable) to F (cannot be judged)")


def _credibility(value: Any) -> int:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and _exact(value) in (1, 2, 3, 4, 5, 6):
        return int(value)
    raise _Refused("bad-grade", f"{_shown(value)} is no credibility", "1 (confirmed) to 6 (cannot be judged)")


def _location(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not {"lat", "lon"} <= set(value) <= {"lat", "lon", "precision"}:
        raise _Refused("bad-location", "a location is {lat, lon, precision}, precision being optional")
    location: dict[str, Any] = {"lat": _degrees(value["lat"], 90), "lon": _degrees(value["lon"], 180)}
    precision = value.get("precision")
    if precision is not None:
        location["precision"] = precision if isinstance(precision, str) else _exact(precision)
    return location


def _degrees(value: Any, most: int) -> Decimal:
    degrees = _exact(value)
    if abs(degrees) > most:
        raise _Refused("bad-location", f"{_shown(value)} degrees: at most {most} either way")
    return degrees


def _attachments(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple) and all(isinstance(item, str) or _is_flat(item) for item in value):
        return [item if isinstance(item, str) else dict(item) for item in value]
    raise _Refused("wrong-type", "attachments are a list of names, or of {name: text}")


def _is_flat(item: Any) -> bool:
    return isinstance(item, Mapping) and all(isinstance(part, str) for pair in item.items() for part in pair)


_KEPT: Mapping[str, Callable[[Any], Any]] = {
    "source": _kept_text,
    "note": _kept_text,
    "source_grade": _source_grade,
    "credibility": _credibility,
    "location": _location,
    "attachments": _attachments,
}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f'"{value}"'
