"""What every norm and state takes of the log, event by event: put in, taken out, read in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from engine.evaluation.book import Book
from engine.evaluation.case import Taken
from engine.evaluation.facts import ComponentKey, Fact, FactMaker, OpenFact
from engine.evaluation.matching import Hits
from engine.events import Event
from engine.time import Instant


class _Held(NamedTuple):
    hi: Instant
    event: str
    facts: tuple[Fact, ...]
    open: tuple[OpenFact, ...]


class Holdings:
    def __init__(self, book: Book):
        self._sites = book.sites
        self._of: dict[ComponentKey, dict[str, _Held]] = {key: {} for key in book.keys}
        self._owners: dict[str, tuple[ComponentKey, ...]] = {}
        self._taken: dict[ComponentKey, Taken] = {}

    def put(self, event: Event, hits: Hits, maker: FactMaker) -> Iterable[ComponentKey]:
        """The event as it now is, in place of what it was; who takes it, or did."""
        before = self.drop(event.id)
        facts, open_ = defaultdict(list), defaultdict(list)
        for fact in maker.facts(event, hits):
            facts[self._sites[fact.match].owner].append(fact)
        for open_fact in maker.open_facts(event, hits):
            open_[self._sites[open_fact.match].owner].append(open_fact)
        owners = tuple(dict.fromkeys(self._sites[number].owner for number in (*hits.yes, *hits.open)))
        for owner in owners:
            self._of[owner][event.id] = _Held(event.hi, event.id, tuple(facts[owner]), tuple(open_[owner]))
            self._taken.pop(owner, None)
        if owners:
            self._owners[event.id] = owners
        return {*before, *owners}

    def drop(self, event: str) -> Iterable[ComponentKey]:
        """Who took it."""
        owners = self._owners.pop(event, ())
        for owner in owners:
            del self._of[owner][event]
            self._taken.pop(owner, None)
        return owners

    def taken(self, key: ComponentKey) -> Taken:
        found = self._taken.get(key)
        if found is None:
            held = sorted(self._of[key].values())
            found = self._taken[key] = Taken(
                [one.event for one in held],
                [fact for one in held for fact in one.facts],
                [fact for one in held for fact in one.open],
            )
        return found
