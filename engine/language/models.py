"""The grammar of a rule book as pydantic models: what `vocabulary.yaml` and a provision file may say."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from engine.language.locate import Broken, Fields, Number, Place
from engine.language.plan import Var
from engine.problems import Problem, nearest
from engine.quantities import Quantity, QuantityError, parse_quantity
from engine.time import Duration, Instant, TimeError, looks_like_date, parse_date, parse_duration, parse_instant

# --- what a value is called in a message ---------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A value of the file in the words of its author."""
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value)


def _refuse(wanted: str, value: Any, code: str = "wrong-shape") -> PydanticCustomError:
    if isinstance(value, Broken):
        return PydanticCustomError("broken", "reported already")
    found = shown(value)
    if not isinstance(value, (dict, list)) and value is not None:
        found = f'"{found}"'
    return PydanticCustomError(
        "problem",
        "{said}",
        {"code": code, "said": "", "wanted": wanted, "found": found, "hint": ""},
    )


def _problem(code: str, said: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("problem", "{said}", {"code": code, "said": said, "hint": hint})


# --- scalars ---------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, str):
        return value
    raise _refuse("a text", value)


def _name(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise _problem("wrong-shape", "the name is empty", "give it a name")
    return text


def variable(text: Any) -> Var | None:
    """`$p` or `$row.column` -> Var; anything else -> None."""
    if not isinstance(text, str) or not text.startswith("$") or len(text) < 2:
        return None
    name, dot, column = text[1:].partition(".")
    return Var(name, column if dot else None)


def _actor(value: Any) -> str | Var:
    return variable(value) or _name(value)


def _scalar(value: Any) -> str | bool | Number | Var:
    if isinstance(value, (bool, Number)):
        return value
    if isinstance(value, str):
        return variable(value) or value
    raise _refuse("a single value", value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _refuse("true or false", value)


def _true(value: Any) -> bool:
    if value is True:
        return True
    raise _refuse("true", value)


def _whole(value: Any) -> int:
    if isinstance(value, Number) and len(value.literal) < 7 and value.literal.isdigit() and int(value.literal) > 0:
        return int(value.literal)
    raise _refuse("a whole number of at least 1", value)


def _duration_from(value: Any, *, zero_days: bool = False) -> Duration | Var:
    found = variable(value)
    if found:
        return found
    if not isinstance(value, (str, Number)):
        raise _refuse('a duration like "100 days"', value)
    try:
        return parse_duration(_text(value), zero_days=zero_days)
    except TimeError as error:
        raise _problem("bad-duration", str(error), _duration_hint(_text(value))) from error


def _duration_hint(text: str) -> str:
    number = "".join(c for c in text if c.isdigit())
    rest = "".join(c for c in text if c.isalpha()).lower()
    short = {"d": "days", "h": "hours", "m": "months", "w": "weeks", "y": "years", "min": "minutes"}
    if rest in short:
        return f'write the word out: "{number or 1} {short[rest]}"'
    words = ("minutes", "hours", "days", "working days", "weeks", "months", "years")
    return (
        nearest(rest, words)
        if rest
        else "a whole number and minutes, hours, days, working days, weeks, months or years"
    )


def _duration(value: Any) -> Duration | Var:
    return _duration_from(value)


def _within(value: Any) -> Duration | Var:
    return _duration_from(value, zero_days=True)


CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Each:
    """`each month`, or `every: month`: a period of the calendar."""

    unit: str


def _over(value: Any) -> Duration | Var | Each:
    if isinstance(value, str) and value.startswith("each "):
        unit = value[len("each ") :]
        if unit in CALENDAR_UNITS:
            return Each(unit)
        hint = nearest(unit, CALENDAR_UNITS) or "each day, week, month, quarter or year"
        raise _problem("bad-duration", f'"{value}" is no period of the calendar', hint)
    if value in CALENDAR_UNITS:
        raise _problem("bad-duration", f'"{value}" is not a duration', f'write "each {value}"')
    return _duration(value)


def _every(value: Any) -> Duration | Var | Each:
    if value in CALENDAR_UNITS:
        return Each(str(value))
    if isinstance(value, str) and value.startswith("each "):
        raise _problem("bad-duration", f'"{value}" is not a period', f'write "{value[5:]}"')
    if not isinstance(value, str) or value[:1].isdigit() or variable(value):
        return _duration_from(value)
    hint = nearest(shown(value), CALENDAR_UNITS) or 'day, week, month, quarter, year, or a duration like "90 days"'
    raise _problem("bad-duration", f'"{shown(value)}" is not a period', hint)


def _early(value: Any) -> bool | Duration | Var:
    return value if isinstance(value, bool) else _duration(value)


@dataclass(frozen=True)
class Written:
    """A quantity with the words that the author wrote: they name a milestone."""

    quantity: Quantity
    text: str


def _quantity(value: Any) -> Written | Var:
    found = variable(value)
    if found:
        return found
    if not isinstance(value, (str, Number)):
        raise _refuse('a quantity like "600000 persons"', value)
    try:
        return Written(parse_quantity(_text(value)), _text(value))
    except QuantityError as error:
        raise _problem("bad-quantity", str(error), _quantity_hint(_text(value))) from error


def _quantity_hint(text: str) -> str:
    if text.rstrip().endswith("%"):
        return "write a space before %"
    return "a plain number, then thousand, million or bn where needed, then the unit; each after one space"


def _time(value: Any) -> date | Instant:
    if not isinstance(value, str):
        raise _refuse("a date or a time with an offset", value)
    try:
        return parse_date(value) if looks_like_date(value) else parse_instant(value)
    except TimeError as error:
        hint = "write a date like 2026-04-12 or a time like 2026-04-12T09:30:00+03:00"
        raise _problem("bad-time", str(error), hint) from error


def _day(value: Any) -> date:
    found = _time(value)
    if isinstance(found, date):
        return found
    raise _problem("bad-time", f'"{value}" is not a date like 2026-04-12')


def _title(value: Any) -> Any:
    if isinstance(value, dict):
        return {_name(language): _text(text) for language, text in value.items()}
    return _text(value)


def _title_or_nothing(value: Any) -> Any:
    return None if value is None else _title(value)


def _tuple(read: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(read(item) for item in items)


def _event_field(value: Any) -> str:
    text = _text(value)
    event, dot, name = text.partition(".")
    if event and dot and name:
        return text
    hint = "name the event type and one of its fields"
    raise _problem("wrong-shape", f'"{text}" is not of the form "event.field"', hint)


_TEXT = {"type": ["string", "number"]}
_DURATION = {"type": "string", "examples": ["100 days", "48 hours", "1 month", "10 working days", "$row.column"]}
_TIME = {"type": "string", "examples": ["2026-04-12", "2026-04-12T09:30:00+03:00"]}
_ONE_OR_MORE = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def _of(read: Callable[[Any], Any], schema: dict[str, Any]) -> Any:
    return (PlainValidator(read), WithJsonSchema(schema))


Text = Annotated[str, *_of(_text, _TEXT)]
Name = Annotated[str, *_of(_name, _TEXT)]
Actor = Annotated[str | Var, *_of(_actor, {"type": "string"})]
Actors = Annotated[tuple[str | Var, ...], *_of(lambda value: _tuple(_actor, value), _ONE_OR_MORE)]
Scalar = Annotated[str | bool | Number | Var, *_of(_scalar, {"type": ["string", "number", "boolean"]})]
Flag = Annotated[bool, *_of(_flag, {"type": "boolean"})]
JustTrue = Annotated[bool, *_of(_true, {"const": True})]
Whole = Annotated[int, *_of(_whole, {"type": "integer", "minimum": 1})]
DurationText = Annotated[Duration | Var, *_of(_duration, _DURATION)]
WithinText = Annotated[Duration | Var, *_of(_within, _DURATION)]
Over = Annotated[Duration | Var | Each, *_of(_over, {"type": "string", "examples": ["30 days", "each month"]})]
Every = Annotated[Duration | Var | Each, *_of(_every, {"type": "string", "examples": ["month", "90 days"]})]
Early = Annotated[bool | Duration | Var, *_of(_early, {"type": ["boolean", "string"]})]
Amount = Annotated[
    Written | Var,
    *_of(_quantity, {"type": ["string", "number"], "examples": ["600000 persons", "25 bn USD", "50 %"]}),
]
Time = Annotated[date | Instant, *_of(_time, _TIME)]
Day = Annotated[date, *_of(_day, {"type": "string", "format": "date"})]
TitleText = Annotated[
    Any,
    *_of(_title, {"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
]
TitleOrNothing = Annotated[Any, *_of(_title_or_nothing, {"type": ["string", "object", "null"]})]
EventField = Annotated[str, *_of(_event_field, {"type": "string", "pattern": "^[^.]+\\..+$"})]


# --- a model that knows where it stands ------------------------------------------------------------------------------


@dataclass
class Findings:
    """What reading a model found besides what pydantic raises: unknown keys, each with the nearest right one."""

    problems: list[Problem] = field(default_factory=list)
    misspelt: set[tuple[Place, str]] = field(default_factory=set)
    """(mapping, right key) pairs for which a misspelt key stands: they are not reported as missing too."""
    unknown_in: set[Place] = field(default_factory=set)
    """Mappings with an unknown key: what they lack may be what it was meant to be."""


class Located(BaseModel):
    # Built when a file is first read: only the two models that stand for files ever are.
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )
    called: ClassVar[str] = "a mapping"
    may_be_null: ClassVar[tuple[str, ...]] = ()
    _node: Fields = PrivateAttr()

    @property
    def node(self) -> Fields:
        """The mapping as it stands in the file: places of keys and values."""
        # As `self._node`, which pydantic looks up ten times as slowly; the checks ask for it sixty thousand times.
        node: Fields = (self.__pydantic_private__ or {})["_node"]
        return node

    @cached_property
    def parts(self) -> tuple[tuple[str, Located], ...]:
        """Every model in this one, outermost first, with the key of this one under which it stands."""
        fields = type(self).model_fields.items()
        return tuple((info.alias or name, part) for name, info in fields for part in descend(getattr(self, name)))

    @model_validator(mode="wrap")
    @classmethod
    def _take(cls, value: Any, handler: ModelWrapValidatorHandler[Any], info: ValidationInfo) -> Any:
        if not isinstance(value, Fields):
            raise _refuse(cls.called, value)
        known = cls.keys()
        for name, part in value.items():
            if name not in known:
                _report_unknown(cls, name, value, known, info.context)
            elif part is None and name not in cls.may_be_null:
                _report_empty(cls, name, value, info.context)
        given = {name: part for name, part in value.items() if name in known}
        model = handler({name: part for name, part in given.items() if part is not None or name in cls.may_be_null})
        model._node = value
        return model

    @classmethod
    @cache
    def keys(cls) -> tuple[str, ...]:
        return tuple(info.alias or name for name, info in cls.model_fields.items())

    @classmethod
    def is_section(cls, key: str) -> bool:
        """A list or mapping that may as well be left out: with nothing under its key it is empty."""
        return any(
            key == (info.alias or name) and not info.is_required() and info.default is not None
            for name, info in cls.model_fields.items()
        )


def descend(value: Any) -> Iterator[Located]:
    """A model and every model in it, outermost first."""
    if isinstance(value, Located):
        yield value
        for name in type(value).model_fields:
            yield from descend(getattr(value, name))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from descend(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from descend(part)


def _report_unknown(cls: type[Located], name: str, node: Fields, known: tuple[str, ...], context: Any) -> None:
    if not isinstance(context, Findings):
        return
    context.unknown_in.add(node.place)
    hint = nearest(name, [key for key in known if key not in node]) or nearest(name, known)
    for key in known:
        if hint == nearest(name, [key]) and hint:
            context.misspelt.add((node.place, key))
    if node[name] is None and not hint:
        hint = "between { } a comma begins a new key: put a text with a comma in quotes"
    owner = node.get("id")
    about = f' "{owner}"' if isinstance(owner, str) else ""
    said = f'{cls.called}{about} has no key "{name}"'
    context.problems.append(node.key(name).problem("unknown-key", said, hint or f"known keys: {', '.join(known)}"))


def _report_empty(cls: type[Located], name: str, node: Fields, context: Any) -> None:
    if not isinstance(context, Findings) or cls.is_section(name):
        return
    context.misspelt.add((node.place, name))
    context.unknown_in.add(node.place)
    context.problems.append(
        node.key(name).problem("wrong-shape", f'"{name}" is empty', "give it a value, or leave it out")
    )


def _form(tags: dict[str, str], value: Any) -> str | None:
    """Which form a mapping has is said by the keyword in it; a misspelt keyword is taken for the nearest one."""
    for keyword, tag in tags.items():
        if keyword in value:
            return tag
    for key in value:
        for keyword in difflib.get_close_matches(key, tags, n=1):
            return tags[keyword]
    return None


def _forms(tags: dict[str, str], called: str) -> tuple[Any, ...]:
    """Validators of a union whose members are told apart by a keyword."""

    def check(value: Any) -> Any:
        if not isinstance(value, Fields):
            raise _refuse(called, value)
        if _form(tags, value) is None:
            keys = " or ".join(f'"{key}"' for key in value) or "an empty mapping"
            raise _problem("wrong-shape", f"{called} is expected here, not {keys}", f"one of: {', '.join(tags)}")
        return value

    return (Discriminator(lambda value: _form(tags, value)), BeforeValidator(check))


# --- matches ---------------------------------------------------------------------------------------------------------


ScalarOrList = Annotated[
    tuple[Any, ...],
    *_of(lambda value: _tuple(_scalar, value), {"type": ["string", "number", "boolean", "array"]}),
]


class Comparison(Located):
    called: ClassVar[str] = "a comparison"
    gt: Scalar | None = None
    gte: Scalar | None = None
    lt: Scalar | None = None
    lte: Scalar | None = None
    not_: ScalarOrList | None = Field(None, alias="not")
    in_: ScalarOrList | None = Field(None, alias="in")
    exists: Flag | None = None


def _pred_form(value: Any) -> str:
    if isinstance(value, (Comparison, dict)):
        return "<comparison>"
    return "<list>" if isinstance(value, list) else "<value>"


PredSpec = Annotated[
    Annotated[Scalar, Tag("<value>")]
    | Annotated[list[Scalar], Tag("<list>")]
    | Annotated[Comparison, Tag("<comparison>")],
    Discriminator(_pred_form),
]
Where = dict[str, PredSpec]


class AllOfThem(Located):
    called: ClassVar[str] = "a quorum"
    all: Actors


class SomeOfThem(Located):
    called: ClassVar[str] = "a quorum"
    at_least: Whole
    of: Actors


QuorumSpec = Annotated[
    Annotated[AllOfThem, Tag("<all>")] | Annotated[SomeOfThem, Tag("<some>")],
    *_forms({"all": "<all>", "at_least": "<some>", "of": "<some>"}, "a quorum"),
]


class MatchSpec(Located):
    called: ClassVar[str] = "a match"
    event: Name
    where: Where = {}
    count: Whole | None = None
    evidence: Name | None = None
    confirmed_by: QuorumSpec | None = None
    counts_from: Literal["event", "confirmation"] = "event"


# --- measures --------------------------------------------------------------------------------------------------------


class MeasureSpec(Located):
    """Exactly one of the five aggregates; `check.measures` says so."""

    called: ClassVar[str] = "a measure"
    latest: EventField | None = None
    sum: EventField | None = None
    max: EventField | None = None
    min: EventField | None = None
    count: Name | None = None
    where: Where = {}


class BoundSpec(MeasureSpec):
    called: ClassVar[str] = "a bound"
    per: MeasureSpec | None = None
    over: Over | None = None
    at_least: Amount | None = None
    at_most: Amount | None = None
    stale_after: DurationText | None = None


AGGREGATES = ("latest", "sum", "max", "min", "count")


# --- triggers --------------------------------------------------------------------------------------------------------

ForSpec = dict[str, Scalar]


class EntersSpec(Located):
    called: ClassVar[str] = "a trigger"
    enters: Name
    for_: ForSpec = Field({}, alias="for")


class LeavesSpec(Located):
    called: ClassVar[str] = "a trigger"
    leaves: Name
    for_: ForSpec = Field({}, alias="for")


class BreachSpec(Located):
    called: ClassVar[str] = "a trigger"
    breach: Name
    for_: ForSpec = Field({}, alias="for")


class MetSpec(Located):
    called: ClassVar[str] = "a trigger"
    met: Name
    for_: ForSpec = Field({}, alias="for")


class AllTriggers(Located):
    called: ClassVar[str] = "a trigger"
    all: list[TriggerSpec] = Field(min_length=1)


class AnyTrigger(Located):
    called: ClassVar[str] = "a trigger"
    any: list[TriggerSpec] = Field(min_length=1)


class TriggersInOrder(Located):
    called: ClassVar[str] = "a trigger"
    in_order: list[TriggerSpec] = Field(min_length=1)
    within: WithinText | None = None


class TimeSpec(Located):
    called: ClassVar[str] = "a trigger"
    time: Time


class AfterSpec(Located):
    called: ClassVar[str] = "a trigger"
    after: DurationText
    of: TriggerSpec


TriggerSpec = Annotated[
    Annotated[MatchSpec, Tag("<match>")]
    | Annotated[EntersSpec, Tag("<enters>")]
    | Annotated[LeavesSpec, Tag("<leaves>")]
    | Annotated[BreachSpec, Tag("<breach>")]
    | Annotated[MetSpec, Tag("<met>")]
    | Annotated[AllTriggers, Tag("<all>")]
    | Annotated[AnyTrigger, Tag("<any>")]
    | Annotated[TriggersInOrder, Tag("<in_order>")]
    | Annotated[TimeSpec, Tag("<time>")]
    | Annotated[AfterSpec, Tag("<after>")],
    *_forms(
        {
            "event": "<match>",
            "enters": "<enters>",
            "leaves": "<leaves>",
            "breach": "<breach>",
            "met": "<met>",
            "all": "<all>",
            "any": "<any>",
            "in_order": "<in_order>",
            "time": "<time>",
            "after": "<after>",
        },
        "a trigger",
    ),
]


# --- conditions ------------------------------------------------------------------------------------------------------


class StateCond(Located):
    called: ClassVar[str] = "a condition"
    state: Name
    for_: ForSpec = Field({}, alias="for")


class HappenedCond(Located):
    called: ClassVar[str] = "a condition"
    happened: MatchSpec
    last: DurationText | None = None
    earlier_than: DurationText | None = None


class HoldsCond(Located):
    called: ClassVar[str] = "a condition"
    holds: BoundSpec


class NotSpec(Located):
    called: ClassVar[str] = "a condition"
    not_: CondSpec = Field(alias="not")


class AllConds(Located):
    called: ClassVar[str] = "a condition"
    all: list[CondSpec] = Field(min_length=1)


class AnyConds(Located):
    called: ClassVar[str] = "a condition"
    any: list[CondSpec] = Field(min_length=1)


CondSpec = Annotated[
    Annotated[StateCond, Tag("<state>")]
    | Annotated[HappenedCond, Tag("<happened>")]
    | Annotated[HoldsCond, Tag("<holds>")]
    | Annotated[NotSpec, Tag("<not>")]
    | Annotated[AllConds, Tag("<all>")]
    | Annotated[AnyConds, Tag("<any>")],
    *_forms(
        {
            "state": "<state>",
            "happened": "<happened>",
            "holds": "<holds>",
            "not": "<not>",
            "all": "<all>",
            "any": "<any>",
        },
        "a condition",
    ),
]


# --- for_each --------------------------------------------------------------------------------------------------------


class EachSpec(Located):
    called: ClassVar[str] = "a variable's range"
    each: Annotated[tuple[str, ...], *_of(lambda value: _tuple(_event_field, value), _ONE_OR_MORE)]


TableSpec = dict[str, dict[str, Scalar]]


def _range_form(value: Any) -> str:
    if isinstance(value, (EachSpec, dict)):
        in_log = isinstance(value, EachSpec) or ("each" in value and not isinstance(value["each"], dict))
        return "<each>" if in_log else "<table>"
    return "<list>" if isinstance(value, list) else "<group>"


RangeSpec = Annotated[
    Annotated[Name, Tag("<group>")]
    | Annotated[list[Scalar], Tag("<list>")]
    | Annotated[TableSpec, Tag("<table>")]
    | Annotated[EachSpec, Tag("<each>")],
    Discriminator(_range_form),
]
ForEach = dict[str, RangeSpec]


# --- norms and states ------------------------------------------------------------------------------------------------


class ReachSpec(Located):
    called: ClassVar[str] = "a duty"
    reach: BoundSpec


MustSpec = Annotated[
    Annotated[MatchSpec, Tag("<match>")] | Annotated[ReachSpec, Tag("<reach>")],
    *_forms({"event": "<match>", "reach": "<reach>"}, "a match or a reach"),
]


class MilestoneSpec(Located):
    called: ClassVar[str] = "a milestone"
    at_least: Amount
    within: WithinText | None = None
    by: Time | None = None


class ExtendableSpec(Located):
    called: ClassVar[str] = "extendable"
    by: Actors
    at_most: DurationText | None = None
    late: Literal["allowed", "refused"] = "refused"


class ValidSpec(Located):
    called: ClassVar[str] = "valid"
    from_: Time = Field(alias="from")
    to: Time | None = None
    version: Name
    amended_by: Text | None = None
    open_instances: Literal["keep_old", "rebase", "restart", "close"] = "keep_old"


MODAL_WORDS = ("must", "must_not", "keep", "may")
DEADLINES = ("within", "by", "every", "milestones", "no_deadline")


class NormSpec(Located):
    """Exactly one modal word and, for `must`, exactly one deadline; `check.shape` says so."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [word]} for word in MODAL_WORDS]})
    called: ClassVar[str] = "norm"
    id: Name
    who: Actor
    must: MustSpec | None = None
    must_not: MatchSpec | None = None
    keep: BoundSpec | None = None
    may: MatchSpec | None = None
    within: WithinText | None = None
    by: Time | None = None
    every: Every | None = None
    milestones: list[MilestoneSpec] | None = Field(None, min_length=1)
    no_deadline: JustTrue | None = None
    to: Actors = ()
    for_each: ForEach = {}
    when: TriggerSpec | None = None
    while_: CondSpec | None = Field(None, alias="while")
    paused_while: CondSpec | None = None
    grace: DurationText | None = None
    early: Early = False
    extendable: ExtendableSpec | None = None
    unless: CondSpec | None = None
    overrides: Annotated[tuple[str, ...], *_of(lambda value: _tuple(_name, value), _ONE_OR_MORE)] = ()
    waived_by: Actors = ()
    cures: Name | None = None
    evidence: Name | None = None
    observed_by: MatchSpec | None = None
    observe_every: DurationText | None = None
    severity: Literal["note", "minor", "serious", "material"] = "serious"
    modality: Literal["hard", "soft"] = "hard"
    valid: ValidSpec | None = None
    covers: Annotated[tuple[str, ...], *_of(lambda value: _tuple(_name, value), _ONE_OR_MORE)] = ()
    title: TitleText | None = None
    note: Text | None = None

    @property
    def modal_word(self) -> str:
        return next(word for word in MODAL_WORDS if word in self.node)


class StateSpec(Located):
    called: ClassVar[str] = "state"
    id: Name
    begins: TriggerSpec | None = None
    ends: TriggerSpec | None = None
    holds_while: CondSpec | None = None
    initially: Flag = False
    for_each: ForEach = {}
    title: TitleText | None = None


class OptionSpec(Located):
    called: ClassVar[str] = "option"
    id: Name
    title: TitleText | None = None
    norms: list[NormSpec] = []
    states: list[StateSpec] = []


class ReadingSpec(Located):
    called: ClassVar[str] = "reading"
    id: Name
    question: TitleText
    about: Annotated[tuple[str, ...], *_of(lambda value: _tuple(_text, value), _ONE_OR_MORE)] = ()
    options: list[OptionSpec] = Field(min_length=1)
    chosen: Name
    because: TitleText
    decided_by: Text | None = None


class ExpectSpec(Located):
    called: ClassVar[str] = "an expectation"
    may_be_null: ClassVar[tuple[str, ...]] = ("instance",)
    at: Time
    known_at: Time | None = None
    norm: Name | None = None
    state: Name | None = None
    for_: ForSpec = Field({}, alias="for")
    instance: Text | None = None
    is_: Any = Field(alias="is")
    alleged: Name | None = None
    claimed: Name | None = None
    could_be: list[Name] | None = None
    firm: Flag | None = None
    because: list[Text] | None = None
    certainly: Flag | None = None
    possibly: Flag | None = None


def _row(value: Any) -> Any:
    if isinstance(value, Fields):
        return value
    raise _refuse("a row, as a mapping", value)


class TestSpec(Located):
    __test__: ClassVar[bool] = False
    called: ClassVar[str] = "test"
    name: Text
    reading: dict[str, Name] = {}
    given: list[Annotated[Any, *_of(_row, {"type": "object"})]]
    expect: list[ExpectSpec] = Field(min_length=1)


class ProvisionFile(Located):
    """A file of `provisions/`: one clause of the agreement, as norms, states, readings and tests."""

    called: ClassVar[str] = "a provision file"
    provision: Name
    title: TitleText | None = None
    text: TitleText | None = None
    source: TitleText | None = None
    declaratory: TitleText | None = None
    covers: Annotated[tuple[str, ...], *_of(lambda value: _tuple(_name, value), _ONE_OR_MORE)] = ()
    readings: list[ReadingSpec] = []
    norms: list[NormSpec] = []
    states: list[StateSpec] = []
    tests: list[TestSpec] = []


# --- vocabulary ------------------------------------------------------------------------------------------------------


class FieldSpec(Located):
    called: ClassVar[str] = "a field"
    type: Literal["party", "place", "enum", "number", "text", "bool", "date"]
    required: Flag = True
    unit: Text | None = None
    negative: Flag = False
    values: list[Name] | None = None
    title: TitleText | None = None


class EventSpec(Located):
    called: ClassVar[str] = "an event type"
    title: TitleText | None = None
    fields: dict[str, FieldSpec] = {}


def _empty_for_nothing(value: Any) -> Any:
    return value if value is not None else Fields(Place("", 1, 1))


class PlaceSpec(Located):
    called: ClassVar[str] = "a place"
    may_be_null: ClassVar[tuple[str, ...]] = ("in",)
    in_: Name | None = Field(None, alias="in")
    shape: Text | None = None
    title: TitleText | None = None


def _place_form(value: Any) -> str:
    return "<place>" if isinstance(value, (PlaceSpec, dict)) else "<parent>"


def _parent(value: Any) -> str | None:
    return None if value is None else _name(value)


PlaceEntry = Annotated[
    Annotated[str | None, *_of(_parent, {"type": ["string", "null"]}), Tag("<parent>")]
    | Annotated[PlaceSpec, Tag("<place>")],
    Discriminator(_place_form),
]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class VocabularyFile(Located):
    """`vocabulary.yaml`: the words of one agreement."""

    called: ClassVar[str] = "a vocabulary"
    agreement: Name
    title: TitleText | None = None
    source: TitleText | None = None
    version: Text | None = None
    zone: Name
    parties: dict[str, TitleOrNothing] = {}
    bodies: dict[str, TitleOrNothing] = {}
    groups: dict[str, list[Name]] = {}
    places: dict[str, PlaceEntry] = {}
    evidence: list[Name] = Field(["verified"], min_length=1)
    counts: Name | None = None
    default_evidence: Name | None = None
    ruled_by: Actors = ()
    weekend: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = ["sat", "sun"]
    holidays: list[Day] = []
    clauses: list[Text] = []
    coverage: list[Text] = []
    events: dict[str, Annotated[EventSpec, BeforeValidator(_empty_for_nothing)]] = {}
