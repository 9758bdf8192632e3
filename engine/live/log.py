"""A log that grows: the events that its rows amount to, laid over anew only where a row concerns them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from engine.events import Event, Row, as_known
from engine.vocabulary import Vocabulary


class GrowingLog:
    """`events`: what `as_known` gives for all rows so far."""

    def __init__(self, vocabulary: Vocabulary):
        self.events: dict[str, Event] = {}
        self.rows: list[Row] = []
        self._vocabulary = vocabulary
        self._rows_of: dict[str, list[Row]] = defaultdict(list)
        self._on: dict[str, set[str]] = defaultdict(set)

    def add(self, rows: Iterable[Row]) -> Mapping[str, set[str]]:
        """Take in rows. The events that are others now, new or gone, each with the rows that made it so."""
        by: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            self.rows.append(row)
            self._rows_of[row.id].append(row)
            if row.target is not None:
                self._on[row.target].add(row.id)
            for id_ in self._bears_on(row.id):
                by[id_].add(row.id)
        return {id_: words for id_, words in sorted(by.items()) if self._laid_over(id_)}

    def _bears_on(self, id_: str) -> Iterable[str]:
        """The row itself and what it is said of: a retraction of a correction bears on the event that was corrected."""
        found, coming = {id_}, [id_]
        while coming:
            targets = {row.target for row in self._rows_of.get(coming.pop(), ()) if row.target is not None}
            coming += targets - found
            found |= targets
        return found

    def _laid_over(self, id_: str) -> bool:
        """True where the event has changed."""
        before = self.events.get(id_)
        known = as_known(list(self._said_of(id_)), self._vocabulary)
        after = next((event for event in known.events if event.id == id_), None)
        if after is None:
            self.events.pop(id_, None)
        else:
            self.events[id_] = after
        return before != after

    def _said_of(self, id_: str) -> Iterable[Row]:
        """The rows of that id, the words on it, and the words on those."""
        words = self._on.get(id_, set())
        later = {word for first in words for word in self._on.get(first, ())}
        for one in {id_, *words, *later}:
            yield from self._rows_of.get(one, ())
