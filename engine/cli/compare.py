"""`accord compare`: which verdicts change under another reading, rule book or state of knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import options
from engine.cli.options import ListFormat

if TYPE_CHECKING:
    from engine.cli.asking import Answer, Question
    from engine.events import Row
    from engine.language.plan import Rulebook
    from engine.problems import Problem


def compare(
    rules: options.Rules = None,
    events: options.Events = None,
    ledger: options.Ledger = None,
    reading: options.Readings = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="RULEBOOK", help="Another rule book, such as a later draft.")
    ] = None,
    against_known_at: Annotated[
        str | None, typer.Option("--against-known-at", metavar="TIME", help="What was known at an earlier time.")
    ] = None,
    mapping: options.Mapping = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    matcher: options.Matcher = "compiled",
    strict: options.Strict = False,
    format: options.AsList = ListFormat.table,
    quiet: options.Quiet = False,
) -> None:
    """Which verdicts differ under another reading, and why.

    Or under another rule book, or on what was known at an earlier time.

    Before: the rule book with its own readings. After: with --reading or --against applied.

    With --against-known-at time runs forwards: before is what was known then, after what is known now (all rows, or
    those known at --known-at; the earlier of the two comes first).

    \b
    Example:
      accord compare --rules peace-plan-28 --events log.jsonl --against-known-at 2026-04-12
    """
    from engine.cli.asking import Question, ask
    from engine.cli.output import leave, refuse, show, show_json, show_text, width
    from engine.report.comparison import Comparison, comparison_lines
    from engine.report.sheets import changes_csv

    if not (reading or against or against_known_at):
        refuse("--reading", "what is to be changed? Give --reading ID=OPTION, --against or --against-known-at")
    if against and "-" in (events or []):
        refuse("--events", "two rule books each read the log, and standard input can be read once: give a file")
    asked = Question(
        rules, events or [], mapping, as_of, known_at, [], matcher, strict, quiet, ledger, latest_rules=True
    )
    then, now = _known(asked, against_known_at)
    before = ask(replace(asked, known_at=then))
    changed = replace(asked, rules=against or rules, known_at=now, readings=reading or [])
    after = _asked_again(changed, before, anew=against is not None)
    found = Comparison(before.verdicts, after.verdicts)
    if format is ListFormat.json:
        show_json(found.as_json())
    elif format is ListFormat.csv:
        show_text(changes_csv(found.as_json()["changed"]))
    else:
        show(comparison_lines(found, before.book, width(), after.book))
    leave(bad_input=before.bad_input or after.bad_input)


def _known(question: Question, against: str | None) -> tuple[str | None, str | None]:
    """What each side knows, the earlier first: a comparison of knowledge reads forwards in time."""
    from engine.cli.asking import open_book, when

    known_at = question.known_at
    if against is None:
        return known_at, known_at
    book, _ = open_book(replace(question, quiet=True))
    then = when(against, book.vocabulary, "--against-known-at")
    now = when(known_at, book.vocabulary, "--known-at")
    backwards = then is not None and now is not None and then > now
    return (known_at, against) if backwards else (against, known_at)


def _asked_again(question: Question, before: Answer, *, anew: bool) -> Answer:
    """The same instant, under what is changed. Another rule book reads the log with its own words, and passes over
    what only the first has words or norms for: what the other agreement does not speak of is no mistake in the log."""
    from engine.cli.asking import Answer, chosen_readings, judged, open_book, read_log, when
    from engine.cli.output import tell

    book, bad_rules = open_book(question, "--against") if anew else (before.book, False)
    own = book.vocabulary.event_types
    book = _able_to_read(book, before.book) if anew else book
    readings = chosen_readings(question.readings, book)
    known_at = when(question.known_at, book.vocabulary, "--known-at")
    rows, problems = read_log(question, book) if anew else (before.rows, before.problems)
    verdicts = judged(question, book, rows, problems, readings, before.verdicts.as_of, known_at)
    said = {*before.verdicts.problems, *_decisions_passed_over(verdicts.problems, rows, before.book, book)}
    bad_rows = tell([problem for problem in verdicts.problems if problem not in said], quiet=question.quiet)
    if anew and not question.quiet:
        _tell_passed_over([row for row in rows if row.event and row.event not in own], book, before.book)
    return Answer(book, rows, problems, verdicts, bad_rows or bad_rules)


def _able_to_read(book: Rulebook, first: Rulebook) -> Rulebook:
    from engine.vocabulary import with_words_of

    return replace(book, vocabulary=with_words_of(book.vocabulary, first.vocabulary))


def _decisions_passed_over(
    problems: Iterable[Problem], rows: Iterable[Row], first: Rulebook, book: Rulebook
) -> list[Problem]:
    """What is said of rulings, waivers and extensions of norms that only the first book has."""
    foreign = {norm.id for norm in first.norms} - {norm.id for norm in book.norms}
    places = {f"{row.place}:norm" for row in rows if row.fields.get("norm") in foreign}
    return [problem for problem in problems if problem.code == "without-effect" and problem.place in places]


def _tell_passed_over(rows: Sequence[Row], book: Rulebook, first: Rulebook) -> None:
    from engine.cli.output import say
    from engine.report.words import counted

    if rows:
        types = counted(len({row.event for row in rows}), "event type")
        names = book.vocabulary.agreement, first.vocabulary.agreement
        say(f"{counted(len(rows), 'row')} of {types} that only {names[1]} has words for: passed over in {names[0]}")
