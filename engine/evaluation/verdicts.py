"""Verdicts: what is established, what it could be, and why. Plain data that every front end shows."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.events import Event
from engine.problems import Problem, in_order
from engine.quantities import EXACT
from engine.time import Instant, TimeError, format_instant, parse_instant
from engine.vocabulary import Title

Status = Literal[
    "breached", "met_late", "unknown", "in_grace", "active", "suspended", "restored",
    "cured", "excused", "waived", "holding", "met", "lapsed", "dormant",
]  # fmt: skip

WORST_FIRST: tuple[Status, ...] = (
    "breached", "met_late", "unknown", "in_grace", "active", "suspended", "restored",
    "cured", "excused", "waived", "holding", "met", "lapsed", "dormant",
)  # fmt: skip
RANK: Mapping[str, int] = {status: rank for rank, status in enumerate(WORST_FIRST)}

Bucket = Literal["compliant", "violated", "shortfall", "not yet", "cannot tell", "not observed", "no deadline set"]
BreachStatus = Literal["open", "late", "cured", "restored", "excused", "waived", "extended"]
DeadlineWord = Literal[
    "waiting", "running", "due soon", "in grace", "suspended", "met", "met late",
    "missed", "extended", "waived", "lapsed", "cannot tell", "not set",
]  # fmt: skip
Role = Literal[
    "trigger", "state", "act", "open act", "exception", "permission", "waiver",
    "extension", "ruling", "reading", "observation", "confirmation", "cure",
]  # fmt: skip

Binding = tuple[tuple[str, str], ...]
"""Variable and value (as text), sorted by variable."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One occurrence. `at` is None where it was broken before all events; `span` where the act's time is a span."""

    at: Instant | None
    span: tuple[Instant, Instant] | None
    because: tuple[str, ...]
    status: BreachStatus

    def as_json(self) -> dict[str, Any]:
        return {
            "at": _instant(self.at),
            "span": [format_instant(end) for end in self.span] if self.span else None,
            "because": sorted(self.because),
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """An event and the part it plays in a verdict; `note` says more (why it is open, what it moved)."""

    role: Role
    event: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed instant or number: `due`, `grace ends`, `sum`, `limit`, `window from` … `value` is ready to print
    (instants in UTC with Z)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """Why a verdict is what it is. `reason`: one sentence. `events`: those that play a part, by id: their sources,
    grades and times."""

    since: Instant | None = None
    because: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    figures: tuple[Figure, ...] = ()
    reason: str = ""
    would_change: tuple[str, ...] = ()
    events: Mapping[str, Event] = field(default_factory=dict, repr=False, compare=False)


class Why:
    """The reasons of one verdict, told when somebody asks: of thousands of verdicts few are looked at, and telling took
    longer than judging. What they are told from no longer changes."""

    __slots__ = ("_tell", "_told")

    def __init__(self, tell: Callable[[], Told]):
        self._tell: Callable[[], Told] | None = tell
        self._told: Told | None = None

    @property
    def told(self) -> Told:
        if self._told is None:
            assert self._tell is not None
            with decimal.localcontext(EXACT):
                self._told = self._tell()
            self._tell = None
        return self._told


@dataclass(frozen=True, slots=True)
class Verdict:
    """One instance of one norm in one binding (or, rolled up, the worst of them)."""

    provision: str
    norm: str
    version: str | None
    binding: Binding
    instance: str | None
    who: str
    to: tuple[str, ...]
    is_: Status
    could_be: tuple[Status, ...]
    bucket: Bucket
    severity: str
    modality: Literal["hard", "soft"]
    title: Title | None
    opened: Instant | None
    due: Instant | None
    due_exclusive: bool
    deadline: DeadlineWord | None
    why: Why = field(repr=False, compare=False)
    breaches: tuple[Breach, ...] = ()

    @property
    def since(self) -> Instant | None:
        """From when on the status stands; None for before all events."""
        return self.why.told.since

    @property
    def because(self) -> tuple[str, ...]:
        return self.why.told.because

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.why.told.parts

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.why.told.figures

    @property
    def reason(self) -> str:
        return self.why.told.reason

    @property
    def would_change(self) -> tuple[str, ...]:
        return self.why.told.would_change

    @property
    def events(self) -> Mapping[str, Event]:
        return self.why.told.events

    @property
    def alleged(self) -> Status:
        """The worst it could be."""
        return self.could_be[0]

    @property
    def claimed(self) -> Status:
        """The best it could be."""
        return self.could_be[-1]

    @property
    def firm(self) -> bool:
        return self.could_be == (self.is_,)

    def as_json(self) -> dict[str, Any]:
        return {
            "provision": self.provision,
            "norm": self.norm,
            "version": self.version,
            "for": dict(self.binding),
            "instance": self.instance,
            "who": self.who,
            "to": list(self.to) if len(self.to) > 1 else (self.to[0] if self.to else None),
            "is": self.is_,
            "could_be": list(self.could_be),
            "alleged": self.alleged,
            "claimed": self.claimed,
            "firm": self.firm,
            "bucket": self.bucket,
            "severity": self.severity,
            "modality": self.modality,
            "opened": _instant(self.opened),
            "due": _instant(self.due),
            "deadline": self.deadline,
            "because": list(self.because),
            "breaches": [breach.as_json() for breach in self.breaches],
        }


@dataclass(frozen=True, slots=True)
class StateVerdict:
    state: str
    binding: Binding
    title: Title | None
    is_: bool
    certainly: bool
    possibly: bool
    since: Instant | None

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "for": dict(self.binding),
            "is": self.is_,
            "certainly": self.certainly,
            "possibly": self.possibly,
            "since": _instant(self.since),
        }


