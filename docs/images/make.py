"""Draws docs/images/board.svg, one evening of the shipped story: `.venv/bin/python docs/images/make.py`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import MONOKAI

from engine import evaluate, load_rulebook, read_events
from engine.report.board import header
from engine.report.deadlines import pressing_lines
from engine.report.layout import Line
from engine.report.summary import needing_attention

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_name("board.svg")
WIDTH = 100
EVENING = "2026-08-10"


def picture() -> str:
    """What needs attention and what falls due, as it was known that evening: the same bytes for the same story."""
    book = load_rulebook(str(ROOT / "rules" / "peace-plan-28"))
    rows, _ = read_events(str(ROOT / "fixtures" / "peace-plan-28" / "events.jsonl"), book)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    seen = evaluate(book, rows, as_of=EVENING, known_at=EVENING)
    lines = [*header(seen, book, WIDTH), Line(""), *needing_attention(seen, book, WIDTH), Line("")]
    for line in [*lines, *pressing_lines(seen, book, WIDTH), Line("")]:  # the frame cuts into a last line
        console.print(line)
    # Rich's own template asks a server for its font; the picture is to need nothing.
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="peace-plan-28, the evening of 10 August 2026",
        theme=MONOKAI,
        code_format=without_fonts,
        unique_id="board",
        font_aspect_ratio=0.61,
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
