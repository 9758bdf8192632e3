"""Measures and bounds: numbers read from events in a window, and whether they are in bounds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from engine.language import plan
from engine.time import BEGINNING, Duration, Instant

Reading = Literal["in", "out", "none"]


_BLOCK = 256


class Record:
    """The facts of one match in order of their counting instants, with running sums."""

    __slots__ = ("_best", "_places", "events", "instants", "sums", "values")

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._best: dict[str, list[int]] = {"max": [], "min": []}
        self.instants: list[Instant] = []
        self.events: list[str] = []
        self.values: list[Decimal] = []
        self.sums: list[Decimal] = [Decimal(0)]

    def add(self, instant: Instant, event: str, value: Decimal | None) -> None:
        """Facts come in order of (instant, event id)."""
        self._places[event] = len(self.instants)
        self.instants.append(instant)
        self.events.append(event)
        if value is not None:
            self.values.append(value)
            self.sums.append(self.sums[-1] + value)
            if len(self.values) % _BLOCK == 0:
                block = range(len(self.values) - _BLOCK, len(self.values))
                for which, best in self._best.items():
                    best.append(self._extreme(which, block))

    def slice(self, after: Instant, upto: Instant) -> tuple[int, int]:
        """Indices of what lies in (after, upto]."""
        return bisect_right(self.instants, after), bisect_right(self.instants, upto)

    def indices_of(self, events: Collection[str]) -> list[int]:
        return [self._places[event] for event in events if event in self._places]

    def extreme(self, which: str, start: int, end: int) -> int:
        """Index of the greatest or least value in [start, end), the earliest of equals; by blocks worked out ahead."""
        first, last = -(-start // _BLOCK), end // _BLOCK
        if first >= last:
            return self._extreme(which, range(start, end))
        edges = (*range(start, first * _BLOCK), *self._best[which][first:last], *range(last * _BLOCK, end))
        return self._extreme(which, edges)

    def _extreme(self, which: str, indices: Iterable[int]) -> int:
        return (max if which == "max" else min)(indices, key=self.values.__getitem__)

    def last_upto(self, instant: Instant) -> Instant:
        """Of the last fact at or before an instant; the beginning where there is none."""
        at = bisect_right(self.instants, instant)
        return self.instants[at - 1] if at else BEGINNING


@dataclass(frozen=True, slots=True)
class Measured:
    """A number and where it was read; None: no reading. The events are looked up only where somebody asks."""

    value: Decimal | None
    record: Record
    indices: Sequence[int] = ()
    at: Instant | None = None

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(self.record.events[i] for i in self.indices)


@dataclass(frozen=True, slots=True)
class Judged:
    reading: Reading
    value: Measured
    per: Measured | None
    after: Instant


class BoundReader:
    """Reads one bound from the records of its matches."""

    def __init__(self, bound: plan.Bound, record: Record, per: Record | None):
        self.bound = bound
        self.record = record
        self.per = per
        self.rolling = bound.rolling.exact if isinstance(bound.rolling, Duration) else None
        self.stale = bound.stale_after.exact if isinstance(bound.stale_after, Duration) else None
        self.at_least = bound.at_least if isinstance(bound.at_least, Decimal) else None
        self.at_most = bound.at_most if isinstance(bound.at_most, Decimal) else None

    @property
    def looks_back(self) -> bool:
        """`latest` looks at the whole past."""
        measures = (self.bound.measure, self.bound.per)
        return any(measure is not None and measure.aggregate == "latest" for measure in measures)

    def last_certain(self, instant: Instant) -> Instant:
        """Of the older of the last readings at or before an instant; what came before them can matter no more."""
        return min(record.last_upto(instant) for record in (self.record, self.per) if record is not None)

    def edges(self, instant: Instant) -> list[Instant]:
        """Later instants at which a reading taken at `instant` drops out of a window or turns stale."""
        return [instant + width for width in (self.rolling, self.stale) if width is not None]

    def read(
        self,
        now: Instant,
        since: Instant,
        *,
        floor: bool = True,
        without: Collection[str] = (),
        at_least: Decimal | None = None,
    ) -> Judged:
        """Judge at `now` what counts from `since` on (`since` included). `floor`: is `at_least` judged yet. `without`:
        the events that fired the trigger, which are no acts here. `at_least` stands in for the bound's own (a
        milestone's)."""
        after = since - 1
        if self.rolling is not None:
            after = max(after, now - self.rolling)
        measured = self._measure(self.bound.measure, self.record, after, now, without)
        per = self._measure(self.bound.per, self.per, after, now, ()) if self.bound.per and self.per else None
        low = at_least if at_least is not None else self.at_least
        return Judged(self._judge(measured, per, low if floor else None), measured, per, after)

    def _measure(
        self, measure: plan.Measure, record: Record, after: Instant, now: Instant, without: Collection[str]
    ) -> Measured:
        if measure.aggregate == "latest":
            return self._latest(record, now)
        start, end = record.slice(after, now)
        indices: Sequence[int] = range(start, end)
        value: Decimal | None
        left_out = [i for i in record.indices_of(without) if start <= i < end] if without else []
        if left_out:
            indices = [i for i in indices if i not in left_out]
        if measure.aggregate == "count":
            return Measured(Decimal(len(indices)), record, indices)
        if measure.aggregate == "sum":
            value = record.sums[end] - record.sums[start]
            for i in left_out:
                value -= record.values[i]
            return Measured(value, record, indices)
        if not indices:
            return Measured(None, record)
        if left_out:
            best = (max if measure.aggregate == "max" else min)(indices, key=record.values.__getitem__)
        else:
            best = record.extreme(measure.aggregate, start, end)
        return Measured(record.values[best], record, (best,), record.instants[best])

    def _latest(self, record: Record, now: Instant) -> Measured:
        """The whole past, or the rolling window where there is one; not what is stale."""
        end = bisect_right(record.instants, now)
        if not end:
            return Measured(None, record)
        at = record.instants[end - 1]
        for width in (self.stale, self.rolling):
            if width is not None and at <= now - width:
                return Measured(None, record, (end - 1,), at)
        return Measured(record.values[end - 1], record, (end - 1,), at)

    def _judge(self, measured: Measured, per: Measured | None, low: Decimal | None) -> Reading:
        value = measured.value
        if value is None:
            return "none"
        scale = Decimal(1)
        if self.bound.per is not None:
            if per is None or per.value is None:
                return "none"
            scale = per.value
            if scale == 0:
                return "in" if value == 0 else "none"
        below = low is not None and value < low * scale
        above = self.at_most is not None and value > self.at_most * scale
        if scale < 0:
            below = low is not None and value > low * scale
            above = self.at_most is not None and value < self.at_most * scale
        return "out" if below or above else "in"
