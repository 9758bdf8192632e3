"""`accord status`: the board of a ledger."""

from __future__ import annotations

from dataclasses import replace

from engine.cli import options
from engine.cli.options import ListFormat


def status(
    ledger: options.Ledger = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    reading: options.Readings = None,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """How every norm stands, what needs attention first.

    \b
    Example:
      accord status
      accord status --known-at 2026-05-01
    """
    from engine.cli.asking import Question, ask
    from engine.cli.output import leave, show, show_json, show_text, width
    from engine.report.board import board
    from engine.report.deadlines import with_due_soon
    from engine.report.sheets import verdicts_csv

    question = Question(None, [], None, as_of, known_at, reading or [], "compiled", False, quiet, ledger)
    answer = ask(replace(question, only_ledger=True))
    verdicts = with_due_soon(answer.verdicts, answer.book.vocabulary.calendar)
    if format is ListFormat.json:
        show_json(verdicts.as_json())
    elif format is ListFormat.csv:
        show_text(verdicts_csv(verdict.as_json() for verdict in verdicts.verdicts))
    else:
        show(board(verdicts, answer.book, width()))
    leave(bad_input=answer.bad_input)
