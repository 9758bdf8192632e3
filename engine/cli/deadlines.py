"""`accord deadlines`: the deadline board."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat


def deadlines(
    rules: options.Rules = None,
    events: options.Events = None,
    ledger: options.Ledger = None,
    within: Annotated[
        str, typer.Option("--within", metavar="DURATION", help="How near a due is called due soon.")
    ] = "14 days",
    mapping: options.Mapping = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    reading: options.Readings = None,
    matcher: options.Matcher = "compiled",
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """What is due when: missed first, then due soon, then the rest.

    \b
    Example:
      accord deadlines --rules peace-plan-28 --events log.jsonl --within "30 days"
    """
    from engine.cli.asking import Question, ask
    from engine.cli.output import leave, refuse, show, show_json, show_text, width
    from engine.report.deadlines import deadline_lines, with_deadline, with_due_soon
    from engine.report.sheets import verdicts_csv
    from engine.time import TimeError, parse_duration

    try:
        length = parse_duration(within)
    except TimeError as error:
        refuse("--within", str(error))
    question = Question(rules, events or [], mapping, as_of, known_at, reading or [], matcher, strict, quiet, ledger)
    answer = ask(question)
    verdicts = with_due_soon(answer.verdicts, answer.book.vocabulary.calendar, length)
    listed = [verdict.as_json() for verdict in with_deadline(verdicts)]
    if format is ListFormat.json:
        asked = {key: value for key, value in verdicts.as_json().items() if key not in ("verdicts", "states")}
        show_json({**asked, "within": str(length), "deadlines": listed})
    elif format is ListFormat.csv:
        show_text(verdicts_csv(listed))
    else:
        show(deadline_lines(verdicts, answer.book, width()))
    leave(bad_input=answer.bad_input)
