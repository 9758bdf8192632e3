"""`accord activate`: a rule book comes into force; that is a row of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.keeping.ledger import Ledger
    from engine.ledger.store import Receipt


def activate(
    rulebook: Annotated[str, typer.Argument(metavar="RULEBOOK", help="A folder, or the id of a shipped one.")],
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Put a rule book in force: its text and its hash become a row of the ledger.

    Verdicts from then on use it; verdicts as known at an earlier time use the one that was in force then.

    Exit codes: 0 in force, 3 it has errors or is of another agreement, 4 trouble with the machine.

    \b
    Example:
      accord activate peace-plan-28
    """
    from engine.cli.ledgers import as_json, opened, stored, who
    from engine.cli.output import show_json

    with stored():
        receipt, sha256 = put_in_force(opened(ledger), rulebook, who(source), quiet=quiet, shown=format is Format.table)
    if format is Format.json:
        show_json({"receipt": as_json(receipt), "sha256": sha256})


def put_in_force(ledger: Ledger, rulebook: str, sender: str, *, quiet: bool, shown: bool = True) -> tuple[Receipt, str]:
    from engine.cli.ledgers import stored
    from engine.cli.output import BAD_INPUT, show_text, tell
    from engine.cli.shipped import rulebook_path
    from engine.keeping import books

    with stored():
        receipt, book, problems = books.activate(ledger, str(rulebook_path(rulebook, "RULEBOOK")), sender=sender)
    tell([problem for problem in problems if problem.severity == "error"], quiet=quiet)
    if receipt is None or book is None:
        raise typer.Exit(BAD_INPUT)
    if shown:
        named = f"{book.vocabulary.agreement} {book.version}".rstrip()
        state = "in force" if receipt.new else "in force already"
        show_text(f"{state}: {named}, SHA-256 {book.sha256} (row {receipt.seq})")
    return receipt, book.sha256
