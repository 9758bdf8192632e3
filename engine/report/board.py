"""The board: every verdict at a glance, what needs attention first, the rest by provision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len

from engine.evaluation.verdicts import StateVerdict, Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.deadlines import time_left
from engine.report.layout import Cell, Line, clipped, led, paragraph, phrases, row

_NARROW = 96


def board(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    """`verdicts` as lines of at most `width` cells."""
    local, name = LocalTime(book.vocabulary.calendar), words.naming(verdicts)
    urgent, rest = split(in_clause_order(verdicts.verdicts, book))
    lines = [*header(verdicts, book, width), Line(""), *_titles(width)]
    if urgent:
        lines += [Line("Needs attention", style="bold")]
        for alike in folded(urgent):
            lines += _urgent_lines(alike[-1], name(alike[-1]), verdicts, local, width) + _alike(alike, width)
    for provision, group in groupby(rest, key=lambda verdict: verdict.provision):
        lines += [Line("")] if urgent or provision != rest[0].provision else []
        lines += paragraph(provision_title(book, provision), width, style="bold")
        for alike in folded(list(group)):
            lines += _calm_lines(alike[-1], name(alike[-1]), verdicts, local, width) + _alike(alike, width)
    lines += _states(verdicts.states, local, width)
    return [*lines, *_legend(verdicts, width)]


def header(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    """What was asked of what, how many verdicts of each kind, and whether the input had problems."""
    local = LocalTime(book.vocabulary.calendar)
    lines = paragraph(_agreement(verdicts, book), width, style="bold")
    lines += paragraph(_asked(verdicts, book, local), width, hang="  ")
    lines += paragraph(_readings(verdicts, book), width, hang="  ", style="yellow") if _readings(verdicts, book) else []
    lines += _counts(verdicts.verdicts, width)
    problems = problem_counts(verdicts)
    return lines + (paragraph(problems, width, hang="  ", style="yellow") if problems else [])


def _agreement(verdicts: Verdicts, book: Rulebook) -> str:
    title = words.in_english(book.vocabulary.title)
    version = f", rules {words.printable(verdicts.rulebook_version)}" if verdicts.rulebook_version else ""
    name = f"{title} ({verdicts.agreement}" if title else f"{verdicts.agreement} ("
    return f"{name}{version})".replace("(, ", "(").replace(" ()", "")


def _asked(verdicts: Verdicts, book: Rulebook, local: LocalTime) -> str:
    known = "all rows" if verdicts.known_at is None else f"what was known at {local.moment(verdicts.known_at)}"
    log = f"{words.counted(len(verdicts.events), 'event')} from {words.counted(verdicts.rows, 'row')}"
    return f"as of {local.moment(verdicts.as_of)} ({book.vocabulary.zone}), on {known}: {log}"


def _readings(verdicts: Verdicts, book: Rulebook) -> str:
    chosen = {reading.id: reading.chosen for reading in book.readings}
    others = [f"{name}={option}" for name, option in sorted(verdicts.readings.items()) if chosen.get(name) != option]
    return f"under other readings than the book's: {', '.join(others)}" if others else ""


def _counts(verdicts: Sequence[Verdict], width: int) -> list[Line]:
    counts = Counter(verdict.bucket for verdict in verdicts)
    told = [bucket for bucket in words.BUCKETS if counts[bucket] or bucket in ("violated", "compliant")]
    cells = [Cell(f"{counts[bucket]} {bucket}", words.STYLES[bucket] if counts[bucket] else "") for bucket in told]
    doubtful = sum(words.could_be_violated(verdict) for verdict in verdicts)
    return phrases([*cells, *[Cell(f"{doubtful} could be breached", "yellow")] * bool(doubtful)], width)


def problem_counts(verdicts: Verdicts) -> str:
    """`input: 2 errors (rows or fields not taken), 1 warning`."""
    found = Counter(problem.severity for problem in verdicts.problems)
    told = [
        f"{words.counted(found['error'], 'error')} (not taken)" if found["error"] else "",
        words.counted(found["warning"], "warning") if found["warning"] else "",
        f"{words.counted(found['report'], 'row')} kept without effect" if found["report"] else "",
    ]
    named = ", ".join(part for part in told if part)
    return f"input: {named}" if named else ""


def in_clause_order(verdicts: Sequence[Verdict], book: Rulebook) -> list[Verdict]:
    """By the agreement's own list of clauses, else by number: 2 before 10."""
    place = {clause: number for number, clause in enumerate(book.vocabulary.clauses)}

    def key(verdict: Verdict) -> tuple[int, list[tuple[int, str]]]:
        pieces = re.findall(r"\d+|\D+", verdict.provision)
        natural = [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]
        return (place.get(verdict.provision, len(place)), natural)

    return sorted(verdicts, key=key)


def split(verdicts: Sequence[Verdict]) -> tuple[list[Verdict], list[Verdict]]:
    """What needs attention (violated, shortfall, cannot tell, what could be breached), worst first; and the rest."""
    urgent = [verdict for verdict in verdicts if _urgency(verdict) is not None]
    urgent.sort(key=lambda verdict: (_urgency(verdict), -words.SEVERITIES.index(verdict.severity)))
    return urgent, [verdict for verdict in verdicts if _urgency(verdict) is None]


