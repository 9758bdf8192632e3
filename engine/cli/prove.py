"""`accord prove`, `verify-proof`: a row, or that nothing was taken away, for people without the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.keeping.guarding import Proven


def prove(
    event: Annotated[str | None, typer.Argument(metavar="[ID]", help="The id of a row.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="FILE", help="Instead: that the ledger only grew since this checkpoint."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FILE", help="Write it here; default: standard output.")
    ] = None,
    ledger: options.Ledger = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """A file that proves by itself that a row is in the ledger, or that the ledger only grew.

    With the public key anybody can check it offline (accord verify-proof, or other tools for c2sp.org/tlog-proof). It
    shows that one row, and of the others nothing but hashes.

    \b
    Example:
      accord prove "team 3/17" --to 17.tlog-proof
    """
    from engine.cli.ledgers import opened, read_text, stored
    from engine.cli.output import refuse, show_json, show_text
    from engine.keeping import guarding
    from engine.ledger.proofs import ProofError

    if (event is None) == (since is None):
        refuse("ID", "give the id of a row, or --since")
    old = read_text(since, "--since") if since else ""
    with stored():
        found = opened(ledger)
        try:
            proof = guarding.prove_growth(found, old) if event is None else guarding.prove(found, event)
        except ProofError as error:
            refuse("--since", f'"{since}": {error}')
    if proof is None:
        refuse("ID", f'no row has the id "{event}"')
    text = proof.text()
    if to:
        _write(to, text)
    elif format is Format.json:
        show_json({"proof": text})
    else:
        show_text(text)


def _write(to: str, text: str) -> None:
    from engine.cli.ledgers import stored
    from engine.ledger.home import whole

    with stored(), whole(Path(to)) as out:
        out.write(text.encode())


def verify_proof(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A proof file.")],
    vkey: Annotated[
        str,
        typer.Option("--vkey", metavar="KEY", help="The ledger's public key, or a file that holds it."),
    ],
    old: Annotated[
        str | None,
        typer.Option("--old", metavar="FILE", help="The earlier checkpoint, where growth is proven."),
    ] = None,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Check a proof file, offline, with nothing but the public key.

    Exit codes: 0 it holds, 1 it does not.

    \b
    Example:
      accord verify-proof 17.tlog-proof --vkey accord.db.vkey
    """
    from engine.cli.ledgers import read_text, stored
    from engine.cli.output import FAILED, say, show_json, show_text
    from engine.keeping import guarding
    from engine.ledger.proofs import ProofError

    text, old_note = read_text(file, "FILE"), read_text(old, "--old") if old else None
    with stored():
        verifier = guarding.read_verifier(vkey)
    try:
        found = guarding.check_proof(text, verifier, old_note)
    except ProofError as error:
        say(f"{file}: {error}")
        if format is Format.json:
            show_json({"holds": False, "reason": str(error)})
        else:
            show_text("the proof does not hold")
        raise typer.Exit(FAILED) from error
    if format is Format.json:
        show_json({"holds": True, **_json(found)})
    else:
        show_text(_words(found))


def _json(found: Proven) -> dict[str, Any]:
    head = {"ledger": found.head.origin, "size": found.head.size, "root": found.head.root.hex()}
    if found.entry is not None:
        return {**head, "row": json.loads(found.entry.leaf())}
    return {**head, "since": found.since.size if found.since else None}


def _words(found: Proven) -> str:
    from engine.time import format_instant

    head = f'of the {found.head.size:,} rows that "{found.head.origin}" signed'
    if found.entry is None:
        then = found.since.size if found.since else 0
        return f"the proof holds: the first {then:,} {head} are the rows that were signed before"
    entry = found.entry
    lines = [
        f"the proof holds: this is row {entry.seq} {head}",
        f"id          {entry.id}",
        f"recorded at {format_instant(entry.recorded_at)}",
        f"from        {entry.source}",
        entry.body,
    ]
    return "\n".join(lines)
