"""A bad rule never hides the verdicts of the good ones."""

from __future__ import annotations

from pathlib import Path

from engine.language.usable import usable_rulebook

VOCABULARY = """
agreement: two-banks
zone: UTC
parties: {A: Alphaland, B: Betaland}
evidence: [alleged, verified]
counts: verified
events:
  start: {fields: {}}
  shot: {fields: {by: {type: party}}}
  vote: {fields: {}}
"""
PROVISION = """
provision: "1"
states:
  - {id: calm, begins: {event: start}}
norms:
  - {id: no_shot, who: A, must_not: {event: shot, where: {by: A}}, while: {state: calm}}
  - {id: drill, who: A, may: {event: shot, where: {by: A}}, overrides: [no_shot]}
  - {id: hold_vote, who: B, when: {enters: calm}, must: {event: vote}, within: 10 days}
  - {id: answer, who: B, when: {breach: no_shot}, must: {event: vote}, within: 2 days}
"""


def judged(folder: Path, old: str, new: str, vocabulary: str = VOCABULARY) -> set[str] | None:
    (folder / "provisions").mkdir(exist_ok=True)
    (folder / "vocabulary.yaml").write_text(vocabulary)
    assert old in PROVISION
    (folder / "provisions" / "one.yaml").write_text(PROVISION.replace(old, new))
    book, problems = usable_rulebook(folder)
    assert any(problem.severity == "error" for problem in problems)
    return None if book is None else {norm.id for norm in book.norms}


def test_a_norm_with_a_mistake_is_left_out_alone(tmp_path: Path) -> None:
    assert judged(tmp_path, "within: 10 days", "within: 10d") == {"no_shot", "drill", "answer"}


def test_what_refers_to_a_refused_norm_is_left_out_too(tmp_path: Path) -> None:
    assert judged(tmp_path, "must_not: {event: shot,", "must_not: {event: shoot,") == {"hold_vote"}


def test_a_norm_whose_permission_is_refused_is_not_judged_without_it(tmp_path: Path) -> None:
    assert judged(tmp_path, "may: {event: shot, where", "may: {event: shot, were") == {"hold_vote"}


def test_what_hangs_on_a_refused_state_is_left_out(tmp_path: Path) -> None:
    assert judged(tmp_path, "begins: {event: start}", "begins: {event: strat}") == set()


def test_with_a_broken_vocabulary_nothing_is_judged(tmp_path: Path) -> None:
    broken = VOCABULARY.replace("zone: UTC", "zone: Nowhere/Land")
    assert judged(tmp_path, "within: 10 days", "within: 10d", broken) is None


def test_every_norm_left_out_is_named(tmp_path: Path) -> None:
    judged(tmp_path, "may: {event: shot, where", "may: {event: shot, were")
    _, problems = usable_rulebook(tmp_path)
    named = [problem.message for problem in problems if problem.code == "norm-left-out"]
    assert [message.split('"')[1] for message in named] == ["no_shot", "drill", "answer"]
