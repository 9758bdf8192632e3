"""A small change to the other books is noticed by their tests, or the page on the second agreement says why not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from engine import monitor
from engine.mutation import mutate
from engine.report.mutation import Mutation

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ("peace-plan-20", "sinai-1979")


@cache
def mutation(book: str) -> Mutation:
    return mutate(monitor.load(str(ROOT / "rules" / book)), workers=2)


@pytest.mark.parametrize("book", BOOKS)
def test_of_each_kind_of_change_nearly_all_are_noticed(book: str) -> None:
    assert mutation(book).failing == ()
    assert [count for count in mutation(book).counts() if count["noticed"] < 0.95 * count["made"]] == []


@pytest.mark.parametrize("book", BOOKS)
def test_a_change_that_no_test_notices_is_explained(book: str) -> None:
    page = (ROOT / "docs" / "second-agreement.md").read_text(encoding="utf-8")
    told = [f"{tried.entry}: {tried.kind}: {tried.change}" for tried in mutation(book).survivors]
    assert [change for change in told if f"`{change}`" not in page] == []


@pytest.mark.parametrize("book", BOOKS)
def test_the_page_tells_how_many_changes_were_made(book: str) -> None:
    page = (ROOT / "docs" / "second-agreement.md").read_text(encoding="utf-8")
    made = sum(count["made"] for count in mutation(book).counts())
    noticed = sum(count["noticed"] for count in mutation(book).counts())
    assert f"{made} changes to `{book}`, {noticed} noticed" in page or f"{made} to `{book}`, {noticed} noticed" in page
