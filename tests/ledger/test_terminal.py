"""`accord log` at a terminal, as somebody uses it who sees it for the first time."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.keeping import books
from engine.keeping.ledger import make_ledger, open_ledger
from engine.ledger import store as storage
from tests.ledger.conftest import RIVER

ROOT = Path(__file__).parents[2]
CTRL_C, CTRL_D = b"\x03", b"\x04"
ASKED = re.compile(rb": $")
PATIENCE_SECONDS = 120

Type = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(tmp_path: Path) -> Type:
    """`typed("log", answers=[…])`: each answer when it is asked for; the exit code, and what stands on the screen."""
    ledger, _ = make_ledger(str(tmp_path / "accord.db"), name="river/ledger")
    books.activate(ledger, RIVER)

    def run(*arguments: str, answers: Sequence[str | bytes] = ()) -> tuple[int, str]:
        return _at_a_terminal(tmp_path, arguments, answers)

    return run


def _at_a_terminal(folder: Path, arguments: Sequence[str], answers: Sequence[str | bytes]) -> tuple[int, str]:
    command = [sys.executable, "-c", "from engine.cli import main; main()", *arguments]
    around = {**os.environ, "PYTHONPATH": str(ROOT), "ACCORD_SOURCE": "team 3", "COLUMNS": "100"}
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job of a shell would not hear it
        os.chdir(folder)
        os.execve(sys.executable, command, around)
    screen, left = b"", list(answers)
    while piece := _shown(terminal):
        screen += piece
        if left and ASKED.search(screen):
            answer = left.pop(0)
            os.write(terminal, answer if isinstance(answer, bytes) else f"{answer}\n".encode())
            screen += b" "
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert not left, screen.decode()
    return os.waitstatus_to_exitcode(status), screen.decode().replace("\r\n", "\n")


def _shown(terminal: int) -> bytes:
    assert select.select([terminal], [], [], PATIENCE_SECONDS)[0], "it says nothing and does not end"
    try:
        return os.read(terminal, 4096)
    except OSError:  # how a terminal says that nobody writes to it any longer
        return b""


def recorded(folder: Path) -> list[dict[str, Any]]:
    with storage.reading(open_ledger(str(folder / "accord.db")).store) as connection:
        return [json.loads(entry.body) for entry in storage.log_entries(connection)]


def test_a_report_is_asked_for_field_by_field_and_a_wrong_answer_once_more(typed: Type, tmp_path: Path) -> None:
    wrong = [
        "strik",
        "strike",
        "yesterday",
        "2026-03-03",
        "RUU",
        "RU",
        "",
        "?",
        "nowhere",
        "valley",
        "sure",
        "reported",
    ]
    code, screen = typed("log", answers=[*wrong, "by the road"])
    assert code == 0 and "recorded team 3/1 as row 3" in screen
    for said in (
        '"strik" is no event of the vocabulary: did you mean "strike"?',
        '"yesterday" is not a time like',
        '"RUU" is no party or body of the vocabulary: did you mean "RU"?',
        "this one is needed",
        "  ford, valley",
        '"nowhere" is no place of the vocabulary',
        '"sure" is no grade of the vocabulary: there are: alleged, reported, verified',
    ):
        assert said in screen, screen
    assert re.search(
        r"when \(like 20\d\d-\d\d-\d\d, or 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0[23]:00; empty: now\)", screen
    )
    said = {"event": "strike", "at": "2026-03-03", "by": "RU", "place": "valley", "note": "by the road"}
    assert recorded(tmp_path) == [{**said, "id": "team 3/1", "source": "team 3", "evidence": "reported"}]


@pytest.mark.parametrize(("stop", "code"), [(CTRL_C, 130), (CTRL_D, 2)])
def test_who_stops_in_the_midst_leaves_nothing(typed: Type, tmp_path: Path, stop: bytes, code: int) -> None:
    for answers in ([stop], ["strike", "2026-03-03", "RU", stop]):
        done, screen = typed("log", answers=answers)
        assert done == code and screen.endswith("nothing was recorded\n") and "Traceback" not in screen
    assert recorded(tmp_path) == []


def test_what_looks_alike_is_pointed_out_and_taken_back_with_one_word(typed: Type, tmp_path: Path) -> None:
    answers = ["strike", "2026-03-03", "RU", "valley", "", ""]
    typed("log", answers=answers)
    _, screen = typed("log", answers=answers)
    assert '"team 3/2" looks like "team 3/1"' in screen and 'accord retract "team 3/2"' in screen
    code, screen = typed("log", "--undo")
    assert code == 0 and 'taking back "team 3/2": {' in screen
    assert recorded(tmp_path)[-1]["retracts"] == "team 3/2"
    _, screen = typed("log", "--undo")
    assert 'taking back "team 3/1"' in screen
    code, screen = typed("log", "--undo")
    assert code == 2 and "has no entry that could be retracted" in screen


def test_what_a_line_left_out_is_asked_for(typed: Type, tmp_path: Path) -> None:
    code, screen = typed("log", "strike", "by=RU", answers=["vale", "valley"])
    assert code == 0 and "place (ford, valley): " in screen and "by (" not in screen
    row = recorded(tmp_path)[-1]
    assert (row["by"], row["place"]) == ("RU", "valley")


def test_a_patrol_that_saw_nothing_or_was_not_let_in_is_one_line(tmp_path: Path) -> None:
    ledger, _ = make_ledger(str(tmp_path / "accord.db"))
    books.activate(ledger, str(ROOT / "rules" / "peace-plan-28"))
    for line in (
        ("observation", "by=task_force", "place=buffer_north"),
        ("access_denied", "by=RU", "to=task_force", "place=buffer_north", "--note", "barrier at the gate"),
        ("access_denied", "to=task_force", "place=buffer_north"),
    ):
        code, screen = _at_a_terminal(tmp_path, ["log", *line], [])
        assert code == 0 and "recorded team 3/" in screen, screen
