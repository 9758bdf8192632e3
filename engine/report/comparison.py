"""Two evaluations side by side: which verdicts differ, how, and why on either side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluation.verdicts import Binding, StateVerdict, Verdict, Verdicts
from engine.events import Event
from engine.language.plan import Rulebook
from engine.report import words
from engine.report.dates import LocalTime
from engine.report.layout import Line, paragraph
from engine.time import format_instant

Key = tuple[str, Binding, str]
_SAME_VERDICT = ("provision", "version", "because")


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
    before: Verdicts
    after: Verdicts

    @property
    def pairs(self) -> list[Change]:
        """Every instance of either side with its like on the other."""
        return _paired(_by_key(self.before.verdicts), _by_key(self.after.verdicts))

    @property
    def changes(self) -> list[Change]:
        return [pair for pair in self.pairs if _shown(pair.before) != _shown(pair.after)]

    @property
    def apart(self) -> bool:
        """Two rule books, not two ways to ask one."""
        return self.before.rulebook_sha256 != self.after.rulebook_sha256

    def only(self, side: Verdicts) -> list[str]:
        """The norms of that side's rule book that the other's does not have."""
        other = self.after if side is self.before else self.before
        theirs = {verdict.norm for verdict in other.verdicts}
        mine = dict.fromkeys(verdict.norm for verdict in side.verdicts)
        return [norm for norm in mine if norm not in theirs] if self.apart else []

    @property
    def state_changes(self) -> list[tuple[StateVerdict | None, StateVerdict | None]]:
        old = {(state.state, state.binding): state for state in self.before.states}
        new = {(state.state, state.binding): state for state in self.after.states}
        pairs = [(old.get(key), new.get(key)) for key in [*old, *(key for key in new if key not in old)]]
        return [(a, b) for a, b in pairs if a is None or b is None or a.as_json() != b.as_json()]

    def as_json(self) -> dict[str, Any]:
        return {
            "left": _side(self.before),
            "right": _side(self.after),
            "only_before": self.only(self.before),
            "only_after": self.only(self.after),
            "changed": [_change_json(change) for change in self.changes],
            "states": [
                {"before": a.as_json() if a else None, "after": b.as_json() if b else None}
                for a, b in self.state_changes
            ],
        }


def _paired(old: Mapping[Key, Verdict], new: Mapping[Key, Verdict]) -> list[Change]:
    """By label; where a norm has, in one binding, one instance on each side without its like, these two are the same
    one under another label (a correction has moved its first day)."""
    left = _only([key for key in old if key not in new])
    right = _only([key for key in new if key not in old])
    renamed = {left[norm]: right[norm] for norm in left if norm in right}
    changes = [Change(verdict, new.get(renamed.get(key, key))) for key, verdict in old.items()]
    taken = {*old, *renamed.values()}
    return [*changes, *(Change(None, verdict) for key, verdict in new.items() if key not in taken)]


def _only(keys: Sequence[Key]) -> dict[tuple[str, Binding], Key]:
    """The keys that are the only one of their norm and binding."""
    counts = Counter(key[:2] for key in keys)
    return {key[:2]: key for key in keys if counts[key[:2]] == 1}


def _by_key(verdicts: Sequence[Verdict]) -> Mapping[Key, Verdict]:
    return {(verdict.norm, verdict.binding, verdict.instance or ""): verdict for verdict in verdicts}


def _shown(verdict: Verdict | None) -> dict[str, Any] | None:
    """What makes two verdicts differ: everything but the place and version of the text and the events cited."""
    if verdict is None:
        return None
    return {key: value for key, value in verdict.as_json().items() if key not in _SAME_VERDICT}


def _side(verdicts: Verdicts) -> dict[str, Any]:
    return {
        "agreement": verdicts.agreement,
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


def comparison_lines(comparison: Comparison, book: Rulebook, width: int, other: Rulebook | None = None) -> list[Line]:
    """`other`: the second rule book, where there is one. A norm that it does not have is one name in a list, not a
    change for each of its instances; unless a provision there says that it covers the same rows, and so what became
    of it."""
    local = LocalTime(book.vocabulary.calendar)
    replaced = _replaced(comparison, book, other) if other is not None else {}
    alone = {*comparison.only(comparison.before), *comparison.only(comparison.after)} - {*replaced}
    changes = [change for change in comparison.changes if change.named.norm not in alone]
    states = [pair for pair in comparison.state_changes if not comparison.apart or None not in pair]
    compared = sum(pair.named.norm not in alone for pair in comparison.pairs)
    lines = paragraph(_count(len(changes), compared, comparison, local), width, style="bold")
    for side, rests in zip(("before", "after"), side_words(comparison, local), strict=True):
        lines += paragraph(rests, width, indent=f"{side + ':':<8}", hang=" " * 8)
    for change in changes:
        lines += [Line(""), *paragraph(f"{change.named.provision} {_name(change, comparison)}", width, style="bold")]
        lines += _verdict_line("before", change.before, local, width)
        lines += _verdict_line("after", change.after, local, width, replaced.get(change.named.norm, ""))
        told = _why(change, comparison, local)
        lines += paragraph(told, width, indent="   why    ", hang=" " * 10, style="dim") if told else []
    if states:
        lines += [Line(""), Line("States", style="bold")]
        lines += [line for pair in states for line in _state_line(*pair, local, width)]
    for verdicts in (comparison.before, comparison.after):
        named = [norm for norm in comparison.only(verdicts) if norm in alone]
        told = f"Not compared: {words.counted(len(named), 'norm')} that only {verdicts.agreement} has"
        lines += [Line(""), *paragraph(f"{told}: {', '.join(named)}", width)] if named else []
    return lines


def _replaced(comparison: Comparison, book: Rulebook, other: Rulebook) -> dict[str, str]:
    """Norm that only the first book has -> what the second says of the rows that it covers."""
    there = {row: provision for provision in other.provisions for row in provision.covers}
    gone = {*comparison.only(comparison.before)}
    return {
        norm.id: f"no such norm; {row} there: {words.in_english(there[row].title)}"
        for norm in book.norms
        for row in norm.covers
        if norm.id in gone and row in there
    }


def _count(differing: int, compared: int, comparison: Comparison, local: LocalTime) -> str:
    verb = "differs" if differing == 1 else "differ"
    asked = f"as of {local.moment(comparison.before.as_of)} ({local.calendar.zone})"
    return f"{words.counted(differing, 'verdict')} of {compared} {verb}, {asked}"


def side_words(comparison: Comparison, local: LocalTime) -> tuple[str, str]:
    """What the two sides rest on, as far as it differs."""
    before, after = comparison.before, comparison.after
    told: tuple[list[str], list[str]] = ([], [])
    for says in (_book_words, _readings_apart(before, after), lambda side: _known_words(side, local)):
        one, other = says(before), says(after)
        if one != other:
            told[0].append(one)
            told[1].append(other)
    same = "the same rule book, readings and rows"
    return "; ".join(told[0]) or same, "; ".join(told[1]) or same


def _book_words(verdicts: Verdicts) -> str:
    version = f" version {words.printable(verdicts.rulebook_version)}" if verdicts.rulebook_version else ""
    return f"rule book {verdicts.agreement}{version} ({verdicts.rulebook_sha256[:12]})"


def _readings_apart(before: Verdicts, after: Verdicts) -> Callable[[Verdicts], str]:
    """Names the readings of one side that the other has not, or has otherwise; of two agreements only the latter, since
    each has questions of its own."""
    shared = before.agreement != after.agreement
    named = sorted({*before.readings} & {*after.readings} if shared else {*before.readings, *after.readings})
    apart = [name for name in named if before.readings.get(name) != after.readings.get(name)]

    def told(verdicts: Verdicts) -> str:
        chosen = [f"{name}={verdicts.readings[name]}" for name in apart if name in verdicts.readings]
        return f"read as {', '.join(chosen)}" if chosen else "without these readings"

    return told


def _known_words(verdicts: Verdicts, local: LocalTime) -> str:
    return "on all rows" if verdicts.known_at is None else f"on what was known at {local.moment(verdicts.known_at)}"


def _name(change: Change, comparison: Comparison) -> str:
    """The norm; of an instance that goes by another label on the other side, both labels."""
    old, new = change.before, change.after
    if old is not None and new is not None and old.instance != new.instance and old.instance and new.instance:
        labels = " → ".join(words.printable(label) for label in (old.instance, new.instance))
        return f"{words.subject(new, labelled=False)} · instance {labels}"
    return words.naming(comparison.after if new is not None else comparison.before)(change.named)


def _verdict_line(side: str, verdict: Verdict | None, local: LocalTime, width: int, instead: str = "") -> list[Line]:
    """`instead`: what is said where there is no verdict because there is no norm."""
    told = instead if instead and verdict is None else verdict_words(verdict, local)
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


def _why(change: Change, comparison: Comparison, local: LocalTime) -> str:
    """The events that one side rests on and the other does not; and what else differs, where the lines are alike."""
    before, after = comparison.before, comparison.after
    old, new = change.before, change.after
    told = learned(before, after, _cited(old), _cited(new))
    if old is not None and new is not None and verdict_words(old, local) == verdict_words(new, local):
        told = "; ".join(part for part in (_other_difference(old, new), told) if part)
    return told


def _cited(verdict: Verdict | None) -> set[str]:
    """What it rests on, and what is open in it."""
    return set() if verdict is None else {*verdict.because, *(part.event for part in verdict.parts)}


def _other_difference(old: Verdict, new: Verdict) -> str:
    one, other = old.as_json(), new.as_json()
    apart = [key for key in one if one[key] != other[key] and key not in (*_SAME_VERDICT, "instance")]
    return f"differs in {', '.join(apart)} (--format json has both)" if apart else ""


def learned(before: Verdicts, after: Verdicts, old: set[str], new: set[str]) -> str:
    """`reported since: s1 (strike, patrol 7); retracted since: s2`: what sets the events of two verdicts apart.

    `old`, `new`: the ids that the verdicts rest on.
    """
    groups: dict[str, list[str]] = {word: [] for word in _LEARNED}
    for id_ in sorted(old | new):
        word = _learned_word(id_, before.events.get(id_), after.events.get(id_), old, new)
        if word:
            groups[word].append(_event_words(id_, after.events.get(id_) or before.events.get(id_)))
    return "; ".join(f"{word}: {_first(ids)}" for word, ids in groups.items() if ids)


_LEARNED = ("reported since", "retracted since", "corrected since", "confirmed since", "only before", "only after")
_MOST = 4


def _learned_word(id_: str, was: Event | None, is_: Event | None, old: set[str], new: set[str]) -> str:
    if was is None or is_ is None:
        return "" if was is is_ else "reported since" if was is None else "retracted since"
    if was != is_:
        return "corrected since" if len(is_.words) > len(was.words) else "confirmed since"
    if id_ in old and id_ in new:
        return ""
    return "only before" if id_ in old else "only after"


def _event_words(id_: str, event: Event | None) -> str:
    source = words.printable(event.source) if event is not None and event.source else ""
    told = ", ".join(part for part in (event.type if event is not None else "", source) if part)
    return f"{words.printable(id_)} ({told})" if told else words.printable(id_)


def _first(listed: Sequence[str]) -> str:
    more = len(listed) - _MOST
    return ", ".join(listed[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _state_line(before: StateVerdict | None, after: StateVerdict | None, local: LocalTime, width: int) -> list[Line]:
    named = after or before
    assert named is not None
    subject = f"{named.state} ({words.binding_words(named.binding)})" if named.binding else named.state
    old, new = state_words(before), state_words(after)
    if old == new:
        since = [_since(state, local) for state in (before, after)]
        if since[0] == since[1]:
            return []
        old, new = f"{old} {since[0]}", since[1]
    return paragraph(f"{subject}: {old} → {new}", width, indent="   ", hang="     ")


def _since(state: StateVerdict | None, local: LocalTime) -> str:
    known = state is not None and state.since is not None
    return f"since {local.moment(state.since)}" if state is not None and known else "since the beginning"


def state_words(state: StateVerdict | None) -> str:
    if state is None:
        return "not there"
    if state.is_:
        return "holds" if state.certainly else "holds, not certain"
    return "does not hold, but could" if state.possibly else "does not hold"
