"""`accord correct`, `retract`, `confirm`: later word on a report."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import Format

Id = Annotated[str, typer.Argument(metavar="ID", help="The report's id in the ledger.")]


def correct(
    id: Id,
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="What replaces what was said; FIELD= removes it."),
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it was, rightly.")] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="GRADE", help="How sure one is now.")] = None,
    note: options.Note = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Later word on a report: the named fields replace the old ones. The old row stays as it was.

    \b
    Example:
      accord correct "team 3/17" by=RU --evidence verified
    """
    from engine.cli.fields import fields_of
    from engine.cli.ledgers import named_row, send, speaking, stored, vocabulary_of
    from engine.cli.output import refuse

    found, sender = speaking(ledger, source)
    said = {"at": at, "evidence": evidence, "note": note}
    with stored():
        changed: dict[str, Any] = fields_of(fields or [], None, vocabulary_of(found), may_remove=True)
    changed |= {key: value for key, value in said.items() if value is not None}
    if not changed:
        refuse("FIELD=VALUE", "what is to be corrected? For example: by=RU, or --at, --evidence")
    raw = {"corrects": named_row(found, id, sender), "source": sender, **changed}
    send(found, [raw], sender, format=format, quiet=quiet)


def retract(
    id: Id,
    why: options.Why = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Take a report, a correction, a confirmation or a decision back. It stays readable, and counts no longer.

    \b
    Example:
      accord retract "team 3/17" --why "seen twice"
    """
    from engine.cli.ledgers import named_row, send, speaking

    found, sender = speaking(ledger, source)
    raw = {"retracts": named_row(found, id, sender), "source": sender} | ({"why": why} if why else {})
    send(found, [raw], sender, format=format, quiet=quiet)


def confirm(
    id: Id,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="The party or body that stands behind the report.")],
    at: options.At = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="GRADE", help="How sure that is.")] = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A party or body stands behind a report.

    \b
    Example:
      accord confirm "team 3/17" --by task_force
    """
    from engine.cli.ledgers import named_row, now_text, send, speaking

    found, sender = speaking(ledger, source)
    raw = {"confirms": named_row(found, id, sender), "by": by, "at": at or now_text(), "source": sender}
    send(found, [raw | ({"evidence": evidence} if evidence else {})], sender, format=format, quiet=quiet)
