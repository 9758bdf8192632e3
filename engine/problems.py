"""What is wrong with something a user gave us, said as a value: code, severity, place, message, hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "report"]
_RANK = {"error": 0, "warning": 1, "report": 2}
_LONGEST_COUNT = 18


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `place` is `file:line:column` in a rule book and `file:row:field` in a log.

    `error`: not accepted. `warning`: accepted, worth a look. `report`: accepted and kept, stated to be without effect.
    """

    code: str
    severity: Severity
    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else f"{self.severity}: "
        text = f"{self.place}: {mark}{self.code}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text

    def as_json(self) -> dict[str, str]:
        return {
            "code": self.code,
            "severity": self.severity,
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
        }


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, each once, in the order a reader goes through the files."""

    def key(problem: Problem) -> tuple[object, ...]:
        parts = [(0, int(p), "") if _is_count(p) else (1, 0, p) for p in problem.place.split(":")]
        return (parts, _RANK[problem.severity], problem.code, problem.message)

    return sorted(set(problems), key=key)


def _is_count(part: str) -> bool:
    """A row, line or column; a field may be called "²", or five thousand nines."""
    return part.isascii() and part.isdigit() and len(part) <= _LONGEST_COUNT


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean "X"?` for the nearest right name, or nothing where none is near."""
    names = sorted({str(name) for name in known})
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else ""
