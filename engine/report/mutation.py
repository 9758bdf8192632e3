"""Rule mutation as a reader sees it: counts per kind of change, and the changes that no test notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from engine.report.layout import Cell, Line, paragraph, table
from engine.report.sheets import as_csv
from engine.report.words import counted, printable

Kind = Literal[
    "deadline", "bound", "while", "where", "unless", "confirmed_by", "grace", "evidence", "observed_by",
    "at_least/at_most", "breach/met", "enters/leaves", "all/any", "event", "by",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

WHAT_IS_DONE: Mapping[Kind, str] = {
    "deadline": "one earlier, one later",
    "bound": "times 1.2, divided by 1.2",
    "while": "left out",
    "where": "a key left out",
    "unless": "left out",
    "confirmed_by": "left out",
    "grace": "left out",
    "evidence": "left out",
    "observed_by": "left out",
    "at_least/at_most": "swapped",
    "breach/met": "swapped",
    "enters/leaves": "swapped",
    "all/any": "swapped",
    "event": "another with the same fields",
    "by": "another party",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One change. `tests`: how many tests ask about something that hangs on the changed norm or state."""

    id: str
    kind: Kind
    place: str
    provision: str
    entry: str
    change: str
    tests: int
    noticed_by: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "place": self.place,
            "provision": self.provision,
            "entry": self.entry,
            "change": self.change,
            "tests": self.tests,
        }


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of every change to one book. `failing`: tests that fail on the book as it is, and notice nothing."""

    tried: tuple[Tried, ...]
    failing: tuple[str, ...] = ()

    @property
    def survivors(self) -> tuple[Tried, ...]:
        """In the order a reader goes through the files."""
        return tuple(sorted((tried for tried in self.tried if tried.noticed_by is None), key=_reading_order))

    def counts(self) -> list[dict[str, Any]]:
        """For each kind of change that was made: how many were made, noticed, and survived."""
        return [_count(kind, [t for t in self.tried if t.kind == kind]) for kind in KINDS if self._has(kind)]

    def _has(self, kind: Kind) -> bool:
        return any(tried.kind == kind for tried in self.tried)

    def as_json(self) -> dict[str, Any]:
        return {
            "made": len(self.tried),
            "noticed": len(self.tried) - len(self.survivors),
            "survived": len(self.survivors),
            "kinds": self.counts(),
            "survivors": [tried.as_json() for tried in self.survivors],
            "failing_tests": list(self.failing),
        }


def _reading_order(tried: Tried) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in tried.place.split(":")]


def _count(kind: Kind, tried: Sequence[Tried]) -> dict[str, Any]:
    survived = sum(one.noticed_by is None for one in tried)
    return {"kind": kind, "made": len(tried), "noticed": len(tried) - survived, "survived": survived}


def mutation_lines(name: str, found: Mutation, width: int) -> list[Line]:
    survived = len(found.survivors)
    told = f"{counted(len(found.tried), 'change')} to {name}: {len(found.tried) - survived:,} noticed, {survived:,} not"
    lines = paragraph(told, width, style="bold")
    if found.failing:
        failing = "; ".join(map(printable, found.failing))
        lines += paragraph(f"Failing already, and so noticing nothing: {failing}", width, style="yellow")
    if found.tried:
        lines += table(("Kind", "What is done", "Made", "Noticed", "Not noticed"), _counted_cells(found), width)
    if survived:
        lines += [Line(""), *paragraph("No test notices:", width, style="bold")]
        for tried in found.survivors:
            lines += paragraph(
                f"{tried.place}: {printable(tried.id)}{_unreached(tried)}", width, indent=" ", hang="     "
            )
    return lines


def _unreached(tried: Tried) -> str:
    return "" if tried.tests else " (no test asks about anything that hangs on it)"


def _counted_cells(found: Mutation) -> list[list[Cell]]:
    return [
        [
            Cell(count["kind"]),
            Cell(WHAT_IS_DONE[count["kind"]]),
            Cell(str(count["made"])),
            Cell(str(count["noticed"])),
            Cell(str(count["survived"]), "yellow" if count["survived"] else ""),
        ]
        for count in found.counts()
    ]


SURVIVOR_COLUMNS = ("rulebook", "id", "kind", "place", "provision", "entry", "change", "tests")


def survivors_csv(books: Sequence[tuple[str, Mutation]]) -> str:
    """The changes that no test notices, one a line."""
    return as_csv(
        SURVIVOR_COLUMNS,
        ({"rulebook": name, **tried.as_json()} for name, found in books for tried in found.survivors),
    )
