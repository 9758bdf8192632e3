"""The demonstration's one screen, put together from the reports that the commands print."""

from __future__ import annotations

from engine.evaluation.verdicts import Verdict, Verdicts
from engine.report import words
from engine.report.board import header
from engine.report.deadlines import pressing_lines
from engine.report.explanation import Explanation, short_lines
from engine.report.layout import Line, paragraph
from engine.report.summary import needing_attention, then_and_now

_INTRO = "Rules and reports of events go in; what is kept, broken or unknown comes out, with reasons."


def demo_lines(
    told: Explanation, due: Verdicts, seen: tuple[Verdict, Verdict], answers: tuple[Verdicts, Verdicts], width: int
) -> list[Line]:
    """What needs attention by provision, the verdict of `told` explained, what is pressing in `due`, and `seen`: one
    verdict then and now."""
    book, verdicts = told.book, told.verdicts
    return [
        *paragraph(_INTRO, width, style="dim"),
        Line(""),
        *header(verdicts, book, width),
        Line(""),
        *needing_attention(verdicts, book, width),
        *_declaratory(told, width),
        *_title("One of them explained (accord explain)"),
        *short_lines(told, width),
        *_title("What fell due in the middle of it (accord deadlines)"),
        *pressing_lines(due, book, width),
        *_title("As we saw it then, and now (--known-at)"),
        *then_and_now(*seen, *answers, book, width),
    ]


def _title(text: str) -> list[Line]:
    return [Line(""), Line(text, style="bold underline")]


def _declaratory(told: Explanation, width: int) -> list[Line]:
    encoded = {norm.provision for norm in told.book.norms}
    whole = [p.id for p in told.book.provisions if p.declaratory and p.id not in encoded]
    part = [p.id for p in told.book.provisions if p.declaratory and p.id in encoded]
    found: list[Line] = []
    for text, named in (("nothing to monitor (declaratory)", whole), ("nothing to monitor in a part of", part)):
        if named:
            line = f"{text}: {words.printable(', '.join(named))}"
            found += paragraph(line, width, indent=" ", hang="   ", style="dim")
    return found
