"""Why a verdict is what it is: the events and their parts, the instants and numbers, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.evaluation.case import Case
from engine.evaluation.continuing import Running
from engine.evaluation.facts import OpenFact
from engine.evaluation.grounds import Grounds
from engine.evaluation.instances import Instance, NormRun
from engine.evaluation.keep import Kept
from engine.evaluation.must import UNPERFORMED, Duty
from engine.evaluation.run import Run
from engine.evaluation.verdicts import Figure, Part, Status, Verdict
from engine.language import plan
from engine.language.plan import Match
from engine.quantities import plain
from engine.time import Duration, Instant, format_instant


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


@dataclass(frozen=True)
class Told:
    since: Instant | None
    because: tuple[str, ...]
    parts: tuple[Part, ...]
    figures: tuple[Figure, ...]
    reason: str
    would_change: tuple[str, ...]


def explained(
    case: Case,
    run: Run,
    norm_run: NormRun,
    instance: Instance,
    status: Status,
    still_open: StillOpen,
    grounds: Grounds,
) -> Told:
    if isinstance(instance, Duty) and not instance.stands(*UNPERFORMED):
        still_open = NOTHING_OPEN
    parts = _parts(case, run, norm_run, instance, still_open, grounds)
    because = {part.event for part in parts if part.role != "open act"}
    for occurrence in instance.occurrences:
        because.update(occurrence.because)
    return Told(
        _since(norm_run, instance, status, run.horizon),
        tuple(sorted(because)),
        parts,
        (*norm_run.figures(instance, run.horizon), *still_open.figures),
        _reason(norm_run, instance, status),
        (*_would_change(instance, status, case.vocabulary.ruled_by), *still_open.ways),
    )


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
    parts = list(instance.parts)
    if isinstance(instance, Running) and instance.observed_by is not None:
        parts.append(Part("observation", instance.observed_by))
    if isinstance(instance, Duty) and instance.omission_seen is not None:
        parts.append(Part("observation", instance.omission_seen))
    if isinstance(instance, Duty) and instance.state in ("active", "suspended", "in_grace", "breached", "unknown"):
        parts.extend(Part("act", event, "counted so far") for event in norm_run.contributions(instance, run.horizon))
    if isinstance(instance, Kept) and instance.last_judged is not None:
        judged = instance.last_judged
        parts.extend(Part("reading", event) for event in judged.value.events)
        parts.extend(
            Part("reading", event, "what the share is of") for event in (judged.per.events if judged.per else ())
        )
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
            ways[f"a confirmation of {event.id} by {_any_of(silent)}"] = None
        if "evidence" in fact.dimensions:
            ways[f"{event.id} {case.vocabulary.evidence[match.grade]} (it is {event.evidence})"] = None
        if "field" in fact.dimensions:
            absent = [pred.field for pred in match.preds if pred.field not in event.fields and pred.op != "exists"]
            if absent:
                ways[f"word on the {' and the '.join(dict.fromkeys(absent))} of {event.id}"] = None
            else:
                ways[f"a nearer place for {event.id}"] = None
        if "time" in fact.dimensions:
            ways[f"the exact time of {event.id}"] = None
    return list(ways)


def _since(norm_run: NormRun, instance: Instance, status: Status, now: Instant) -> Instant | None:
    if status == "unknown" and isinstance(instance, Running):
        interval = instance.terms.observe_every
        if interval is not None and isinstance(interval, Duration) and instance.observed + interval.exact <= now:
            return instance.observed + interval.exact if instance.observed_by or instance.opened is not None else None
    if status == "breached":
        started = [o.at for o in instance.occurrences if o.status == "open" and o.at is not None]
        return min(started, default=instance.since)
    return instance.since


def _reason(norm_run: NormRun, instance: Instance, status: Status) -> str:
    if isinstance(instance, Duty):
        return _reason_of_duty(instance, status)
    open_now = [o for o in instance.occurrences if o.status == "open"]
    if status == "breached" and norm_run.kind == "must_not":
        acts = "a forbidden act is" if len(open_now) == 1 else f"{len(open_now)} forbidden acts are"
        return f"{acts} on record, not cured, excused or waived"
    if status == "breached":
        return (
            "the bound is broken"
            if isinstance(instance, Kept) and instance.reading == "out"
            else "the bound was broken and has not been seen to hold again"
        )
    if status == "unknown" and isinstance(instance, Kept) and instance.reading == "none":
        return "there is no reading that counts, or the last one is stale"
    if status == "unknown":
        return "nobody has looked within the interval asked for; silence is not compliance"
    if status == "holding" and instance.terms.observed_by is None:
        return "nothing against it is established; nobody is named to observe it"
    if status == "holding" and isinstance(instance, Running) and instance.observed_by is None:
        return "nothing against it is established; no observation yet, and none is overdue"
    if status == "lapsed" and isinstance(instance, Running) and instance.unseen:
        return "it no longer applies; when it ended nobody had looked within the interval asked for"
    return {
        "holding": "nothing against it is established, and it has been observed",
        "in_grace": "the grace has not ended",
        "restored": "the bound was broken and holds again",
        "cured": "what was breached has been cured",
        "excused": "the ruling body has found no violation",
        "waived": "the body named for it has waived it",
        "lapsed": "it no longer applies",
    }.get(status, status)


def _reason_of_duty(duty: Duty, status: Status) -> str:
    due = "" if duty.due is None or duty.opened is None else f" ({format_instant(duty.due.at)})"
    return {
        "active": f"it is not performed, and its due{due} has not passed"
        if duty.due
        else "it is not performed; no deadline is set",
        "in_grace": f"its due{due} has passed unperformed; the grace runs",
        "suspended": "its clock is stopped",
        "met": "it was performed in time" if duty.due else "it was performed",
        "met_late": f"it was performed after its due{due}",
        "breached": f"its due{due} passed and no performance is established",
        "unknown": f"its due{due} has passed unperformed as far as is known, and nobody has looked since",
        "waived": "the body named for it has waived it",
        "excused": "the ruling body has found no violation",
        "cured": "what was breached has been cured",
        "lapsed": "it no longer applies",
    }.get(status, status)


def _would_change(instance: Instance, status: Status, rulers: Sequence[str]) -> tuple[str, ...]:
    """What would make it another status, in the author's words."""
    norm = instance.terms
    ways: list[str] = []
    if isinstance(instance, Duty):
        ways.extend(_ways_of_duty(instance, status))
    elif status == "unknown" and norm.observed_by is not None:
        ways.append(f"an observation: {described(norm.observed_by)}")
    if isinstance(instance, Kept) and status in ("unknown", "breached") and isinstance(norm.modal, plan.Keep):
        ways.append(f"a reading: {described(norm.modal.bound.measure.match)} {_limits(norm.modal.bound)}".strip())
    if status == "breached":
        if norm.waived_by:
            ways.append(f"a waiver by {_any_of(norm.waived_by)}")
        if rulers:
            ways.append(f"a ruling of no violation by {_any_of(rulers)}")
    return tuple(ways)


