"""From arguments to verdicts: the same way for every command that asks about a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.cli.output import BAD_INPUT, ENVIRONMENT, progress, refuse, say, tell
from engine.cli.shipped import rulebook_path

if TYPE_CHECKING:
    from engine.evaluation.verdicts import Verdicts
    from engine.events import Row
    from engine.language.plan import Rulebook
    from engine.problems import Problem
    from engine.time import Instant
    from engine.vocabulary import Vocabulary

MATCHERS = ("compiled", "durable")


@dataclass(frozen=True, slots=True)
class Question:
    """The arguments that commands share, as given."""

    rules: str | None
    events: Sequence[str]
    mapping: str | None
    as_of: str | None
    known_at: str | None
    readings: Sequence[str]
    matcher: str
    strict: bool
    quiet: bool
    ledger: str | None = None
    latest_rules: bool = False
    """On a ledger: the rule book in force now, whatever was in force at `known_at`."""
    only_ledger: bool = False
    """There are no event files to name instead."""

    @property
    def of_ledger(self) -> bool:
        return not self.events


@dataclass(frozen=True, slots=True)
class Answer:
    """`problems`: of reading the rows (`verdicts.problems` has them too). `bad_input`: something was not taken."""

    book: Rulebook
    rows: Sequence[Row]
    problems: Sequence[Problem]
    verdicts: Verdicts
    bad_input: bool


def ask(question: Question) -> Answer:
    """Load, read, evaluate; problems go to stderr as they are found, and stop the run only under `--strict`."""
    check_matcher(question.matcher)
    book, bad_rules = open_book(question)
    readings = chosen_readings(question.readings, book)
    as_of = when(question.as_of, book.vocabulary, "--as-of")
    known_at = when(question.known_at, book.vocabulary, "--known-at")
    rows, problems = read_log(question, book)
    verdicts = judged(question, book, rows, problems, readings, as_of, known_at)
    bad_rows = tell(verdicts.problems, quiet=question.quiet)
    stop_if(bad_rows and question.strict)
    return Answer(book, rows, problems, verdicts, bad_rules or bad_rows)


def open_book(question: Question, argument: str = "--rules") -> tuple[Rulebook, bool]:
    """The book, and whether rules in it were refused. Warnings are `accord check`'s business."""
    from engine import monitor
    from engine.language.load import shipped_ids

    if question.rules is None and not question.of_ledger:
        refuse(
            "--rules",
            f"which rule book? Name its folder, or one that is shipped: {', '.join(shipped_ids())}",
        )
    if question.rules is None:
        return _book_in_force(question), False
    book, problems = monitor.usable(str(rulebook_path(question.rules, argument)))
    bad = tell([problem for problem in problems if problem.severity != "warning"], quiet=question.quiet)
    if book is None:
        raise typer.Exit(BAD_INPUT)
    stop_if(bad and question.strict)
    return book, bad


def _book_in_force(question: Question) -> Rulebook:
    """At `known_at`, the words of which are needed to read a date there: today's."""
    from engine.cli.ledgers import opened, stored
    from engine.keeping.books import activations, in_force

    with stored():
        found = activations(opened(question.ledger, or_events=not question.only_ledger))
        latest = in_force(found)
        known_at = when(question.known_at, latest.vocabulary, "--known-at")
        return latest if question.latest_rules else in_force(found, known_at)


def read_log(question: Question, book: Rulebook) -> tuple[list[Row], list[Problem]]:
    from engine import monitor

    if question.of_ledger:
        return _read_ledger(question, book)
    check_files(question.events, "--events")
    check_files([question.mapping] if question.mapping else [], "--mapping")
    with progress("rows read", quiet=question.quiet) as told:
        return monitor.read(question.events, book, question.mapping, told)


def _read_ledger(question: Question, book: Rulebook) -> tuple[list[Row], list[Problem]]:
    from engine.cli.ledgers import opened, stored
    from engine.keeping import asking
    from engine.keeping.reading import rows_of

    with stored():
        entries = asking.read_log(opened(question.ledger, or_events=not question.only_ledger)).entries
    return rows_of(entries, book.vocabulary)


def judged(
    question: Question,
    book: Rulebook,
    rows: Sequence[Row],
    problems: Sequence[Problem],
    readings: Mapping[str, str],
    as_of: Instant | None,
    known_at: Instant | None,
) -> Verdicts:
    """The verdicts, with the problems of reading the rows among theirs."""
    from engine import monitor
    from engine.problems import in_order

    if as_of is None and question.of_ledger:
        from engine.keeping.ledger import clock

        as_of = clock()
    with matching():
        found = monitor.evaluate(
            book, rows, as_of=as_of, known_at=known_at, readings=readings, matcher=question.matcher
        )
    return replace(found, problems=tuple(in_order([*problems, *found.problems])))


@contextmanager
def matching() -> Iterator[None]:
    """A matcher that cannot do its work here is trouble with the machine, told in a line."""
    from engine.matchers import MatcherError

    try:
        yield
    except MatcherError as error:
        say(f"accord: {error}\n  hint: --matcher compiled gives the same verdicts")
        raise typer.Exit(ENVIRONMENT) from error


def stop_if(wanted: bool) -> None:
    if wanted:
        raise typer.Exit(BAD_INPUT)


def check_matcher(name: str) -> None:
    if name not in MATCHERS:
        refuse("--matcher", f'no matcher is called "{name}": there are {" and ".join(MATCHERS)}')


def check_files(files: Iterable[str], argument: str) -> None:
    for file in files:
        if file != "-" and not Path(file).is_file():
            refuse(argument, f'there is no file "{file}"')


def when(text: str | None, vocabulary: Vocabulary, argument: str) -> Instant | None:
    if text is None:
        return None
    from engine import monitor
    from engine.time import TimeError

    try:
        return monitor.parse_when(text, vocabulary)
    except TimeError as error:
        refuse(argument, f"{error}; write a date like 2026-04-12 or a time like 2026-04-12T09:30:00+03:00")


def pairs(texts: Iterable[str], argument: str, example: str) -> dict[str, str]:
    """`k=v` arguments."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            refuse(argument, f'"{text}" is not of the form {example}')
        if found.get(name, value) != value:
            refuse(argument, f'"{name}" is given twice, as "{found[name]}" and as "{value}"')
        found[name] = value
    return found


def chosen_readings(texts: Sequence[str], book: Rulebook) -> dict[str, str]:
    chosen = pairs(texts, "--reading", "ID=OPTION")
    options = {reading.id: [option.id for option in reading.options] for reading in book.readings}
    for name, option in chosen.items():
        if name not in options:
            refuse("--reading", f'no reading is called "{name}" ({remedy(name, options)})')
        if option not in options[name]:
            refuse("--reading", f'reading "{name}" has no option "{option}" ({remedy(option, options[name])})')
    return chosen


def remedy(word: str, names: Iterable[str]) -> str:
    """The nearest right name, or all there are."""
    from engine.problems import nearest

    listed = sorted(names)
    return nearest(word, listed) or (f"there are: {', '.join(listed)}" if listed else "the rule book has none")
