"""Changes of a norm's verdicts, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.evaluation.changes import Change
from engine.evaluation.verdicts import Verdict
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, table
from engine.report.sheets import as_csv


def history_lines(norm: str, changes: Sequence[Change], book: Rulebook, width: int) -> list[Line]:
    local = LocalTime(book.vocabulary.calendar)
    head = Line(f"How {norm} came to stand where it does ({book.vocabulary.zone})", style="bold")
    if not changes:
        return [head, Line(" nothing has changed it yet")]
    rows = [
        [
            Cell(local.moment(change.known)),
            Cell(_which(change)),
            Cell(_word(change.before), "dim"),
            Cell(_word(change.after)),
            Cell(_by(change), between=", "),
        ]
        for change in changes
    ]
    return [head, *table(("Known", "Which", "Before", "After", "By"), rows, width)]


def change_lines(changes: Sequence[Change], width: int) -> list[Line]:
    """What rows have changed, right after they were recorded."""
    if not changes:
        return [Line("no verdict has changed")]
    rows = [
        [
            Cell(_name(change)),
            Cell(_word(change.before), "dim"),
            Cell(_word(change.after)),
            Cell(_by(change), between=", "),
        ]
        for change in changes
    ]
    return table(("Verdict", "Before", "After", "By"), rows, width)


def _name(change: Change) -> str:
    return " ".join(part for part in (change.verdict.norm, _which(change)) if part)


def _by(change: Change) -> str:
    return ", ".join(map(words.printable, change.by)) or "(time)"


def _which(change: Change) -> str:
    parts = [words.binding_words(change.verdict.binding), change.verdict.instance or ""]
    return words.printable(" · ".join(part for part in parts if part))


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
