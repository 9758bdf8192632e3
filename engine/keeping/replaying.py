"""Do verdict rows say what the rows before them change? Every commit is judged again; then all of it from nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from engine import monitor
from engine.evaluation.verdicts import Verdicts
from engine.keeping.reading import rows_of
from engine.keeping.watching import PREFIX, Watch
from engine.ledger import store as storage
from engine.ledger.entries import Draft, Entry
from engine.ledger.store import Snapshot, StorageError, Store
from engine.ledger.verify import Progress
from engine.live.verdicts import LiveVerdicts
from engine.matchers import MatcherError, MatcherName
from engine.problems import Problem
from engine.time import Instant, parse_instant

_FIRST, _LAST = parse_instant("1900-01-01T00:00:00Z"), parse_instant("2200-12-31T23:59:59.999999Z")
_NUMBER = re.compile("[0-9]{1,15}", re.ASCII)
_STEP = 1000
_MOST_NAMED = 5


@dataclass
class Replayed:
    """`rows`: verdict rows that were compared. `bad_rows`: those that are not what the rows before them give."""

    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    bad_rows: list[int] = field(default_factory=list)

    def blame(self, seq: int, code: str, message: str) -> None:
        self.bad_rows.append(seq)
        self.problems.append(Problem(code, "error", f"row {seq}", message, "compare with an export or a backup"))


def replay(store: Store, size: int, progress: Progress | None = None) -> Replayed:
    """Of the first `size` rows, which are those that were signed. Stops where a row cannot have been written by this
    program. Raises StorageError where the database cannot be read."""
    found, watch, last = Replayed(), Watch(), _FIRST
    with storage.reading(store) as connection:
        for commit in _commits(connection, size):
            wrong = _impossible(commit, after=last)
            if wrong is not None:
                found.blame(wrong.seq, "row-out-of-time", "its times are none that a row after the one before can have")
                return found
            try:
                _compare(found, commit, _expected(watch, commit, connection))
            except StorageError as error:
                found.blame(commit[0].seq, "verdicts-not-replayed", f"from here on verdicts cannot be judged: {error}")
                return found
            last = commit[-1].recorded_at
            if progress is not None and commit[-1].seq // _STEP != (commit[0].seq - 1) // _STEP:
                progress(commit[-1].seq + 1, size)
        if watch.live is not None:
            found.problems += second_opinion(watch.live, connection, size)
    return found


# --- commit by commit -----------------------------------------------------------------------------------------------


def _commits(connection: Snapshot, size: int) -> Iterator[list[Entry]]:
    """Rows that were recorded together: each checkpoint ends them."""
    ends = _ends(connection)
    commit: list[Entry] = []
    for entry in takewhile(lambda entry: entry.seq < size, storage.entries(connection)):
        commit.append(entry)
        if entry.seq + 1 in ends:
            yield commit
            commit = []
    if commit:
        yield commit


def _ends(connection: Snapshot) -> set[int]:
    """An export holds its last checkpoint only. Before that, verdict rows tell where their commits begin and end; rows
    between those have changed nothing, and may as well have come together."""
    ends = {size for size, _ in storage.checkpoint_notes(connection)}
    first = min(ends, default=0)
    if first > 1:
        for entry in storage.entries(connection, kinds=["verdict"]):
            if entry.seq >= first:
                break
            number = entry.id.removeprefix(PREFIX)
            ends |= {entry.seq + 1} | ({int(number)} if _NUMBER.fullmatch(number) else set())
    return ends


def _impossible(commit: Iterable[Entry], after: Instant) -> Entry | None:
    """The first row with times that no clock gave it. Only who has the key can write one."""
    for entry in commit:
        times = (entry.recorded_at, entry.known)
        if not all(type(time) is int and _FIRST <= time <= _LAST for time in times) or entry.recorded_at <= after:
            return entry
        after = entry.recorded_at
    return None


def _expected(watch: Watch, commit: list[Entry], connection: Snapshot) -> Draft | None:
    """The verdict row that these rows give."""
    added = [entry for entry in commit if entry.kind != "verdict"]
    before = takewhile(lambda entry: entry.seq < commit[0].seq, storage.log_entries(connection))
    return next(iter(watch.take(added, lambda: before)), None)


def _compare(found: Replayed, commit: list[Entry], expected: Draft | None) -> None:
    verdicts = [entry for entry in commit if entry.kind == "verdict"]
    recorded = verdicts[-1] if verdicts and verdicts[-1] is commit[-1] else None
    found.rows += len(verdicts)
    rows = _numbers([entry for entry in commit if entry.kind != "verdict"])
    for entry in verdicts:
        if entry is not recorded or expected is None:
            found.blame(entry.seq, "verdict-extra", f"{rows} did not change what this row says that they did")
    if expected is not None and recorded is None:
        found.blame(commit[-1].seq, "verdict-missing", f"{rows} changed verdicts, and no row after them says so")
    elif expected is not None and recorded is not None:
        differing = list(_differing(recorded, expected))
        if differing:
            message = f"the row does not say what {rows} changed: {', '.join(differing)}"
            found.blame(recorded.seq, "verdict-differs", message)


def _numbers(entries: list[Entry]) -> str:
    numbers = [entry.seq for entry in entries]
    if not numbers:
        return "no rows"
    return f"row {numbers[0]}" if len(numbers) == 1 else f"rows {numbers[0]} to {numbers[-1]}"


def _differing(recorded: Entry, expected: Draft) -> Iterator[str]:
    for name in ("id", "source", "rulebook"):
        is_, right = getattr(recorded, name), getattr(expected, name)
        if is_ != right:
            yield f'its {name} is "{is_}", not "{right}"'
    if recorded.known != recorded.recorded_at:
        yield "it says that it was known at another time than it was recorded"
    if recorded.body != expected.body:
        yield _in_body(recorded.body, expected.body)


def _in_body(recorded: str, expected: str) -> str:
    one, two = _told(recorded), _told(expected)
    norms = sorted({norm for norm, _ in one ^ two})
    return f"it says otherwise of {_named(norms)}" if norms else "its text is another"


def _told(body: str) -> set[tuple[str, str]]:
    """Its changes, each with the norm; what cannot be read tells nothing."""
    try:
        changes = json.loads(body)["changes"]
        return {(str(change["norm"]), json.dumps(change, sort_keys=True)) for change in changes}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(f'"{name}"' for name in names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


# --- from nothing ---------------------------------------------------------------------------------------------------

_OPINIONS: Mapping[MatcherName, str] = {
    "compiled": "when the whole log is judged from nothing",
    "durable": "when the durable-rules matcher finds the rows for them",
}


def second_opinion(live: LiveVerdicts, connection: Snapshot, size: int) -> Iterator[Problem]:
    """What stands at the last row, told once more in ways that share little with the first."""
    entries = list(takewhile(lambda entry: entry.seq < size, storage.log_entries(connection)))
    rows = rows_of(entries, live.book.vocabulary)[0]
    standing = _standing(live.at(live.horizon))
    for matcher, words in _OPINIONS.items():
        try:
            other = _standing(monitor.evaluate(live.book, rows, as_of=live.horizon, matcher=matcher))
        except MatcherError as error:
            yield Problem("second-opinion-missing", "warning", "verdicts", f"the {matcher} matcher gave none: {error}")
            continue
        differing = sorted({name for name, _ in standing ^ other})
        if differing:
            message = f"they come out otherwise {words}: {_named(differing)}"
            yield Problem("second-opinion-differs", "error", "verdicts", message, "report it: the program is at fault")


def _standing(verdicts: Verdicts) -> set[tuple[str, str]]:
    """All that is answered, each part with the norm or state that it is of."""
    said: dict[str, Any] = verdicts.as_json()
    parts = [(str(part.get("norm", part.get("state"))), part) for part in (*said.pop("verdicts"), *said.pop("states"))]
    told = [problem for problem in said.pop("problems") if problem["code"] != "matcher-restarted"]
    return {(name, json.dumps(part, sort_keys=True)) for name, part in (*parts, ("answer", [said, told]))}
