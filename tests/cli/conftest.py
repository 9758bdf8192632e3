"""The command line as a user calls it: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine.cli.app import app

HERE = Path(__file__).parent
Accord = Callable[..., Result]


@pytest.fixture
def accord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accord:
    """`accord("evaluate", …)` in a folder that holds the rule books `river`, `river-later` and a log."""
    for name in ("river", "river-later"):
        shutil.copytree(HERE / name, tmp_path / name)
    shutil.copy(HERE / "events.jsonl", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=stdin)

    return run
