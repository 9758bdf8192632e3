"""`accord verify`: is the ledger what was signed?"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import Format


def verify(
    ledger: options.Ledger = None,
    vkey: Annotated[
        str | None,
        typer.Option("--vkey", metavar="KEY", help="The public key that you trust, or a file that holds it."),
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A signed checkpoint that you kept. Repeatable."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out judging every verdict again, and the second opinion.")
    ] = False,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Every row hashed again, the tree built again, every signature, trigger, attachment and verdict checked.

    Verdict rows are judged again commit by commit, and must come out the same to the last byte; at the end the whole
    log is judged from nothing, with our own matcher and with durable-rules, and must come out the same too.

    Without --vkey the key is believed that the ledger names itself, and without --checkpoint a history that its owner
    wrote anew and signed anew cannot be told from the first one. Both are small files: keep them elsewhere.

    Exit codes: 0 sound, 1 not (the first bad row is named), 4 the ledger cannot be opened.

    \b
    Example:
      accord verify --vkey accord.db.vkey --checkpoint kept.checkpoint
    """
    from engine.cli.ledgers import opened, read_text, stored
    from engine.cli.output import leave, progress, say, show_json, show_text, tell
    from engine.keeping import guarding
    from engine.report.words import counted

    saved = {file: read_text(file, "--checkpoint") for file in checkpoint or []}
    with stored():
        found = opened(ledger)
        trusted = None if vkey is None else guarding.read_verifier(vkey)
        with progress("rows checked", quiet=quiet) as told, progress("rows judged again", quiet=quiet) as again:
            done = guarding.verify(found, trusted=trusted, saved=saved, progress=told, replaying=again, quick=quick)
    tell(done.problems, quiet=quiet)
    if format is Format.json:
        show_json(
            {
                "sound": done.is_sound,
                "rows": done.rows,
                "checkpoints": done.checkpoints,
                "root": done.root.hex(),
                "first_bad_row": done.first_bad,
                "verdict_rows_replayed": done.replayed,
                "problems": [problem.as_json() for problem in done.problems],
            }
        )
    elif done.is_sound:
        show_text(f"sound: {done.rows:,} rows, {done.checkpoints:,} signed checkpoints, root {done.root.hex()}")
    else:
        first = "" if done.first_bad is None else f": the first bad row is {done.first_bad}"
        show_text(f"not sound{first}")
    if done.replayed is not None and format is Format.table:
        show_text(f"{counted(done.replayed, 'verdict row')} judged again")
    if quick and not quiet:
        say("--quick: no verdict was judged again, and no second opinion was heard")
    if trusted is None and not quiet:
        say("the key that the ledger names itself was believed; --vkey names one that you know from elsewhere")
    leave(bad_input=False, failed=not done.is_sound)
