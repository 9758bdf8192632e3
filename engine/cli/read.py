"""`accord read`: the rows that files would bring in, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat

if TYPE_CHECKING:
    from engine.events import Row
    from engine.language.plan import Rulebook
    from engine.problems import Problem


def read(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Event files; - is standard input.")],
    rules: Annotated[
        str | None,
        typer.Option(
            "--rules", metavar="RULEBOOK", help="Whose words the rows use; default: the one rule book that is here."
        ),
    ] = None,
    mapping: options.Mapping = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FILE", help="Also write the rows that were taken here: .jsonl or .parquet."),
    ] = None,
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Rows that would be taken in, with problems by row and field.

    Nothing is stored.

    Exit codes: 0 every row was taken, 3 some were not (the others are shown all the same).

    \b
    Example:
      accord read log.csv --mapping mapping.yaml --rules peace-plan-28 --to log.jsonl
    """
    from engine import monitor
    from engine.cli.asking import check_files
    from engine.cli.output import leave, progress, say, show, show_json, show_text, tell, width
    from engine.cli.shipped import one_rulebook
    from engine.intake.json_lines import as_raw
    from engine.problems import in_order
    from engine.report.log_rows import row_lines
    from engine.report.sheets import rows_csv

    check_files(files, "FILE")
    check_files([mapping] if mapping else [], "--mapping")
    _check_target(to)
    book, rule_problems = monitor.usable(str(one_rulebook(rules, "--rules")))
    bad_rules = tell([problem for problem in rule_problems if problem.severity == "error"], quiet=quiet)
    if book is None:
        leave(bad_input=True)
        return
    with progress("rows read", quiet=quiet) as told:
        rows, problems = monitor.read(files, book, mapping, told)
    problems = in_order([*problems, *monitor.problems_together(rows, book), *_without_effect(book, rows)])
    bad_rows = tell(problems, quiet=quiet) or bad_rules
    if bad_rows and strict:
        leave(bad_input=True)
    if to:
        _write(rows, to)
    if format is ListFormat.json:
        show_json({"problems": [problem.as_json() for problem in problems], "rows": len(rows)})
    elif format is ListFormat.csv:
        show_text(rows_csv(as_raw(row) for row in rows))
    else:
        show(row_lines(rows, book.vocabulary.calendar, width()))
    if not quiet:
        say(_outcome(len(rows), sum(problem.severity == "error" for problem in problems), to))
    leave(bad_input=bad_rows)


def _check_target(to: str | None) -> None:
    from engine.cli.output import ENVIRONMENT, refuse, say
    from engine.intake.parquet_file import check_parts
    from engine.intake.source import SourceError

    if to and not to.endswith((".jsonl", ".parquet")):
        refuse("--to", f'"{to}": name a file that ends in .jsonl (JSON Lines) or .parquet')
    if to and not Path(to).resolve().parent.is_dir():
        refuse("--to", f'there is no folder for "{to}"')
    if to and to.endswith(".parquet"):
        try:
            check_parts()
        except SourceError as error:
            say(f"accord: {error}\n  hint: {error.hint}")
            raise typer.Exit(ENVIRONMENT) from error


def _without_effect(book: Rulebook, rows: list[Row]) -> Sequence[Problem]:
    """Extensions, waivers and rulings are accepted from anyone; that one has no effect, only the norms can tell."""
    from engine import monitor
    from engine.vocabulary import BUILT_IN

    return monitor.evaluate(book, rows).problems if any(row.event in BUILT_IN for row in rows) else ()


def _write(rows: list[Row], to: str) -> None:
    from engine.cli.ledgers import stored
    from engine.intake import write_parquet
    from engine.intake.json_lines import canonical_line
    from engine.ledger.home import whole

    with stored(), whole(Path(to)) as out:
        if to.endswith(".parquet"):
            write_parquet(rows, out)
        else:
            out.writelines(f"{canonical_line(row)}\n".encode() for row in rows)


def _outcome(rows: int, errors: int, to: str | None) -> str:
    from engine.report.words import counted

    written = f", written to {to}" if to else ""
    return f"{counted(rows, 'row')} taken{written}, {counted(errors, 'error')}"
