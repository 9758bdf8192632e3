"""The plan: a rule book as plain frozen data, checked and with every name resolved. What evaluation reads.

Variables stay in the plan (`Var`); `engine.evaluation.bind` puts values in, one binding at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeVar

from engine.time import Duration, Instant
from engine.vocabulary import Title, Vocabulary


@dataclass(frozen=True, slots=True)
class Var:
    """`$p` or `$row.column`."""

    name: str
    column: str | None = None

    def __str__(self) -> str:
        return f"${self.name}.{self.column}" if self.column else f"${self.name}"


Value = str | bool | Decimal | date
Operand = Value | Var
Names = tuple[str | Var, ...]
ForRef = tuple[tuple[str, Operand], ...]
"""`for: {p: RU}` of a reference, sorted by variable."""


@dataclass(frozen=True, slots=True)
class Pred:
    """One test on one field. Several tests on a field are several preds. `in`/`not in` hold one value or more;
    `gt gte lt lte` exactly one; `exists` one bool."""

    field: str
    op: Literal["in", "not", "gt", "gte", "lt", "lte", "exists"]
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Quorum:
    """`confirmed_by`: at least `needed` different ones of `of` (`all`: needed = len(of))."""

    needed: int
    of: Names


@dataclass(frozen=True, slots=True)
class Match:
    """`key` is unique in the book (`norm_id#n/must_not`, `state:id/begins/0` …): what matchers answer by."""

    key: str
    event: str
    preds: tuple[Pred, ...] = ()
    count: int = 1
    grade: int = 0
    quorum: Quorum | None = None
    counts_from: Literal["event", "confirmation"] = "event"


Use = Literal["act", "ban", "permission", "measure", "per", "condition", "observation", "trigger"]
"""What a match is for in its norm or state: what is taken by it does that."""


class Taken(NamedTuple):
    """A match and its use; of a measure the field that is read (None where events are counted)."""

    match: Match
    use: Use
    field: str | None = None


# --- triggers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnMatch:
    match: Match


@dataclass(frozen=True, slots=True)
class OnState:
    moves: Literal["enters", "leaves"]
    state: str
    for_: ForRef = ()


@dataclass(frozen=True, slots=True)
class OnNorm:
    signal: Literal["breach", "met"]
    norm: str
    for_: ForRef = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Trigger, ...]


@dataclass(frozen=True, slots=True)
class InOrder:
    parts: tuple[Trigger, ...]
    within: Duration | Var | None = None


@dataclass(frozen=True, slots=True)
class AtTime:
    """A date stands for its first instant (resolved when the plan is made)."""

    at: Instant


@dataclass(frozen=True, slots=True)
class AfterTrigger:
    after: Duration | Var
    of: Trigger


Trigger = OnMatch | OnState | OnNorm | AllOf | AnyOf | InOrder | AtTime | AfterTrigger


# --- measures and conditions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """`latest|sum|max|min: event.field` or `count: event` (`field` is then None), over what `match` takes."""

    aggregate: Literal["latest", "sum", "max", "min", "count"]
    match: Match
    field: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """Limits are in the measure's own unit; of a ratio they are fractions (`50 %` is 0.5)."""

    measure: Measure
    per: Measure | None = None
    rolling: Duration | Var | None = None
    window: Literal["day", "week", "month", "quarter", "year"] | None = None
    at_least: Decimal | Var | None = None
    at_most: Decimal | Var | None = None
    stale_after: Duration | Var | None = None

    def takes(self) -> Iterator[Taken]:
        yield Taken(self.measure.match, "measure", self.measure.field)
        if self.per:
            yield Taken(self.per.match, "per", self.per.field)


@dataclass(frozen=True, slots=True)
class InState:
    state: str
    for_: ForRef = ()


@dataclass(frozen=True, slots=True)
class Happened:
    match: Match
    last: Duration | Var | None = None
    earlier_than: Duration | Var | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    bound: Bound


@dataclass(frozen=True, slots=True)
class NotCond:
    cond: Cond


@dataclass(frozen=True, slots=True)
class AllCond:
    parts: tuple[Cond, ...]


@dataclass(frozen=True, slots=True)
class AnyCond:
    parts: tuple[Cond, ...]


Cond = InState | Happened | Holds | NotCond | AllCond | AnyCond


# --- norms and states ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """One variable of `for_each`. One of: `values` (a group or a list), `rows` (a table), `each` (event.field)."""

    var: str
    values: tuple[Value, ...] = ()
    rows: tuple[tuple[str, tuple[tuple[str, Value | Duration], ...]], ...] = ()
    each: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Within:
    duration: Duration | Var


@dataclass(frozen=True, slots=True)
class By:
    """A date (its last instant is in time) or an instant."""

    at: date | Instant


@dataclass(frozen=True, slots=True)
class EveryCalendar:
    unit: Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class EveryLength:
    duration: Duration | Var


@dataclass(frozen=True, slots=True)
class Milestone:
    """`written` is the quantity as the author wrote it: the label of the instance."""

    written: str
    at_least: Decimal | Var
    deadline: Within | By


@dataclass(frozen=True, slots=True)
class Milestones:
    of: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class NoDeadline:
    pass


Deadline = Within | By | EveryCalendar | EveryLength | Milestones | NoDeadline


