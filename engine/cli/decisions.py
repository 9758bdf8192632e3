"""`accord extend`, `waive`, `ruling`: decisions of those who may decide."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import Format

By = Annotated[str, typer.Option("--by", metavar="WHO", help="The party or body that decided.")]


def extend(
    norm: options.Norm,
    by: By,
    days: Annotated[int | None, typer.Option("--days", help="So many days more.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Until the end of this day.")] = None,
    for_: options.For = None,
    instance: options.Instance = None,
    at: options.At = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A deadline is moved. From whom the norm does not name, it is kept and has no effect.

    \b
    Example:
      accord extend elections --by board --days 30
    """
    from engine.cli.fields import one_of

    one_of({"--days": None if days is None else str(days), "--until": until})
    said: dict[str, Any] = {"days": days, "until": until}
    _decide("extension", norm, by, said, for_, instance, at, ledger, source, format, quiet)


def waive(
    norm: options.Norm,
    by: By,
    why: options.Why = None,
    for_: options.For = None,
    instance: options.Instance = None,
    at: options.At = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A duty or a breach is waived. From whom the norm does not name, it is kept and has no effect.

    \b
    Example:
      accord waive no_entry --by board --why "agreed on 3 May"
    """
    _decide("waiver", norm, by, {"why": why}, for_, instance, at, ledger, source, format, quiet)


def ruling(
    norm: options.Norm,
    outcome: Annotated[str, typer.Option("--outcome", metavar="violation|no_violation", help="What was decided.")],
    by: By,
    breach_by: Annotated[
        str | None, typer.Option("--breach-by", metavar="ID", help="The report of the act that was ruled on.")
    ] = None,
    for_: options.For = None,
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="I", help="Or, of an omission, the instance.")
    ] = None,
    at: options.At = None,
    ledger: options.Ledger = None,
    source: options.Source = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Whether something was a violation is decided. From whom the rules do not name, it is kept and has no effect.

    \b
    Example:
      accord ruling no_entry --outcome no_violation --breach-by "team 3/17" --by board
    """
    from engine.cli.fields import one_of

    one_of({"--breach-by": breach_by, "--instance": instance})
    said = {"outcome": outcome, "breach_by": breach_by}
    _decide("ruling", norm, by, said, for_, instance, at, ledger, source, format, quiet)


def _decide(
    event: str,
    norm: str,
    by: str,
    said: dict[str, Any],
    for_: list[str] | None,
    instance: str | None,
    at: str | None,
    ledger: str | None,
    source: str | None,
    format: Format,
    quiet: bool,
) -> None:
    from engine.cli.fields import binding
    from engine.cli.ledgers import now_text, send, speaking, stored

    found, sender = speaking(ledger, source)
    with stored():
        _check_norm(found, norm)
    named = {**said, "instance": instance, "for": binding(for_) or None}
    raw = {"event": event, "norm": norm, "by": by, "at": at or now_text(), "source": sender}
    raw |= {key: value for key, value in named.items() if value is not None}
    send(found, [raw], sender, format=format, quiet=quiet)


def _check_norm(ledger: Any, norm: str) -> None:
    from engine.cli.asking import remedy
    from engine.cli.output import refuse
    from engine.keeping.books import activations, in_force

    names = {found.id for found in in_force(activations(ledger)).norms}
    if norm not in names:
        refuse("NORM", f'no norm is called "{norm}" ({remedy(norm, names)})')