def _ways_of_duty(duty: Duty, status: Status) -> list[str]:
    norm, ways = duty.terms, []
    modal = norm.modal
    assert isinstance(modal, plan.Must)
    if status in ("active", "in_grace", "suspended", "breached", "unknown"):
        if modal.act is not None:
            what = f"{described(modal.act)}" + (f" ({modal.act.count} of them)" if modal.act.count > 1 else "")
        else:
            assert modal.reach is not None
            what = f"{described(modal.reach.measure.match)} {_limits(modal.reach, duty)}".strip()
        when = ""
        running = duty.grace_due if status == "in_grace" else duty.due
        if running is not None and duty.opened is not None:
            when = f" {'before' if running.exclusive else 'at or before'} {format_instant(running.at)}"
        ways.append(f"{what}{when}")
    if status == "unknown" and norm.observed_by is not None:
        ways.append(f"an observation: {described(norm.observed_by)}")
    terms = norm.extendable
    if terms is not None and (status == "active" or (status in ("breached", "in_grace") and terms.late)):
        ways.append(f"an extension by {_any_of(terms.by)}")
    return ways


def described(match: Match) -> str:
    """A match in words: `an election_held with level national, confirmed by task_force`."""
    preds = [f"{pred.field} {_pred_words(pred)}" for pred in match.preds]
    text = f"{'an' if match.event[:1] in 'aeiou' else 'a'} {match.event}"
    if preds:
        text += " with " + ", ".join(preds)
    if match.quorum is not None:
        of = ", ".join(str(name) for name in match.quorum.of)
        needed = "" if match.quorum.needed == len(match.quorum.of) else f"{match.quorum.needed} of "
        text += f", confirmed by {needed}{of}"
    return text


def _pred_words(pred: plan.Pred) -> str:
    values = " or ".join(_value_words(value) for value in pred.values)
    words = {"in": "", "not": "not ", "gt": "above ", "gte": "at least ", "lt": "below ", "lte": "at most "}
    if pred.op == "exists":
        return "stated" if pred.values == (True,) else "not stated"
    return f"{words[pred.op]}{values}"


def _value_words(value: object) -> str:
    return plain(value) if hasattr(value, "as_tuple") else str(value)  # type: ignore[arg-type]


def _limits(bound: plan.Bound, duty: Duty | None = None) -> str:
    low = duty.at_least if duty is not None and duty.at_least is not None else bound.at_least
    found = []
    if low is not None:
        found.append(f"{bound.measure.aggregate} at least {_value_words(low)}")
    if bound.at_most is not None:
        found.append(f"{bound.measure.aggregate} at most {_value_words(bound.at_most)}")
    return "(" + ", ".join(found) + ")" if found else ""


def _any_of(names: Sequence[object]) -> str:
    return " or ".join(str(name) for name in names)
