"""Lists as CSV that a spreadsheet opens as data, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001


def as_csv(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Comma, LF, UTF-8; a value that is a list or a map is written as `a; b` or `k=v; l=w`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    text = _words(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_words(held)}" for key, held in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(_words(held) for held in value)
    return str(value)


VERDICT_COLUMNS = (
    "provision", "norm", "version", "for", "instance", "who", "to", "is", "could_be", "alleged", "claimed", "firm",
    "bucket", "severity", "modality", "opened", "due", "deadline", "because", "breaches",
)  # fmt: skip


def verdicts_csv(verdicts: Iterable[Mapping[str, Any]]) -> str:
    """Verdicts in their JSON form, one a line; `breaches` is their number."""
    return as_csv(VERDICT_COLUMNS, ({**verdict, "breaches": len(verdict["breaches"])} for verdict in verdicts))