def folded(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Instances and bindings of one norm that stand alike, three or more of them, are one entry: the last is shown. A
    year of missed weeks must not push a single breach below the fold, nor twenty alike the rest out of sight."""
    kinds: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict in verdicts:
        kinds.setdefault((verdict.provision, verdict.norm, verdict.is_, verdict.could_be), []).append(verdict)
    entries: list[list[Verdict]] = []
    for group in kinds.values():
        alike = sorted(group, key=lambda verdict: (verdict.opened is not None, verdict.opened or 0))
        entries += [alike] if len(alike) >= _ALIKE else [[verdict] for verdict in group]
    return entries


_ALIKE = 3
_SHORTEST_TITLE = 24


def _alike(verdicts: Sequence[Verdict], width: int) -> list[Line]:
    if len(verdicts) == 1:
        return []
    bindings = sorted({words.binding_words(verdict.binding) for verdict in verdicts[:-1] if verdict.binding})
    if len(bindings) > 1:
        told = f"and {len(verdicts) - 1} more alike: {'; '.join(bindings)}"
    else:
        told = f"and {len(verdicts) - 1} more alike, from {verdicts[0].instance} on (all of them with --format json)"
    return paragraph(told, width, indent="   ", hang="   ", style="dim")


def _urgency(verdict: Verdict) -> int | None:
    if verdict.bucket in ("violated", "shortfall", "cannot tell"):
        return ("violated", "shortfall", "cannot tell").index(verdict.bucket)
    return 3 if words.could_be_violated(verdict) else None


def provision_title(book: Rulebook, provision: str) -> str:
    return f"{provision} {_title_of(book, provision)}".rstrip()


def _title_of(book: Rulebook, provision: str) -> str:
    return next((words.in_english(p.title) for p in book.provisions if p.id == provision), "")


def _widths(width: int) -> list[int]:
    """Status, norm, since, due, severity."""
    fixed = (17, 11, 13, 12) if width < _NARROW else (17, 11, 26, 12)
    norm = min(width - 1 - 2 * 4 - sum(fixed), 60)
    return [fixed[0], max(norm, 12), *fixed[1:]]


def _titles(width: int) -> list[Line]:
    return row([Cell(word, "dim") for word in ("Status", "Norm", "Since", "Due", "Severity")], _widths(width))


def _cells(verdict: Verdict, name: str, verdicts: Verdicts, local: LocalTime) -> list[Cell]:
    return [
        Cell(words.standing(verdict), "yellow" if words.could_be_violated(verdict) else words.STYLES[verdict.bucket]),
        Cell(name),
        Cell(local.day(words.since(verdict))),
        Cell(_due(verdict, verdicts, local)),
        Cell(_severity(verdict), "bold" if verdict.bucket == "violated" else "dim"),
    ]


def _due(verdict: Verdict, verdicts: Verdicts, local: LocalTime) -> str:
    if verdict.bucket == "no deadline set":
        return ""
    parts = [local.due_day(verdict), time_left(verdict, verdicts.as_of, local)]
    return ", ".join(part for part in parts if part)


def _severity(verdict: Verdict) -> str:
    return f"{verdict.severity} x{len(verdict.breaches)}" if verdict.breaches else verdict.severity


def _urgent_lines(verdict: Verdict, name: str, verdicts: Verdicts, local: LocalTime, width: int) -> list[Line]:
    lines = row(_cells(verdict, f"{verdict.provision} {name}", verdicts, local), _widths(width))
    open_end, reason = words.could_be(verdict), local.told(verdict.reason)
    lead = f"   {open_end} · " if open_end else "   "
    title = _shortened(words.in_english(verdict.title), width - cell_len(f"{lead}: {reason}"))
    told = ": ".join(part for part in (title, reason) if part)
    return lines + led(Cell(open_end, "yellow"), told, width, indent="   ", style="dim")


def _shortened(title: str, room: int) -> str:
    """A long title gives way where that keeps the reason on one line; the whole title is in the explanation."""
    return clipped(title, room) if room >= _SHORTEST_TITLE else title


def _calm_lines(verdict: Verdict, name: str, verdicts: Verdicts, local: LocalTime, width: int) -> list[Line]:
    lines = row(_cells(verdict, name, verdicts, local), _widths(width))
    return lines + led(Cell(words.could_be(verdict), "yellow"), "", width, indent="   ")


def _states(states: Sequence[StateVerdict], local: LocalTime, width: int) -> list[Line]:
    if not states:
        return []
    lines = [Line(""), Line("States", style="bold")]
    for word in ("holds", "holds, not certain", "does not hold, could", "does not hold"):
        named = [_state_words(state, local) for state in states if _state_word(state) == word]
        if named:
            lines += paragraph(", ".join(named), width, indent=f" {word:<21}", hang=" " * 22)
    return lines


def _state_word(state: StateVerdict) -> str:
    if state.is_:
        return "holds" if state.certainly else "holds, not certain"
    return "does not hold, could" if state.possibly else "does not hold"


def _state_words(state: StateVerdict, local: LocalTime) -> str:
    named = f"{state.state} ({words.binding_words(state.binding)})" if state.binding else state.state
    return f"{named} since {local.day(state.since)}" if state.is_ and state.since is not None else named


def _legend(verdicts: Verdicts, width: int) -> list[Line]:
    if not any(verdict.bucket == "not observed" for verdict in verdicts.verdicts):
        return []
    told = (
        "not observed: no breach is recorded, and nobody was asked to look, or had looked in time, who would show one"
    )
    return [Line(""), *paragraph(f"◌ {told}", width, hang="  ", style="dim")]
