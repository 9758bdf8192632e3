"""`accord export`, `backup`, `restore`: the ledger as files, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import Format


def export(
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="FILE", help="Where to, .jsonl or .parquet; its checkpoint lies beside it. - is stdout."
        ),
    ] = "-",
    ledger: options.Ledger = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Every row as the line that was hashed: anybody can compute the root from it with public tools.

    A file that ends in .parquet has columns beside the lines, for DuckDB, pandas and the like. accord restore reads
    either back, with the same root.

    \b
    Example:
      accord export --to ledger.jsonl
    """
    from engine.cli.ledgers import opened, stored
    from engine.cli.output import progress, refuse, say, show_json
    from engine.keeping import moving
    from engine.report.words import counted

    if to == "-" and format is Format.json:
        refuse("--to", "the rows themselves go to standard output: name a file")
    with stored(), progress("rows written", quiet=quiet) as told:
        done = moving.export(opened(ledger), sys.stdout.buffer if to == "-" else Path(to), told)
    if format is Format.json:
        show_json({"rows": done.rows, "checkpoint": done.checkpoint})
    elif not quiet:
        say(f"{counted(done.rows, 'row')} written{'' if to == '-' else f' to {to}'}")


def backup(
    to: Annotated[str, typer.Argument(metavar="FILE.zip", help="Where to.")],
    ledger: options.Ledger = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Rows, checkpoints and attachments as they are at one instant, while others go on adding.

    The secret key is not in it: keep a copy of that elsewhere.

    \b
    Example:
      accord backup accord-2026-09-12.zip
    """
    from engine.cli.ledgers import opened, stored
    from engine.cli.output import progress, show_json, show_text
    from engine.keeping import moving
    from engine.report.words import counted

    with stored(), progress("rows written", quiet=quiet) as told:
        done = moving.backup(opened(ledger), Path(to), told)
    if format is Format.json:
        show_json({"rows": done.rows, "attachments": done.attachments, "checkpoint": done.checkpoint})
    else:
        show_text(f"{counted(done.rows, 'row')} and {counted(done.attachments, 'attachment')} in {to}")


def restore(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A backup, or an export with its checkpoint.")],
    ledger: options.Ledger = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="The secret key; without it the ledger is read only.")
    ] = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A new ledger with the same rows, the same root and the same signatures, on either kind of database.

    Exit codes: 0 restored and sound, 1 restored and not sound, 4 it cannot be restored.

    \b
    Example:
      accord restore accord-2026-09-12.zip --ledger postgresql://accord@localhost/accord --key accord.db.key
    """
    from engine.cli.asking import check_files
    from engine.cli.ledgers import DEFAULT, stored
    from engine.cli.output import leave, progress, say, show_json, show_text, tell
    from engine.keeping import guarding, moving

    check_files([source], "FILE")
    check_files([key] if key else [], "--key")
    with stored():
        with progress("rows restored", quiet=quiet) as told:
            made = moving.restore(Path(source), ledger or DEFAULT, key=Path(key) if key else None, progress=told)
        done = guarding.verify(made)
    tell(done.problems, quiet=quiet)
    if format is Format.json:
        show_json({"rows": done.rows, "root": done.root.hex(), "sound": done.is_sound})
    else:
        show_text(f"{done.rows:,} rows restored to {ledger or DEFAULT}, root {done.root.hex()}")
    if key is None and not quiet:
        say(f"it can be read; to add to it, put its secret key beside it as {made.home.key}")
    leave(bad_input=False, failed=not done.is_sound)
