"""Family: nothing is compliant by silence: bans are observed, readings grow stale, grace stays within its period."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language import models
from engine.language.check.parts import word_for
from engine.language.draft import Draft
from engine.language.models import NormSpec
from engine.problems import Problem
from engine.time import Duration


def check(draft: Draft) -> Iterator[Problem]:
    for norm, _ in draft.norms():
        if not draft.damaged_at(norm.node):
            yield from _unobserved(norm)
            yield from _interval(norm)
        yield from _staleness(norm, draft)
        yield from _long_grace(norm)


def _unobserved(norm: NormSpec) -> Iterator[Problem]:
    if norm.must_not is not None and norm.observed_by is None:
        message = f'{word_for(norm)} forbids without "observed_by": with no report it reads not observed'
        hint = "add observed_by and observe_every"
        yield norm.node.at("id").problem("unobserved-ban", message, hint, severity="warning")


def _interval(norm: NormSpec) -> Iterator[Problem]:
    if norm.observed_by is not None and norm.observe_every is None and norm.must is None and norm.may is None:
        message = f'{word_for(norm)} has "observed_by" without "observe_every"'
        hint = "say how long one observation lasts: observe_every: 30 days"
        yield norm.node.key("observed_by").problem("missing-observe-every", message, hint)
    if norm.observe_every is not None and norm.observed_by is None:
        message = f'{word_for(norm)} has "observe_every" without "observed_by": nothing observes it'
        place = norm.node.key("observe_every")
        yield place.problem("missing-observed-by", message, "say which event observes", severity="warning")


def _staleness(norm: NormSpec, draft: Draft) -> Iterator[Problem]:
    bound = norm.keep
    if bound is None or bound.latest is None or bound.stale_after is not None or draft.damaged_at(bound.node):
        return
    message = f'{word_for(norm)} keeps "latest" without "stale_after": an old reading would count for ever'
    yield bound.node.key("latest").problem("no-staleness", message, "add stale_after: 60 days", severity="warning")


_LONGEST = {"day": 1.0, "week": 7.0, "month": 31.0, "quarter": 92.0, "year": 366.0, "hour": 1 / 24, "minute": 1 / 1440}
_SHORTEST = {**_LONGEST, "month": 28.0, "year": 365.0, "working day": 1.0}


def _long_grace(norm: NormSpec) -> Iterator[Problem]:
    if not isinstance(norm.grace, Duration) or norm.every is None:
        return
    if isinstance(norm.every, models.Each):
        period, shown = _LONGEST[norm.every.unit], norm.every.unit
    elif isinstance(norm.every, Duration):
        period, shown = norm.every.count * _LONGEST.get(norm.every.unit, 3.0), str(norm.every)
    else:
        return
    if norm.grace.count * _SHORTEST[norm.grace.unit] > period:
        message = f'"grace" of {word_for(norm)} is "{norm.grace}", longer than its period "{shown}"'
        place = norm.node.at("grace")
        yield place.problem("long-grace", message, "a shorter grace, or a longer period", severity="warning")
