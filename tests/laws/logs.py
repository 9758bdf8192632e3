"""Random logs for the book of laws: dates, spans, weak grades, absent fields, coarse places, later words."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.events import Row
from engine.intake import parse_rows
from engine.time import DAY, HOUR, format_instant, parse_instant
from engine.vocabulary import Vocabulary

START = parse_instant("2026-03-02T00:00:00Z")
DAYS = 9


@st.composite
def instants(draw: st.DrawFn) -> int:
    """Often a midnight or a round hour, so that things fall on deadlines and on each other."""
    day = draw(st.integers(0, DAYS - 1))
    hour = draw(st.sampled_from([0, 0, 6, 12, 12, 18]))
    return START + day * DAY + hour * HOUR


@st.composite
def times(draw: st.DrawFn, *, certain: bool) -> Any:
    at = draw(instants())
    kind = "instant" if certain else draw(st.sampled_from(["instant", "instant", "instant", "date", "span"]))
    if kind == "date":
        return format_instant(at)[:10]
    if kind == "span":
        return {"from": format_instant(at), "to": format_instant(at + draw(st.integers(1, 30)) * HOUR)}
    return format_instant(at)


KINDS = (
    "start", "start", "stop", "shot", "shot", "shot", "leaving", "visit", "vote", "notice", "count", "payment",
    "report", "extension", "waiver", "ruling",
)  # fmt: skip
PARTIES = st.sampled_from(["A", "B"])
PLACES = st.sampled_from(["land", "east", "west", "fort", "camp"])


@st.composite
def events(draw: st.DrawFn, *, certain: bool = False) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    row: dict[str, Any] = {"event": kind, "at": draw(times(certain=certain))}
    if not certain and kind not in ("extension", "waiver", "ruling") and draw(st.integers(0, 4)) == 0:
        row["evidence"] = draw(st.sampled_from(["alleged", "reported"]))
    if kind == "shot":
        row["place"] = draw(PLACES)
        if certain or draw(st.booleans()):
            row["by"] = draw(PARTIES)
        if certain or draw(st.booleans()):
            row["reason"] = draw(st.sampled_from(["none", "defence"]))
    elif kind in ("leaving", "report") or (kind == "notice" and draw(st.booleans())):
        row["by"] = draw(PARTIES)
    elif kind == "visit":
        row["place"] = draw(PLACES)
    elif kind == "count":
        row |= {"of": draw(PARTIES), "men": draw(st.sampled_from([90, 100, 101]))}
    elif kind == "payment":
        row |= {"amount": draw(st.sampled_from([4, 5, 6, 10])), "to": draw(PARTIES)}
    elif kind == "extension":
        row |= {"norm": "hold_vote", "by": draw(st.sampled_from(["council", "watch"])), "days": draw(st.integers(1, 3))}
    elif kind == "waiver":
        norm = draw(st.sampled_from(["no_shot", "hold_vote", "cap"]))
        row |= {"norm": norm, "by": draw(st.sampled_from(["council", "A"])), "why": "asked"}
    elif kind == "ruling":
        outcome = draw(st.sampled_from(["violation", "no_violation"]))
        row |= {"norm": "no_shot", "breach_by": f"e{draw(st.integers(0, 11))}", "outcome": outcome, "by": "council"}
        row["for"] = {"p": draw(PARTIES)}
    if draw(st.integers(0, 3)) == 0:
        row["known"] = format_instant(START + draw(st.integers(DAYS, 2 * DAYS)) * DAY)
    return row


@st.composite
def logs(draw: st.DrawFn, *, most: int = 12, certain: bool = False) -> list[dict[str, Any]]:
    rows = draw(st.lists(events(certain=certain), min_size=1, max_size=most))
    for n, row in enumerate(rows):
        row["id"] = f"e{n}"
    named = [n for n, row in enumerate(rows) if row["event"] == "start"]
    for n in named:
        if draw(st.integers(0, 3)):
            rows.append({"id": f"c{n}", "confirms": f"e{n}", "by": "watch", "at": draw(times(certain=True))})
    return rows


def parsed(raw: list[dict[str, Any]], vocabulary: Vocabulary) -> list[Row]:
    rows, problems = parse_rows([(row, f"log:{n}") for n, row in enumerate(raw, 1)], vocabulary)
    assert not [problem for problem in problems if problem.severity == "error"], problems
    return rows
