"""The whole answer on one screen: one line a provision, and one verdict as it was seen then beside now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from engine.evaluation.verdicts import RANK, Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.board import in_clause_order, provision_title, split
from engine.report.comparison import learned, verdict_words
from engine.report.dates import LocalTime
from engine.report.layout import Cell, Line, clipped, paragraph, table

_TITLE, _NAME = 31, 22
"""Cells a provision's title and a norm's name may take: a provision is one line at 100 columns."""


def needing_attention(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    """The provisions that need attention, a line each; the others by their numbers. Of a long agreement a reader wants
    first what is wrong."""
    urgent = {verdict.provision for verdict in split(verdicts.verdicts)[0]}
    shown = [verdict for verdict in verdicts.verdicts if verdict.provision in urgent]
    calm = [v.provision for v in in_clause_order(verdicts.verdicts, book) if v.provision not in urgent]
    lines = by_provision(replace(verdicts, verdicts=tuple(shown)), book, width)
    named = f"nothing that needs attention: {words.printable(', '.join(dict.fromkeys(calm)))}"
    return lines + (paragraph(named, width, indent=" ", hang="   ", style="dim") if calm else [])


def by_provision(verdicts: Verdicts, book: Rulebook, width: int) -> list[Line]:
    """Where each provision stands: by its worst norm, and how many of its norms stand so."""
    groups = groupby(in_clause_order(verdicts.verdicts, book), key=lambda verdict: verdict.provision)
    name = words.naming(verdicts)
    rows = [_row(provision, list(group), name, book) for provision, group in groups]
    return table(("Stands", "Provision", "By", "How many"), rows, width) if rows else []


def _row(provision: str, verdicts: Sequence[Verdict], name: words.Naming, book: Rulebook) -> list[Cell]:
    worst = min(verdicts, key=_weight)
    alike = sum(verdict.bucket == worst.bucket for verdict in verdicts)
    doubtful = sum(words.could_be_violated(verdict) for verdict in verdicts)
    return [
        Cell(words.standing(worst), words.STYLES[worst.bucket]),
        Cell(clipped(provision_title(book, provision), _TITLE)),
        Cell(clipped(name(worst), _NAME)),
        Cell(f"{alike} of {len(verdicts)}{f', {doubtful} could be breached' if doubtful else ''}"),
    ]


def _weight(verdict: Verdict) -> tuple[int, int, int]:
    return (words.BUCKETS.index(verdict.bucket), RANK[verdict.is_], RANK[verdict.alleged])


def then_and_now(
    then: Verdict, now: Verdict, before: Verdicts, after: Verdicts, book: Rulebook, width: int
) -> list[Line]:
    """One verdict asked about the same instant, on what was known then and on what is known now."""
    local = LocalTime(book.vocabulary.calendar)
    subject = f"{now.provision} {words.naming(after)(now)} as of {local.moment(after.as_of)}, seen twice"
    lines = paragraph(subject, width, style="bold")
    for side, verdict, verdicts in (("then", then, before), ("now", now, after)):
        lines += paragraph(
            f"{_on(verdicts, local)}: {verdict_words(verdict, local)}",
            width,
            indent=f" {side:<5}",
            hang=" " * 6,
            style=words.STYLES[verdict.bucket],
        )
    told = learned(before, after, {*then.because}, {*now.because})
    return lines + paragraph(told, width, indent=" ", hang="   ") if told else lines


def _on(verdicts: Verdicts, local: LocalTime) -> str:
    return "on all rows" if verdicts.known_at is None else f"known at {local.moment(verdicts.known_at)}"
