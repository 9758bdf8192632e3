"""`accord history`: how a verdict came to be what it is."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat


def history(
    norm: Annotated[str, typer.Argument(metavar="NORM", help="The id of a norm.")],
    for_: Annotated[
        list[str] | None, typer.Option("--for", metavar="K=V", help="Which binding, such as p=RU. Repeatable.")
    ] = None,
    ledger: options.Ledger = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Up to then: a date or RFC 3339; default now.")
    ] = None,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Every change of a norm's verdicts: when it was known, and by which row.

    Each as it would have been seen at the time: as of then, on what was known then, under the rule book in force then.

    \b
    Example:
      accord history no_entry
    """
    from engine.cli.asking import remedy, when
    from engine.cli.fields import binding
    from engine.cli.ledgers import opened, stored
    from engine.cli.output import progress, refuse, show, show_json, show_text, width
    from engine.keeping import asking
    from engine.keeping.books import activations, in_force
    from engine.report.history import history_csv, history_lines

    with stored(), progress("steps judged", quiet=quiet) as told:
        found = opened(ledger)
        book = in_force(activations(found))
        names = {one.id for one in book.norms}
        if norm not in names:
            refuse("NORM", f'no norm is called "{norm}" ({remedy(norm, names)})')
        until = when(as_of, book.vocabulary, "--as-of")
        changes = asking.history(found, norm, found.now() if until is None else until, told)
    wanted = binding(for_).items()
    changes = [change for change in changes if wanted <= dict(change.verdict.binding).items()]
    if format is ListFormat.json:
        show_json({"norm": norm, "changes": [change.as_json() for change in changes]})
    elif format is ListFormat.csv:
        show_text(history_csv(changes))
    else:
        show(history_lines(norm, changes, book, width()))
