"""`accord log`: one report into the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.keeping.ledger import Ledger


def log(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EVENT] [FIELD=VALUE]...", help="What happened; - reads JSON Lines from stdin."),
    ] = None,
    at: options.At = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="It was some time between --at and this.")
    ] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="GRADE", help="How sure one is.")] = None,
    note: options.Note = None,
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
      accord log observation by=task_force place=buffer_north
    """
    from engine.cli.ledgers import send, speaking, stored

    found, sender = speaking(ledger, source)
    with stored():
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
    """In a terminal, what has to be said and was not is asked for."""
    from engine.cli.fields import fields_of
    from engine.cli.form import missing_fields
    from engine.cli.ledgers import vocabulary_of

    vocabulary, event = vocabulary_of(ledger), words[0]
    given = fields_of(words[1:], event, vocabulary, may_remove=False)
    if sys.stdin.isatty():
        given |= missing_fields(event, given, vocabulary)
    return {"event": event, **given}


def _asked(ledger: Ledger) -> dict[str, Any]:
    from engine.cli.form import whole_report
    from engine.cli.ledgers import vocabulary_of
    from engine.cli.output import refuse

    if not sys.stdin.isatty():
        refuse("EVENT", "what happened? For example: accord log strike place=sumy --at 2026-09-12")
    return whole_report(vocabulary_of(ledger))


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
    from engine.cli.output import refuse, say
    from engine.keeping.logging_in import last_of
    from engine.report.words import printable

    last = last_of(ledger, sender)
    if last is None:
        refuse("--undo", f'"{sender}" has no entry that could be retracted')
    if not quiet:
        say(f'taking back "{last.id}": {printable(last.body)}')
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
