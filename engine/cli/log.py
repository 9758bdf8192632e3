"""`accord log`: one report into the ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.keeping.ledger import Ledger
    from engine.vocabulary import FieldType, Vocabulary


def log(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EVENT] [FIELD=VALUE]...", help="What happened; - reads JSON Lines from stdin."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When: RFC 3339 or a date; default now.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="It was some time between --at and this.")
    ] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="GRADE", help="How sure one is.")] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Kept and shown, not judged.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Your own number of the report; default: the next.")] = None,
    attach: Annotated[
        list[str] | None, typer.Option("--attach", metavar="FILE", help="A photo or document. Repeatable.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Retract your own last entry.")] = False,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """One report: by words, as JSON on stdin, or field by field in a terminal.

    A patrol that saw nothing, or was not let in, is a report like any other. What looks like a report that is there
    already is pointed out; both stay.

    Exit codes: 0 recorded, 2 bad arguments, 3 not taken, 4 trouble with the machine.

    \b
    Example:
      accord log strike place=sumy weapon=drone --at 2026-09-12 --evidence reported --source "team 3"
    """
    from engine.cli.ledgers import opened, send, stored, who

    sender = who(source)
    with stored():
        found = opened(ledger)
        if undo:
            _undo(found, sender, format=format, quiet=quiet)
            return
        if words == ["-"]:
            _from_stdin(found, sender, format=format, quiet=quiet)
            return
        raw = _by_words(found, words) if words else _asked(found)
        said = {"at": _when(at, until), "evidence": evidence, "note": note, "id": id}
        raw |= {key: value for key, value in said.items() if value is not None}
        raw = {"at": _now(), "source": sender, **raw}
        raw |= _attachments(found, attach or [])
    send(found, [raw], sender, format=format, quiet=quiet)


def _by_words(ledger: Ledger, words: list[str]) -> dict[str, Any]:
    from engine.cli.fields import fields_of
    from engine.cli.ledgers import vocabulary_of

    event, given = words[0], words[1:]
    return {"event": event, **fields_of(given, event, vocabulary_of(ledger), may_remove=False)}


def _when(at: str | None, until: str | None) -> Any:
    from engine.cli.output import refuse

    if until is not None and at is None:
        refuse("--until", "it says until when it may have been: --at says from when")
    return {"from": at, "to": until} if until is not None else at


def _now() -> str:
    from engine.cli.ledgers import now_text

    return now_text()


def _attachments(ledger: Ledger, files: list[str]) -> dict[str, Any]:
    from engine.cli.asking import check_files
    from engine.keeping.logging_in import attachment

    check_files(files, "--attach")
    return {"attachments": [attachment(ledger, Path(file)) for file in files]} if files else {}


def _undo(ledger: Ledger, sender: str, *, format: Format, quiet: bool) -> None:
    from engine.cli.ledgers import send
    from engine.cli.output import refuse
    from engine.keeping.logging_in import last_of

    last = last_of(ledger, sender)
    if last is None:
        refuse("--undo", f'"{sender}" has no entry that could be retracted')
    raw = {"retracts": last.id, "why": "undone by its sender", "source": sender}
    send(ledger, [raw], sender, format=format, quiet=quiet)


def _from_stdin(ledger: Ledger, sender: str, *, format: Format, quiet: bool) -> None:
    from engine.cli.ledgers import send, vocabulary_of
    from engine.cli.output import BAD_INPUT, tell
    from engine.intake import raw_rows_of

    raws = raw_rows_of(["-"], vocabulary_of(ledger))
    rows = [{"source": sender, **raw} for raw, _ in raws.rows]
    bad = tell(raws.problems, quiet=quiet)
    send(ledger, rows, sender, format=format, quiet=quiet)
    if bad:
        raise typer.Exit(BAD_INPUT)


# --- field by field -------------------------------------------------------------------------------------------------


def _asked(ledger: Ledger) -> dict[str, Any]:
    from engine.cli.ledgers import vocabulary_of
    from engine.cli.output import refuse
    from engine.problems import nearest

    if not sys.stdin.isatty():
        refuse("EVENT", "what happened? For example: accord log strike place=sumy --at 2026-09-12")
    vocabulary = vocabulary_of(ledger)
    events = sorted(vocabulary.events)

    def no_event(text: str) -> str:
        return "" if text in vocabulary.events else f"no event of the vocabulary {nearest(text, events)}".rstrip()

    event = _ask(f"what happened ({', '.join(events)})", no_event, required=True)
    raw: dict[str, Any] = {"event": event}
    answers = {"at": _ask("when (2026-09-12, or 2026-09-12T14:05:00+03:00; empty: now)", _no_time)}
    for field in vocabulary.events[event or ""].fields.values():
        answers[field.name] = _ask_field(field, vocabulary)
    grades = ", ".join(vocabulary.evidence)
    answers["evidence"] = _ask(
        f"how sure ({grades}; empty: {vocabulary.default_evidence})",
        lambda text: "" if text in vocabulary.evidence else "no grade of evidence",
    )
    answers["note"] = _ask("a note (may be empty)", lambda text: "")
    return raw | {name: value for name, value in answers.items() if value not in (None, "")}


def _ask_field(field: FieldType, vocabulary: Vocabulary) -> Any:
    from engine.cli.fields import raw_value
    from engine.intake.rows import why_refused

    def refused(text: str) -> str:
        why = why_refused(raw_value(text, field), field, vocabulary)
        return f"{why.message} {why.hint}".rstrip() if why else ""

    choices = {"party": sorted(vocabulary.actors), "enum": list(field.values), "bool": ["yes", "no"]}.get(field.kind)
    told = ", ".join(choices) if choices else f"{field.kind}{f' in {field.unit}' if field.unit else ''}"
    answer = _ask(
        f"{field.name} ({told}{'' if field.required else '; empty: not known'})", refused, required=field.required
    )
    return raw_value(answer, field) if answer else None


def _no_time(text: str) -> str:
    from engine.time import TimeError, looks_like_date, parse_date, parse_instant

    try:
        parse_date(text) if looks_like_date(text) else parse_instant(text)
    except TimeError as error:
        return str(error)
    return ""


def _ask(question: str, refused: Callable[[str], str], *, required: bool = False) -> str | None:
    """Asked again until the answer can be taken."""
    from engine.cli.output import say

    while True:
        typer.echo(f"{question}: ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            raise typer.Abort
        answer = line.strip()
        if not answer and not required:
            return None
        why = refused(answer) if answer else "this one is needed"
        if not why:
            return answer
        say(f"  {why}")
