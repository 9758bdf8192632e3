"""Where words go: data to stdout, problems and progress to stderr, the outcome into an exit code."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from engine.problems import Problem
    from engine.report.layout import Line

FINE, FAILED, USAGE, BAD_INPUT, ENVIRONMENT = 0, 1, 2, 3, 4
_UNKNOWN_WIDTH, _NARROWEST, _WIDEST = 100, 80, 140


def speak_utf8() -> None:
    """Names and symbols survive a terminal or a pipe that claims a poorer encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def width() -> int:
    """Of the terminal (or COLUMNS); 100 where there is none."""
    return min(max(shutil.get_terminal_size((_UNKNOWN_WIDTH, 24)).columns, _NARROWEST), _WIDEST)


def show(lines: Iterable[Line]) -> None:
    """Lines to stdout: with colours on a terminal, plain into a pipe or under NO_COLOR."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=_WIDEST + 1, highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def show_text(text: str) -> None:
    typer.echo(text, nl=not text.endswith("\n"))


def say(text: str) -> None:
    typer.echo(text, err=True)


def tell(problems: Sequence[Problem], *, quiet: bool) -> bool:
    """Every problem to stderr (under `--quiet` the errors only). True where there is an error among them."""
    from engine.problems import in_order
    from engine.report.words import printable

    for problem in in_order(problems):
        if problem.severity == "error" or not quiet:
            say("\n".join(line if line.isprintable() else printable(line) for line in str(problem).split("\n")))
    return any(problem.severity == "error" for problem in problems)


def refuse(argument: str, message: str) -> NoReturn:
    """A bad argument: exit 2 with a line that names it."""
    raise typer.BadParameter(message, param_hint=argument)


def leave(*, bad_input: bool, failed: bool = False) -> None:
    """Input that was not taken outweighs a failure: what failed may rest on it."""
    if bad_input:
        raise typer.Exit(BAD_INPUT)
    if failed:
        raise typer.Exit(FAILED)
