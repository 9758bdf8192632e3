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
    from engine.cli.evaluate import show_verdicts
    from engine.cli.output import leave

    question = Question(None, [], None, as_of, known_at, reading or [], "compiled", False, quiet, ledger)
    answer = ask(replace(question, only_ledger=True))
    show_verdicts(answer, format)
    leave(bad_input=answer.bad_input)
