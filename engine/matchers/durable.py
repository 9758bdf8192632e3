"""The second opinion: durable-rules, in a child process that is started again when it dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from engine.evaluation.matching import Hits
from engine.events import Event
from engine.language.plan import Match
from engine.matchers import durable_child
from engine.matchers.durable_form import Code, Forms, MatcherError, Predicate, comparisons, packed
from engine.vocabulary import Vocabulary

TOGETHER = 500
"""Events a message: enough to keep both processes busy, few enough to search for the one on which the child died."""
KEPT_NUMBERS = 2_000_000
"""Answers are kept, by what was asked, until they hold so many numbers of matches; then the table starts afresh."""
HANGS_AFTER = 300.0
"""Seconds on one message: durable-rules can loop for ever (a rule that fires on its own state does)."""

RULES_TOGETHER = 60
"""durable-rules walks a ruleset with a stack of 64, on which each rule takes one place at most."""

Rule = tuple[str, Predicate]
Question = tuple[str, tuple[tuple[str, Code], ...]]
"""An event's type and its fact: all that durable-rules is told of it."""


class MatcherMissing(MatcherError):
    def __init__(self) -> None:
        super().__init__("durable-rules is not installed here (it needs Python < 3.13 and a C compiler)")


class MatcherDied(MatcherError):
    """The child ended or failed on one event again and again."""


class _Fault(Exception):
    """The child ended, or answered with an error."""


class DurableMatcher:
    """`notes`: one line for each death of the child that was survived; `crashes`: how many there were."""

    def __init__(self, vocabulary: Vocabulary, matches: Sequence[Match]):
        self._forms = Forms(vocabulary, matches)
        self._rules = _rulesets(self._forms, matches)
        rules = [name for rulesets in self._rules.values() for ruleset in rulesets for name, _ in ruleset]
        self._parts = Counter((name[0], _number(name)) for name in rules)
        self._answers: dict[Question, Hits] = {}
        self._room = KEPT_NUMBERS
        self.notes: list[str] = []
        self._child = self._started()

    @property
    def crashes(self) -> int:
        return len(self.notes)

    @property
    def child_pid(self) -> int:
        return self._child.pid

    def hits(self, events: Sequence[Event]) -> Iterator[Hits]:
        rest = iter(events)
        while batch := list(islice(rest, TOGETHER)):
            yield from self._batch(batch)

    def close(self) -> None:
        _end(self._child)

    def _batch(self, events: Sequence[Event]) -> list[Hits]:
        if self._room < 0:
            self._answers.clear()
            self._room = KEPT_NUMBERS
        questions = [self._question(event) for event in events]
        new: dict[Question, str] = {}
        for question, event in zip(questions, events, strict=True):
            if question is not None and question not in self._answers:
                new.setdefault(question, event.id)
        self._learn(new)
        return [Hits((), ()) if question is None else self._answers[question] for question in questions]

    def _question(self, event: Event) -> Question | None:
        fact = self._forms.fact(event.type, event.fields)
        return None if fact is None else (event.type, tuple(fact.items()))

    def _learn(self, new: Mapping[Question, str]) -> None:
        """Ask what was not asked before: each question with the id of an event that asks it."""
        if not new:
            return
        try:
            found = self._ask(list(new))
        except _Fault as fault:
            first, *_, last = [*new.values(), *new.values()]
            self._restart(fault, f'among events "{first}" to "{last}"')
            found = [self._ask_alone(question, event) for question, event in new.items()]
        for question, hits in zip(new, found, strict=True):
            self._room -= 1 + len(hits.yes) + len(hits.open)
            self._answers[question] = hits

    def _ask_alone(self, question: Question, event: str) -> Hits:
        for _ in range(2):
            try:
                return self._ask([question])[0]
            except _Fault as fault:
                self._restart(fault, f'on event "{event}"')
        raise MatcherDied(f'durable-rules died twice on event "{event}"')

    def _ask(self, questions: Sequence[Question]) -> list[Hits]:
        reply = _exchange(self._child, {"facts": [[event, dict(fact)] for event, fact in questions]})
        return [self._as_hits(rules) for rules in reply["hits"]]

    def _as_hits(self, rules: Sequence[str]) -> Hits:
        """A match is hit where all its parts are."""
        parts = Counter((name[0], _number(name)) for name in set(rules))
        whole = {rule for rule, count in parts.items() if count == self._parts[rule]}
        yes = {number for letter, number in whole if letter == "y"}
        near = {number for letter, number in whole if letter == "n"}
        return Hits(tuple(sorted(yes)), tuple(sorted(near - yes)))

    def _restart(self, fault: _Fault, where: str) -> None:
        self.notes.append(f"durable-rules {fault} {where}; it was started again")
        _end(self._child)
        self._child = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        # -P: the folder of the child's file holds a module of our own called "durable".
        child = subprocess.Popen(
            [sys.executable, "-P", durable_child.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            reply = _exchange(child, {"rules": self._rules})
        except _Fault as fault:
            _end(child)
            raise MatcherDied(f"durable-rules {fault} while it took the rules in") from fault
        if "missing" in reply:
            _end(child)
            raise MatcherMissing
        return child


def _rulesets(forms: Forms, matches: Sequence[Match]) -> dict[str, list[list[Rule]]]:
    """By event type. Match 7 is rules `y7.0`, `y7.1` … (every pred holds) and `n7.0` … (none of them fails)."""
    rules: dict[str, list[Rule]] = defaultdict(list)
    for number, match in enumerate(matches):
        for letter, parts in zip("yn", forms.rules(match), strict=True):
            rules[match.event] += [(f"{letter}{number}.{part}", predicate) for part, predicate in enumerate(parts)]
    return {event: packed(group, RULES_TOGETHER, lambda rule: comparisons(rule[1])) for event, group in rules.items()}


def _number(rule: str) -> int:
    return int(rule[1:].partition(".")[0])


def _exchange(child: subprocess.Popen[bytes], message: Any) -> Any:
    assert child.stdin is not None and child.stdout is not None
    guard = threading.Timer(HANGS_AFTER, child.kill)
    guard.start()
    try:
        durable_child.write(child.stdin, message)
        reply = durable_child.read(child.stdout)
    except OSError:
        reply = None
    finally:
        guard.cancel()
    if reply is None:
        raise _Fault(f"ended with code {child.wait()}")
    if "failed" in reply:
        raise _Fault(f"failed ({reply['failed']})")
    return reply


def _end(child: subprocess.Popen[bytes]) -> None:
    """At the end of its input the child ends by itself; a broken one is not waited for."""
    child.kill()
    child.communicate()
