"""The matchers there are, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.evaluation.matching import MakeMatcher
from engine.matchers.compiled import compiled_matcher
from engine.matchers.durable import DurableMatcher, MatcherDied, MatcherMissing
from engine.matchers.durable_form import MatcherError, MatcherRefused

MatcherName = Literal["compiled", "durable"]
MATCHERS: Mapping[MatcherName, MakeMatcher] = {"compiled": compiled_matcher, "durable": DurableMatcher}


def matcher(name: MatcherName) -> MakeMatcher:
    return MATCHERS[name]


__all__ = ["MATCHERS", "MatcherDied", "MatcherError", "MatcherMissing", "MatcherName", "MatcherRefused", "matcher"]
