"""Draws docs/images/board.svg, the board of the shipped story: `.venv/bin/python docs/images/make.py`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import MONOKAI

from engine import evaluate, load_rulebook, read_events
from engine.report.board import board

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_name("board.svg")
WIDTH = 100
AS_OF = "2026-09-15"


def picture() -> str:
    """The board as SVG: the same bytes for the same story."""
    book = load_rulebook(str(ROOT / "rules" / "peace-plan-28"))
    rows, _ = read_events(str(ROOT / "fixtures" / "peace-plan-28" / "events.jsonl"), book)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in board(evaluate(book, rows, as_of=AS_OF), book, WIDTH):
        console.print(line)
    # Rich's own template asks a server for its font; the picture is to need nothing.
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="accord evaluate", theme=MONOKAI, code_format=without_fonts, unique_id="board", font_aspect_ratio=0.61
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
