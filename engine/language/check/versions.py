"""Family: versions of one norm follow each other, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from engine.language.check.parts import word_for
from engine.language.draft import Draft, Origin
from engine.language.models import NormSpec, shown
from engine.problems import Problem
from engine.time import Instant
from engine.vocabulary import Vocabulary


def check(draft: Draft) -> Iterator[Problem]:
    groups: dict[tuple[str, str | None, str | None], list[NormSpec]] = defaultdict(list)
    for norm, origin in draft.norms():
        groups[_group(norm, origin)].append(norm)
        yield from _backwards(norm, draft.vocabulary)
    for versions in groups.values():
        if len(versions) > 1:
            yield from _undated(versions, draft)
            yield from _succession([norm for norm in versions if norm.valid is not None], draft.vocabulary)


def _group(norm: NormSpec, origin: Origin) -> tuple[str, str | None, str | None]:
    return norm.id, origin.reading, origin.option


def _written(norm: NormSpec, key: str) -> str:
    return shown(norm.node["valid"].get(key))


def _start(norm: NormSpec, vocabulary: Vocabulary) -> Instant:
    assert norm.valid is not None
    time = norm.valid.from_
    return vocabulary.calendar.start_of(time) if isinstance(time, date) else time


def _end(norm: NormSpec, vocabulary: Vocabulary) -> Instant | None:
    """The first instant after the version, or None where it has no end."""
    assert norm.valid is not None
    time = norm.valid.to
    if isinstance(time, date):
        return vocabulary.calendar.start_of(time + timedelta(days=1))
    return None if time is None else time + 1


def _backwards(norm: NormSpec, vocabulary: Vocabulary) -> Iterator[Problem]:
    if norm.valid is None:
        return
    end = _end(norm, vocabulary)
    if end is not None and end <= _start(norm, vocabulary):
        message = f'version "{norm.valid.version}" of "{norm.id}" ends on "{_written(norm, "to")}", before it begins'
        hint = f'it begins on "{_written(norm, "from")}"'
        yield norm.valid.node.at("to").problem("version-backwards", message, hint)


def _undated(versions: list[NormSpec], draft: Draft) -> Iterator[Problem]:
    """Without any dates they are simply one id given twice, which is said with the names."""
    if not any("valid" in norm.node for norm in versions):
        return
    for norm in versions:
        if "valid" not in norm.node and not draft.damaged_at(norm.node):
            message = f'{word_for(norm)} stands more than once, and here without dates: "valid" is missing'
            yield norm.node.at("id").problem("version-without-dates", message, "add valid: {from: …, version: …}")


def _of_one_kind(before: NormSpec, after: NormSpec) -> Iterator[Problem]:
    """What is open under a duty cannot go on as a prohibition."""
    if before.modal_word != after.modal_word:
        assert before.valid is not None and after.valid is not None
        message = (
            f'version "{after.valid.version}" of "{after.id}" is a {after.modal_word}, '
            f'version "{before.valid.version}" is a {before.modal_word}'
        )
        hint = 'give it an id of its own, and the one before a "to"'
        yield after.node.at(after.modal_word).problem("versions-of-two-kinds", message, hint)


def _succession(versions: list[NormSpec], vocabulary: Vocabulary) -> Iterator[Problem]:
    ordered = sorted(versions, key=lambda norm: _start(norm, vocabulary))
    for before, after in pairwise(ordered):
        assert before.valid is not None and after.valid is not None
        yield from _of_one_kind(before, after)
        end, place = _end(before, vocabulary), after.valid.node.at("from")
        begins = f'version "{after.valid.version}" of "{after.id}" begins on "{_written(after, "from")}"'
        if end is None:
            message = f'{begins}, but version "{before.valid.version}" has no end'
            yield place.problem("versions-overlap", message, f'give version "{before.valid.version}" a "to"')
        elif _start(after, vocabulary) < end:
            message = f'{begins}, while version "{before.valid.version}" runs to "{_written(before, "to")}"'
            yield place.problem("versions-overlap", message, "end the one before the other begins")
        elif _start(after, vocabulary) > end:
            message = (
                f'{begins}, but version "{before.valid.version}" ended on "{_written(before, "to")}": nothing between'
            )
            hint = "let one follow the other, unless the gap is meant"
            yield place.problem("version-gap", message, hint, severity="warning")
