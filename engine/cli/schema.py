"""`accord schema`: JSON Schema of what users write."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.vocabulary import Vocabulary


class Kind(StrEnum):
    rulebook = "rulebook"
    vocabulary = "vocabulary"
    event = "event"


def schema(
    kind: Annotated[Kind, typer.Argument(help="rulebook: a file of provisions/; event: a row of a log.")],
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="RULEBOOK", help="For event: the fields of this book's events, too."),
    ] = None,
    format: options.AsTable = Format.json,
    quiet: options.Quiet = False,
) -> None:
    """JSON Schema, for editors and for programs that write events.

    It is JSON under either --format.

    \b
    Example:
      accord schema event --rules peace-plan-28
    """
    from engine.cli.output import refuse, show_json
    from engine.language.schema import json_schema

    if kind is Kind.event:
        show_json(_of_events(rules, quiet=quiet))
    elif rules:
        refuse("--rules", f"the schema of a {kind.value} is the same for every rule book")
    else:
        show_json(json_schema("rulebook" if kind is Kind.rulebook else "vocabulary"))


def _of_events(rules: str | None, *, quiet: bool) -> dict[str, object]:
    from engine.report.event_schema import event_schema

    return event_schema(_vocabulary(rules, quiet=quiet) if rules else None)


def _vocabulary(rules: str, *, quiet: bool) -> Vocabulary:
    from engine import monitor
    from engine.cli.output import BAD_INPUT, tell
    from engine.cli.shipped import rulebook_path

    book, problems = monitor.check(str(rulebook_path(rules)))
    tell([problem for problem in problems if problem.severity == "error"], quiet=quiet)
    if book is None:
        raise typer.Exit(BAD_INPUT)
    return book.vocabulary
