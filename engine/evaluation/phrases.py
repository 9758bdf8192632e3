"""Words that every kind of norm says alike: a match, its limits, names, the numbers behind a bound."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.evaluation.measures import BoundReader, Judged
from engine.evaluation.verdicts import Figure
from engine.language.plan import Bound, Match, Pred
from engine.quantities import plain
from engine.time import BEGINNING, format_instant


def described(match: Match) -> str:
    """A match in words: `an election_held with level national, confirmed by task_force`."""
    preds = [f"{pred.field} {_pred_words(pred)}" for pred in match.preds]
    text = f"{'an' if match.event[:1] in 'aeiou' else 'a'} {match.event}"
    if preds:
        text += " with " + ", ".join(preds)
    if match.quorum is not None:
        of = ", ".join(str(name) for name in match.quorum.of)
        needed = "" if match.quorum.needed == len(match.quorum.of) else f"{match.quorum.needed} of "
        text += f", confirmed by {needed}{of}"
    return text


def _pred_words(pred: Pred) -> str:
    values = " or ".join(_value_words(value) for value in pred.values)
    words = {"in": "", "not": "not ", "gt": "above ", "gte": "at least ", "lt": "below ", "lte": "at most "}
    if pred.op == "exists":
        return "stated" if pred.values == (True,) else "not stated"
    return f"{words[pred.op]}{values}"


def _value_words(value: object) -> str:
    return plain(value) if hasattr(value, "as_tuple") else str(value)  # type: ignore[arg-type]


def limits(bound: Bound, at_least: Decimal | None = None) -> str:
    """`at_least`: of a milestone, in place of what the bound says."""
    low = at_least if at_least is not None else bound.at_least
    found = []
    if low is not None:
        found.append(f"{bound.measure.aggregate} at least {_value_words(low)}")
    if bound.at_most is not None:
        found.append(f"{bound.measure.aggregate} at most {_value_words(bound.at_most)}")
    return "(" + ", ".join(found) + ")" if found else ""


def any_of(names: Sequence[object]) -> str:
    return " or ".join(str(name) for name in names)


def figures_of(reader: BoundReader | None, judged: Judged, at_least: Decimal | None = None) -> list[Figure]:
    """The numbers behind a bound, ready to print."""
    assert reader is not None
    bound = reader.bound
    found = [Figure(bound.measure.aggregate, "no reading" if judged.value.value is None else plain(judged.value.value))]
    if bound.per is not None and judged.per is not None:
        per = judged.per.value
        found.append(Figure(f"per {bound.per.aggregate}", "no reading" if per is None else plain(per)))
    low = at_least if at_least is not None else reader.at_least
    if low is not None:
        found.append(Figure("at least", plain(low)))
    if reader.at_most is not None:
        found.append(Figure("at most", plain(reader.at_most)))
    if reader.rolling is not None and judged.after > BEGINNING:
        found.append(Figure("window opens after", format_instant(judged.after)))
    return found
