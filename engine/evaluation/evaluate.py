"""`evaluate`: verdicts as a function of the rule book, the events known at K, and T. Nothing else goes in."""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping, Sequence

from engine.evaluation.answer import Answer, answer, dormant, why_dormant
from engine.evaluation.book import Book
from engine.evaluation.case import prepare
from engine.evaluation.kinds import kind_of
from engine.evaluation.matching import MakeMatcher
from engine.evaluation.verdicts import Binding, StateVerdict, Told, Verdict, Verdicts, Why
from engine.events import Row, as_known
from engine.language.plan import Norm, Rulebook, State
from engine.problems import Problem
from engine.quantities import EXACT
from engine.time import Instant


def evaluate(
    book: Rulebook,
    rows: Sequence[Row],
    *,
    as_of: Instant,
    known_at: Instant | None,
    readings: Mapping[str, str],
    make_matcher: MakeMatcher,
) -> Verdicts:
    """What stands at `as_of`, from the rows known at `known_at` (None: all), under the chosen readings.

    Raises KeyError for an unknown reading or option.
    """
    with decimal.localcontext(EXACT):
        norms, states, options = book.with_readings(readings)
        log = as_known(rows, book.vocabulary, known_at)
        case = prepare(norms, states, log, book.vocabulary, as_of, make_matcher)
        try:
            answers = [answer(case, family) for family in case.book.families]
            survived = [Problem("matcher-restarted", "warning", "matcher", note) for note in case.maker.matcher.notes]
        finally:
            case.maker.close()
        return Verdicts(
            agreement=book.vocabulary.agreement,
            rulebook_version=book.version,
            rulebook_sha256=book.sha256,
            as_of=as_of,
            known_at=known_at,
            readings=options,
            rows=log.rows,
            events={event.id: event for event in log.events},
            verdicts=verdicts_in_order(book, norms, case.book, answers),
            states=states_in_order(book, states, answers),
            problems=(*log.problems, *case.told, *(p for found in answers for p in found.problems), *survived),
            rolled={key: could for found in answers for key, could in found.rolled.items()},
        )


def verdicts_in_order(
    book: Rulebook, norms: Sequence[Norm], bound: Book, answers: Iterable[Answer]
) -> tuple[Verdict, ...]:
    """By provision file, norm, binding and instance."""
    files = {provision.id: provision.file for provision in book.provisions}

    def place(v: Verdict) -> tuple[str, str, Binding, bool, str]:
        return (files.get(v.provision, ""), v.norm, v.binding, v.instance is not None, v.instance or "")

    rows = [verdict for found in answers for verdict in found.verdicts]
    return tuple(sorted([*rows, *_unbound(norms, bound)], key=place))


def _unbound(norms: Sequence[Norm], bound: Book) -> list[Verdict]:
    """Families over values seen, with none seen yet: one row each, of the last version."""
    last = {norm.id: norm for norm in norms if kind_of(norm).has_verdict}
    unseen = [norm for id_, norm in last.items() if ("norm", id_) not in bound.families]
    return [dormant(norm, (), (), _not_seen(norm)) for norm in unseen]


def _not_seen(norm: Norm) -> Why:
    return Why(lambda: Told(reason=why_dormant(norm)))


def states_in_order(book: Rulebook, states: Sequence[State], answers: Iterable[Answer]) -> tuple[StateVerdict, ...]:
    """By provision file, state and binding."""
    files = {provision.id: provision.file for provision in book.provisions}
    file_of = {state.id: files.get(state.provision, "") for state in states}
    rows = [state for found in answers for state in found.states]
    return tuple(sorted(rows, key=lambda s: (file_of[s.state], s.state, s.binding)))
