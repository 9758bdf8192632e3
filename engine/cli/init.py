"""`accord init`: a new ledger, with its key."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import Format


def init(
    ledger: options.Ledger = None,
    rules: Annotated[
        str | None, typer.Option("--rules", metavar="RULEBOOK", help="Also put this rule book in force.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What it signs as, like example.org/ledger; default: made up."),
    ] = None,
    rotate_key: Annotated[
        bool, typer.Option("--rotate-key", help="On a ledger that is there: bring a new secret key into force.")
    ] = False,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A new ledger: the database, and beside it the secret key it signs with.

    One that is there is kept, and brought up to this program's tables. Keep a copy of FILE.key in a safe place, and
    give FILE.vkey, the public key, to everybody who is to check the ledger.

    \b
    Example:
      accord init --rules peace-plan-28
    """
    from engine.cli.ledgers import DEFAULT, stored, who
    from engine.cli.output import say, show_json, show_text
    from engine.keeping.ledger import key_in_force, make_ledger
    from engine.keeping.ledger import rotate_key as rotate

    with stored():
        sender = who(source)
        made, new = make_ledger(ledger or DEFAULT, name=name, sender=sender)
        verifier = rotate(made, sender) if rotate_key and not new else key_in_force(made)
    if format is Format.json:
        show_json({"ledger": ledger or DEFAULT, "new": new, "vkey": str(verifier), "key": str(made.home.key)})
    else:
        show_text(f"{'made' if new else 'there already:'} {ledger or DEFAULT}\npublic key: {verifier}")
    if new and not quiet:
        say(f"the secret key is {made.home.key}: keep a copy of it in a safe place")
    if rules:
        from engine.cli.activate import put_in_force

        put_in_force(made, rules, sender, quiet=quiet)
