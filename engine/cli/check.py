"""`accord check`: everything that is wrong with rule books, before anything runs."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import ListFormat

if TYPE_CHECKING:
    from engine.language.plan import Rulebook
    from engine.problems import Problem
    from engine.report.mutation import Mutation


def check(
    rulebooks: options.RuleBooks = None,
    mutate: Annotated[
        bool,
        typer.Option("--mutate", help="Also change the rules, one small change at a time: which does no test notice?"),
    ] = False,
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Every static check on rule books, all problems at once.

    Each problem has file:line:column, a code and, where there is one, a remedy.

    With --mutate also which small change to the rules no test notices, and how many there are of each kind.

    Exit codes: 0 no error (warnings do not count, except under --strict), 3 errors. --mutate does not change them.

    \b
    Example:
      accord check peace-plan-28
      accord check peace-plan-28 --mutate
    """
    from engine import monitor
    from engine.cli.output import leave, show_text, tell
    from engine.cli.shipped import rulebook_paths

    everything: list[Problem] = []
    mutations: list[tuple[str, Mutation]] = []
    for path in rulebook_paths(rulebooks, "RULEBOOK"):
        book, problems = monitor.check(str(path))
        everything += problems
        if format is ListFormat.table:
            tell(problems, quiet=quiet, most=None)
            _tell_counts(problems, quiet=quiet)
            show_text(outcome(path.resolve().name, book, problems))
        if mutate and book is not None:
            mutations.append((path.resolve().name, _mutated(book, quiet=quiet)))
            if format is ListFormat.table:
                _show_mutation(*mutations[-1])
    if format is ListFormat.json:
        _show_json(everything, mutations if mutate else None)
    elif format is ListFormat.csv:
        _show_csv(everything, mutations if mutate else None, quiet=quiet)
    counted = ("error", "warning") if strict else ("error",)
    leave(bad_input=any(problem.severity in counted for problem in everything))


def _mutated(book: Rulebook, *, quiet: bool) -> Mutation:
    from engine.cli.output import progress
    from engine.mutation import mutate

    with progress("changes tried", quiet=quiet) as told:
        return mutate(book, workers=os.cpu_count() or 1, progress=told)


def _show_mutation(name: str, found: Mutation) -> None:
    from engine.cli.output import show, width
    from engine.report.mutation import mutation_lines

    show(mutation_lines(name, found, width()))


def _show_json(problems: list[Problem], mutations: list[tuple[str, Mutation]] | None) -> None:
    from engine.cli.output import show_json
    from engine.problems import in_order

    value: dict[str, Any] = {"problems": [problem.as_json() for problem in in_order(problems)]}
    if mutations is not None:
        value["mutations"] = [{"rulebook": name, **found.as_json()} for name, found in mutations]
    show_json(value)


def _show_csv(problems: list[Problem], mutations: list[tuple[str, Mutation]] | None, *, quiet: bool) -> None:
    """One list a file: under --mutate the changes, and the problems on stderr."""
    from engine.cli.output import show_text, tell
    from engine.problems import in_order
    from engine.report.mutation import survivors_csv
    from engine.report.sheets import problems_csv

    if mutations is None:
        show_text(problems_csv(in_order(problems)))
    else:
        tell(problems, quiet=quiet, most=None)
        show_text(survivors_csv(mutations))


_MANY = 20


def _tell_counts(problems: list[Problem], *, quiet: bool) -> None:
    """Of a long list, how many there are of each code."""
    from engine.cli.output import say

    codes = Counter(problem.code for problem in set(problems) if problem.severity == "error" or not quiet)
    if codes.total() > _MANY:
        counts = sorted(codes.items(), key=lambda found: (-found[1], found[0]))
        say(f"{codes.total():,} in all: {', '.join(f'{number:,} {code}' for code, number in counts)}")


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
