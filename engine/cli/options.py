"""The options that commands share, each worded once."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException


class Format(StrEnum):
    table = "table"
    json = "json"


class ListFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


class Level(StrEnum):
    note = "note"
    minor = "minor"
    serious = "serious"
    material = "material"


RuleBooks = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RULEBOOK]...", help="Folders, or ids of shipped books; default: what is here."),
]
Rules = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="RULEBOOK",
        help="A rule book: a folder, or the id of a shipped one; on a ledger the one in force.",
    ),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        metavar="FILE...",
        help="Event files: .jsonl, .csv, .xlsx, .parquet, also .gz; - is standard input. Without: the ledger.",
    ),
]
Ledger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL",
        envvar="ACCORD_LEDGER",
        help="A file, or postgresql://…; default: accord.db here.",
        show_envvar=False,
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        envvar="ACCORD_SOURCE",
        help="Who reports; default: your user name.",
        show_envvar=False,
    ),
]
Mapping = Annotated[
    str | None, typer.Option("--mapping", metavar="FILE", help="How the columns of a table become events (YAML).")
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="The instant asked about: a date or RFC 3339; default: the latest in the log, on a ledger now.",
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME", help="Use only what was known by then; default: everything."),
]
Readings = Annotated[
    list[str] | None,
    typer.Option("--reading", metavar="ID=OPTION", help="Read a clause in another way than the book's. Repeatable."),
]
Norm = Annotated[str, typer.Argument(metavar="NORM", help="The id of a norm.")]
For = Annotated[list[str] | None, typer.Option("--for", metavar="K=V", help="Which binding, such as p=RU. Repeatable.")]
Instance = Annotated[
    str | None,
    typer.Option("--instance", metavar="I", help="Which instance: an event's id, a period's first day, a quantity."),
]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When: RFC 3339 or a date; default now.")]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Kept and shown, not judged.")]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For those who read it later.")]
Matcher = Annotated[
    str, typer.Option("--matcher", metavar="compiled|durable", help="What finds the events a rule means.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at any problem in a row or a rule.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr, and only results on stdout.")]
AsTable = Annotated[Format, typer.Option("--format", help="How to print.")]
AsList = Annotated[ListFormat, typer.Option("--format", help="How to print.")]


class TakesEventFiles(TyperCommand):
    """Lets `--events` take several files, as `--events a.jsonl b.csv`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, spread(args))
        except TyperException as error:
            if error.message.startswith("Got unexpected extra argument"):
                error.message += ": event files stand after --events"
            raise


def spread(args: list[str]) -> list[str]:
    """`--events a b` -> `--events a --events b`. What neither is a file nor looks like one is left where it stands."""
    result: list[str] = []
    taking = False
    for position, arg in enumerate(args):
        if arg == "--events":
            taking = True
        elif taking and args[position - 1] != "--events":
            taking = _names_a_file(arg)
            result += ["--events"] if taking else []
        result.append(arg)
    return result


def _names_a_file(arg: str) -> bool:
    if arg.startswith("-"):
        return arg == "-"
    return os.path.isfile(arg) or "/" in arg or "." in arg
