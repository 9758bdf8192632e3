"""`accord import`: files of rows into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.keeping.taking_in import Taken


def import_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Event files; - is standard input.")],
    mapping: options.Mapping = None,
    trust_known: Annotated[
        bool,
        typer.Option("--trust-known", help="Take from the rows when they became known (history)."),
    ] = False,
    ledger: options.Ledger = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source", metavar="NAME", help="Whose rows; their ids become NAME/ID. Default: ids stand as they are."
        ),
    ] = None,
    strict: options.Strict = False,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Rows of event files. A row that is there already is not taken twice.

    So the same file may be imported again, and an import that was interrupted is simply repeated. Rows with errors are
    told and left out, unless --strict: then nothing is taken.

    A row is known from when it is recorded; what it says of that itself is kept, and counts with --trust-known only.

    Exit codes: 0 every row is in the ledger, 3 some are not, 4 trouble with the machine.

    \b
    Example:
      accord import log.csv --mapping mapping.yaml
    """
    from engine.cli.asking import check_files
    from engine.cli.ledgers import opened, stored, vocabulary_of, who
    from engine.cli.output import leave, progress, say, show_json, show_text, tell
    from engine.intake import raw_rows_of
    from engine.keeping.taking_in import Sending, take_in
    from engine.report.words import counted

    check_files(files, "FILE")
    check_files([mapping] if mapping else [], "--mapping")
    sending = Sending(who(source), own_ids=source is not None, trust_known=trust_known, strict=strict)
    with stored(), progress("rows taken in", quiet=quiet) as told:
        found = opened(ledger)
        taken = take_in(found, raw_rows_of(files, vocabulary_of(found), mapping), sending, told)
    bad = tell(taken.problems, quiet=quiet)
    there = len(taken.receipts) - taken.new
    if format is Format.json:
        problems = [problem.as_json() for problem in taken.problems]
        changes = [change.as_json() for change in taken.changes]
        recorded = {"recorded": taken.new, "there_already": there, "checkpoint": taken.checkpoint}
        show_json({**recorded, "changes": changes, "problems": problems})
    else:
        show_text(f"{counted(taken.new, 'row')} recorded, {there:,} there already")
        if taken.changes:
            show_text(f"{counted(_verdicts(taken), 'verdict')} changed; accord status shows them")
    errors = sum(problem.severity == "error" for problem in taken.problems)
    if errors and not quiet:
        say(f"{counted(errors, 'error')}{': nothing was taken' if strict else ''}")
    leave(bad_input=bad)


def _verdicts(taken: Taken) -> int:
    """Each once, however often it has changed on the way."""
    verdicts = [change.verdict for change in taken.changes]
    return len({(verdict.norm, verdict.binding, verdict.instance) for verdict in verdicts})
