"""A small change to the 28 points is noticed by their tests, or docs/mutation.md says why it changes nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine import monitor
from engine.mutation import mutate
from engine.report.mutation import Mutation

ROOT = Path(__file__).resolve().parents[2]


@cache
def mutation() -> Mutation:
    return mutate(monitor.load(str(ROOT / "rules" / "peace-plan-28")), workers=2)


def test_of_each_kind_of_change_nearly_all_are_noticed() -> None:
    assert mutation().failing == ()
    counts = mutation().counts()
    assert [count for count in counts if count["noticed"] < 0.95 * count["made"]] == []


def test_a_change_that_no_test_notices_is_explained() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text(encoding="utf-8")
    told = [f"{tried.entry}: {tried.kind}: {tried.change}" for tried in mutation().survivors]
    assert [change for change in told if f"`{change}`" not in page] == []
