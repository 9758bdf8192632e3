"""AccordWatch: rule books and event logs in, verdicts with their reasons out.

from engine import load_rulebook, read_events, evaluate, explain
book = load_rulebook("rules/peace-plan-28")
rows, problems = read_events("log.jsonl", book)
verdicts = evaluate(book, rows, as_of="2026-12-31")
print(explain(verdicts["elections"]))
"""

from engine.evaluation.explain import explain
from engine.evaluation.verdicts import StateVerdict, Verdict, Verdicts
from engine.intake import read_events
from engine.language import Rulebook, RulebookError, load_rulebook
from engine.monitor import evaluate
from engine.problems import Problem

__all__ = [
    "Problem",
    "Rulebook",
    "RulebookError",
    "StateVerdict",
    "Verdict",
    "Verdicts",
    "evaluate",
    "explain",
    "load_rulebook",
    "read_events",
]
