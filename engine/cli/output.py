"""Where words go: data to stdout, problems and progress to stderr, the outcome into an exit code."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from engine.problems import Problem
    from engine.report.layout import Line

FINE, FAILED, USAGE, BAD_INPUT, ENVIRONMENT = 0, 1, 2, 3, 4
NOT_READ = 141
"""As a shell says it of a program whose output nobody reads any longer (128 + SIGPIPE)."""
_MOST_PROBLEMS = 40
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
    with _read_to_its_end():
        for line in lines:
            console.print(line, soft_wrap=True)


def show_json(value: Any) -> None:
    show_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))


def show_text(text: str) -> None:
    with _read_to_its_end():
        typer.echo(text, nl=not text.endswith("\n"))


@contextmanager
def _read_to_its_end() -> Iterator[None]:
    """A reader that has seen enough (`accord … | head`) ends the run without a word."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:  # rich turns the one into the other
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        raise typer.Exit(NOT_READ) from error


def say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def progress(words: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """On one line of a terminal, again and again, `3,000 of 86,000 rows read`; nothing where stderr is none.

    `words`: what follows the numbers. The second number is 0 where nobody knows it.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return

    def told(done: int, of: int) -> None:
        typer.echo(f"\r\x1b[K{done:,}{f' of {of:,}' if of else ''} {words}", err=True, nl=False)

    try:
        yield told
    finally:
        typer.echo("\r\x1b[K", err=True, nl=False)


def tell(problems: Sequence[Problem], *, quiet: bool, most: int | None = _MOST_PROBLEMS) -> bool:
    """The first problems to stderr, errors before others where not all are told (under `--quiet` the errors only).
    True where there is an error among them."""
    from engine.problems import in_order
    from engine.report.words import printable

    heard = [problem for problem in problems if problem.severity == "error" or not quiet]
    chosen = sorted(in_order(heard), key=lambda problem: problem.severity != "error")[:most]
    for problem in in_order(chosen):
        say("\n".join(line if line.isprintable() else printable(line) for line in str(problem).split("\n")))
    left = len(set(heard)) - len(chosen)
    if left:
        say(f"… and {left:,} more; accord check (rules) or accord read --format json (rows) tells them all")
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
