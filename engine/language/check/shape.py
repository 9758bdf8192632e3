"""Family: what one mapping may hold together: one modal word, one deadline, one way for a state to hold."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language import models
from engine.language.check.parts import word_for
from engine.language.draft import Draft
from engine.language.models import DEADLINES, MODAL_WORDS, NormSpec, StateSpec
from engine.problems import Problem


def check(draft: Draft) -> Iterator[Problem]:
    for norm, _ in draft.norms():
        if not draft.damaged_at(norm.node):
            yield from _modal_word(norm)
        yield from _deadline(norm, draft)
        yield from _misplaced(norm)
    for state, _ in draft.states():
        if not draft.damaged_at(state.node):
            yield from _way_to_hold(state)
    yield from _empty_provisions(draft)


def _modal_word(norm: NormSpec) -> Iterator[Problem]:
    found = [word for word in MODAL_WORDS if word in norm.node]
    if not found:
        message = f'{word_for(norm)} has no modal word: nothing is asked of "{norm.who}"'
        yield norm.node.at("id").problem("modal-word", message, f"give it one of: {', '.join(MODAL_WORDS)}")
    for extra in found[1:]:
        message = f'{word_for(norm)} has "{extra}" beside "{found[0]}", but takes exactly one modal word'
        yield norm.node.key(extra).problem("modal-word", message, "make two norms of it")


def _deadline(norm: NormSpec, draft: Draft) -> Iterator[Problem]:
    found = [word for word in DEADLINES if word in norm.node]
    if norm.must is not None:
        if not found and not draft.damaged_at(norm.node):
            message = f'{word_for(norm)} has "must" but no deadline'
            hint = "give it one of: within, by, every, milestones, no_deadline: true"
            yield norm.node.at("id").problem("deadline", message, hint)
        for extra in found[1:]:
            message = f'{word_for(norm)} has "{extra}" beside "{found[0]}", but takes exactly one deadline'
            yield norm.node.key(extra).problem("deadline", message, "keep one of them")
    elif any(word in norm.node for word in MODAL_WORDS):
        for extra in found:
            message = f'{word_for(norm)} is no "must" and takes no deadline: "{extra}"'
            yield norm.node.key(extra).problem("deadline", message, "a deadline belongs to must")
    for milestone in norm.milestones or ():
        yield from _milestone_deadline(milestone, norm, draft)
    if norm.milestones and isinstance(norm.must, models.MatchSpec):
        message = f'"milestones" of {word_for(norm)} are steps of a quantity, but "must" is an act'
        yield norm.node.key("milestones").problem("milestones-without-reach", message, "write must: {reach: …}")


def _milestone_deadline(milestone: models.MilestoneSpec, norm: NormSpec, draft: Draft) -> Iterator[Problem]:
    found = [word for word in ("within", "by") if word in milestone.node]
    if not found and not draft.damaged_at(milestone.node):
        text = models.shown(milestone.node["at_least"])
        message = f'the milestone "{text}" of {word_for(norm)} has no deadline'
        yield milestone.node.at("at_least").problem("deadline", message, "give it within or by")
    if len(found) > 1:
        message = f'a milestone of {word_for(norm)} has "by" beside "within", but takes exactly one deadline'
        yield milestone.node.key("by").problem("deadline", message, "keep one of them")


def _misplaced(norm: NormSpec) -> Iterator[Problem]:
    """Keys that say nothing where they stand."""
    if norm.must_not is not None and norm.must_not.count is not None:
        message = f'{word_for(norm)}: "must_not" takes no "count"; each forbidden act is a breach of its own'
        hint = f"say keep: {{count: {norm.must_not.event}, over: …, at_most: {norm.must_not.count - 1}}}"
        yield norm.must_not.node.key("count").problem("count-on-must-not", message, hint)
    if norm.paused_while is not None and norm.must is None:
        message = f'{word_for(norm)} has "paused_while", but only the clock of a "must" can stop'
        yield norm.node.key("paused_while").problem("pause-without-clock", message, "say it with while or unless")
    if "early" in norm.node and norm.when is None and norm.early is not False:
        message = f'{word_for(norm)} has "early" but no "when": nothing to be early for'
        yield norm.node.key("early").problem("early-without-when", message, "add when, or leave early out")


def _way_to_hold(state: StateSpec) -> Iterator[Problem]:
    if state.holds_while is not None:
        for extra in ("begins", "ends", "initially"):
            if extra in state.node and not (extra == "initially" and not state.initially):
                message = f'{word_for(state)} has "{extra}" beside "holds_while"'
                yield state.node.key(extra).problem("state-form", message, "a condition, or begins and ends")
    elif state.begins is None and not state.initially:
        message = f'{word_for(state)} has no "begins", no "holds_while", and does not hold "initially": it never holds'
        yield state.node.at("id").problem("state-never-begins", message, "add begins, holds_while or initially: true")


def _empty_provisions(draft: Draft) -> Iterator[Problem]:
    for part in draft.provisions:
        model = part.model
        if draft.damaged_at(model.node) or any(model.node.get(key) for key in ("norms", "states", "readings", "tests")):
            continue
        if not model.declaratory:
            message = f'provision "{model.provision}" has nothing in it: no norms, no states'
            yield model.node.at("provision").problem("empty-provision", message, "say why under declaratory")
