"""How what runs on explains itself: the words that prohibitions and bounds share."""

from __future__ import annotations

from engine.evaluation.instances import Instance, since_breach
from engine.evaluation.kinds.continuing.run import Running
from engine.evaluation.phrases import described
from engine.evaluation.verdicts import DeadlineWord, Part, Status
from engine.language.plan import Norm
from engine.time import Duration, Instant

NOT_LOOKED = "nobody has looked within the interval asked for; silence is not compliance"
LAPSED_UNSEEN = "it no longer applies; when it ended nobody had looked within the interval asked for"


def reason(running: Running, status: Status) -> str:
    if status == "holding" and running.terms.observed_by is None:
        return "nothing against it is established; nobody is named to observe it"
    if status == "holding" and running.observed_by is None:
        return "nothing against it is established; no observation yet, and none is overdue"
    return {
        "unknown": NOT_LOOKED,
        "holding": "nothing against it is established, and it has been observed",
        "in_grace": "the grace has not ended",
        "restored": "the bound was broken and holds again",
        "cured": "what was breached has been cured",
        "excused": "the ruling body has found no violation",
        "waived": "the body named for it has waived it",
        "lapsed": LAPSED_UNSEEN if running.unseen else "it no longer applies",
    }.get(status, status)


def since(instance: Instance, status: Status, now: Instant) -> Instant | None:
    assert isinstance(instance, Running)
    interval = instance.terms.observe_every
    if status == "unknown" and isinstance(interval, Duration) and instance.observed + interval.exact <= now:
        return instance.observed + interval.exact if instance.observed_by or instance.opened is not None else None
    return since_breach(instance) if status == "breached" else instance.since


def ways(instance: Instance, status: Status) -> list[str]:
    norm = instance.terms
    if status == "unknown" and norm.observed_by is not None:
        return [f"an observation: {described(norm.observed_by)}"]
    return []


def observations(running: Running) -> list[Part]:
    return [] if running.observed_by is None else [Part("observation", running.observed_by)]


def final_from(instance: Instance, horizon: Instant) -> Instant:
    if instance.closed is None:
        return horizon
    return instance.closed if instance.since is None else max(instance.closed, instance.since)


def is_settled(instance: Instance) -> bool:
    """What is open bears on it as long as it is told at all."""
    return False


def deadline(norm: Norm, status: Status, *, extended: bool) -> DeadlineWord | None:
    return None
