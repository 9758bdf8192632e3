"""Lists as CSV that a spreadsheet opens as data, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.problems import Problem
from engine.quantities import plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001


def as_csv(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Comma, LF, UTF-8; a value that is a list or a map is written as `a|b` or `k=v; l=w`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    text = _words(value)
    safe = f"'{text}" if text.startswith(_FORMULA) else text
    return safe.replace("\r\n", "\n").replace("\r", "\n")


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_words(held)}" for key, held in value.items())
    if isinstance(value, (list, tuple)):
        return "|".join(_words(held) for held in value)
    return plain(value) if isinstance(value, Decimal) else str(value)


VERDICT_COLUMNS = (
    "provision", "norm", "version", "for", "instance", "who", "to", "is", "could_be", "alleged", "claimed", "firm",
    "bucket", "severity", "modality", "opened", "due", "deadline", "because", "breaches",
)  # fmt: skip


def verdicts_csv(verdicts: Iterable[Mapping[str, Any]]) -> str:
    """Verdicts in their JSON form, one a line; `breaches` is their number."""
    return as_csv(VERDICT_COLUMNS, ({**verdict, "breaches": len(verdict["breaches"])} for verdict in verdicts))


CHANGE_COLUMNS = (
    "provision", "norm", "for", "instance", "before", "before_could_be", "before_due", "before_reason",
    "after", "after_could_be", "after_due", "after_reason",
)  # fmt: skip


def changes_csv(changed: Iterable[Mapping[str, Any]]) -> str:
    """The `changed` of a comparison in their JSON form, one a line."""
    return as_csv(CHANGE_COLUMNS, (_flat(change) for change in changed))


def _flat(change: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(change)
    for side in ("before", "after"):
        verdict = change[side] or {}
        row |= {side: verdict.get("is")} | {
            f"{side}_{name}": verdict.get(name) for name in ("could_be", "due", "reason")
        }
    return row


PROBLEM_COLUMNS = ("code", "severity", "place", "message", "hint")


def problems_csv(problems: Iterable[Problem]) -> str:
    return as_csv(PROBLEM_COLUMNS, (problem.as_json() for problem in problems))


COVERAGE_COLUMNS = (
    "list",
    "id",
    "title",
    "is",
    "provisions",
    "rows",
    "norms",
    "states",
    "tests",
    "readings",
    "untested",
)


def coverage_csv(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Coverage in its JSON form: clauses, then rows."""
    entries = [{"list": name, **entry} for name in ("clauses", "rows") for entry in found[name]]
    return as_csv(COVERAGE_COLUMNS, entries)


ROW_COLUMNS = ("id", "event", "corrects", "retracts", "confirms", "at", "known", "evidence", "by", "why", "for")


def rows_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of a log in their JSON form; a column for every key, the row's own keys first."""
    listed = list(rows)
    names = {key for row in listed for key in row}
    return as_csv([*(key for key in ROW_COLUMNS if key in names), *sorted(names - {*ROW_COLUMNS})], listed)
