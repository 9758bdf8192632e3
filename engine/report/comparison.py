"""Two evaluations side by side: which verdicts differ, how, and why on either side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluation.verdicts import Binding, StateVerdict, Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Line, paragraph
from engine.time import format_instant

Key = tuple[str, Binding, str]


@dataclass(frozen=True, slots=True)
class Change:
    """The same instance of the same norm on both sides; None where one side has no such instance."""

    before: Verdict | None
    after: Verdict | None

    @property
    def named(self) -> Verdict:
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left` and `right`: what each side is, in words."""

    left: str
    right: str
    before: Verdicts
    after: Verdicts

    @property
    def changes(self) -> list[Change]:
        old, new = _by_key(self.before.verdicts), _by_key(self.after.verdicts)
        keys = [*old, *(key for key in new if key not in old)]
        pairs = [Change(old.get(key), new.get(key)) for key in keys]
        return [pair for pair in pairs if _shown(pair.before) != _shown(pair.after)]

    @property
    def state_changes(self) -> list[tuple[StateVerdict | None, StateVerdict | None]]:
        old = {(state.state, state.binding): state for state in self.before.states}
        new = {(state.state, state.binding): state for state in self.after.states}
        pairs = [(old.get(key), new.get(key)) for key in [*old, *(key for key in new if key not in old)]]
        return [(a, b) for a, b in pairs if a is None or b is None or a.as_json() != b.as_json()]

    def as_json(self) -> dict[str, Any]:
        return {
            "left": _side(self.left, self.before),
            "right": _side(self.right, self.after),
            "changed": [_change_json(change) for change in self.changes],
            "states": [
                {"before": a.as_json() if a else None, "after": b.as_json() if b else None}
                for a, b in self.state_changes
            ],
        }


def _by_key(verdicts: Sequence[Verdict]) -> Mapping[Key, Verdict]:
    return {(verdict.norm, verdict.binding, verdict.instance or ""): verdict for verdict in verdicts}


def _shown(verdict: Verdict | None) -> dict[str, Any] | None:
    """What makes two verdicts differ: everything but the version of the text and the events cited."""
    if verdict is None:
        return None
    return {key: value for key, value in verdict.as_json().items() if key not in ("version", "because")}


def _side(named: str, verdicts: Verdicts) -> dict[str, Any]:
    return {
        "what": named,
        "rulebook": {"version": verdicts.rulebook_version, "sha256": verdicts.rulebook_sha256},
        "as_of": format_instant(verdicts.as_of),
        "known_at": None if verdicts.known_at is None else format_instant(verdicts.known_at),
        "readings": dict(verdicts.readings),
    }


def _change_json(change: Change) -> dict[str, Any]:
    named = change.named
    return {
        "provision": named.provision,
        "norm": named.norm,
        "for": dict(named.binding),
        "instance": named.instance,
        "before": _verdict_json(change.before),
        "after": _verdict_json(change.after),
    }


def _verdict_json(verdict: Verdict | None) -> dict[str, Any] | None:
    return None if verdict is None else {**verdict.as_json(), "reason": verdict.reason}


def comparison_lines(comparison: Comparison, book: Rulebook, width: int) -> list[Line]:
    local = LocalTime(book.vocabulary.calendar)
    changes, states = comparison.changes, comparison.state_changes
    lines = paragraph(f"{words.counted(len(changes), 'verdict')} of {_known(comparison)} differ", width, style="bold")
    lines += paragraph(f"before: {comparison.left}", width, hang="  ")
    lines += paragraph(f"after:  {comparison.right}", width, hang="  ")
    for change in changes:
        named = change.named
        name = words.naming(comparison.after if change.after else comparison.before)
        lines += [Line(""), *paragraph(f"{named.provision} {name(named)}", width, style="bold")]
        lines += _verdict_line("before", change.before, local, width)
        lines += _verdict_line("after", change.after, local, width)
    if states:
        lines += [Line(""), Line("States", style="bold")]
        lines += [line for pair in states for line in _state_line(*pair, width)]
    return lines


def _known(comparison: Comparison) -> int:
    return len({**_by_key(comparison.before.verdicts), **_by_key(comparison.after.verdicts)})


def _verdict_line(side: str, verdict: Verdict | None, local: LocalTime, width: int) -> list[Line]:
    told = verdict_words(verdict, local)
    style = words.STYLES[verdict.bucket] if verdict else ""
    return paragraph(told, width, indent=f"   {side:<7}", hang=" " * 10, style=style)


def verdict_words(verdict: Verdict | None, local: LocalTime) -> str:
    """`✗ breached, due 12 Apr 2026, 2 on record; could be met late: the due passed without …`."""
    if verdict is None:
        return "no such instance"
    due = f", due {local.due_day(verdict)}" if verdict.due is not None else ""
    record = f", {words.counted(len(verdict.breaches), 'breach', 'breaches')} on record" if verdict.breaches else ""
    open_end = words.could_be(verdict)
    reason = f": {local.told(verdict.reason)}" if verdict.reason else ""
    return f"{words.standing(verdict)}{due}{record}{f'; {open_end}' if open_end else ''}{reason}"


def _state_line(before: StateVerdict | None, after: StateVerdict | None, width: int) -> list[Line]:
    named = after or before
    assert named is not None
    subject = f"{named.state} ({words.binding_words(named.binding)})" if named.binding else named.state
    return paragraph(f"{subject}: {state_words(before)} → {state_words(after)}", width, indent="   ", hang="     ")


def state_words(state: StateVerdict | None) -> str:
    if state is None:
        return "not there"
    if state.is_:
        return "holds" if state.certainly else "holds, not certain"
    return "does not hold, but could" if state.possibly else "does not hold"
