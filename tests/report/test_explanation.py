"""Explanations: long grounds, missing events, and what is told of each part."""

from __future__ import annotations

from engine.evaluation.verdicts import Breach, Part, Verdict, Verdicts
from engine.language.plan import Rulebook
from engine.report.explanation import Explanation, explanation_lines, short_lines
from engine.report.layout import plain
from tests.report.conftest import retold


def strikes(verdicts: Verdicts) -> Verdict:
    return next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))


def test_a_long_list_of_grounds_shows_its_ends_and_says_what_is_left_out(verdicts: Verdicts, book: Rulebook) -> None:
    parts = tuple(Part("act", f"s{n:04}") for n in range(500))
    breaches = tuple(Breach(n, None, (part.event,), "open") for n, part in enumerate(parts))
    told = Explanation(retold(strikes(verdicts), parts=parts, breaches=breaches), verdicts, book)
    text = plain(explanation_lines(told, 100))
    assert len(text.splitlines()) < 75
    assert text.count("480 more between the first and the last 10: --format json has all") == 2
    assert all(name in text for name in ("s0000", "s0009", "s0490", "s0499"))
    assert "s0010" not in text
    assert len(told.as_json()["rests_on"]) == len(told.as_json()["on_record"]) == 500
    assert len(short_lines(told, 100)) < 16


def test_an_event_that_is_not_in_the_log_is_still_named(verdicts: Verdicts, book: Rulebook) -> None:
    told = Explanation(retold(strikes(verdicts), parts=(Part("ruling", "gone"),)), verdicts, book)
    assert " gone   ruling" in plain(explanation_lines(told, 100))
    assert told.as_json()["rests_on"] == [
        {"event": "gone", "role": "ruling", "note": "", "type": None, "at": None, "source": None}
        | {"evidence": None, "known": None, "words": []}
    ]


def test_a_verdict_with_nothing_to_rest_on_is_one_paragraph(verdicts: Verdicts, book: Rulebook) -> None:
    dormant = next(v for v in verdicts.verdicts if v.norm == "leave_buffer")
    text = plain(explanation_lines(Explanation(dormant, verdicts, book), 100))
    assert "Owed by Lower Ruland: assessed as dormant. The verdict is firm." in text
    assert "Rests on" not in text
