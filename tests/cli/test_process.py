"""`accord` as a process among others: pipes that close, interruptions, poor terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Accord = Callable[..., Result]
ASK = ("--rules", "river", "--events", "events.jsonl")
# A shell lets its background jobs ignore interruptions, and with them what they start, such as these tests.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
CALL = (sys.executable, "-c", f"{HEARS}; from engine.cli.app import main; main()")


@pytest.fixture
def folder(accord: Accord) -> Path:
    return Path.cwd()


def started(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [*CALL, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_a_reader_that_stops_early_ends_the_run_without_a_word(format: str, folder: Path) -> None:
    with started("evaluate", *ASK, "--quiet", "--format", format) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        told = run.stderr.read()
    assert (run.returncode, told) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="a signal of Unix")
def test_an_interruption_ends_the_run_with_its_own_code_and_no_traceback(folder: Path) -> None:
    row = json.dumps({"id": "x", "event": "strike", "at": "2026-03-02", "place": "ford", "note": 1000 * "x"})
    with started("read", "-", "--rules", "river", "--format", "json") as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(f"{row}\n".encode() * 400)  # more than a pipe holds: when this is written, it reads
        run.stdin.flush()
        run.send_signal(signal.SIGINT)
        told = run.stderr.read()
    assert (run.returncode, told) == (130, b"")


def test_a_poor_encoding_of_the_terminal_loses_no_symbol(folder: Path) -> None:
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    with started("evaluate", *ASK, **poor) as run:
        shown, told = run.communicate()
    assert (run.returncode, told) == (0, b"")
    assert "✗ breached" in shown.decode("utf-8")


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_into_a_pipe_and_without_colours_nothing_but_text_is_written(variable: str, folder: Path) -> None:
    with started("evaluate", *ASK, **{variable: "1" if variable == "NO_COLOR" else "dumb"}) as run:
        shown, _ = run.communicate()
    assert b"\x1b" not in shown
