"""durable-rules in a process of its own: reads rules, then facts, from stdin; writes which rules each fact satisfies.

Run as a program, so that a fault in its C code ends this process and no other; the parent shares only `read` and
`write`, and durable-rules is imported when the first rule is made. Each message, either way, is its length in four
bytes and then JSON. No Host is made (no threads, no wall clock): facts only, one at a time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from importlib import import_module
from typing import IO, Any


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    matchers: dict[str, list[FactMatcher]] = {}
    while (message := read(source)) is not None:
        write(sink, answer(message, matchers))


def answer(message: Any, matchers: dict[str, list[FactMatcher]]) -> dict[str, Any]:
    try:
        if "rules" in message:
            import_module("durable.engine")  # told at once where it is missing, even with no rule to make
            for event, rulesets in message["rules"].items():
                matchers[event] = [FactMatcher(f"{event}{at}", dict(rules)) for at, rules in enumerate(rulesets)]
            return {"ready": True}
        return {"hits": [hits(matchers[event], fact) for event, fact in message["facts"]]}
    except ImportError as error:
        return {"missing": str(error)}
    except Exception as fault:  # told to the parent, which raises it
        return {"failed": f"{type(fault).__name__}: {fault}"}


class NoHost:
    """A Host would start two threads and a clock; rules that run only our own notes need none."""

    def get_action(self, name: str) -> None:
        raise KeyError(name)


class FactMatcher:
    """Which of the named predicates does one fact satisfy?"""

    def __init__(self, name: str, predicates: Mapping[str, Any]):
        from durable.engine import MessageNotHandledException, Ruleset

        self._nothing_matched = MessageNotHandledException
        self._hits: list[str] = []
        self._errors: list[Any] = []
        # Ruleset takes what it is given apart: it gets a copy.
        rules = {rule: {"all": [{"m": deepcopy(p)}], "run": self._noting(rule)} for rule, p in predicates.items()}
        self._rules = Ruleset(name, NoHost(), rules)

    def _noting(self, rule: str) -> Callable[[Any], None]:
        return lambda _: self._hits.append(rule)

    def _done(self, error: object, _: object) -> None:
        if error:
            self._errors.append(error)

    def match(self, fact: Mapping[str, Any]) -> list[str]:
        self._hits.clear()
        whole = {**fact, "id": "f", "sid": "0"}
        try:
            handle = self._rules.assert_fact(whole)
        except self._nothing_matched:
            return []
        self._rules.do_actions(handle, self._done)
        self._rules.retract_fact(whole)
        if self._errors:
            raise RuntimeError(self._errors.pop())
        return list(self._hits)


def hits(matchers: Sequence[FactMatcher], fact: Mapping[str, Any]) -> list[str]:
    return [rule for matcher in matchers for rule in matcher.match(fact)]


def read(source: IO[bytes]) -> Any:
    """The next message; None at the end, also where the end comes in the middle of one."""
    head = source.read(4)
    size = int.from_bytes(head, "big")
    body = source.read(size)
    return json.loads(body) if len(head) == 4 and len(body) == size else None


def write(sink: IO[bytes], message: Any) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    sink.write(len(body).to_bytes(4, "big") + body)
    sink.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
