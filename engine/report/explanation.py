"""Why a verdict is what it is: the answer in a sentence, what it rests on, what was computed, what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.evaluation.verdicts import Breach, Figure, Part, Verdict, Verdicts
from engine.events import Event
from engine.language.plan import Provision, Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.deadlines import time_left
from engine.report.layout import Cell, Line, paragraph, table
from engine.time import TimeError, format_instant, parse_instant

MOST = 20
"""Lines of a list that a page shows: a norm may rest on thousands of reports."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One verdict with what it was asked of.

    `others`: further instances, where the verdict is the worst of several; `rolled_up`: all of them as one answer.
    """

    verdict: Verdict
    verdicts: Verdicts
    book: Rulebook
    others: tuple[Verdict, ...] = ()
    rolled_up: Verdict | None = None

    @property
    def provision(self) -> Provision | None:
        return next((p for p in self.book.provisions if p.id == self.verdict.provision), None)

    @property
    def grounds(self) -> list[tuple[Part, Event | None]]:
        """What it rests on, in the order in which it happened; what is not established is told apart."""
        return self._events(part for part in self.verdict.parts if part.role != "open act")

    @property
    def open_acts(self) -> list[tuple[Part, Event | None]]:
        return self._events(part for part in self.verdict.parts if part.role == "open act")

    def _events(self, parts: Iterable[Part]) -> list[tuple[Part, Event | None]]:
        found = [(part, self.verdict.events.get(part.event)) for part in parts]
        return sorted(found, key=lambda pair: (pair[1].hi if pair[1] else 0, pair[0].event, pair[0].role))

    def as_json(self) -> dict[str, Any]:
        verdicts, whole = self.verdicts, self.rolled_up or self.verdict
        return {
            "agreement": verdicts.agreement,
            "rulebook": {"version": verdicts.rulebook_version, "sha256": verdicts.rulebook_sha256},
            "as_of": format_instant(verdicts.as_of),
            "known_at": None if verdicts.known_at is None else format_instant(verdicts.known_at),
            "readings": dict(verdicts.readings),
            "verdict": self.verdict.as_json(),
            "reason": self.verdict.reason,
            "since": None if (since := words.since(self.verdict)) is None else format_instant(since),
            "rests_on": [_part_json(part, event) for part, event in self.grounds],
            "open": [_part_json(part, event) for part, event in self.open_acts],
            "computed": [{"name": figure.name, "value": figure.value} for figure in self.verdict.figures],
            "on_record": [breach.as_json() for breach in self.verdict.breaches],
            "would_change": list(self.verdict.would_change),
            "rolled_up": {"is": whole.is_, "could_be": list(whole.could_be)},
            "instances": [
                {"for": dict(other.binding), "instance": other.instance, "is": other.is_} for other in self.others
            ],
        }


def _part_json(part: Part, event: Event | None) -> dict[str, Any]:
    return {
        "event": part.event,
        "role": part.role,
        "note": part.note,
        "type": event.type if event else None,
        "at": [format_instant(event.lo), format_instant(event.hi)] if event else None,
        "source": event.source if event else None,
        "evidence": event.evidence if event else None,
        "known": format_instant(event.known) if event else None,
        "words": list(event.words) if event else [],
    }


def explanation_lines(told: Explanation, width: int) -> list[Line]:
    """The whole explanation, for a terminal of `width` cells."""
    local = LocalTime(told.book.vocabulary.calendar)
    lines = [*_heading(told, width), Line(""), *answer(told, width), *_clause(told, width)]
    lines += _section("Rests on", _events_table(told.grounds, local, width))
    lines += _section("Computed", _figures(told.verdict, local, width))
    lines += _section("On record", _record(told.verdict.breaches, local, width))
    lines += _section(_could_title(told.verdict), _events_table(told.open_acts, local, width))
    lines += _section("What would change it", _changes(told.verdict, local, width))
    lines += _section(_others_title(told), _others(told, width))
    return [*lines, Line(""), *_basis(told, local, width)]


def short_lines(told: Explanation, width: int) -> list[Line]:
    """The heading, the answer and its grounds: what fits beside a board."""
    local = LocalTime(told.book.vocabulary.calendar)
    return [*_heading(told, width), *answer(told, width), *_events_table(told.grounds, local, width, most=8)]


def _heading(told: Explanation, width: int) -> list[Line]:
    verdict, name = told.verdict, words.naming(told.verdicts)
    return paragraph(
        f"{verdict.provision} {name(verdict)}: {words.standing(verdict)}",
        width,
        hang="  ",
        style=words.STYLES[verdict.bucket],
    )


def answer(told: Explanation, width: int) -> list[Line]:
    """One paragraph: where it stands, since when, why, what it could be besides."""
    return paragraph(answer_text(told), width)


def answer_text(told: Explanation) -> str:
    verdict, local = told.verdict, LocalTime(told.book.vocabulary.calendar)
    began = words.since(verdict)
    since = f" since {local.moment(began)}" if began is not None else ""
    sentences = [f"{_duty(told)}: {_assessed(verdict)}{since}"]
    sentences += [_capital(local.told(verdict.reason))] if verdict.reason else []
    if verdict.due is not None:
        left = time_left(verdict, told.verdicts.as_of, local)
        sentences.append(f"Due {local.due_day(verdict)}{f', {left}' if left else ''}")
    sentences.append(_firmness(verdict))
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)


def _duty(told: Explanation) -> str:
    verdict, book = told.verdict, told.book
    owed = f" to {words.either([_named(book, name) for name in verdict.to])}" if verdict.to else ""
    bearer = f"owed by {_named(book, verdict.who)}{owed}"
    title = words.in_english(verdict.title)
    return f"{title} ({bearer})" if title else _capital(bearer)


def _assessed(verdict: Verdict) -> str:
    word = "a shortfall" if verdict.bucket == "shortfall" else words.status_word(verdict.is_)
    extra = {"not observed": ", not observed", "no deadline set": ", no deadline set"}.get(verdict.bucket, "")
    return f"assessed as {word}{extra}"


def _firmness(verdict: Verdict) -> str:
    open_end = words.could_be(verdict)
    return f"It {open_end}, on facts that are not established" if open_end else "The verdict is firm"


def _named(book: Rulebook, name: str) -> str:
    vocabulary = book.vocabulary
    return words.in_english(vocabulary.parties.get(name) or vocabulary.bodies.get(name)) or words.printable(name)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _clause(told: Explanation, width: int) -> list[Line]:
    provision = told.provision
    if provision is None:
        return []
    title = f"{provision.id} {words.in_english(provision.title)}"
    text = words.printable(provision.text)
    return _section("The clause", paragraph(f"{title}: {text}" if text else title, width, indent=" "))


def _section(title: str, body: Sequence[Line]) -> list[Line]:
    return [Line(""), Line(title, style="bold"), *body] if body else []


def _events_table(
    found: Sequence[tuple[Part, Event | None]], local: LocalTime, width: int, most: int = MOST
) -> list[Line]:
    if not found:
        return []
    rows = [_event_row(part, event, local) for part, event in _ends(found, most)]
    header = ("Event", "Part", "Type", "When", "Source", "Grade", "Known")
    filled = [n for n in range(len(header)) if any(cells[n].text for cells in rows)]
    lines = table([header[n] for n in filled], [[cells[n] for n in filled] for cells in rows], width)
    return lines + _left_out(len(found), most)


def _ends(listed: Sequence[Entry], most: int) -> Sequence[Entry]:
    """The first and the last of a long list."""
    return listed if len(listed) <= most else [*listed[: most // 2], *listed[-(most // 2) :]]


def _left_out(number: int, most: int) -> list[Line]:
    text = f" … {number - most // 2 * 2:,} more between the first and the last {most // 2}: --format json has all"
    return [Line(text, style="dim")] if number > most else []


def _event_row(part: Part, event: Event | None, local: LocalTime) -> list[Cell]:
    role = words.ROLES[part.role]
    noted = f"{role}: {words.printable(part.note)}" if part.note else role
    if event is None:
        return [Cell(words.printable(part.event)), Cell(noted), *[Cell("")] * 5]
    return [
        Cell(words.printable(part.event)),
        Cell(noted),
        Cell(event.type),
        Cell(local.span(event.lo, event.hi)),
        Cell(words.printable(event.source or "")),
        Cell(event.evidence),
        Cell(local.moment(event.known)),
    ]


def _figures(verdict: Verdict, local: LocalTime, width: int) -> list[Line]:
    rows = [[Cell(figure.name), Cell(_figure_value(figure, local))] for figure in verdict.figures]
    return table(("", ""), rows, width)[1:] if rows else []


def _figure_value(figure: Figure, local: LocalTime) -> str:
    """An instant also in local time; everything else as computed."""
    try:
        return f"{local.moment(parse_instant(figure.value))} ({figure.value})"
    except TimeError:
        return words.printable(figure.value)


def _record(breaches: Sequence[Breach], local: LocalTime, width: int) -> list[Line]:
    rows = [
        [Cell(_breach_time(breach, local)), Cell(breach.status), Cell(words.printable(", ".join(breach.because)))]
        for breach in _ends(breaches, MOST)
    ]
    lines = table(("When", "Stands", "By"), rows, width) if rows else []
    return lines + _left_out(len(breaches), MOST)


def _breach_time(breach: Breach, local: LocalTime) -> str:
    if breach.span is not None and breach.span[0] != breach.span[1]:
        return local.span(*breach.span)
    return "before all events" if breach.at is None else local.moment(breach.at)


def _could_title(verdict: Verdict) -> str:
    open_end = words.could_be(verdict)
    return f"{_capital(open_end)}, because this is not established" if open_end else "Not established"


def _changes(verdict: Verdict, local: LocalTime, width: int) -> list[Line]:
    return [
        line
        for change in verdict.would_change
        for line in paragraph(local.told(change), width, indent=" - ", hang="   ")
    ]


def _others_title(told: Explanation) -> str:
    """The worst of several may be another one in truth: then the norm as a whole is less certain than its worst."""
    whole = told.rolled_up
    doubt = f" (the norm as a whole {words.could_be(whole)})" if whole and not whole.firm else ""
    return f"Other instances{doubt}"


def _others(told: Explanation, width: int) -> list[Line]:
    name = words.naming(told.verdicts)
    return [
        line
        for other in _ends(told.others, MOST)
        for line in paragraph(f"{words.standing(other)}  {name(other)}", width, indent=" ", hang="   ")
    ] + _left_out(len(told.others), MOST)


def _basis(told: Explanation, local: LocalTime, width: int) -> list[Line]:
    verdicts = told.verdicts
    known = "all rows" if verdicts.known_at is None else f"what was known at {local.moment(verdicts.known_at)}"
    version = f"version {verdicts.rulebook_version}, " if verdicts.rulebook_version else ""
    norm = f"norm version {told.verdict.version}, " if told.verdict.version else ""
    readings = _readings_of(told)
    book = f"Rule book {verdicts.agreement}, {words.printable(version)}{norm}sha256 {verdicts.rulebook_sha256[:12]}"
    asked = f"as of {local.moment(verdicts.as_of)} ({local.calendar.zone}), on {known}{readings}"
    return paragraph(f"{book}; {asked}", width, style="dim")


def _readings_of(told: Explanation) -> str:
    asked: Mapping[str, str] = told.verdicts.readings
    own = [reading for reading in told.book.readings if reading.provision == told.verdict.provision]
    chosen = [
        f'"{words.printable(reading.question)}" read as {asked.get(reading.id, reading.chosen)}' for reading in own
    ]
    return f"; {'; '.join(chosen)}" if chosen else ""
