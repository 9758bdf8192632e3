"""`accord violations`: what is on record, and what could be a violation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat


class Standing(StrEnum):
    established = "established"
    possible = "possible"


def violations(
    ledger: options.Ledger = None,
    norm: Annotated[str | None, typer.Option("--norm", metavar="NORM", help="Of this norm only.")] = None,
    party: Annotated[str | None, typer.Option("--party", metavar="WHO", help="Of what this party owes only.")] = None,
    severity: Annotated[
        options.Level | None, typer.Option("--severity", help="Of this severity or a worse one only.")
    ] = None,
    standing: Annotated[Standing | None, typer.Option("--standing", help="Only what is, or what could be.")] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="open|late|cured|restored|ruled|waived|extended", help="How it stands now."),
    ] = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    reading: options.Readings = None,
    rules: options.Rules = None,
    events: options.Events = None,
    mapping: options.Mapping = None,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Every breach on record; apart from them what could be one on reports that are not established.

    \b
    Example:
      accord violations --party RU --status open
    """
    from engine.cli.asking import Question, ask
    from engine.cli.output import leave, refuse, show, show_json, show_text, width
    from engine.report.violations import STATUSES, violation_lines, violations_csv, violations_of
    from engine.report.words import SEVERITIES

    if status is not None and status not in STATUSES:
        refuse("--status", f'"{status}" is none of {", ".join(STATUSES)}')
    question = Question(rules, events or [], mapping, as_of, known_at, reading or [], "compiled", False, quiet, ledger)
    answer = ask(question)
    worst = SEVERITIES[SEVERITIES.index(severity.value) :] if severity else SEVERITIES
    found = [
        one
        for one in violations_of(answer.verdicts, answer.book)
        if (norm is None or one.verdict.norm == norm)
        and (party is None or one.verdict.who == party)
        and (standing is None or one.standing == standing.value)
        and (status is None or one.status == status)
        and one.verdict.severity in worst
    ]
    if format is ListFormat.json:
        head = {key: value for key, value in answer.verdicts.as_json().items() if key not in ("verdicts", "states")}
        show_json({**head, "violations": [one.as_json() for one in found]})
    elif format is ListFormat.csv:
        show_text(violations_csv(one.as_json() for one in found))
    else:
        show(violation_lines(found, answer.verdicts, answer.book, width()))
    leave(bad_input=answer.bad_input)
