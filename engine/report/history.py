"""Changes of a norm's verdicts, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluation.verdicts import Verdict
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, table
from engine.report.sheets import as_csv
from engine.time import Instant, format_instant


@dataclass(frozen=True)
class Change:
    """One verdict, before and after; either may be none. `by`: the rows that changed it; none where only time had
    passed. `rulebook`: the version in force."""

    known: Instant
    by: tuple[str, ...]
    before: Verdict | None
    after: Verdict | None
    rulebook: str

    @property
    def verdict(self) -> Verdict:
        found = self.after or self.before
        assert found is not None
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "known": format_instant(self.known),
            "by": list(self.by),
            "norm": self.verdict.norm,
            "for": dict(self.verdict.binding),
            "instance": self.verdict.instance,
            "before": None if self.before is None else standing(self.before),
            "after": None if self.after is None else standing(self.after),
            "rulebook": self.rulebook,
        }


def standing(verdict: Verdict) -> dict[str, Any]:
    """What of a verdict makes it another one when it changes."""
    due = None if verdict.due is None else format_instant(verdict.due)
    breaches = [breach.status for breach in verdict.breaches]
    return {"is": verdict.is_, "could_be": list(verdict.could_be), "breaches": breaches, "due": due}


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
            Cell(", ".join(map(words.printable, change.by)) or "(time)", between=", "),
        ]
        for change in changes
    ]
    return [head, *table(("Known", "Which", "Before", "After", "By"), rows, width)]


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
