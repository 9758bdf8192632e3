"""Family: a cure answers the breach that it cures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language import models
from engine.language.check.parts import word_for
from engine.language.draft import Draft
from engine.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    known = {name for kind, name in draft.declared if kind == "norms"}
    duties = {norm.id for norm, _ in draft.norms() if norm.must is not None}
    for norm, _ in draft.norms():
        if norm.cures is None or norm.cures not in known or draft.damaged_at(norm.node):
            continue
        if not _answers(norm.when, norm.cures, draft, set()):
            message = f'{word_for(norm)} cures "{norm.cures}", but its "when" is not the breach of it'
            hint = f"when: {{breach: {norm.cures}}}"
            yield norm.node.at("cures").problem("untied-cure", message, hint)
        if norm.cures in duties:
            message = (
                f'{word_for(norm)} cures "{norm.cures}", which is a "must": a missed deadline is met late, never cured'
            )
            hint = "leave cures out, or make it excused by a ruling"
            yield norm.node.at("cures").problem("cure-of-a-duty", message, hint, severity="warning")


def _answers(trigger: Any, breached: str, draft: Draft, seen: set[str]) -> bool:
    """Directly, or through states that the breach moves: a label follows its cause through them."""
    for part in models.descend(trigger):
        if isinstance(part, models.BreachSpec) and part.breach == breached:
            return True
        name = getattr(part, "enters", None) or getattr(part, "leaves", None)
        if isinstance(name, str) and name not in seen:
            seen.add(name)
            moves = [state for state, _ in draft.states() if state.id == name]
            if any(_answers(move, breached, draft, seen) for state in moves for move in (state.begins, state.ends)):
                return True
    return False
