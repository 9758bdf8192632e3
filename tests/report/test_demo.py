"""The demonstration fits one screen."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.verdicts import Verdicts
from engine.language.plan import Provision, Rulebook
from engine.report.demo import demo_lines
from engine.report.explanation import Explanation
from engine.report.layout import plain
from engine.report.summary import by_provision, needing_attention


def test_the_demonstration_shows_a_board_an_explanation_and_then_and_now(verdicts: Verdicts, book: Rulebook) -> None:
    strikes = next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))
    then = replace(strikes, is_="holding", could_be=("holding",), bucket="compliant", breaches=())
    preamble = Provision("1", "Preamble", "", "", "1.yaml", declaratory="states a fact")
    declared = replace(book, provisions=(preamble, *book.provisions))
    told = Explanation(strikes, verdicts, declared)
    known = replace(verdicts, known_at=verdicts.as_of)
    text = plain(demo_lines(told, verdicts, (then, strikes), (known, verdicts), 100))
    assert len(text.splitlines()) <= 60
    assert "✗ breached   28 Ceasefire" in text
    assert "What fell due in the middle of it" in text
    assert "nothing to monitor (declaratory): 1" in text
    assert "No strikes while the ceasefire holds (owed by Lower Ruland to Upper Aland)" in text
    assert " then known at end of 15 Apr 2026: ✓ holding" in text
    assert " now  on all rows: ✗ breached" in text


def test_every_provision_of_a_long_agreement_is_one_line(verdicts: Verdicts, book: Rulebook) -> None:
    strikes = next(v for v in verdicts.verdicts if v.binding == (("p", "RU"),))
    ids = [str(n) for n in range(1, 29)]
    title = "A provision with a title that is longer than a line of the board would ever have room for"
    many = tuple(replace(strikes, provision=id_, could_be=("breached", "met_late")) for id_ in ids)
    unsure = tuple(replace(v, is_="holding", could_be=("breached", "holding"), bucket="not observed") for v in many)
    long = replace(book, provisions=tuple(Provision(id_, title, "", "", f"{id_}.yaml") for id_ in ids))
    page = by_provision(replace(verdicts, verdicts=(*many, *unsure)), long, 100)
    assert len(page) == 29
    assert plain(page[1:2]).startswith(" ✗ breached  1 A provision with a title tha…")
    assert plain(page[1:2]).endswith("…  no_strikes (p=RU)  1 of 2, 1 could be breached\n")


def test_provisions_that_need_no_attention_are_named_and_not_shown(verdicts: Verdicts, book: Rulebook) -> None:
    (kept, *others) = (replace(v, is_="met", could_be=("met",), bucket="compliant") for v in verdicts.verdicts)
    (broken,) = [v for v in verdicts.verdicts if v.binding == (("p", "RU"),)]
    text = plain(needing_attention(replace(verdicts, verdicts=(kept, *others)), book, 100))
    assert text.startswith(" nothing that needs attention: 6")
    calm = tuple(v for v in (kept, *others) if v.provision != broken.provision)
    text = plain(needing_attention(replace(verdicts, verdicts=(*calm, broken)), book, 100))
    assert " ✗ breached  28 Ceasefire" in text
    assert "6 Limit on forces" not in text
