"""`accord coverage`: what of an agreement is encoded, tested, only declaratory, or missing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli import options


class CoverageFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def coverage(
    rulebook: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULEBOOK]", help="A folder, or the id of a shipped book; default: the one that is here."
        ),
    ] = None,
    format: Annotated[CoverageFormat, typer.Option("--format", help="How to print.")] = CoverageFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """What of an agreement is encoded, and what is missing.

    Tested, encoded, declaratory or missing: by clause, and by row of the coverage list where the vocabulary has one.
    As markdown it is a page that goes from each clause to its rows, norms, tests and readings.

    Exit codes: 0 nothing is missing, 1 something is, 3 a rule book with errors.

    \b
    Example:
      accord coverage peace-plan-28
    """
    from engine import monitor
    from engine.cli.output import leave, show, show_json, show_text, tell, width
    from engine.cli.shipped import one_rulebook
    from engine.report.coverage import coverage as covered
    from engine.report.coverage import coverage_lines
    from engine.report.coverage_page import coverage_page
    from engine.report.sheets import coverage_csv

    book, problems = monitor.check(str(one_rulebook(rulebook, "RULEBOOK")))
    bad = tell([problem for problem in problems if problem.severity == "error"], quiet=quiet)
    if book is None:
        leave(bad_input=True)
        return
    found = covered(book)
    if format is CoverageFormat.json:
        show_json(found.as_json())
    elif format is CoverageFormat.csv:
        show_text(coverage_csv(found.as_json()))
    elif format is CoverageFormat.markdown:
        show_text(coverage_page(found, book))
    else:
        show(coverage_lines(found, book, width()))
    leave(bad_input=bad, failed=bool(found.missing))
