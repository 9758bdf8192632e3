"""The one question that a matcher answers: which matches does an event satisfy, by its type and fields alone?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from engine.events import Event
from engine.language.plan import Match
from engine.vocabulary import Vocabulary


class Hits(NamedTuple):
    """Indices into the matcher's list of matches, ascending.

    `yes`: every pred holds. `open`: none fails, but one asks about an absent field or a place known only more
    coarsely than asked. Evidence, confirmations and time are not the matcher's business.
    """

    yes: tuple[int, ...]
    open: tuple[int, ...]


class Matcher(Protocol):
    """Preds, three-valued. Absent field: `exists` compares, every other op (`not` included) is open. Place, `in`: yes
    inside one of the values, open where the event's place contains one of them, else no; `not`: no inside one of them,
    open where it contains one, else yes. Everything else compares parsed values."""

    def hits(self, events: Sequence[Event]) -> Iterator[Hits]:
        """One answer an event, in order."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What it survived, a line each (a child process that died and was started again)."""
        ...

    def close(self) -> None:
        """Give back what the matcher holds (a child process)."""
        ...


class MakeMatcher(Protocol):
    """`matches` have no variables left in them (no `Var` anywhere)."""

    def __call__(self, vocabulary: Vocabulary, matches: Sequence[Match]) -> Matcher: ...
