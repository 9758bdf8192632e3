"""`accord explain`: why a verdict is what it is, why not another, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.cli.asking import Answer
    from engine.evaluation.verdicts import Verdict
    from engine.report.explanation import Explanation


def explain(
    norm: options.Norm,
    rules: options.Rules = None,
    events: options.Events = None,
    ledger: options.Ledger = None,
    for_: options.For = None,
    instance: options.Instance = None,
    mapping: options.Mapping = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    reading: options.Readings = None,
    matcher: options.Matcher = "compiled",
    strict: options.Strict = False,
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Why a verdict is what it is, and what would change it.

    Without --for or --instance: the worst of the norm's instances, with the others listed.

    \b
    Example:
      accord explain elections --rules peace-plan-28 --events log.jsonl --as-of 2026-04-12
    """
    from engine.cli.asking import Question, ask, pairs
    from engine.cli.output import leave, show, show_json, width
    from engine.report.explanation import explanation_lines

    question = Question(rules, events or [], mapping, as_of, known_at, reading or [], matcher, strict, quiet, ledger)
    bound = pairs(for_ or [], "--for", "K=V")
    answer = ask(question)
    told = found(answer, norm, bound, instance)
    if format is Format.json:
        show_json(told.as_json())
    else:
        show(explanation_lines(told, width()))
    leave(bad_input=answer.bad_input)


def found(answer: Answer, norm: str, bound: dict[str, str], instance: str | None) -> Explanation:
    """The verdict asked for, with its siblings; a bad argument where there is none."""
    from engine.evaluation.verdicts import RANK, same_label
    from engine.report.explanation import Explanation

    own = [verdict for verdict in answer.verdicts.verdicts if verdict.norm == norm]
    if not own:
        _no_verdict(answer, norm)
    fitting = [verdict for verdict in own if bound.items() <= dict(verdict.binding).items()]
    if not fitting:
        _no_binding(norm, bound, own)
    asked = [verdict for verdict in fitting if instance is None or same_label(instance, verdict.instance or "")]
    if not asked:
        _no_instance(norm, instance or "", fitting)
    verdict = min(asked, key=lambda found: (RANK[found.is_], RANK[found.alleged]))
    others = tuple(other for other in asked if other is not verdict)
    return Explanation(verdict, answer.verdicts, answer.book, others, answer.verdicts.find(norm, bound, instance))


def _no_verdict(answer: Answer, name: str) -> None:
    from engine.cli.asking import remedy
    from engine.cli.output import refuse

    if any(norm.id == name for norm in answer.book.norms):
        refuse("NORM", f'"{name}" is a permission: it has no verdict of its own, it shows in those that it overrides')
    if any(state.id == name for state in answer.book.states):
        refuse("NORM", f'"{name}" is a state, not a norm: accord evaluate shows where it stands')
    refuse("NORM", f'no norm is called "{name}" ({remedy(name, {v.norm for v in answer.verdicts.verdicts})})')


def _no_binding(norm: str, bound: dict[str, str], own: list[Verdict]) -> None:
    from engine.cli.output import refuse
    from engine.report.words import binding_words

    there = sorted({binding_words(verdict.binding) for verdict in own} - {""})
    asked = ", ".join(f"{name}={value}" for name, value in bound.items())
    remedy = f"there are: {'; '.join(there)}" if there else "it has none: leave --for out"
    refuse("--for", f'norm "{norm}" has no binding "{asked}" ({remedy})')


def _no_instance(norm: str, instance: str, fitting: list[Verdict]) -> None:
    from engine.cli.output import refuse

    there = list(dict.fromkeys(verdict.instance for verdict in fitting if verdict.instance))
    remedy = f"there are: {', '.join(there)}" if there else "it has none: leave --instance out"
    refuse("--instance", f'norm "{norm}" has no instance "{instance}" ({remedy})')
