"""A report asked for field by field in a terminal: a wrong answer is told why, and asked again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from engine.vocabulary import FieldType, Vocabulary

_SHOWN = 12
"""So many choices stand in a question; more of them are told when they are asked for."""


def whole_report(vocabulary: Vocabulary) -> dict[str, Any]:
    """Everything that can be said of one event. Ctrl-C, or the end of the input, leaves nothing."""
    with _left_alone():
        event = _ask_event(vocabulary)
        answers = {"at": _ask(f"when ({_examples(vocabulary)}; empty: now)", _no_time)}
        for field in vocabulary.events[event].fields.values():
            answers[field.name] = _ask_field(field, vocabulary)
        answers["evidence"] = _ask_grade(vocabulary)
        answers["note"] = _ask("a note (may be empty)", lambda text: "")
    return {"event": event, **{name: value for name, value in answers.items() if value not in (None, "")}}


def missing_fields(event: str, given: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """The fields that an event needs and that were not given."""
    if event not in vocabulary.events:
        return {}
    fields = vocabulary.events[event].fields.values()
    with _left_alone():
        return {
            field.name: _ask_field(field, vocabulary) for field in fields if field.required and field.name not in given
        }


@contextmanager
def _left_alone() -> Iterator[None]:
    from engine.cli.output import USAGE, say

    try:
        yield
    except KeyboardInterrupt:
        say("\nnothing was recorded")
        raise
    except EOFError as error:
        say("\nnothing was recorded")
        raise typer.Exit(USAGE) from error


def _ask_event(vocabulary: Vocabulary) -> str:
    events = sorted(vocabulary.events)
    shown = _choices(events, "event")
    return _ask(f"what happened ({shown})", _one_of(events, "event"), required=True, choices=events) or ""


def _ask_grade(vocabulary: Vocabulary) -> str | None:
    grades = ", ".join(vocabulary.evidence)
    question = f"how sure ({grades}; empty: {vocabulary.default_evidence})"
    return _ask(question, _one_of(vocabulary.evidence, "grade"))


def _ask_field(field: FieldType, vocabulary: Vocabulary) -> Any:
    from engine.cli.fields import raw_value
    from engine.intake.rows import why_refused

    def refused(text: str) -> str:
        why = why_refused(raw_value(text, field), field, vocabulary)
        return _with_hint(why.message, why.hint) if why else ""

    choices = _values_of(field, vocabulary)
    told = _choices(choices, field.kind) if choices else f"{field.kind}{f' in {field.unit}' if field.unit else ''}"
    question = f"{field.name} ({told}{'' if field.required else '; empty: not known'})"
    answer = _ask(question, refused, required=field.required, choices=choices)
    return raw_value(answer, field) if answer else None


def _values_of(field: FieldType, vocabulary: Vocabulary) -> list[str]:
    return {
        "party": sorted(vocabulary.actors),
        "place": sorted(vocabulary.places),
        "enum": list(field.values),
        "bool": ["yes", "no"],
    }.get(field.kind, [])


def _choices(names: Sequence[str], kind: str) -> str:
    return ", ".join(names) if len(names) <= _SHOWN else f"{kind}, one of {len(names)}; ? lists them"


def _one_of(names: Sequence[str], kind: str) -> Callable[[str], str]:
    from engine.cli.asking import remedy

    return lambda text: (
        "" if text in names else _with_hint(f'"{text}" is no {kind} of the vocabulary', remedy(text, names))
    )


def _with_hint(message: str, hint: str) -> str:
    return f"{message}: {hint}" if hint else message


def _examples(vocabulary: Vocabulary) -> str:
    """Today, and now, on the clock of the agreement's zone."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.keeping.ledger import clock

    now = datetime.fromtimestamp(clock() // 1_000_000, ZoneInfo(vocabulary.zone))
    return f"like {now.date().isoformat()}, or {now.isoformat()}"


def _no_time(text: str) -> str:
    from engine.time import TimeError, looks_like_date, parse_date, parse_instant

    try:
        parse_date(text) if looks_like_date(text) else parse_instant(text)
    except TimeError as error:
        return str(error)
    return ""


def _ask(
    question: str, refused: Callable[[str], str], *, required: bool = False, choices: Sequence[str] = ()
) -> str | None:
    """Asked again until the answer can be taken. Raises EOFError."""
    from engine.cli.output import say

    while True:
        typer.echo(f"{question}: ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        answer = line.strip()
        if answer == "?" and choices:
            say(f"  {', '.join(choices)}")
            continue
        if not answer and not required:
            return None
        why = refused(answer) if answer else "this one is needed"
        if not why:
            return answer
        say(f"  {why}")
