"""`accord explain` and `accord compare`: why, and what would be otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import Result

Accord = Callable[..., Result]
ASK = ("--rules", "river", "--events", "events.jsonl")


def test_a_breach_is_explained_by_its_events_with_source_grade_and_time_known(accord: Accord) -> None:
    result = accord("explain", "no_strikes", "--for", "p=RU", *ASK)
    assert result.exit_code == 0, result.stderr
    row = next(line for line in result.stdout.splitlines() if line.startswith(" s1 "))
    assert all(word in row for word in ("the act", "strike", "patrol 7", "verified", "4 Mar 2026 09:00"))
    for section in ("The clause", "Rests on", "On record", "What would change it", "Rule book river-accord, version 1"):
        assert section in result.stdout


def test_without_a_binding_the_worst_instance_is_explained_and_the_others_listed(accord: Accord) -> None:
    text = accord("explain", "no_strikes", *ASK).stdout
    assert text.startswith("2 no_strikes (p=RU): ✗ breached")
    assert "Other instances" in text
    assert "no_strikes (p=UA)" in text


def test_an_open_report_is_shown_with_why_it_is_open(accord: Accord) -> None:
    text = accord("explain", "no_strikes", "--for", "p=UA", *ASK).stdout
    assert "Could be breached, because this is not established" in text
    assert any(line.startswith(" s2 ") and "alleged" in line for line in text.splitlines())


def test_the_explanation_as_json_has_the_same_parts(accord: Accord) -> None:
    found = json.loads(accord("explain", "no_strikes", "--for", "p=RU", *ASK, "--format", "json").stdout)
    assert sorted(found) == [
        "agreement", "as_of", "computed", "instances", "known_at", "on_record", "open", "readings", "reason",
        "rests_on", "rolled_up", "rulebook", "since", "verdict", "would_change",
    ]  # fmt: skip
    act = next(part for part in found["rests_on"] if part["event"] == "s1")
    assert (act["role"], act["source"], act["evidence"], act["known"]) == (
        "act",
        "patrol 7",
        "verified",
        "2026-03-04T07:00:00Z",
    )
    assert found["verdict"]["is"] == "breached"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no_strike",), 'did you mean "no_strikes"?'),
        (("in_force",), '"in_force" is a state, not a norm'),
        (("no_strikes", "--for", "p=EU"), "there are: p=RU; p=UA"),
        (("no_strikes", "--for", "p"), "K=V"),
        (("elections", "--instance", "zzz"), "there are: sign"),
        (("elections", "--for", "p=RU"), "leave --for out"),
    ],
)
def test_what_does_not_exist_cannot_be_explained(arguments: tuple[str, ...], told: str, accord: Accord) -> None:
    result = accord("explain", *arguments, *ASK)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_the_norm_may_stand_after_the_event_files(accord: Accord) -> None:
    result = accord("explain", "--rules", "river", "--events", "events.jsonl", "elections")
    assert result.stdout.startswith("3 elections (UA)")


def test_a_comparison_of_readings_lists_what_changes_and_why(accord: Accord) -> None:
    result = accord("compare", *ASK, "--reading", "where=bank")
    assert result.exit_code == 0, result.stderr
    assert "2 no_strikes (p=RU)" in result.stdout
    assert "before: read as where=whole\nafter:  read as where=bank\n" in result.stdout
    assert "before ✗ breached" in result.stdout
    assert "elections" not in result.stdout


def test_a_comparison_of_rule_books_reads_the_log_under_both(accord: Accord) -> None:
    found = json.loads(accord("compare", *ASK, "--against", "river-later", "--format", "json").stdout)
    assert [(c["norm"], c["before"]["is"], c["after"]["is"]) for c in found["changed"]] == [
        ("elections", "active", "breached")
    ]
    assert [side["rulebook"]["version"] for side in (found["left"], found["right"])] == ["1", "2"]


def test_a_comparison_of_knowledge_asks_about_one_instant(accord: Accord) -> None:
    found = json.loads(accord("compare", *ASK, "--against-known-at", "2026-03-03", "--format", "json").stdout)
    assert found["left"]["as_of"] == found["right"]["as_of"] == "2026-03-04T07:00:00Z"
    assert [(c["for"], c["before"]["is"], c["after"]["is"]) for c in found["changed"]] == [
        ({"p": "RU"}, "holding", "breached")
    ]


@pytest.mark.parametrize(("one", "other"), [("2026-03-03", "2026-03-05"), ("2026-03-05", "2026-03-03")])
def test_a_comparison_of_knowledge_reads_forwards_in_time(one: str, other: str, accord: Accord) -> None:
    result = accord("compare", *ASK, "--as-of", "2026-03-04", "--against-known-at", one, "--known-at", other)
    assert "before: on what was known at end of 3 Mar 2026" in result.stdout
    assert "after:  on what was known at end of 5 Mar 2026" in result.stdout
    assert "   why    reported since: s1 (strike, patrol 7)" in result.stdout


def test_a_bad_time_of_knowledge_is_named_as_it_was_given(accord: Accord) -> None:
    result = accord("compare", *ASK, "--against-known-at", "3.3.2026")
    assert result.exit_code == 2
    assert "--against-known-at" in result.stderr


def test_a_comparison_needs_something_to_change(accord: Accord) -> None:
    result = accord("compare", *ASK)
    assert result.exit_code == 2
    assert "--against-known-at" in result.stderr


def test_standard_input_cannot_be_read_under_two_books(accord: Accord) -> None:
    result = accord("compare", "--rules", "river", "--events", "-", "--against", "river-later", stdin="")
    assert result.exit_code == 2
    assert "standard input can be read once" in " ".join(result.stderr.split())
