"""Family: permissions, exceptions and conflicts: what defeats what, and what nothing can satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language import models
from engine.language.check.overlap import can_meet, covers, same_bearer
from engine.language.check.parts import named, word_for
from engine.language.draft import Draft
from engine.language.locate import Place
from engine.language.models import NormSpec
from engine.problems import Problem
from engine.vocabulary import Vocabulary


def check(draft: Draft) -> Iterator[Problem]:
    norms = [norm for norm, _ in draft.norms()]
    by_id: dict[str, list[NormSpec]] = {}
    for norm in norms:
        by_id.setdefault(norm.id, []).append(norm)
    yield from _circles(norms)
    for norm in norms:
        if not draft.damaged_at(norm.node):
            yield from _defeats_nothing(norm, by_id, draft)
            yield from _swallowed(norm, draft)
    yield from _swallowing_permissions(norms, by_id, draft.vocabulary)
    yield from _conflicts(draft)


# --- overrides -------------------------------------------------------------------------------------------------------


def _circles(norms: list[NormSpec]) -> Iterator[Problem]:
    edges: dict[str, set[str]] = {}
    for norm in norms:
        edges.setdefault(norm.id, set()).update(norm.overrides)
    for norm in norms:
        for name, place in named(norm, "overrides", norm.overrides):
            if name == norm.id or norm.id in _reached(name, edges):
                message = f'"{norm.id}" overrides "{name}", which overrides "{norm.id}": a circle'
                yield place.problem("overrides-circle", message, "only one of them can prevail")


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    rest = list(edges.get(start, ()))
    while rest:
        name = rest.pop()
        if name not in seen:
            seen.add(name)
            rest.extend(edges.get(name, ()))
    return seen


def _defeats_nothing(norm: NormSpec, by_id: dict[str, list[NormSpec]], draft: Draft) -> Iterator[Problem]:
    if norm.may is None:
        for name, place in named(norm, "overrides", norm.overrides):
            message = f'{word_for(norm)} is no "may" and cannot override "{name}"'
            yield place.problem("overrides-nothing", message, "only a permission defeats", severity="warning")
        return
    if not norm.overrides:
        message = f'{word_for(norm)} permits without "overrides": it defeats nothing'
        hint = "name the prohibitions that it defeats"
        yield norm.node.at("id").problem("overrides-nothing", message, hint, severity="warning")
    for name, place in named(norm, "overrides", norm.overrides):
        targets = by_id.get(name)
        if targets and not any(_defeats(norm, target, draft) for target in targets):
            message = f'{word_for(norm)} overrides "{name}", but can defeat nothing in it: {_why(norm, targets, draft)}'
            yield place.problem("overrides-nothing", message, "see what it permits, and whom", severity="warning")


def _defeats(norm: NormSpec, target: NormSpec, draft: Draft) -> bool:
    if draft.damaged_at(target.node):
        return True
    assert norm.may is not None
    return (
        target.must_not is not None
        and same_bearer(norm, target, draft.vocabulary)
        and can_meet(norm.may, norm, target.must_not, target, draft.vocabulary)
    )


def _why(norm: NormSpec, targets: list[NormSpec], draft: Draft) -> str:
    if all(target.must_not is None for target in targets):
        return "it is no prohibition"
    if not any(same_bearer(norm, target, draft.vocabulary) for target in targets):
        return "another bears it"
    return "no event is both permitted here and forbidden there"


# --- exceptions ------------------------------------------------------------------------------------------------------


def _swallowed(norm: NormSpec, draft: Draft) -> Iterator[Problem]:
    if norm.unless is None:
        return
    found = _always(norm.unless, norm, draft)
    if found is not None:
        word, _ = found
        message = (
            f'the exception "unless" of {word_for(norm)} swallows the whole rule: "{word}" holds whenever it applies'
        )
        place = norm.node.key("unless")
        yield place.problem("swallowing-exception", message, "narrow the exception", severity="warning")


def _always(cond: Any, norm: NormSpec, draft: Draft) -> tuple[str, Place] | None:
    """The word of a condition that holds whenever the norm could be breached, or None."""
    match cond:
        case models.StateCond():
            always = not cond.for_ and (cond.state in _required(norm.while_) or _never_ends(cond.state, draft))
            return (cond.state, cond.node.at("state")) if always else None
        case models.HappenedCond():
            return _always_happened(cond, norm, draft.vocabulary)
        case models.AnyConds():
            return next((found for part in cond.any if (found := _always(part, norm, draft))), None)
        case models.AllConds():
            each = [_always(part, norm, draft) for part in cond.all]
            return each[0] if all(each) else None
    return None


def _required(cond: Any) -> set[str]:
    """States that hold whenever a condition holds."""
    if isinstance(cond, models.StateCond):
        return set() if cond.for_ else {cond.state}
    if isinstance(cond, models.AllConds):
        return {state for part in cond.all for state in _required(part)}
    return set()


def _never_ends(name: str, draft: Draft) -> bool:
    states = [state for state, _ in draft.states() if state.id == name]
    return bool(states) and all(
        state.initially and state.ends is None and state.holds_while is None and not draft.damaged_at(state.node)
        for state in states
    )


def _always_happened(cond: models.HappenedCond, norm: NormSpec, vocabulary: Vocabulary) -> tuple[str, Place] | None:
    """The forbidden act itself, or the trigger of the duty, is what the exception asks for."""
    if cond.earlier_than is not None or (cond.happened.count or 1) > 1:
        return None
    found = (cond.happened.event, cond.happened.node.at("event"))
    if norm.must_not is not None and covers(cond.happened, norm, norm.must_not, norm, vocabulary):
        return found
    trigger = norm.when if cond.last is None else None
    if isinstance(trigger, models.MatchSpec) and covers(cond.happened, norm, trigger, norm, vocabulary):
        return found
    return None


def _swallowing_permissions(
    norms: list[NormSpec], by_id: dict[str, list[NormSpec]], vocabulary: Vocabulary
) -> Iterator[Problem]:
    for norm in norms:
        if norm.may is None or norm.while_ is not None or norm.when is not None or norm.may.evidence is not None:
            continue
        for name, place in named(norm, "overrides", norm.overrides):
            for target in by_id.get(name, ()):
                if target.must_not is None or norm.valid is not None or not same_bearer(norm, target, vocabulary):
                    continue
                if norm.who == target.who and covers(norm.may, norm, target.must_not, target, vocabulary):
                    message = (
                        f'the permission "{norm.id}" swallows the whole rule "{name}": all that it forbids is permitted'
                    )
                    hint = "narrow the permission"
                    yield place.problem("swallowing-exception", message, hint, severity="warning")


# --- conflicts -------------------------------------------------------------------------------------------------------


def _conflicts(draft: Draft) -> Iterator[Problem]:
    """One party, one act, one state: due by one norm and forbidden by another."""
    norms = [(norm, origin) for norm, origin in draft.norms() if not draft.damaged_at(norm.node)]
    duties = [(norm, origin) for norm, origin in norms if isinstance(norm.must, models.MatchSpec)]
    bans = [(norm, origin) for norm, origin in norms if norm.must_not is not None and norm.unless is None]
    permits = [norm for norm, _ in norms if norm.may is not None]
    for duty, of_duty in duties:
        for ban, of_ban in bans:
            if of_duty.reading is not None and of_ban.reading == of_duty.reading and of_duty != of_ban:
                continue
            if _conflict(duty, ban, permits, draft.vocabulary):
                yield from _conflict_problems(duty, ban)


def _conflict(duty: NormSpec, ban: NormSpec, permits: list[NormSpec], vocabulary: Vocabulary) -> bool:
    assert isinstance(duty.must, models.MatchSpec) and ban.must_not is not None
    if not same_bearer(duty, ban, vocabulary) or not covers(ban.must_not, ban, duty.must, duty, vocabulary):
        return False
    if any(
        ban.id in permit.overrides and can_meet(_may(permit), permit, duty.must, duty, vocabulary) for permit in permits
    ):
        return False
    here, there = _required(duty.while_), _required(ban.while_)
    return not here or not there or bool(here & there)


def _may(norm: NormSpec) -> models.MatchSpec:
    assert norm.may is not None
    return norm.may


def _conflict_problems(duty: NormSpec, ban: NormSpec) -> Iterator[Problem]:
    assert isinstance(duty.must, models.MatchSpec)
    message = f'"{duty.id}" obliges "{duty.who}" to what "{ban.id}" forbids: "{duty.must.event}"'
    for norm in (duty, ban):
        hint = "narrow one of them, or add a permission"
        yield norm.node.at("id").problem("conflicting-norms", message, hint, severity="warning")
