"""AccordWatch: rule books and event logs in, verdicts with their reasons out.

from engine import load_rulebook, read_events, evaluate, explain
book = load_rulebook("rules/peace-plan-28")
rows, problems = read_events("log.jsonl", book)
verdicts = evaluate(book, rows, as_of="2026-12-31")
print(explain(verdicts["elections"]))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.evaluation.explain import explain as explain
    from engine.evaluation.verdicts import StateVerdict as StateVerdict
    from engine.evaluation.verdicts import Verdict as Verdict
    from engine.evaluation.verdicts import Verdicts as Verdicts
    from engine.intake import read_events as read_events
    from engine.language import Rulebook as Rulebook
    from engine.language import RulebookError as RulebookError
    from engine.language import load_rulebook as load_rulebook
    from engine.monitor import evaluate as evaluate
    from engine.problems import Problem as Problem

# Looked up when asked for: the command line answers `--help` without loading the models of the whole grammar.
_HOMES = {
    "Problem": "engine.problems",
    "Rulebook": "engine.language",
    "RulebookError": "engine.language",
    "StateVerdict": "engine.evaluation.verdicts",
    "Verdict": "engine.evaluation.verdicts",
    "Verdicts": "engine.evaluation.verdicts",
    "evaluate": "engine.monitor",
    "explain": "engine.evaluation.explain",
    "load_rulebook": "engine.language",
    "read_events": "engine.intake",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
