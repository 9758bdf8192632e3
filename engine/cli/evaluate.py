"""`accord evaluate`: verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat

if TYPE_CHECKING:
    from engine.cli.asking import Answer
    from engine.evaluation.verdicts import Verdict


def evaluate(
    rules: options.Rules = None,
    events: options.Events = None,
    ledger: options.Ledger = None,
    mapping: options.Mapping = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    reading: options.Readings = None,
    matcher: options.Matcher = "compiled",
    fail_level: Annotated[
        options.Level | None,
        typer.Option("--fail-level", help="Exit with 1 where a violation of this severity or worse is recorded."),
    ] = None,
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Verdicts on a log of events under a rule book.

    \b
    Example:
      accord evaluate --rules peace-plan-28 --events log.jsonl --as-of 2026-04-12

    Exit codes: 0 fine, 1 a violation at or above --fail-level, 2 bad arguments, 3 rows or rules that were not
    taken (the verdicts on the others are printed all the same, unless --strict), 4 trouble with the machine.
    """
    from engine.cli.asking import Question, ask
    from engine.cli.output import leave

    question = Question(rules, events or [], mapping, as_of, known_at, reading or [], matcher, strict, quiet, ledger)
    answer = ask(question)
    show_verdicts(answer, format)
    leave(bad_input=answer.bad_input, failed=_violated(answer.verdicts.verdicts, fail_level))


def show_verdicts(answer: Answer, format: ListFormat) -> None:
    from engine.cli.output import show, show_json, show_text, width
    from engine.report.board import board
    from engine.report.deadlines import with_due_soon
    from engine.report.sheets import verdicts_csv

    verdicts = with_due_soon(answer.verdicts, answer.book.vocabulary.calendar)
    if format is ListFormat.json:
        show_json(verdicts.as_json())
    elif format is ListFormat.csv:
        show_text(verdicts_csv(verdict.as_json() for verdict in verdicts.verdicts))
    else:
        show(board(verdicts, answer.book, width()))


def _violated(verdicts: tuple[Verdict, ...], level: options.Level | None) -> bool:
    from engine.report.words import SEVERITIES

    if level is None:
        return False
    counted = SEVERITIES[SEVERITIES.index(level.value) :]
    return any(verdict.bucket == "violated" and verdict.severity in counted for verdict in verdicts)
