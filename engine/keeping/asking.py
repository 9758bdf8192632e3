"""What stands: verdicts from the rows of a ledger, now or as they stood at an earlier time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine import monitor
from engine.evaluation.verdicts import Verdict
from engine.events import Row
from engine.intake import Progress, parse_rows
from engine.intake.gate import decode_object
from engine.keeping.books import Activation, activations, in_force
from engine.keeping.ledger import Ledger
from engine.keeping.taking_in import PLACE, Placed
from engine.language import Rulebook
from engine.ledger import store as storage
from engine.ledger.entries import Entry
from engine.problems import Problem, in_order
from engine.report.history import Change, standing
from engine.time import Instant, format_instant
from engine.vocabulary import Vocabulary


@dataclass(frozen=True)
class Log:
    """The rows of a ledger that are judged, and the rule books that were in force."""

    entries: tuple[Entry, ...]
    books: tuple[Activation, ...]

    def book(self, known_at: Instant | None = None) -> Rulebook:
        """The rule book in force then. Raises StorageError where there is none at all."""
        return in_force(self.books, known_at)


def read_log(ledger: Ledger, known_at: Instant | None = None) -> Log:
    """Raises StorageError."""
    books = activations(ledger)
    with storage.reading(ledger.store) as connection:
        entries = tuple(storage.log_entries(connection, known_at))
    return Log(entries, tuple(books))


def rows_of(entries: Sequence[Entry], vocabulary: Vocabulary) -> tuple[list[Row], list[Problem]]:
    """Rows in the words of a rule book: each known when the ledger says so."""
    problems: list[Problem] = []
    rows, told = parse_rows(_placed(entries, problems), vocabulary)
    return rows, in_order([*problems, *told])


def _placed(entries: Sequence[Entry], problems: list[Problem]) -> Iterator[Placed]:
    for entry in entries:
        place = f"{PLACE}:{entry.seq}"
        raw, found = decode_object(entry.body, place)
        problems += found
        if raw is not None:
            yield {**raw, "id": entry.id, "known": format_instant(entry.known)}, place


# --- how verdicts came to be ----------------------------------------------------------------------------------------


Key = tuple[tuple[tuple[str, str], ...], str | None]


@dataclass(frozen=True)
class _Step:
    """Rows that became known together: in one commit, or at one instant in a history that was taken in."""

    known: Instant
    entries: tuple[Entry, ...]
    activated: bool = False

    @property
    def first(self) -> Instant:
        return min((entry.known for entry in self.entries), default=self.known)


def history(ledger: Ledger, norm: str, as_of: Instant, progress: Progress | None = None) -> list[Change]:
    """Every change of a norm's verdicts, as it would have been seen at the time, from nothing up to `as_of`.

    After each step the norm is judged as known then and as of then; where it differs from the step before, it is judged
    just before the step too, to tell what rows did from what time did. Raises StorageError.
    """
    log = read_log(ledger)
    steps = [step for step in _steps(ledger, log) if step.known <= as_of]
    changes: list[Change] = []
    before = _judged(log, norm, steps[0].first - 1) if steps else {}
    for number, step in enumerate(steps):
        now = _judged(log, norm, step.known)
        if _differ(before, now):
            waited = _judged(log, norm, step.first - 1)
            changes += _changes(step.first - 1, (), before, waited, log)
            changes += _changes(step.known, _by(step, log), waited, now, log, step)
        before = now
        if progress is not None:
            progress(number + 1, len(steps))
    changes += _changes(as_of, (), before, _judged(log, norm, as_of), log)
    return changes


def _steps(ledger: Ledger, log: Log) -> list[_Step]:
    """In the order in which things became known."""
    with storage.reading(ledger.store) as connection:
        sizes = [size for size, _ in storage.checkpoint_notes(connection)]
    together: dict[tuple[bool, int], list[Entry]] = {}
    for entry in log.entries:
        trusted = entry.known != entry.recorded_at
        together.setdefault((trusted, entry.known if trusted else bisect_right(sizes, entry.seq)), []).append(entry)
    steps = [_Step(max(entry.known for entry in group), tuple(group)) for group in together.values()]
    steps += [_Step(found.recorded_at, (), activated=True) for found in log.books]
    return sorted(steps, key=lambda step: step.known)


def _judged(log: Log, norm: str, at: Instant) -> dict[Key, Verdict]:
    book = log.book(at)
    rows, _ = rows_of([entry for entry in log.entries if entry.known <= at], book.vocabulary)
    if not any(found.id == norm for found in book.norms):
        return {}
    found = monitor.evaluate(book, rows, as_of=at, known_at=at)
    return {(verdict.binding, verdict.instance): verdict for verdict in found.verdicts if verdict.norm == norm}


def _differ(one: Mapping[Key, Verdict], two: Mapping[Key, Verdict]) -> bool:
    return one.keys() != two.keys() or any(standing(one[key]) != standing(two[key]) for key in one)


def _by(step: _Step, log: Log) -> tuple[str, ...]:
    if step.activated:
        return tuple(f"rules/{number}" for number, found in enumerate(log.books, 1) if found.recorded_at == step.known)
    return tuple(entry.id for entry in step.entries)


def _changes(
    known: Instant,
    by: tuple[str, ...],
    before: Mapping[Key, Verdict],
    after: Mapping[Key, Verdict],
    log: Log,
    step: _Step | None = None,
) -> list[Change]:
    found: list[Change] = []
    for key in sorted({*before, *after}, key=lambda key: (key[0], key[1] or "")):
        then, now = before.get(key), after.get(key)
        gave_way = now is None and then is not None and then.instance is None  # to an instance, which is told
        if not gave_way and (then is None or now is None or standing(then) != standing(now)):
            cited = _cited(then, now, step) or by
            found.append(Change(known, cited, then, now, log.book(known).version))
    return found


def _cited(then: Verdict | None, now: Verdict | None, step: _Step | None) -> tuple[str, ...]:
    """Of rows that became known together, those that the verdicts rest on."""
    if step is None:
        return ()
    rests = {id_ for verdict in (then, now) if verdict for id_ in verdict.because}
    words = {word for verdict in (then, now) if verdict for event in verdict.events.values() for word in event.words}
    return tuple(entry.id for entry in step.entries if entry.id in rests or entry.id in words)
