"""What stands: verdicts from the rows of a ledger, now or as they stood at an earlier time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.evaluation.changes import Change, changes
from engine.evaluation.verdicts import Verdict
from engine.intake import Progress
from engine.keeping.books import Activation, activations, in_force
from engine.keeping.ledger import Ledger
from engine.keeping.reading import rows_of
from engine.language import Rulebook
from engine.ledger import store as storage
from engine.ledger.entries import Entry
from engine.live.verdicts import LiveVerdicts
from engine.matchers import matcher
from engine.time import BEGINNING, Instant


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


# --- how verdicts came to be ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """Rows that became known together: in one commit, or at one instant in a history that was taken in; or a rule book
    that came into force."""

    known: Instant
    entries: tuple[Entry, ...] = ()
    rules: Rulebook | None = None
    by: tuple[str, ...] = ()

    @property
    def first(self) -> Instant:
        return min((entry.known for entry in self.entries), default=self.known)


def history(ledger: Ledger, norm: str, as_of: Instant, progress: Progress | None = None) -> list[Change]:
    """Every change of a norm's verdicts, as it would have been seen at the time, from nothing up to `as_of`: when rows
    became known, and when time alone changed something. Raises StorageError."""
    log = read_log(ledger)
    steps = [step for step in _steps(ledger, log) if step.known <= as_of]
    found: list[Change] = []
    way = _Way(log, norm)
    for number, step in enumerate(steps):
        found += way.through(step)
        if progress is not None:
            progress(number + 1, len(steps))
    found += way.wait(as_of)
    return found


def _steps(ledger: Ledger, log: Log) -> list[_Step]:
    """In the order in which things became known."""
    with storage.reading(ledger.store) as connection:
        sizes = [size for size, _ in storage.checkpoint_notes(connection)]
    together: dict[tuple[bool, int], list[Entry]] = {}
    for entry in log.entries:
        trusted = entry.known != entry.recorded_at
        together.setdefault((trusted, entry.known if trusted else bisect_right(sizes, entry.seq)), []).append(entry)
    steps = [
        _Step(max(entry.known for entry in group), tuple(group), by=tuple(entry.id for entry in group))
        for group in together.values()
    ]
    # The first rule book is the one that what was known before it is seen under.
    steps += [_Step(one.recorded_at, rules=one.book, by=(one.id,)) for one in log.books[1:]]
    return sorted(steps, key=lambda step: step.known)


class _Way:
    """One norm on its way through what became known."""

    def __init__(self, log: Log, norm: str):
        self._log, self._norm = log, norm
        self._seen: list[Entry] = []
        self._live = self._under(log.books[0].book)

    def _under(self, book: Rulebook) -> LiveVerdicts:
        live = LiveVerdicts(book, matcher("compiled"), only=("norm", self._norm))
        live.add(rows_of(self._seen, book.vocabulary)[0])
        return live

    def through(self, step: _Step) -> Iterator[Change]:
        yield from self.wait(step.first - 1)
        before = self._standing()
        if step.rules is not None:
            self._live = self._under(step.rules)
        self._seen += step.entries
        self._live.add(rows_of(step.entries, self._live.book.vocabulary)[0])
        self._live.judge(max(step.known, self._live.horizon))
        yield from self._told(step.known, step.by, before)

    def wait(self, until: Instant) -> Iterator[Change]:
        before, begun = self._standing(), self._live.horizon > BEGINNING
        for at in self._live.advance(until):
            if begun:  # what stands before anything is known is no change
                yield from self._told(at, (), before)
            before, begun = self._standing(), True

    def _standing(self) -> Sequence[Verdict]:
        found = self._live.answers.get(("norm", self._norm))
        return () if found is None else found.verdicts

    def _told(self, known: Instant, by: tuple[str, ...], before: Sequence[Verdict]) -> Iterator[Change]:
        yield from changes(before, self._standing(), known=known, by=by, rulebook=self._live.book.version)
