"""A rule book in the bindings of a log, made ready once: matches numbered, who hangs on whom, a part for each norm."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.evaluation.bind import bind_norms, bind_states, values_seen
from engine.evaluation.book import Book, Family, book_of
from engine.evaluation.cones import Needs, cones, direct_needs
from engine.events import Event
from engine.language.plan import Norm, State
from engine.time import Instant
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from engine.evaluation.answer import Answer

KEPT = 8
MOST_IDLE = 16


@dataclass(frozen=True, eq=False)
class Rules:
    book: Book
    needs: Needs
    cones: Needs
    _parts: dict[Family, Book] = field(default_factory=dict)
    _idle: dict[Family, list[tuple[Instant, Answer]]] = field(default_factory=dict)

    def part(self, family: Family) -> Book:
        """A norm or state in all its bindings, with everything that it hangs on."""
        found = self._parts.get(family)
        if found is None:
            keys = self.book.families[family]
            found = self._parts[family] = self.book.part(frozenset().union(*(self.cones[key] for key in keys)))
        return found

    def idle_answer(self, family: Family, horizon: Instant) -> Answer | None:
        """What was said of it at an instant from which on, up to the horizon, nothing falls due: the same then."""
        for since, answer in self._idle.get(family, ()):
            if since <= horizon < answer.stands_until:
                return answer
        return None

    def keep_idle(self, family: Family, horizon: Instant, answer: Answer) -> None:
        """That was said without a single event: it hangs on time alone."""
        if not self.names_events(family):
            kept = self._idle.setdefault(family, [])
            kept.insert(0, (horizon, answer))
            del kept[MOST_IDLE:]

    def names_events(self, family: Family) -> bool:
        """Does it hang on values that events bring (`each`)?"""
        return any(values.each for entry in self._entries(family) for values in entry.for_each)

    def _entries(self, family: Family) -> Iterable[Norm | State]:
        part = self.part(family)
        yield from (norm.versions[0] for norm in part.norms)
        yield from (state.state for state in part.states)


_READY: OrderedDict[Any, tuple[Any, Rules]] = OrderedDict()


def rules_of(norms: Sequence[Norm], states: Sequence[State], events: Iterable[Event], vocabulary: Vocabulary) -> Rules:
    """The same rules are asked about again and again: by tests, by settlements, by one row more. Making them ready took
    longer than judging a short log."""
    of_each = (*(norm.for_each for norm in norms), *(state.for_each for state in states))
    seen = values_seen(events, (family for families in of_each for family in families))
    values = frozenset((source, frozenset(found)) for source, found in seen.items())
    key = (id(vocabulary), tuple(map(id, norms)), tuple(map(id, states)), values)
    if key not in _READY:
        book = book_of(bind_norms(norms, seen), bind_states(states, seen), vocabulary.calendar)
        needs = direct_needs(book)
        # What an id stands for is kept with it, so that it stands for nothing else meanwhile.
        _READY[key] = ((vocabulary, norms, states), Rules(book, needs, cones(needs)))
        while len(_READY) > KEPT:
            _READY.popitem(last=False)
    _READY.move_to_end(key)
    return _READY[key][1]
