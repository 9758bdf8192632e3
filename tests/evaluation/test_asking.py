"""Asking an answer: by norm, binding and instance; what is said where nothing fits; roll-ups; JSON."""

from __future__ import annotations

from typing import Any

import pytest

from engine.evaluation.verdicts import Verdicts, same_label

from .small import asked, book

RULES = """
- {id: duty, who: A, to: [B], when: {event: go}, must: {event: done}, within: 4 days}
- id: each_duty
  for_each: {p: sides}
  who: $p
  when: {event: go}
  must: {event: done, where: {by: $p}}
  within: 4 days
- {id: ban, who: A, to: [A, B], must_not: {event: raid}}
- {id: stocked, who: B, keep: {latest: stock.tons, at_least: 5 t, stale_after: 9 days}}
"""
GIVEN = [
    "{id: g1, at: '2026-03-02T09:00:00Z', event: go}",
    "{id: g2, at: '2026-03-05T09:00:00Z', event: go}",
    "{id: d, at: '2026-03-04T09:00:00Z', event: done, by: A}",
    "{id: r, at: {from: '2026-03-03T09:00:00Z', to: '2026-03-03T12:00:00Z'}, event: raid, place: hill}",
]


def answer(as_of: str = "2026-03-08", known_at: str | None = None) -> Verdicts:
    return asked(book(RULES), GIVEN, as_of, known_at)


def test_a_norm_is_answered_by_the_worst_of_its_instances() -> None:
    assert answer()["duty"].is_ == "active"
    assert answer().find("duty", None, "g1").is_ == "met"
    assert answer("2026-03-10")["duty"].is_ == "breached"
    assert answer("2026-03-10")["each_duty"].binding == (("p", "A"),)


def test_a_binding_is_answered_by_the_worst_of_its_own() -> None:
    assert answer()["each_duty", {"p": "A"}].is_ == "active"
    assert answer()["each_duty", {"p": "B"}].is_ == "breached"
    assert answer().find("each_duty", {"p": "A"}, "g1").is_ == "met"


@pytest.mark.parametrize(
    ("norm", "for_", "instance", "said"),
    [
        ("dutie", None, None, 'no norm is called "dutie"; there are ban, duty, each_duty, stocked'),
        ("each_duty", {"p": "C"}, None, "\"each_duty\" has no binding {'p': 'C'}; it has p=A; p=B"),
        ("duty", {"p": "A"}, None, "\"duty\" has no binding {'p': 'A'}; it has no variables"),
        ("duty", None, "g3", '"duty" has no instance "g3"; it has g1, g2'),
        ("ban", None, "g1", '"ban" has no instance "g1"; it has none yet'),
    ],
)
def test_what_is_not_there_is_answered_with_what_there_is(
    norm: str, for_: dict[str, str] | None, instance: str | None, said: str
) -> None:
    with pytest.raises(KeyError) as raised:
        answer().find(norm, for_, instance)
    assert raised.value.args == (said,)


@pytest.mark.parametrize(
    ("written", "label", "same"),
    [
        ("g1", "g1", True),
        ("g1", "g2", False),
        ("2026-03-02T11:00:00+02:00", "2026-03-02T09:00:00Z", True),
        ("2026-03-02T11:00:00+02:00", "2026-03-02T11:00:00Z", False),
        ("2026-03-02T11:00:00+02:00/25 bn USD", "2026-03-02T09:00:00Z/25 bn USD", True),
        ("2026-03-02T11:00:00+02:00/25 bn USD", "2026-03-02T09:00:00Z/26 bn USD", False),
        ("2026-03-02T11:00:00+02:00", "2026-03-02T09:00:00Z/25 bn USD", False),
        ("2026-03-02", "2026-03-02T00:00:00Z", False),
    ],
)
def test_instants_in_labels_are_compared_as_instants(written: str, label: str, same: bool) -> None:
    assert same_label(written, label) is same


def test_the_worst_of_several_is_no_better_than_the_best_of_any() -> None:
    given = [*GIVEN, "{id: d2, at: '2026-03-06T09:00:00Z', event: done, by: B, evidence: alleged}"]
    told = asked(book(RULES), given, "2026-03-08")
    assert told.find("duty", None, "g2").could_be == ("active", "met")
    assert told["duty"].could_be == ("active", "met")
    assert told["each_duty"].could_be == ("breached", "active")
    assert told["each_duty", {"p": "A"}].could_be == ("active",)


def test_a_verdict_says_what_it_is_alleged_and_claimed_to_be() -> None:
    given = [*GIVEN, "{id: d2, at: '2026-03-06T09:00:00Z', event: done, by: B, evidence: alleged}"]
    verdict = asked(book(RULES), given, "2026-03-08").find("duty", None, "g2")
    assert (verdict.alleged, verdict.claimed, verdict.firm) == ("active", "met", False)
    assert answer()["ban"].firm is True


def whole() -> dict[str, Any]:
    return answer(known_at="2026-03-07").as_json()


def test_the_answer_as_json_says_what_was_asked() -> None:
    told = whole()
    assert told["agreement"] == "random"
    assert (told["as_of"], told["known_at"]) == ("2026-03-08T23:59:59.999999Z", "2026-03-07T23:59:59.999999Z")
    assert answer().as_json()["known_at"] is None
    assert told["events"] == {"rows": 4, "effective": 4, "problems": 0}
    assert set(told["rulebook"]) == {"version", "sha256"}
    assert (told["readings"], told["problems"], told["states"]) == ({}, [], [])


def test_a_verdict_as_json_has_every_key_of_the_contract() -> None:
    (met,) = [v for v in whole()["verdicts"] if v["norm"] == "duty" and v["instance"] == "g1"]
    assert met == {
        "provision": "1",
        "norm": "duty",
        "version": None,
        "for": {},
        "instance": "g1",
        "who": "A",
        "to": "B",
        "is": "met",
        "could_be": ["met"],
        "alleged": "met",
        "claimed": "met",
        "firm": True,
        "bucket": "compliant",
        "severity": "serious",
        "modality": "hard",
        "opened": "2026-03-02T09:00:00Z",
        "due": "2026-03-07T00:00:00Z",
        "deadline": "met",
        "because": ["d", "g1"],
        "breaches": [],
    }


def test_a_breach_as_json_shows_the_span_of_its_act() -> None:
    (ban,) = [v for v in whole()["verdicts"] if v["norm"] == "ban"]
    assert (ban["to"], ban["opened"], ban["due"], ban["deadline"]) == (["A", "B"], None, None, None)
    assert ban["breaches"] == [
        {
            "at": "2026-03-03T12:00:00Z",
            "span": ["2026-03-03T09:00:00Z", "2026-03-03T12:00:00Z"],
            "because": ["r"],
            "status": "open",
        }
    ]


def test_verdicts_stand_in_the_order_of_norm_binding_and_instance() -> None:
    rows = [(v["norm"], v["for"].get("p"), v["instance"]) for v in whole()["verdicts"]]
    assert rows == [
        ("ban", None, None),
        ("duty", None, "g1"),
        ("duty", None, "g2"),
        ("each_duty", "A", "g1"),
        ("each_duty", "A", "g2"),
        ("each_duty", "B", "g1"),
        ("each_duty", "B", "g2"),
        ("stocked", None, None),
    ]
