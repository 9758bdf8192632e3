"""`accord check`: everything that is wrong with rule books, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli import options
from engine.cli.options import ListFormat

if TYPE_CHECKING:
    from engine.language.plan import Rulebook
    from engine.problems import Problem


def check(
    rulebooks: options.RuleBooks = None,
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Every static check on rule books, all problems at once.

    Each problem has file:line:column, a code and, where there is one, a remedy.

    Exit codes: 0 no error (warnings do not count, except under --strict), 3 errors.

    \b
    Example:
      accord check peace-plan-28
    """
    from engine import monitor
    from engine.cli.output import leave, show_json, show_text, tell
    from engine.cli.shipped import rulebook_paths
    from engine.problems import in_order
    from engine.report.sheets import problems_csv

    everything: list[Problem] = []
    for path in rulebook_paths(rulebooks, "RULEBOOK"):
        book, problems = monitor.check(str(path))
        everything += problems
        if format is ListFormat.table:
            tell(problems, quiet=quiet)
            show_text(outcome(path.resolve().name, book, problems))
    if format is ListFormat.json:
        show_json({"problems": [problem.as_json() for problem in in_order(everything)]})
    elif format is ListFormat.csv:
        show_text(problems_csv(in_order(everything)))
    counted = ("error", "warning") if strict else ("error",)
    leave(bad_input=any(problem.severity in counted for problem in everything))


def outcome(name: str, book: Rulebook | None, problems: list[Problem]) -> str:
    """`peace-plan-28: 2 errors, 1 warning` and, of a book that can be used, what is in it."""
    from engine.report.words import counted

    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    told = ", ".join([counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings))
    return f"{name}: {told or 'no problems'}{f'; {_contents(book)}' if book and not errors else ''}"


def _contents(book: Rulebook) -> str:
    from engine.report.words import counted

    return ", ".join(
        (
            counted(len(book.provisions), "provision"),
            counted(len({norm.id for norm in book.norms}), "norm"),
            counted(len(book.states), "state"),
            counted(len(book.readings), "reading"),
            counted(len(book.tests), "test"),
        )
    )
