"""`accord demo`: on one screen, what this is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.cli.asking import Answer
    from engine.evaluation.verdicts import Verdict
    from engine.report.explanation import Explanation

AGREEMENT = "peace-plan-28"


def demo(
    matcher: options.Matcher = "compiled", format: options.AsTable = Format.table, quiet: options.Quiet = False
) -> None:
    """On one screen, what this is for.

    A shipped rule book on a shipped story: the board by provision, one violation explained, and one verdict as it was
    seen then and now.

    \b
    Example:
      accord demo
    """
    from engine.cli.asking import ask
    from engine.cli.output import leave, show, show_json, width
    from engine.cli.shipped import fixtures

    folder = fixtures(AGREEMENT)
    script = _script(folder)
    now = ask(_question(folder, script["as_of"], None, matcher))  # quiet: the board counts what is without effect
    told = _explained(now, script["explain"])
    then_script = script["then"]
    known = ask(_question(folder, then_script["as_of"], then_script["known_at"], matcher))
    later = ask(_question(folder, then_script["as_of"], None, matcher))
    then, since = _found(known, then_script), _found(later, then_script)
    if format is Format.json:
        seen = {"norm": then_script["norm"], "then": _shown(then), "now": _shown(since)}
        show_json({"evaluate": now.verdicts.as_json(), "explain": told.as_json(), "then_and_now": seen})
    else:
        from engine.report.demo import demo_lines

        show(demo_lines(told, (then, since), (known.verdicts, later.verdicts), width()))
    leave(bad_input=now.bad_input)


def _script(folder: Path) -> dict[str, Any]:
    """What the demo shows, as data beside the story."""
    from engine.cli.output import ENVIRONMENT, say

    file = folder / "demo.json"
    if not file.is_file():
        say(f"accord: the example of {AGREEMENT} is not part of this installation: install it again")
        raise typer.Exit(ENVIRONMENT)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _question(folder: Path, as_of: str, known_at: str | None, matcher: str) -> Any:
    from engine.cli.asking import Question

    log = str(folder / "events.jsonl")
    return Question(AGREEMENT, [log], None, as_of, known_at, [], matcher, strict=False, quiet=True)


def _explained(answer: Answer, script: dict[str, Any]) -> Explanation:
    from engine.cli.explain import found

    return found(answer, script["norm"], script.get("for") or {}, script.get("instance"))


def _found(answer: Answer, script: dict[str, Any]) -> Verdict:
    return _explained(answer, script).verdict


def _shown(verdict: Verdict) -> dict[str, Any]:
    return {**verdict.as_json(), "reason": verdict.reason}