@dataclass(frozen=True, slots=True)
class Must:
    """Exactly one of `act` and `reach`."""

    deadline: Deadline
    act: Match | None = None
    reach: Bound | None = None

    def takes(self) -> Iterator[Taken]:
        if self.act:
            yield Taken(self.act, "act")
        if self.reach:
            yield from self.reach.takes()


@dataclass(frozen=True, slots=True)
class MustNot:
    act: Match

    def takes(self) -> Iterator[Taken]:
        yield Taken(self.act, "ban")


@dataclass(frozen=True, slots=True)
class Keep:
    bound: Bound

    def takes(self) -> Iterator[Taken]:
        return self.bound.takes()


@dataclass(frozen=True, slots=True)
class May:
    act: Match

    def takes(self) -> Iterator[Taken]:
        yield Taken(self.act, "permission")


Modal = Must | MustNot | Keep | May
"""One modal word each: what it says, and which matches it takes events by. How it is judged: evaluation/kinds."""


@dataclass(frozen=True, slots=True)
class Extendable:
    by: Names
    at_most: Duration | Var | None = None
    late: bool = False


OpenInstances = Literal["keep_old", "rebase", "restart", "close"]


@dataclass(frozen=True, slots=True)
class Valid:
    """`[start, end)` in instants; `end` is None where the version has none."""

    start: Instant
    end: Instant | None
    version: str
    amended_by: str | None = None
    open_instances: OpenInstances = "keep_old"


@dataclass(frozen=True, slots=True)
class Norm:
    id: str
    provision: str
    who: str | Var
    modal: Modal
    grade: int
    to: Names = ()
    for_each: tuple[Family, ...] = ()
    when: Trigger | None = None
    while_: Cond | None = None
    paused_while: Cond | None = None
    unless: Cond | None = None
    grace: Duration | Var | None = None
    early: bool | Duration | Var = False
    extendable: Extendable | None = None
    overrides: tuple[str, ...] = ()
    waived_by: Names = ()
    cures: str | None = None
    observed_by: Match | None = None
    observe_every: Duration | Var | None = None
    severity: Literal["note", "minor", "serious", "material"] = "serious"
    soft: bool = False
    valid: Valid | None = None
    covers: tuple[str, ...] = ()
    title: Title | None = None
    note: str | None = None
    place: str = ""

    @property
    def version(self) -> str | None:
        return self.valid.version if self.valid else None


@dataclass(frozen=True, slots=True)
class State:
    """Either `begins`/`ends` or `holds_while`."""

    id: str
    provision: str
    begins: Trigger | None = None
    ends: Trigger | None = None
    holds_while: Cond | None = None
    initially: bool = False
    for_each: tuple[Family, ...] = ()
    title: Title | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class ReadingOption:
    id: str
    title: Title | None
    norms: tuple[Norm, ...] = ()
    states: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    id: str
    provision: str
    question: str
    options: tuple[ReadingOption, ...]
    chosen: str
    because: str
    about: tuple[str, ...] = ()
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test as written: rows and expectations stay decoded YAML (text, numbers, lists, maps), with their places."""

    name: str
    provision: str
    readings: tuple[tuple[str, str], ...]
    given: tuple[Mapping[str, Any], ...]
    expect: tuple[Mapping[str, Any], ...]
    place: str
    given_places: tuple[str, ...]
    expect_places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provision:
    id: str
    title: Title
    text: str
    source: str
    file: str
    declaratory: str | None = None
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """`norms` and `states` in file order, every version and binding family; readings not yet applied
    (`with_readings` gives the plan under the chosen options)."""

    vocabulary: Vocabulary
    provisions: tuple[Provision, ...]
    norms: tuple[Norm, ...]
    states: tuple[State, ...]
    readings: tuple[Reading, ...]
    tests: tuple[RuleTest, ...]
    sha256: str
    problems: tuple[Any, ...] = field(default=())
    """Warnings only: a book with errors is not made (RulebookError)."""

    @property
    def version(self) -> str:
        return self.vocabulary.version or ""

    def with_readings(self, chosen: Mapping[str, str]) -> tuple[tuple[Norm, ...], tuple[State, ...], dict[str, str]]:
        """Norms, states, and the options in force. An option replaces norms and states of its provision by id
        (every version of that id). Raises KeyError for an unknown reading or option."""
        options = {reading.id: reading.chosen for reading in self.readings}
        for name, option in chosen.items():
            if name not in options:
                raise KeyError(f'no reading is called "{name}"')
            options[name] = option
        norms, states = self.norms, self.states
        for reading in self.readings:
            found = {option.id: option for option in reading.options}
            if options[reading.id] not in found:
                raise KeyError(f'reading "{reading.id}" has no option "{options[reading.id]}"')
            taken = found[options[reading.id]]
            norms = _replaced(norms, taken.norms)
            states = _replaced(states, taken.states)
        return norms, states, options


Entry = TypeVar("Entry", Norm, State)


def _replaced(old: tuple[Entry, ...], new: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """`new` in the places of the ones with the same id; ids that nothing had before go to the end."""
    if not new:
        return old
    ids = {entry.id for entry in new}
    done: set[str] = set()
    result: list[Entry] = []
    for entry in old:
        if entry.id not in ids:
            result.append(entry)
        elif entry.id not in done:
            done.add(entry.id)
            result.extend(other for other in new if other.id == entry.id)
    result.extend(entry for entry in new if entry.id not in done)
    return tuple(result)
