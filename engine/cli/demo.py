"""`accord demo`: on one screen, what this is for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.cli.asking import Answer, Question
    from engine.evaluation.verdicts import Verdict
    from engine.events import Row
    from engine.language.plan import Rulebook
    from engine.problems import Problem
    from engine.report.explanation import Explanation

AGREEMENT = "peace-plan-28"


def demo(
    matcher: options.Matcher = "compiled", format: options.AsTable = Format.table, quiet: options.Quiet = False
) -> None:
    """On one screen, what this is for.

    A shipped rule book on a shipped story: what needs attention, by provision; one violation explained; what fell due
    on a day in the middle of it; and one verdict as it was seen then and now.

    \b
    Example:
      accord demo
    """
    from engine.cli.asking import check_matcher, open_book, read_log
    from engine.cli.output import leave, show, show_json, width
    from engine.cli.shipped import fixtures

    check_matcher(matcher)
    folder = fixtures(AGREEMENT)
    script = _script(folder)
    question = _question(folder, matcher)
    book, bad_rules = open_book(question)
    rows, problems = read_log(question, book)
    log = Log(question, book, rows, problems)
    now, due = log.at(script["as_of"]), log.at(script["deadlines"]["as_of"], script["deadlines"]["known_at"])
    known, later = log.at(script["then"]["as_of"], script["then"]["known_at"]), log.at(script["then"]["as_of"])
    told = _explained(now, script["explain"])
    then, since = _found(known, script["then"]), _found(later, script["then"])
    if format is Format.json:
        seen = {"norm": script["then"]["norm"], "then": _shown(then), "now": _shown(since)}
        show_json({"evaluate": now.verdicts.as_json(), "explain": told.as_json(), "then_and_now": seen})
    else:
        from engine.report.demo import demo_lines

        show(demo_lines(told, due.verdicts, (then, since), (known.verdicts, later.verdicts), width()))
    leave(bad_input=bad_rules or now.bad_input)


@dataclass(frozen=True)
class Log:
    """The story, opened once and asked several times."""

    question: Question
    book: Rulebook
    rows: Sequence[Row]
    problems: Sequence[Problem]

    def at(self, as_of: str, known_at: str | None = None) -> Answer:
        from engine.cli.asking import Answer, judged, when

        instants = [when(text, self.book.vocabulary, "demo.json") for text in (as_of, known_at)]
        verdicts = judged(self.question, self.book, self.rows, self.problems, {}, instants[0], instants[1])
        bad = any(problem.severity == "error" for problem in verdicts.problems)
        return Answer(self.book, self.rows, self.problems, verdicts, bad)


def _script(folder: Path) -> dict[str, Any]:
    """What the demo shows, as data beside the story."""
    from engine.cli.output import ENVIRONMENT, say

    file = folder / "demo.json"
    if not file.is_file():
        say(f"accord: the example of {AGREEMENT} is not part of this installation: install it again")
        raise typer.Exit(ENVIRONMENT)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _question(folder: Path, matcher: str) -> Question:
    """Quiet: the board counts what is without effect."""
    from engine.cli.asking import Question

    log = str(folder / "events.jsonl")
    return Question(AGREEMENT, [log], None, None, None, [], matcher, strict=False, quiet=True)


def _explained(answer: Answer, script: dict[str, Any]) -> Explanation:
    from engine.cli.explain import found

    return found(answer, script["norm"], script.get("for") or {}, script.get("instance"))


def _found(answer: Answer, script: dict[str, Any]) -> Verdict:
    return _explained(answer, script).verdict


def _shown(verdict: Verdict) -> dict[str, Any]:
    return {**verdict.as_json(), "reason": verdict.reason}