@dataclass(frozen=True)
class Verdicts:
    """The answer of `evaluate`. `verdicts["elections"]` rolls a norm up, `verdicts["no_strikes", {"p": "RU"}]` one of
    its bindings."""

    agreement: str
    rulebook_version: str
    rulebook_sha256: str
    as_of: Instant
    known_at: Instant | None
    readings: Mapping[str, str]
    rows: int
    events: Mapping[str, Event]
    """The events known at `known_at`, by id: for showing sources, grades and times."""
    verdicts: tuple[Verdict, ...]
    states: tuple[StateVerdict, ...]
    problems: tuple[Problem, ...]
    rolled: Mapping[tuple[str, Binding | None], tuple[Status, ...]] = field(default_factory=dict, repr=False)
    """`could_be` of roll-ups where it is known exactly: (norm, binding or None for all)."""

    def __getitem__(self, key: str | tuple[str, Mapping[str, Any]]) -> Verdict:
        norm, for_ = key if isinstance(key, tuple) else (key, None)
        return self.find(norm, for_)

    def find(self, norm: str, for_: Mapping[str, Any] | None = None, instance: str | None = None) -> Verdict:
        """The verdict of an instance, or the worst of those that fit. Raises KeyError that lists what there is."""
        wanted = {name: str(value) for name, value in (for_ or {}).items()}
        of_norm = [v for v in self.verdicts if v.norm == norm]
        if not of_norm:
            raise KeyError(
                f'no norm is called "{norm}"; there are {", ".join(sorted({v.norm for v in self.verdicts}))}'
            )
        fit = [v for v in of_norm if all(dict(v.binding).get(name) == value for name, value in wanted.items())]
        if not fit:
            shown = sorted({", ".join(f"{n}={x}" for n, x in v.binding) or "no variables" for v in of_norm})
            raise KeyError(f'"{norm}" has no binding {wanted}; it has {"; ".join(shown)}')
        if instance is not None:
            labelled = [v for v in fit if v.instance is not None and same_label(instance, v.instance)]
            if not labelled:
                shown = sorted({str(v.instance) for v in fit if v.instance is not None})
                raise KeyError(f'"{norm}" has no instance "{instance}"; it has {", ".join(shown) or "none yet"}')
            fit = labelled
        return self._rolled_up(fit, norm, wanted, instance)

    def _rolled_up(self, fit: Sequence[Verdict], norm: str, wanted: Mapping[str, str], instance: str | None) -> Verdict:
        shown = min(fit, key=lambda v: RANK[v.is_])
        if len(fit) == 1 and instance is not None:
            return shown
        could_be: tuple[Status, ...] | None = None
        if instance is None and not wanted:
            could_be = self.rolled.get((norm, None))
        elif instance is None and len({v.binding for v in fit}) == 1:
            could_be = self.rolled.get((norm, fit[0].binding))
        if could_be is None:
            could_be = _worst_of_each([v.could_be for v in fit])
        return replace(shown, could_be=by_rank((*could_be, shown.is_)))

    def as_json(self) -> dict[str, Any]:
        return {
            "agreement": self.agreement,
            "rulebook": {"version": self.rulebook_version, "sha256": self.rulebook_sha256},
            "as_of": format_instant(self.as_of),
            "known_at": _instant(self.known_at),
            "readings": dict(self.readings),
            "events": {
                "rows": self.rows,
                "effective": len(self.events),
                "problems": sum(problem.severity == "error" for problem in self.problems),
            },
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "states": [state.as_json() for state in self.states],
            "problems": [problem.as_json() for problem in in_order(self.problems)],
        }


def _worst_of_each(sets: Sequence[tuple[Status, ...]]) -> tuple[Status, ...]:
    """What the worst of several can be, each taken from its own set: nothing better than the best of the worst."""
    limit = min(max(RANK[status] for status in statuses) for statuses in sets)
    return by_rank(status for s in sets for status in s if RANK[status] <= limit)


def same_label(written: str, label: str) -> bool:
    """Instants in labels are compared as instants; everything else as it stands."""
    return written == label or normal_label(written) == normal_label(label)


def normal_label(label: str) -> str:
    head, slash, rest = label.partition("/")
    try:
        at = format_instant(parse_instant(head.strip()))
    except TimeError:
        return label
    return f"{at}{slash}{rest}"


def worst(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=RANK.__getitem__)


def by_rank(statuses: Iterable[Status]) -> tuple[Status, ...]:
    """Worst first, each once."""
    return tuple(sorted(set(statuses), key=RANK.__getitem__))


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)
