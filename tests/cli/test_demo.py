"""`accord demo` on the shipped story."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from engine.cli.app import app


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.usefixtures("wide")
def test_the_demonstration_fits_a_screen_and_says_what_needs_attention() -> None:
    result = CliRunner().invoke(app, ["demo"])
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) <= 65
    assert max(map(len, lines)) <= 100
    for words in (
        " nothing that needs attention: ",
        " … extended  25 elections (UA) ",
        " retracted since: strike-moscow ",
    ):
        assert any(line.startswith(words) for line in lines), words


def test_the_demonstration_as_data_has_the_verdicts_one_explained_and_one_then_and_now() -> None:
    result = CliRunner().invoke(app, ["demo", "--format", "json"])
    shown = json.loads(result.stdout)
    assert result.exit_code == 0
    assert len(shown["evaluate"]["verdicts"]) > 200
    assert shown["explain"]["verdict"]["norm"] == "free_passage"
    seen = shown["then_and_now"]
    assert (seen["norm"], seen["then"]["is"], seen["now"]["is"]) == ("no_city_strike", "breached", "holding")
