"""The deadline board: what is due when, the most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.evaluation.verdicts import Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, paragraph, table
from engine.time import Calendar, Duration, Instant, parse_instant

DUE_SOON = Duration(14, "day")

_ORDER: Mapping[str, int] = {
    "missed": 0,
    "due soon": 1,
    "in grace": 2,
    "running": 3,
    "extended": 3,
    "suspended": 4,
    "waiting": 5,
    "cannot tell": 6,
    "not set": 7,
    "met late": 8,
    "met": 9,
    "waived": 10,
    "lapsed": 11,
}
_SYMBOLS: Mapping[str, str] = {
    "missed": "✗",
    "due soon": "◷",
    "in grace": "◔",
    "running": "…",
    "extended": "…",
    "suspended": "‖",
    "waiting": "·",
    "cannot tell": "?",
    "not set": "…",
    "met late": "!",
    "met": "✓",
    "waived": "○",
    "lapsed": "◇",
}
_STYLES: Mapping[str, str] = {
    "missed": "bold red",
    "due soon": "yellow",
    "in grace": "yellow",
    "cannot tell": "yellow",
    "met late": "red",
    "met": "green",
}


def with_due_soon(verdicts: Verdicts, calendar: Calendar, within: Duration = DUE_SOON) -> Verdicts:
    """The same verdicts; a running deadline that falls within so long of the instant asked about is `due soon`."""
    limit = calendar.due_after(verdicts.as_of, within).at
    return replace(verdicts, verdicts=tuple(_soon(verdict, limit) for verdict in verdicts.verdicts))


def _soon(verdict: Verdict, limit: Instant) -> Verdict:
    soon = verdict.deadline == "running" and verdict.due is not None and verdict.due <= limit
    return replace(verdict, deadline="due soon") if soon else verdict


def with_deadline(verdicts: Verdicts) -> list[Verdict]:
    """The verdicts that have a deadline word: missed first, then by due, then what waits, then what is done."""
    last = max((verdict.due for verdict in verdicts.verdicts if verdict.due is not None), default=0)

    def key(verdict: Verdict) -> tuple[int, int]:
        return (_ORDER[verdict.deadline or "lapsed"], last + 1 if verdict.due is None else verdict.due)

    return sorted((verdict for verdict in verdicts.verdicts if verdict.deadline), key=key)


def deadline_lines(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    return _lines(verdicts, with_deadline(verdicts), book, width)


_PRESSING = frozenset({"missed", "due soon", "in grace", "running", "extended", "suspended"})


def pressing_lines(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    """Only what is missed or runs, the soonest first; the rest is counted."""
    soon = with_due_soon(verdicts, book.vocabulary.calendar)
    return _lines(soon, [verdict for verdict in with_deadline(soon) if verdict.deadline in _PRESSING], book, width)


def _lines(verdicts: Verdicts, listed: Sequence[Verdict], book: Rulebook, width: int) -> list[Line]:
    local = LocalTime(book.vocabulary.calendar)
    found: Counter[str | None] = Counter(verdict.deadline for verdict in verdicts.verdicts)
    told = " · ".join(f"{found[word]} {word}" for word in _ORDER if found[word])
    lines = paragraph(f"Deadlines as of {local.moment(verdicts.as_of)} ({book.vocabulary.zone})", width, style="bold")
    lines += paragraph(told or "no norm has a deadline", width)
    if not listed:
        return lines
    name = words.naming(verdicts)
    rows = [_row(verdict, name(verdict), verdicts.as_of, local) for verdict in listed]
    return [*lines, Line(""), *table(("Deadline", "Norm", "Due", "", "Could be"), rows, width)]


def _row(verdict: Verdict, name: str, as_of: Instant, local: LocalTime) -> list[Cell]:
    word = verdict.deadline or ""
    return [
        Cell(f"{_SYMBOLS[word]} {word}", _STYLES.get(word, "")),
        Cell(f"{verdict.provision} {name}"),
        Cell(local.due_day(verdict)),
        Cell(time_left(verdict, as_of, local)),
        Cell(words.could_be(verdict).removeprefix("could be "), "yellow"),
    ]


def time_left(verdict: Verdict, as_of: Instant, local: LocalTime) -> str:
    """Days left or over while that still matters; the end of a grace; the clock of a suspended duty stands."""
    if verdict.is_ == "suspended":
        return "clock stopped"
    if verdict.is_ == "in_grace" and (ends := _grace_end(verdict)) is not None:
        return f"grace to {local.end_day(ends)}"
    if verdict.is_ in ("active", "in_grace", "unknown") or (verdict.is_ == "breached" and verdict.deadline):
        return local.left(verdict, as_of)
    return ""


def _grace_end(verdict: Verdict) -> Instant | None:
    return next((parse_instant(figure.value) for figure in verdict.figures if figure.name == "grace ends"), None)
