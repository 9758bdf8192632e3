"""One mistake a row: its code, its line, and the author's word in quotes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.language
from engine.language import check_rulebook
from engine.language.check.catalogue import CODES
from engine.problems import Problem

Edit = Callable[[str, str, str], Path]
V, P = "vocabulary.yaml", "provisions/one.yaml"

LEAVE_WITHIN = "    within: 7 days\n    cures"
RETREAT = "    must: {event: retreat, where: {by: $p, place: island}}\n"
ON_BREACH = "    for_each: {p: banks}\n    who: $p\n    when: {breach: no_landing}\n"
RESCUE = "- id: rescue\n    for_each: {p: banks}\n    who: $p\n"
HEAR = "  - id: hear\n    who: council\n    to: banks\n"
TO_HEAR = "    when: {any: [{breach: no_landing}, {enters: crowded}]}\n    must: {event: permit}\n"
ANSWER_TO_LEAVE = (
    "  - id: x\n    who: south\n    when: {breach: leave}\n    must: {event: toll}\n    no_deadline: true\n"
)
REPORT_2 = "    valid: {from: 2027-01-01, version: 2, open_instances: keep_old}\n"
MONTHLY = "    every: month\n    grace: 10 days\n"

# code, file, the words of the book, what stands there instead: the offending word between « and »
MISTAKES = [
    # reading the file
    ("control-character", P, "title: The river", "title: The «\0»river"),
    ("text-direction-mark", P, "title: The river", "title: The «\u202e»river"),
    ("duplicate-key", P, "    who: council\n    to:", "    who: council\n    «who»: north\n    to:"),
    ("anchor-or-alias", P, "title: The river", "title: «&t» The river"),
    ("anchor-or-alias", P, "title: The river", "title: «*t»"),
    ("tag", P, "title: The river", "title: «!!str» The river"),
    ("several-documents", P, "title: The river", "«---»\ntitle: The river"),
    ("directive", P, 'provision: "1"', '«%YAML 1.1»\n---\nprovision: "1"'),
    ("too-deep", P, "title: The river", "title: «" + "[" * 60 + "»"),
    ("yaml", P, "title: The river", "title: «The: river»"),
    ("yaml", P, "title: The river", "«title: [The river»"),
    # shape
    ("unknown-key", P, LEAVE_WITHIN, "    «witihn»: 7 days\n    cures"),
    ("unknown-key", P, "{breach: no_landing}\n", "{breach: no_landing, «fro»: {p: north}}\n"),
    ("unknown-key", P, "{gte: 2026-01-01}", "{«gtee»: 2026-01-01}"),
    ("unknown-key", P, "source: invented", "«sources»: invented"),
    ("unknown-key", V, "zone: Europe/Kyiv", "zone: Europe/Kyiv\n«timezone»: Europe/Kyiv"),
    ("unknown-key", V, "{type: bool}", "{type: bool, «default»: true}"),
    ("missing-key", P, "- id: «hear»\n    who: council\n    to", "- id: «hear»\n    to"),
    ("missing-key", P, "{breach: no_landing}, {enters", "{after: 3 days}, {enters"),
    ("unknown-key", P, "when: {enters: in_force}\n    must: {reach", "when: {«enter»: in_force}\n    must: {reach"),
    ("unknown-key", P, "    must: {event: permit}\n", "    must: {«evnt»: permit}\n"),
    ("wrong-shape", P, "for_each: {p: banks}", "for_each: «banks»"),
    ("wrong-shape", P, "    «must»: {event: permit}\n", "    must: {«permitted»: permit}\n"),
    ("wrong-shape", P, "grace: 10 days\n    covers", "«grace»:\n    covers"),
    ("wrong-shape", P, "at_least: 3", "«at_least»: [3]"),
    ("wrong-shape", P, "latest: census.boats", "latest: «census»"),
    ("unknown-word", P, "severity: material", "severity: «materiall»"),
    ("unknown-word", P, "late: allowed", "late: «yes»"),
    ("bad-duration", P, LEAVE_WITHIN, "    within: «7d»\n    cures"),
    ("bad-duration", P, LEAVE_WITHIN, "    within: «seven days»\n    cures"),
    ("bad-duration", P, "grace: 10 days\n    covers", "grace: «0 days»\n    covers"),
    ("bad-duration", P, "over: each year", "over: «each decade»"),
    ("bad-duration", P, "every: 2 weeks", "every: «fortnight»"),
    ("bad-duration", P, "stale: 60 days", "stale: «60d»"),
    ("bad-quantity", P, "at_least: 25 thousand EUR", "at_least: «25k EUR»"),
    ("bad-quantity", P, "at_least: 50 %", "at_least: «50%»"),
    ("bad-quantity", P, "cap: 20 boats", "cap: «20k boats»"),
    ("bad-time", P, "by: 2027-01-01", "by: «2027-02-30»"),
    ("bad-time", P, "{at: 2026-01-01T00:00:00+02:00", "{at: «2026-01-01T00:00:00»"),
    (
        "modal-word",
        P,
        "must: {event: permit}\n    within: 10",
        "«may»: {event: permit}\n    must: {event: permit}\n    within: 10",
    ),
    (
        "modal-word",
        P,
        HEAR + TO_HEAR,
        "  - id: «hear»\n    who: council\n    to: banks\n",
    ),
    ("deadline", P, LEAVE_WITHIN, "    within: 7 days\n    «by»: 2026-05-01\n    cures"),
    (
        "deadline",
        P,
        "  - id: leave\n" + ON_BREACH + RETREAT + "    within: 7 days\n",
        "  - id: «leave»\n" + ON_BREACH + RETREAT,
    ),
    ("deadline", P, "    observe_every: 30 days\n", "    observe_every: 30 days\n    «within»: 5 days\n"),
    ("deadline", P, "{at_least: 25 thousand EUR, within: 90 days}", "{at_least: «25 thousand EUR»}"),
    (
        "milestones-without-reach",
        P,
        "    must: {event: retreat, where: {by: $p, place: island}}\n    within: 7 days\n",
        RETREAT + "    «milestones»: [{at_least: 5 boats, within: 7 days}]\n",
    ),
    ("state-form", P, "holds_while:", "«begins»: {event: signing}\n    holds_while:"),
    ("expectation-form", P, "- {at: 2026-01-06, norm: announced, is: dormant}", "- «{at: 2026-01-06, is: dormant}»"),
    ("expectation-form", P, "is: false, certainly: false}", "is: false, «firm»: false}"),
    ("row-form", P, "- {corrects: e3, known: 2026-01-09, boats: 31}", "- «{known: 2026-01-09, boats: 31}»"),
    ("field-form", V, "{type: bool}", "{type: bool, «unit»: x}"),
    ("field-form", V, "{type: bool}", "{type: «enum»}"),
    ("empty-provision", P, None, 'provision: «"1"»\ntitle: nothing\n'),
    # names
    ("unknown-event", P, "observed_by: {event: patrol}", "observed_by: {event: «patrl»}"),
    ("unknown-event", P, "count: landing", "count: «landings»"),
    ("unknown-event", P, "event: census, of", "event: «cenus», of"),
    ("unknown-field", P, "where: {by: $p, place: island}}\n    while", "where: {«bye»: $p, place: island}}\n    while"),
    ("unknown-field", P, "latest: census.boats", "latest: census.«boat»"),
    ("unknown-field", P, "each: permit.vessel", "each: permit.«vesel»"),
    ("unknown-field", P, "boats: 30}", "boats: 30, «color»: red}"),
    ("unknown-party", P, "who: south\n    to: north", "who: «souht»\n    to: north"),
    ("unknown-party", P, "who: south\n    to: north", "who: «banks»\n    to: north"),
    ("unknown-party", P, "of: [council, mission]", "of: [council, «misson»]"),
    ("unknown-party", P, "waived_by: council", "waived_by: «concil»"),
    ("unknown-party", P, "small: {of: north", "small: {of: «nroth»"),
    ("unknown-party", V, "banks: [north, south]", "banks: [north, «soth»]"),
    ("unknown-place", P, "place: [delta, basin]", "place: [delta, «bassin»]"),
    ("unknown-place", V, "delta: basin", "delta: «bassin»"),
    ("unknown-value", P, "purpose: medical}", "purpose: «medicl»}"),
    ("unknown-grade", P, "{event: patrol}\n    observe", "{event: patrol, evidence: «rumoured»}\n    observe"),
    ("unknown-grade", V, "counts: verified", "counts: «verifed»"),
    ("unknown-group", P, "for_each: {p: banks}", "for_each: {p: «bank»}"),
    ("unknown-state", P, "while: {state: trust}", "while: {state: «turst»}"),
    ("unknown-state", P, "while: {state: trust}", "while: {state: «leave»}"),
    ("unknown-norm", P, "ends: {breach: no_landing}", "ends: {breach: «no_landin»}"),
    ("unknown-norm", P, "overrides: [no_landing]", "overrides: [«no_land»]"),
    ("unknown-norm", P, "norm: hear, is: breached", "norm: «heer», is: breached"),
    ("unknown-reading", P, "reading: {hearing: from_breach}", "reading: {«haering»: from_breach}"),
    ("unknown-option", P, "reading: {hearing: from_breach}", "reading: {hearing: «from_breech»}"),
    ("unknown-option", P, "chosen: from_breach", "chosen: «from_breech»"),
    ("unknown-zone", V, "zone: Europe/Kyiv", "zone: «Europe/Kiyv»"),
    ("unknown-status", P, "norm: hear, is: breached", "norm: hear, is: «violated»"),
    ("duplicate-id", P, "states:\n", "states:\n  - {id: «leave», begins: {event: signing}}\n"),
    (
        "duplicate-id",
        P,
        "norms:\n  - id: no_landing",
        "norms:\n  - {id: hear, who: north, must: {event: permit}, by: 2026-05-05}\n  - id: no_landing",
    ),
    ("party-and-body", V, "bodies: {council", "bodies: {«north»: x, council"),
    ("party-and-group", V, "groups: {banks", "groups: {«north»: [south], banks"),
    ("duplicate-grade", V, "[alleged, reported", "[alleged, «alleged», reported"),
    ("place-circle", V, "basin: {in: null,", "basin: {in: «delta»,"),
    ("bad-shape", V, "borders.geojson#island", "«somewhere»"),
    ("bad-shape", V, "borders.geojson#island", "«../borders.geojson#island»"),
    ("bad-shape", V, "borders.geojson#island", "«border.geojson#island»"),
    ("bad-shape", V, "borders.geojson#island", "«borders.geojson#islet»"),
    ("bad-shape", V, "borders.geojson#island", "«borders.geojson#knot»"),
    ("bad-shape", V, "borders.geojson#island", "«borders.geojson#well»"),
    ("shape-outside-parent", V, "delta: basin", "delta: basin\n  mouth: {in: basin, shape: «borders.geojson#mouth»}"),
    (
        "reserved-event",
        V,
        "  signing: {title: signing, fields: {}}",
        "  signing: {title: signing, fields: {}}\n  «ruling»: {fields: {}}",
    ),
    ("reserved-field", V, "{vessel: {type: text}", "{«source»: {type: text}, vessel: {type: text}"),
    ("two-types", V, "granted: {type: bool}", "granted: {type: bool}, boats: {type: «text»}"),
    ("two-types", V, "granted: {type: bool}", "granted: {type: bool}, boats: {type: number, unit: «ships»}"),
    # types and units
    ("unordered-comparison", P, "purpose: medical}", "«purpose»: {gt: medical}}"),
    ("wrong-type", P, "granted: true", "granted: «maybe»"),
    ("wrong-type", P, "{gte: 2026-01-01}", "{gte: «yesterday»}"),
    ("wrong-type", P, "{any: [{breach: no_landing}, {enters: crowded}]}", "{event: census, where: {boats: «many»}}"),
    ("wrong-type", P, "place: island}}\n    while", "place: «$p»}}\n    while"),
    ("wrong-type", P, "state: trust, is: false", "state: trust, is: «breached»"),
    ("wrong-type", P, "boats: 30}", "boats: «30 boats»}"),
    ("missing-unit", P, "at_least: 25 thousand EUR", "at_least: «25000»"),
    ("missing-unit", P, "cap: 20 boats", "cap: «20»"),
    ("unit-mismatch", P, "at_least: 25 thousand EUR", "at_least: «25 thousand USD»"),
    ("unit-mismatch", P, "cap: 20 boats", "cap: «20 ships»"),
    ("unit-mismatch", P, "at_least: 3", "at_least: «3 boats»"),
    ("unit-mismatch", P, "at_least: 50 %", "at_least: «50 EUR»"),
    ("unlike-units", P, "per: {sum: toll.amount}", "per: {sum: «census.boats»}"),
    (
        "missing-field",
        P,
        "event: landing, by: north, place: island, purpose: armed",
        "event: «landing», by: north, purpose: armed",
    ),
    ("inexact-length", P, "over: 30 days", "over: «1 month»"),
    ("inexact-length", P, "observe_every: 30 days", "observe_every: «10 working days»"),
    ("inexact-length", P, "stale: 60 days", "stale: «2 months»"),
    # variables
    ("unbound-variable", P, "retreat, where: {by: $p", "retreat, where: {by: «$q»"),
    ("unbound-variable", P, "who: $r.of", "who: «$s.of»"),
    ("missing-column", P, "who: $r.of", "who: «$r.off»"),
    ("missing-column", P, "large: {of: south, cap: 1 thousand boats", "«large»: {of: south"),
    ("missing-column", P, "retreat, where: {by: $p", "retreat, where: {by: «$p.name»"),
    ("unknown-variable", P, "when: {breach: no_landing}", "when: {breach: no_landing, for: {«q»: north}}"),
    ("unknown-variable", P, "norm: leave, for: {p: north}", "norm: leave, for: {«q»: north}"),
    ("unknown-binding", P, "norm: leave, for: {p: north}", "norm: leave, for: {p: «council»}"),
    ("shared-variable", P, "- id: leave\n    for_each: {p: banks}", "- id: leave\n    for_each: {«p»: [north]}"),
    # measures
    ("aggregate", P, "keep: {latest: census.boats,", "keep: {latest: census.boats, «max»: census.boats,"),
    ("aggregate", P, "{holds: {count: landing, over", "{holds: «{over»"),
    ("not-a-number", P, "latest: census.boats", "latest: «census.of»"),
    ("no-limit", P, ", over: 30 days, at_least: 3", ", over: 30 days"),
    ("floor-above-cap", P, "at_least: 3", "at_least: «3», at_most: 2"),
    ("holds-without-window", P, "{holds: {count: landing, over: 30 days,", "{«holds»: {count: landing,"),
    ("quorum-too-large", P, "{at_least: 1, of", "{at_least: «3», of"),
    # what can never happen
    (
        "deadline-without-start",
        P,
        "    when: {breach: no_landing}\n    must: {event: retreat, where: {by: $p, place: island}}\n    within",
        "    must: {event: retreat, where: {by: $p, place: island}}\n    «within»",
    ),
    (
        "every-without-start",
        P,
        "    when: {enters: in_force}\n    must: {event: patrol}\n    every: 2 weeks\n" + REPORT_2,
        "    must: {event: patrol}\n    «every»: 2 weeks\n",
    ),
    ("never-triggered", P, "when: {breach: no_landing}\n", "when: {all: [{breach: «leave»}, {breach: no_landing}]}\n"),
    ("never-triggered", P, "when: {breach: no_landing}\n", "when: {met: «no_landing»}\n"),
    ("never-triggered", P, "when: {breach: no_landing}\n", "when: {breach: «rescue»}\n"),
    ("state-never-begins", P, "states:\n", "states:\n  - {id: idle, begins: {enters: «idle»}}\n"),
    ("state-never-begins", P, "states:\n", "states:\n  - {id: «idle», ends: {event: signing}}\n"),
    (
        "state-circle",
        P,
        "holds_while: {holds: {count: landing, over: 30 days, at_least: 3}}",
        "holds_while: {not: {state: «crowded»}}",
    ),
    ("unused-state", P, "states:\n", "states:\n  - {id: «idle», begins: {event: signing}}\n"),
    # keys that do not go together
    ("count-on-must-not", P, "place: island}}\n    while", "place: island}, «count»: 2}\n    while"),
    ("pause-without-clock", P, "    waived_by: council\n", "    «paused_while»: {state: trust}\n"),
    ("early-without-when", P, "    no_deadline: true\n", "    no_deadline: true\n    «early»: true\n"),
    (
        "missing-observe-every",
        P,
        "    observed_by: {event: patrol}\n    observe_every: 30 days\n",
        "    «observed_by»: {event: patrol}\n",
    ),
    ("missing-observed-by", P, "    observed_by: {event: patrol}\n    observe_every", "    «observe_every»"),
    (
        "cure-of-a-duty",
        P,
        "    cures: no_landing\n",
        f"    cures: no_landing\n{ANSWER_TO_LEAVE}    cures: «leave»\n",
    ),
    ("untied-cure", P, "cures: no_landing", "cures: «fleet»"),
    ("overrides-circle", P, "    waived_by: council\n", "    overrides: [«rescue»]\n"),
    ("overrides-circle", P, "overrides: [no_landing]", "overrides: [«rescue», no_landing]"),
    ("overrides-nothing", P, "    overrides: [no_landing]\n", "    overrides: [«fleet»]\n"),
    (
        "overrides-nothing",
        P,
        RESCUE + "    may: {event: landing, where: {by: $p, place: island, purpose: medical}",
        "- id: rescue\n    for_each: {p: banks}\n    who: $p\n    may: {event: retreat, where: {by: $p, place: island}",
    ),
    ("swallowing-exception", P, "    waived_by: council\n", "    «unless»: {state: in_force}\n"),
    (
        "swallowing-exception",
        P,
        "    waived_by: council\n",
        "    «unless»: {happened: {event: landing, where: {place: delta}}}\n",
    ),
    (
        "conflicting-norms",
        P,
        "norms:\n  - id: no_l",
        "norms:\n  - {id: «no_permit», who: council, must_not: {event: permit}}\n  - id: no_l",
    ),
    # versions
    ("version-without-dates", P, "    valid: {from: 2027-01-01, version: 2, open_instances: keep_old}\n", ""),
    ("versions-overlap", P, "from: 2027-01-01, version: 2", "from: «2026-12-31», version: 2"),
    ("versions-overlap", P, "to: 2026-12-31, version: 1", "version: 1"),
    (
        "versions-of-two-kinds",
        P,
        "    must: {event: patrol}\n    every: 2 weeks\n",
        "    «must_not»: {event: patrol}\n",
    ),
    ("version-backwards", P, "to: 2026-12-31, version: 1", "to: «2025-12-31», version: 1"),
    ("version-gap", P, "from: 2027-01-01, version: 2", "from: «2027-02-01», version: 2"),
    # tests, observation, coverage
    ("impossible-status", P, "norm: hear, is: breached", "norm: hear, is: «restored»"),
    ("impossible-status", P, "for: {p: south}, is: holding", "for: {p: south}, is: «restored»"),
    ("impossible-status", P, "for: {p: south}, is: holding", "for: {p: south}, is: «met»"),
    (
        "unobserved-ban",
        P,
        "  - id: no_landing\n",
        "  - {id: «no_toll», who: north, must_not: {event: toll}}\n  - id: no_landing\n",
    ),
    (
        "no-staleness",
        P,
        "{latest: census.boats, where: {of: $r.of}, at_most: $r.cap, stale_after: $r.stale}",
        "{«latest»: census.boats, where: {of: $r.of}, at_most: $r.cap}",
    ),
    ("long-grace", P, MONTHLY, "    every: month\n    grace: «40 days»\n"),
    ("vague-word", P, "boats are capped;", "boats are «promptly» capped;"),
    ("vague-word", P, "text: Nobody lands on the island;", "text: >\n  Nobody lands\n  «without cause» on the island;"),
    ("uncovered-clause", V, 'clauses: ["1"]', 'clauses: ["1", «"2"»]'),
    ("unknown-row", P, "covers: [R2]", "covers: [«R3»]"),
    ("unread-event", V, "  patrol: {", "  «regatta»: {fields: {}}\n  patrol: {"),
    ("untested-norm", P, "      - {at: 2026-02-01, norm: hear, is: breached}\n", ""),
    ("untested-breach", P, "norm: hear, is: breached", "norm: hear, is: met"),
]
WHOLE_FILES = {"byte-order-mark", "not-utf-8", "too-large", "empty-file", "unreadable-file"}
WHEN_JUDGED = {"norm-left-out"}
"""Told where the good rules of a bad book are used; see test_usable.py."""
FOLDERS = {"no-such-rulebook", "no-provisions", "file-not-read"}


def _wanted(new: str) -> tuple[str, str | None, int]:
    """The text without its marks, the word between them, and how many lines before it."""
    if "«" not in new:
        return new, None, 0
    before, _, rest = new.partition("«")
    word, _, after = rest.partition("»")
    return before + word + after, word, before.count("\n")


@pytest.mark.parametrize(("code", "file", "old", "new"), MISTAKES)
def test_a_mistake_is_named_in_its_line(code: str, file: str, old: str | None, new: str, edited: Edit) -> None:
    text, word, lines_before = _wanted(new)
    if old is None:
        folder = edited(file, "", "")
        (folder / file).write_text(text, encoding="utf-8")
        line = 1 + lines_before
    else:
        old = old.replace("«", "").replace("»", "")
        folder = edited(file, old, text)
        before = (folder / file).read_text(encoding="utf-8").partition(text or "\n")[0]
        line = before.count("\n") + 1 + lines_before
    found = [problem for problem in check_rulebook(folder)[1] if problem.code == code]
    assert found, [str(problem) for problem in check_rulebook(folder)[1]]
    assert {problem.severity for problem in found} == {CODES[code]}
    if word is not None:
        assert any(_names(problem, folder / file, line, word) for problem in found), [str(p) for p in found]


def _names(problem: Problem, file: Path, line: int, word: str) -> bool:
    quoted = {"\0": "\\0", "\u202e": "U+202E"}.get(word, word.strip('"'))
    here = problem.place.startswith(f"{file}:{line}:")
    return here and (f'"{quoted}"' in problem.message or quoted.startswith(("[", "{")) or quoted in problem.message)


def test_the_book_without_a_mistake_has_neither_errors_nor_warnings(river: Path) -> None:
    book, problems = check_rulebook(river)
    assert book is not None
    assert [str(problem) for problem in problems] == []


def test_every_code_of_the_checks_is_in_the_catalogue_and_in_the_table() -> None:
    used = {code for path in Path(engine.language.__file__).parent.rglob("*.py") for code in _codes(path)}
    assert used - CODES.keys() == set()
    tried = {code for code, *_ in MISTAKES} | WHOLE_FILES | FOLDERS | WHEN_JUDGED
    assert tried == CODES.keys()


def _codes(path: Path) -> set[str]:
    """What is handed as a code to the functions that make problems."""
    names = {"problem", "Problem", "_problem", "_report"}
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                literals = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
                found |= {literal for literal in literals[:1] if isinstance(literal, str)}
    return found


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("byte-order-mark", b"\xef\xbb\xbfprovision: x\n"),
        ("byte-order-mark", "provision: x\n".encode("utf-16")),
        ("not-utf-8", b"provision: x\ntitle: \xff\n"),
        ("too-large", b"#" * 2_000_001),
        ("empty-file", b"# nothing\n"),
    ],
)
def test_a_file_that_is_no_text_is_an_error_of_its_own(code: str, content: bytes, edited: Edit) -> None:
    folder = edited(P, "", "")
    (folder / "provisions" / "two.yaml").write_bytes(content)
    problems = check_rulebook(folder)[1]
    assert next(problem.code for problem in problems if "two.yaml" in problem.place) == code


def test_a_missing_vocabulary_is_an_error(edited: Edit) -> None:
    folder = edited(P, "", "")
    (folder / V).unlink()
    assert [problem.code for problem in check_rulebook(folder)[1]] == ["unreadable-file"]


def test_a_folder_without_provisions_is_an_error(edited: Edit) -> None:
    folder = edited(P, "", "")
    (folder / P).unlink()
    assert "no-provisions" in {problem.code for problem in check_rulebook(folder)[1]}


def test_a_rule_book_that_is_nowhere_is_an_error() -> None:
    book, problems = check_rulebook("no-such-accord")
    assert book is None
    assert [problem.code for problem in problems] == ["no-such-rulebook"]


def test_a_file_that_is_passed_over_is_said_so(edited: Edit) -> None:
    folder = edited(P, "", "")
    (folder / "provisions" / "two.yml").write_text("provision: two\n")
    book, problems = check_rulebook(folder)
    assert book is not None
    assert [problem.code for problem in problems] == ["file-not-read"]
