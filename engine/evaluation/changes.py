"""What one answer says otherwise than another: verdict by verdict, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.evaluation.verdicts import Breach, Verdict
from engine.time import Instant, format_instant


@dataclass(frozen=True)
class Change:
    """One verdict, before and after; either may be none. `known`: from when on it could be seen. `by`: the rows that
    changed it; none where only time had passed. `rulebook`: the version in force."""

    known: Instant
    by: tuple[str, ...]
    before: Verdict | None
    after: Verdict | None
    rulebook: str

    @property
    def verdict(self) -> Verdict:
        found = self.after or self.before
        assert found is not None
        return found

    def as_json(self) -> dict[str, Any]:
        """Of the breaches on record only those that are new, gone, or others than before."""
        before, after = _breaches(self.before), _breaches(self.after)
        return {
            "known": format_instant(self.known),
            "by": list(self.by),
            "norm": self.verdict.norm,
            "for": dict(self.verdict.binding),
            "instance": self.verdict.instance,
            "before": None if self.before is None else _standing(self.before),
            "after": None if self.after is None else _standing(self.after),
            "breaches_before": [breach.as_json() for breach in before if before[breach] > after[breach]],
            "breaches_after": [breach.as_json() for breach in after if after[breach] > before[breach]],
            "rulebook": self.rulebook,
        }


def changes(
    before: Iterable[Verdict], after: Iterable[Verdict], *, known: Instant, by: tuple[str, ...], rulebook: str
) -> Iterator[Change]:
    """By binding and instance. The one row of a binding without instances gives way to its first instance silently.
    `by`: rows that became known together; of those only what the verdicts rest on is named, where they rest on any."""
    then = {(verdict.norm, verdict.binding, verdict.instance): verdict for verdict in before}
    now = {(verdict.norm, verdict.binding, verdict.instance): verdict for verdict in after}
    with_rows = {key[:2] for key in now}
    for key in sorted({*then, *now}, key=lambda key: (key[0], key[1], key[2] or "")):
        was, is_ = then.get(key), now.get(key)
        gave_way = is_ is None and key[2] is None and key[:2] in with_rows
        if not gave_way and not _same(was, is_):
            yield Change(known, _rested_on(by, was, is_) or by, was, is_, rulebook)


def _same(one: Verdict | None, two: Verdict | None) -> bool:
    if one is None or two is None:
        return one is two
    return one is two or (_standing(one) == _standing(two) and one.breaches == two.breaches)


def _rested_on(by: tuple[str, ...], was: Verdict | None, is_: Verdict | None) -> tuple[str, ...]:
    verdicts = [verdict for verdict in (was, is_) if verdict is not None]
    rests = {id_ for verdict in verdicts for id_ in verdict.because}
    rests.update(word for verdict in verdicts for event in verdict.events.values() for word in event.words)
    return tuple(row for row in by if row in rests)


def _standing(verdict: Verdict) -> dict[str, Any]:
    """What of a verdict makes it another one when it changes, its breaches one by one aside."""
    due = None if verdict.due is None else format_instant(verdict.due)
    breaches = Counter(breach.status for breach in verdict.breaches)
    return {"is": verdict.is_, "could_be": list(verdict.could_be), "breaches": dict(breaches), "due": due}


def _breaches(verdict: Verdict | None) -> Counter[Breach]:
    return Counter(() if verdict is None else verdict.breaches)
