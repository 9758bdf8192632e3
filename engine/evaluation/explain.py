"""Why a verdict is what it is: the events and their parts, the instants and numbers, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.evaluation.case import Case
from engine.evaluation.facts import OpenFact
from engine.evaluation.grounds import Grounds
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.kinds import kind_of
from engine.evaluation.phrases import any_of
from engine.evaluation.run import Run
from engine.evaluation.verdicts import Figure, Part, Status, Told, Verdict
from engine.events import Event, FieldValue
from engine.language.plan import Match
from engine.time import format_instant


def explain(verdict: Verdict) -> str:
    """A verdict in plain text: the answer, what it rests on, what was computed, what would change it."""
    name = verdict.norm + "".join(f" {n}={v}" for n, v in verdict.binding)
    lines = [f"{name}{f' [{verdict.instance}]' if verdict.instance else ''}: {verdict.is_} ({verdict.bucket})"]
    if verdict.reason:
        lines.append(f"  because {verdict.reason}")
    if not verdict.firm:
        lines.append(f"  could be: {', '.join(verdict.could_be)}")
    lines += [f"  {part.role}: {_part_words(part, verdict)}" for part in verdict.parts]
    lines += [f"  {figure.name}: {figure.value}" for figure in verdict.figures]
    for breach in verdict.breaches:
        at = "before all events" if breach.at is None else format_instant(breach.at)
        lines.append(f"  on record: {at}, {breach.status} ({', '.join(breach.because) or 'no event'})")
    lines += [f"  would change it: {way}" for way in verdict.would_change]
    return "\n".join(lines)


def _part_words(part: Part, verdict: Verdict) -> str:
    event = verdict.events.get(part.event)
    note = f" ({part.note})" if part.note else ""
    if event is None:
        return f"{part.event}{note}"
    at = format_instant(event.hi)
    when = at if event.lo == event.hi else f"{format_instant(event.lo)} to {at}"
    source = f", {event.source}" if event.source else ""
    return f"{part.event}: {event.type} {when}{source}, {event.evidence}, known {format_instant(event.known)}{note}"


def explained(
    case: Case,
    run: Run,
    norm_run: NormRun,
    instance: Instance,
    status: Status,
    still_open: StillOpen,
    grounds: Grounds,
) -> Told:
    told = kind_of(instance.terms).told
    if told.is_settled(instance):
        still_open = NOTHING_OPEN
    parts = _parts(case, run, norm_run, instance, still_open, grounds)
    because = {part.event for part in parts if part.role != "open act"}
    for occurrence in instance.occurrences:
        because.update(occurrence.because)
    return Told(
        since=told.since(instance, status, run.horizon),
        because=tuple(sorted(because)),
        parts=parts,
        figures=(*norm_run.figures(instance, run.horizon), *still_open.figures),
        reason=told.reason(instance, status),
        would_change=(
            *told.ways(instance, status),
            *_undone(instance, status, case.vocabulary.ruled_by),
            *still_open.ways,
        ),
        events=shown_events(case, parts),
    )


def shown_events(case: Case, parts: Sequence[Part]) -> dict[str, Event]:
    """The events that play a part; a confirmation is shown like one."""
    shown = {part.event: case.by_id[part.event] for part in parts if part.event in case.by_id}
    for event in list(shown.values()):
        for word in event.confirmations:
            by: dict[str, FieldValue] = {"by": word.by}
            shown[word.id] = Event(word.id, "confirmation", *word.span, word.evidence, by, word.known, words=(word.id,))
    return shown


def _undone(instance: Instance, status: Status, rulers: Sequence[str]) -> list[str]:
    """Who could take a breach off the record."""
    if status != "breached":
        return []
    waivers = [f"a waiver by {any_of(instance.terms.waived_by)}"] if instance.terms.waived_by else []
    return waivers + ([f"a ruling of no violation by {any_of(rulers)}"] if rulers else [])


def _parts(
    case: Case, run: Run, norm_run: NormRun, instance: Instance, still_open: StillOpen, grounds: Grounds
) -> tuple[Part, ...]:
    parts = [*own_parts(run, norm_run, instance), *_causes(run, norm_run)]
    told = grounds.behind(norm_run, instance) if len(norm_run.instances) <= GROUNDS_TOLD else ()
    parts = with_grounds(case, parts, told)
    counted = {part.event for part in parts}
    parts.extend(part for part, own in still_open.parts if not own or part.event not in counted)
    return tuple(dict.fromkeys(parts))


GROUNDS_TOLD = 40
"""With more instances of one norm, each is told with its own parts only: what stands behind them all is the same long
history, and telling it for each costs more than judging them."""


def parts_of_none(case: Case, run: Run, norm_run: NormRun, grounds: Grounds) -> tuple[Part, ...]:
    """Of a norm without an instance: why none is open."""
    parts = with_grounds(case, list(_causes(run, norm_run)), grounds.behind(norm_run, None))
    return tuple(dict.fromkeys(parts))


def with_grounds(case: Case, parts: list[Part], behind: Iterable[Part]) -> list[Part]:
    """Then what stands behind it and is not told yet, then the confirmations of all that."""
    counted = {part.event for part in parts if part.role != "open act"}
    for part in behind:
        if part.event not in counted:
            parts.append(part)
            counted.add(part.event)
    parts.extend(
        Part("confirmation", word.id, f"of {event} by {word.by}")
        for event in sorted(counted)
        for word in (case.by_id[event].confirmations if event in case.by_id else ())
    )
    return parts


def _causes(run: Run, norm_run: NormRun) -> Iterator[Part]:
    """What last moved the states that its conditions ask about."""
    for state in run.states_read(norm_run):
        if state.cause is not None:
            word = "began" if state.value else "ended"
            yield from (Part("state", event, f"{state.bound.id} {word}") for event in state.cause.trail)


def own_parts(run: Run, norm_run: NormRun, instance: Instance) -> list[Part]:
    """The acts, readings, observations and decisions of an instance itself."""
    parts = [*instance.parts, *kind_of(instance.terms).told.parts(norm_run, instance)]
    for occurrence in instance.occurrences:
        if occurrence.label is not None:
            ruling = run.rulings.on_event.get((norm_run.bound.id, norm_run.bound.binding, occurrence.label))
            if ruling is not None:
                parts.append(Part("ruling", ruling.event.id, "violation" if ruling.violation else "no violation"))
    for named, ruling in run.rulings.on_instance.get((norm_run.bound.id, norm_run.bound.binding), ()):
        if instance.label is not None and run.same_label(named, instance.label):
            parts.append(Part("ruling", ruling.event.id, "violation" if ruling.violation else "no violation"))
    return parts


@dataclass(frozen=True)
class StillOpen:
    """What is open about a norm, told once for all its instances: the first few facts (`own`: about an act or reading
    of its own), how many there are, what would settle them."""

    parts: tuple[tuple[Part, bool], ...] = ()
    figures: tuple[Figure, ...] = ()
    ways: tuple[str, ...] = ()


NOTHING_OPEN = StillOpen()
FACTS_SHOWN = 25
SETTLEMENTS_SHOWN = 4


def still_open(case: Case, norm_run: NormRun, facts: Sequence[OpenFact]) -> StillOpen:
    if not facts:
        return NOTHING_OPEN
    shown = facts[:FACTS_SHOWN]
    return StillOpen(
        tuple((Part("open act", f.event, _why_open(case, f, norm_run)), _own_act(case, f, norm_run)) for f in shown),
        (Figure("open facts in all", str(len(facts))),) if len(facts) > FACTS_SHOWN else (),
        tuple(_would_settle(case, facts[:SETTLEMENTS_SHOWN])),
    )


_OPEN_WORDS = {
    "evidence": "its evidence is weaker than what counts",
    "field": "it does not say all that is asked",
    "place": "its place is known only roughly",
    "confirmation": "a confirmation is missing",
    "time": "its time is known only as a span",
}


def _why_open(case: Case, fact: OpenFact, norm_run: NormRun) -> str:
    site = case.maker.sites[fact.match]
    why = "; ".join(_OPEN_WORDS[dimension] for dimension in sorted(fact.dimensions))
    if _own_act(case, fact, norm_run):
        return why
    return f"{_USE_WORDS[site.use]} {site.owner[1]}: {why}"


def _own_act(case: Case, fact: OpenFact, norm_run: NormRun) -> bool:
    site = case.maker.sites[fact.match]
    return site.owner == norm_run.key and site.use in ("ban", "act", "measure")


_USE_WORDS = {
    "ban": "an act under",
    "act": "an act under",
    "permission": "a permission by",
    "measure": "a reading for",
    "per": "what a share is of in",
    "condition": "a condition of",
    "observation": "an observation for",
    "trigger": "a trigger of",
}


def _would_settle(case: Case, facts: Sequence[OpenFact]) -> list[str]:
    """What would close them."""
    ways: dict[str, None] = {}
    for fact in facts:
        match = case.maker.sites[fact.match].match
        event = case.by_id[fact.event]
        if "confirmation" in fact.dimensions and match.quorum is not None:
            silent = [str(name) for name in match.quorum.of if name not in {c.by for c in event.confirmations}]
            ways[f"a confirmation of {event.id} by {any_of(silent)}"] = None
        if "evidence" in fact.dimensions:
            ways[f"{event.id} {case.vocabulary.evidence[match.grade]} (it is {event.evidence})"] = None
        if "field" in fact.dimensions:
            ways[_missing(event, match, case.maker.sites[fact.match].field)] = None
        if "time" in fact.dimensions:
            ways[f"the exact time of {event.id}"] = None
    return list(ways)


def _missing(event: Event, match: Match, measured: str | None) -> str:
    """Which word of an event is not there."""
    asked = [pred.field for pred in match.preds if pred.op != "exists"] + ([measured] if measured else [])
    absent = [name for name in dict.fromkeys(asked) if name not in event.fields]
    return f"word on the {' and the '.join(absent)} of {event.id}" if absent else f"a nearer place for {event.id}"
