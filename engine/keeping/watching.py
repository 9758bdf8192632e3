"""Verdicts follow the rows at once: what they change is a row of the ledger itself, in the same commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.evaluation.changes import Change, changes
from engine.evaluation.verdicts import Verdict
from engine.keeping.reading import book_of, rows_of
from engine.ledger import store as storage
from engine.ledger.entries import OF_THE_LOG, Draft, Entry
from engine.ledger.store import Snapshot
from engine.live.verdicts import Judged, LiveVerdicts
from engine.matchers import matcher
from engine.problems import Problem
from engine.time import Instant, format_instant

SENDER = "accord"
PREFIX = "verdicts/"
"""Of the ids of such rows; then comes the number of the first row of the commit."""


@dataclass
class Watch:
    """What stands after the first `size` rows, as of the last of them that is judged. In memory only: the rows of the
    ledger give it again.

    A commit that brings rows to judge, or a rule book, is judged twice: right before its first row, which tells what
    time has changed since the commit before, and at its last. What is recorded is the difference, so it hangs on the
    rows alone, and on no process that happened to run.
    """

    live: LiveVerdicts | None = None
    size: int = 0
    changes: Sequence[Change] = ()
    """What the last commit changed."""

    def forget(self) -> None:
        self.live, self.size, self.changes = None, 0, ()

    def follow(self, connection: Snapshot, added: Sequence[Entry]) -> list[Draft]:
        """What rows that are about to be recorded change: at most one row. Raises StorageError."""
        if not _judged(added):
            self.changes = ()
            return []
        self._catch_up(connection, added[0].seq)
        return self.take(added, lambda: storage.log_entries(connection))

    def take(self, added: Sequence[Entry], earlier: Callable[[], Iterable[Entry]]) -> list[Draft]:
        """The next rows of the ledger, of one commit. `earlier`: all rows of the log before them."""
        judged, self.changes = _judged(added), ()
        if judged:
            self.changes = tuple(self._judge(judged, earlier))
            self.size = added[-1].seq + 1
        if not self.changes:
            return []
        assert self.live is not None
        body = _body(self.live, judged[-1].recorded_at, self.changes)
        return [Draft(f"{PREFIX}{added[0].seq}", "verdict", SENDER, body, rulebook=self.live.book.sha256)]

    def problems(self) -> list[Problem]:
        """What is reported of decisions that have no effect."""
        return [] if self.live is None else self.live.problems()

    def _catch_up(self, connection: Snapshot, size: int) -> None:
        """Rows that others have recorded in between, or all of them."""
        if self.size == size:
            return
        rules = list(storage.entries(connection, kinds=["activation"], newest_first=True, limit=1))
        if self.live is None or (rules and rules[0].seq >= self.size):
            self.live, self.size = (_live(rules[0]) if rules else None), 0
        if self.live is not None:
            entries = list(storage.entries(connection, kinds=OF_THE_LOG, first=self.size))
            self._add(entries)
            self.live.judge(max([self.live.horizon, *(entry.recorded_at for entry in (*entries, *rules))]))
        self.size = size

    def _judge(self, judged: Sequence[Entry], earlier: Callable[[], Iterable[Entry]]) -> Iterator[Change]:
        first, last = judged[0].recorded_at - 1, judged[-1].recorded_at
        if self.live is not None:
            yield from self._told(first, self.live.judge(first).values())
        entries = [entry for entry in judged if entry.kind != "activation"]
        rules = [entry for entry in judged if entry.kind == "activation"]
        if not rules:
            if self.live is not None:
                self._add(entries)
                yield from self._told(last, self.live.judge(last).values())
            return
        before = self._standing()
        self.live = _live(rules[-1])
        self._add([*earlier(), *entries])
        self.live.judge(last)
        by = tuple(entry.id for entry in rules)
        yield from changes(before, self._standing(), known=last, by=by, rulebook=self.live.book.version)

    def _add(self, entries: Sequence[Entry]) -> None:
        assert self.live is not None
        self.live.add(rows_of(entries, self.live.book.vocabulary)[0])

    def _standing(self) -> list[Verdict]:
        answers = {} if self.live is None else self.live.answers
        return [verdict for _, answer in sorted(answers.items()) for verdict in answer.verdicts]

    def _told(self, known: Instant, judged: Iterable[Judged]) -> Iterator[Change]:
        assert self.live is not None
        for one in judged:
            before, after = (() if answer is None else answer.verdicts for answer in (one.before, one.after))
            yield from changes(before, after, known=known, by=one.by, rulebook=self.live.book.version)


def _judged(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind in OF_THE_LOG or entry.kind == "activation"]


def _live(rules: Entry) -> LiveVerdicts:
    return LiveVerdicts(book_of(rules), matcher("compiled"))


def _body(live: LiveVerdicts, as_of: Instant, told: Iterable[Change]) -> str:
    said = {
        "as_of": format_instant(as_of),
        "readings": dict(live.readings),
        "changes": [change.as_json() for change in told],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
