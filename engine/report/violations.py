"""Violations as a list: what is on record, and apart from it what could be one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.evaluation.verdicts import Breach, Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.board import in_clause_order
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, table
from engine.report.sheets import as_csv
from engine.time import format_instant

STATUSES = ("open", "late", "cured", "restored", "ruled", "waived", "extended")


@dataclass(frozen=True)
class Violation:
    """`breach`: what is on record; None for a verdict that could be a violation and is none."""

    verdict: Verdict
    breach: Breach | None

    @property
    def standing(self) -> Literal["established", "possible"]:
        return "possible" if self.breach is None else "established"

    @property
    def status(self) -> str | None:
        """`ruled`: it was ruled to be no violation."""
        if self.breach is None:
            return None
        return "ruled" if self.breach.status == "excused" else self.breach.status

    @property
    def because(self) -> tuple[str, ...]:
        return self.verdict.because if self.breach is None else self.breach.because

    def as_json(self) -> dict[str, Any]:
        verdict, breach = self.verdict, self.breach
        return {
            "standing": self.standing,
            "provision": verdict.provision,
            "norm": verdict.norm,
            "version": verdict.version,
            "for": dict(verdict.binding),
            "instance": verdict.instance,
            "who": verdict.who,
            "to": list(verdict.to),
            "severity": verdict.severity,
            "modality": verdict.modality,
            "status": self.status,
            "at": None if breach is None or breach.at is None else format_instant(breach.at),
            "is": verdict.is_,
            "could_be": list(verdict.could_be),
            "because": sorted(self.because),
        }


def violations_of(verdicts: Verdicts, book: Rulebook) -> list[Violation]:
    """By clause, what is established before what is possible."""
    ordered = in_clause_order(verdicts.verdicts, book)
    established = [Violation(verdict, breach) for verdict in ordered for breach in verdict.breaches]
    return established + [Violation(verdict, None) for verdict in ordered if words.could_be_violated(verdict)]


COLUMNS = (
    "standing", "provision", "norm", "version", "for", "instance", "who", "to", "severity", "modality", "status", "at",
    "is", "could_be", "because",
)  # fmt: skip


def violations_csv(violations: Iterable[Mapping[str, Any]]) -> str:
    return as_csv(COLUMNS, violations)


def violation_lines(found: Sequence[Violation], verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    local = LocalTime(book.vocabulary.calendar)
    known = f", on what was known at {local.moment(verdicts.known_at)}" if verdicts.known_at is not None else ""
    lines = [Line(f"As of {local.moment(verdicts.as_of)} ({book.vocabulary.zone}){known}", style="bold")]
    for standing, title in (
        ("established", "On record"),
        ("possible", "Could be, on reports that are not established"),
    ):
        listed = [one for one in found if one.standing == standing]
        lines += [Line(""), Line(f"{title}: {len(listed) or 'nothing'}", style="bold")]
        if listed:
            lines += table(("Norm", "When", "Stands", "Severity", "By"), [_cells(one, local) for one in listed], width)
    return lines


def _cells(one: Violation, local: LocalTime) -> list[Cell]:
    verdict = one.verdict
    named = ", ".join(part for part in (words.binding_words(verdict.binding), verdict.instance or "") if part)
    when = "" if one.breach is None else local.moment(one.breach.at) or "before all events"
    stands = one.status or words.could_be(verdict)
    kind = verdict.severity if verdict.modality == "hard" else f"{verdict.severity}, shortfall"
    return [
        Cell(words.printable(f"{verdict.provision} {verdict.norm}{f' ({named})' if named else ''}")),
        Cell(when),
        Cell(stands, "bold red" if stands in ("open", "late") else "yellow" if one.breach is None else ""),
        Cell(kind),
        Cell(words.printable(", ".join(sorted(one.because))), between=", "),
    ]
