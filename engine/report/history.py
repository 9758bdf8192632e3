"""Changes of a norm's verdicts, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.evaluation.changes import Change
from engine.evaluation.verdicts import Binding, Verdict
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, table
from engine.report.sheets import as_csv
from engine.time import TimeError, parse_instant

_MOST_CHANGES = 20
_BY_TIME = "time alone"


def history_lines(norm: str, changes: Sequence[Change], book: Rulebook, width: int) -> list[Line]:
    """Binding by binding, each in the order in which it could be seen: what stood before is in the line above."""
    local = LocalTime(book.vocabulary.calendar)
    lines = [Line(f"How {norm} came to stand where it does ({book.vocabulary.zone})", style="bold")]
    if not changes:
        return [*lines, Line(" nothing has changed it yet")]
    of_binding: dict[Binding, list[Change]] = {}
    for change in changes:
        of_binding.setdefault(change.verdict.binding, []).append(change)
    for binding in sorted(of_binding):
        lines += [Line(""), Line(f" {words.binding_words(binding)}", style="bold")] if binding else []
        lines += _of_one(of_binding[binding], local, width)
    return lines


def _of_one(changes: Sequence[Change], local: LocalTime, width: int) -> list[Line]:
    """Without a column for instances where there is one only."""
    several = len({change.verdict.instance for change in changes} - {None}) > 1
    rows = [_row(change, local, several) for change in changes]
    return table(("Known", *(["Instance"] if several else []), "Stands", "By"), rows, width)


def _row(change: Change, local: LocalTime, several: bool) -> list[Cell]:
    instance = [Cell(_label(change.verdict.instance, local))] if several else []
    return [Cell(local.moment(change.known)), *instance, _stands(change, local), _by(change)]


def _label(instance: str | None, local: LocalTime) -> str:
    """An event's id or a day as it stands, an instant as people say it there."""
    try:
        return local.moment(parse_instant(instance or ""))
    except TimeError:
        return words.printable(instance or "")


def _stands(change: Change, local: LocalTime) -> Cell:
    after, before = change.after, change.before
    if after is None:
        return Cell("no longer there", "dim")
    moved = before is not None and before.due != after.due and after.due is not None
    return Cell(_word(after) + (f", due {local.due_day(after)}" if moved else ""))


def _by(change: Change) -> Cell:
    if not change.by:
        return Cell(_BY_TIME, "dim")
    return Cell(", ".join(map(words.printable, change.by)), between=", ")


def change_lines(changes: Sequence[Change], book: Rulebook, width: int) -> list[Line]:
    """What rows have changed, right after they were recorded; what time had changed before, below it."""
    if not changes:
        return [Line("no verdict has changed")]
    local = LocalTime(book.vocabulary.calendar)
    first = sorted(changes, key=lambda change: not change.by)[:_MOST_CHANGES]
    rows = [
        [Cell(_name(change, local)), Cell(_word(change.before), "dim"), _stands(change, local), _by(change)]
        for change in first
    ]
    lines = table(("Verdict", "Before", "Now", "By"), rows, width)
    left = len(changes) - len(first)
    return [*lines, Line(f" and {left:,} more: accord history NORM tells those of a norm")] if left else lines


def _name(change: Change, local: LocalTime) -> str:
    which = [words.binding_words(change.verdict.binding), _label(change.verdict.instance, local)]
    return " ".join([change.verdict.norm, " · ".join(filter(None, which))]).strip()


def _word(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    counts = Counter("ruled" if breach.status == "excused" else breach.status for breach in verdict.breaches)
    on_record = [f"{number} {status}" for status, number in sorted(counts.items())]
    return ", ".join([words.standing(verdict), *on_record, *filter(None, [words.could_be(verdict)])])


COLUMNS = ("known", "by", "norm", "for", "instance", "before", "after", "could_be", "rulebook")


def history_csv(changes: Sequence[Change]) -> str:
    rows = [change.as_json() for change in changes]
    flat = (
        {
            **row,
            "before": (row["before"] or {}).get("is"),
            "after": (row["after"] or {}).get("is"),
            "could_be": (row["after"] or {}).get("could_be"),
        }
        for row in rows
    )
    return as_csv(COLUMNS, flat)
