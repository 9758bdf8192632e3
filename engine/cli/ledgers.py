"""What the commands of the ledger share: which one, who speaks, storage that refuses, receipts."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.cli.output import ENVIRONMENT, leave, refuse, say, show, show_json, show_text, tell, width

if TYPE_CHECKING:
    from engine.keeping.ledger import Ledger
    from engine.keeping.taking_in import Taken
    from engine.language import Rulebook
    from engine.ledger.store import Receipt
    from engine.vocabulary import Vocabulary

DEFAULT = "accord.db"


@contextmanager
def stored() -> Iterator[None]:
    """Storage that refuses is told in a line: exit 4."""
    from engine.ledger.store import StorageError

    try:
        yield
    except StorageError as error:
        say(f"accord: {error}" + (f"\n  hint: {error.hint}" if error.hint else ""))
        raise typer.Exit(ENVIRONMENT) from error


def opened(url: str | None, *, or_events: bool = False) -> Ledger:
    """The ledger that is meant. `or_events`: where there is none, event files would do. Raises StorageError."""
    from engine.keeping.ledger import open_ledger

    if url is None and not Path(DEFAULT).is_file():
        events = "which event files? For example: --events log.jsonl. There is no ledger here either"
        none = f'there is no ledger "{DEFAULT}" here'
        refuse("--events" if or_events else "--ledger", f"{events if or_events else none} (accord init makes one)")
    return open_ledger(url or DEFAULT)


def who(source: str | None) -> str:
    """Who speaks: as said, else the user of this machine."""
    from engine.ledger.entries import OWN

    name = source or _user()
    if "/" in name or not name.strip():
        refuse("--source", f'"{name}": a name without "/", which stands between it and the number of the report')
    if name in OWN:
        refuse("--source", f'"{name}": that is what the ledger\'s own rows are called; for example "{name} office"')
    return name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        refuse("--source", "who reports? This machine does not know your name")


def speaking(url: str | None, source: str | None) -> tuple[Ledger, str]:
    """The ledger that is meant, and who speaks."""
    sender = who(source)
    with stored():
        return opened(url), sender


def named_row(ledger: Ledger, id_: str, sender: str) -> str:
    """The id of a row that a person names; a bad argument where there is none. Raises StorageError."""
    from engine.keeping.logging_in import whole_id

    with stored():
        found = whole_id(ledger, id_, sender)
    return found or refuse("ID", f'no row has the id "{id_}"')


def vocabulary_of(ledger: Ledger) -> Vocabulary:
    return rules_of(ledger).vocabulary


def rules_of(ledger: Ledger) -> Rulebook:
    """The rule book in force. Raises StorageError."""
    from engine.keeping.books import activations, in_force

    return in_force(activations(ledger))


def send(
    ledger: Ledger,
    raws: Iterable[Mapping[str, Any]],
    sender: str,
    *,
    format: str,
    quiet: bool,
) -> None:
    """Rows that a person gives, one by one; what became of them, and the exit code."""
    from engine.keeping.logging_in import log_rows

    with stored():
        taken = log_rows(ledger, list(raws), sender)
    show_taken(ledger, taken, format=format, quiet=quiet)


def show_taken(ledger: Ledger, taken: Taken, *, format: str, quiet: bool) -> None:
    """Receipts, and at once what the rows have changed."""
    from engine.report.history import change_lines

    bad = tell(taken.problems, quiet=quiet)
    if format == "json":
        show_json(
            {
                "receipts": [as_json(receipt) for receipt in taken.receipts],
                "changes": [change.as_json() for change in taken.changes],
                "checkpoint": taken.checkpoint,
                "problems": [problem.as_json() for problem in taken.problems],
            }
        )
    elif taken.receipts:
        show_text("".join(f"{_line(receipt)}\n" for receipt in taken.receipts))
        show(change_lines(taken.changes, rules_of(ledger), width()))
    leave(bad_input=bad)


def as_json(receipt: Receipt) -> dict[str, Any]:
    from engine.time import format_instant

    recorded_at = format_instant(receipt.recorded_at)
    return {"id": receipt.id, "row": receipt.seq, "recorded_at": recorded_at, "new": receipt.new}


def _line(receipt: Receipt) -> str:
    from engine.time import format_instant

    what = "recorded" if receipt.new else "was there already:"
    return f"{what} {receipt.id} as row {receipt.seq} at {format_instant(receipt.recorded_at)}"


def read_text(file: str, argument: str) -> str:
    """A file that a user names; a bad argument where it cannot be read."""
    try:
        return Path(file).read_text("utf-8")
    except OSError as error:
        refuse(argument, f'"{file}" cannot be read: {(error.strerror or str(error)).lower()}')
    except UnicodeDecodeError:
        refuse(argument, f'"{file}" is not UTF-8')


def now_text() -> str:
    from engine.keeping.ledger import clock
    from engine.time import format_instant

    return format_instant(clock())
