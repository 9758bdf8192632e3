"""What docs/readings.md and the table of docs/story.md say of readings is what comes out."""

from __future__ import annotations

import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import monitor

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "readings.md"
STORY = ROOT / "docs" / "story.md"
EVERY = 12
"""All options take minutes. Each run looks at every twelfth; `docs/make_readings.py` writes them all."""


@cache
def maker() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "make_readings.py"))


@cache
def read() -> tuple[Any, Any]:
    book, rows = maker()["load"]()
    return book, rows


@cache
def standing(setting: str) -> dict[str, str]:
    reading, _, option = setting.partition("=")
    book, rows = read()
    chosen = {reading: option} if reading else {}
    found: dict[str, str] = maker()["standing"](
        monitor.evaluate(book, rows, as_of=maker()["AS_OF"], known_at=None, readings=chosen)
    )
    return found


def test_every_option_that_was_not_chosen_is_on_the_page_once() -> None:
    """If this fails because the book has changed: `.venv/bin/python docs/make_readings.py`."""
    named = re.findall(r"`(\w+=\w+)`", PAGE.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(f"{reading.id}={option.id}" for reading, option in maker()["others"](read()[0]))


def test_what_the_page_says_of_a_reading_is_what_comes_out() -> None:
    book, rows = read()
    text = PAGE.read_text(encoding="utf-8")
    table, silent = text.split("## Nothing else in this story")
    for reading, option in list(maker()["others"](book))[::EVERY]:
        told = maker()["line"](book, rows, standing(""), reading, option)
        assert (told or f"`{reading.id}={option.id}`") in (table if told else silent)


def rows_of_the_story() -> list[tuple[str, str, str, str]]:
    return re.findall(
        r"^\| `(\w+=\w+)`[^|]*\| (`\w+`[^|]*): ([\w ]+) \| ([\w ]+) \|$", STORY.read_text("utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize(("setting", "norm", "chosen", "otherwise"), rows_of_the_story())
def test_what_the_story_says_of_a_reading_is_what_comes_out(
    setting: str, norm: str, chosen: str, otherwise: str
) -> None:
    assert re.sub(r" x\d+", "", standing("")[norm]) == chosen
    assert re.sub(r" x\d+", "", standing(setting)[norm]) == otherwise


def test_the_story_has_its_table() -> None:
    assert len(rows_of_the_story()) == STORY.read_text("utf-8").count("\n| `")
