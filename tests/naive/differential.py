"""Random rule books and logs through both evaluators: `python -m tests.naive.differential --cases 500 --seed 1`."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine import monitor
from engine.evaluation.verdicts import RANK, Verdicts, normal_label
from engine.events import Row
from engine.intake import parse_rows
from engine.language import Rulebook
from engine.time import DAY, format_instant, parse_instant
from tests.naive.evaluator import Answer, Binding, possible
from tests.naive.random_books import START, Written, later, load_written, random_book, random_log

Instants = tuple[int, int | None]


@dataclass(frozen=True)
class Case:
    provision: Written
    rows: tuple[Written, ...]
    at: int
    known_at: int | None
    seed: int
    most: int
    zone: str = "UTC"
    reading: str | None = None

    @property
    def readings(self) -> tuple[tuple[str, str], ...]:
        return (("r", self.reading),) if self.reading else ()

    def told(self) -> str:
        """To be read by people, and to be pasted into a test."""
        lines = ["states:"] + [f"  - {json.dumps(s)}" for s in self.provision["states"]]
        lines += ["norms:"] + [f"  - {json.dumps(n)}" for n in self.provision["norms"]]
        lines += ["readings:"] + [f"  - {json.dumps(r)}" for r in self.provision.get("readings", ())]
        lines += ["given:"] + [f"  - {json.dumps(r)}" for r in self.rows]
        known = format_instant(self.known_at) if self.known_at is not None else "every row"
        asked = f"zone: {self.zone}, at: {format_instant(self.at)}, known at: {known}, reading: {self.reading}"
        return "\n".join([*lines, asked])


def parsed(case: Case, book: Rulebook) -> list[Row] | None:
    rows, problems = parse_rows([(row, f"row {n}") for n, row in enumerate(case.rows, 1)], book.vocabulary)
    return None if any(problem.severity == "error" for problem in problems) else rows


def disagreements(case: Case, book: Rulebook | None = None) -> tuple[list[str], Counter[str]]:
    """What the two say differently; and how often the evaluator's `could_be` is wider than what was found."""
    book = book or load_written(case.provision, case.zone)
    rows = parsed(case, book) if book else None
    if book is None or rows is None:
        return [], Counter(refused=1)
    try:
        answer = monitor.evaluate(book, rows, as_of=case.at, known_at=case.known_at, readings=dict(case.readings))
    except Exception as error:
        return [f"the evaluator stops: {type(error).__name__}: {error}"], Counter()
    found: list[str] = []
    could: dict[tuple[str, Binding, str | None], set[str]] = {}
    rolled: dict[str, set[str]] = {}
    settled_states: dict[tuple[str, Binding], set[bool]] = {}
    asked: dict[str, Any] = {"as_of": case.at, "known_at": case.known_at, "readings": case.readings}
    settled = possible(book, rows, **asked, seed=case.seed, most=case.most)
    for number, (facts, naive) in enumerate(settled):
        if number == 0:
            found += _differences(answer, naive)
        for key, status in _rows_of(naive).items():
            could.setdefault(key, set()).add(status)
        for norm in {norm for norm, _, _ in naive.rows}:
            rolled.setdefault(norm, set()).add(naive.rolled(norm))
        for key, held in naive.states.items():
            settled_states.setdefault(key, set()).add(held)
        if not found:
            outside = list(_outside(answer, naive))
            if outside:
                changed = [f"{f.id}: {f}" for f in facts if f not in _facts(book, rows, case)]
                found += [f"{line}; settled so: {changed}" for line in outside]
                break
        if found:
            break
    return found, _widths(answer, could, rolled)


def _facts(book: Rulebook, rows: list[Row], case: Case) -> list[object]:
    from tests.naive.evaluator import facts_known

    return list(facts_known(rows, book.vocabulary, case.known_at))


def _rows_of(answer: Answer) -> dict[tuple[str, Binding, str | None], str]:
    return {
        (norm, binding, None if label is None else normal_label(label)): status
        for (norm, binding, label), status in answer.rows.items()
    }


def _rows_told(answer: Verdicts) -> dict[tuple[str, Binding, str | None], str]:
    return {
        (v.norm, v.binding, None if v.instance is None else normal_label(v.instance)): v.is_ for v in answer.verdicts
    }


def _differences(answer: Verdicts, naive: Answer) -> list[str]:
    ours, theirs = _rows_told(answer), _rows_of(naive)
    found = []
    for key in sorted({*ours, *theirs}, key=str):
        one, other = ours.get(key, "dormant"), theirs.get(key, "dormant")
        if one != other:
            found.append(f"{key} is: the evaluator says {ours.get(key)}, the naive one {theirs.get(key)}")
    told = {(s.state, s.binding): s.is_ for s in answer.states}
    for state, held in naive.states.items():
        if told.get(state) is not held:
            found.append(f"state {state} is: the evaluator says {told.get(state)}, the naive one {held}")
    return found


def _outside(answer: Verdicts, naive: Answer) -> Iterator[str]:
    """Statuses of this settlement that the evaluator excludes."""
    sets = {
        (v.norm, v.binding, None if v.instance is None else normal_label(v.instance)): v.could_be
        for v in answer.verdicts
    }
    there = _rows_of(naive)
    for key, could_be in sets.items():
        alone = key[2] is None and key not in there and sum(other[:2] == key[:2] for other in sets) == 1
        fits = [s for (norm, binding, _), s in there.items() if alone and (norm, binding) == key[:2]]
        status = min(fits, key=RANK.__getitem__, default="dormant") if alone else there.get(key, "dormant")
        if status not in could_be:
            yield f"{key} could be {status}, but the evaluator says {', '.join(could_be)}"
    for norm in sorted({norm for norm, _, _ in naive.rows}):
        status, told = naive.rolled(norm), answer[norm].could_be
        if status not in told:
            yield f"{norm} as a whole could be {status}, but the evaluator says {', '.join(told)}"
    for state in answer.states:
        held = naive.states.get((state.state, state.binding))
        if held is True and not state.possibly:
            yield f"state {state.state} {state.binding} holds in a settlement, but the evaluator says never"
        if held is False and state.certainly:
            yield f"state {state.state} {state.binding} does not hold in a settlement, but the evaluator says it must"


def _widths(
    answer: Verdicts, could: dict[tuple[str, Binding, str | None], set[str]], rolled: dict[str, set[str]]
) -> Counter[str]:
    widths: Counter[str] = Counter(rows=0, wider=0, wholes=0, wholes_wider=0)
    for v in answer.verdicts:
        key = (v.norm, v.binding, None if v.instance is None else normal_label(v.instance))
        widths["rows"] += 1
        widths["wider"] += v.instance is not None and bool(set(v.could_be) - could.get(key, set()))
    for norm, statuses in rolled.items():
        widths["wholes"] += 1
        widths["wholes_wider"] += bool(set(answer[norm].could_be) - statuses)
    return widths


# --- cases and their reduction ----------------------------------------------------------------------------------------


ZONES = (
    ("UTC", 0), ("UTC", 0), ("UTC", 20), ("Europe/Kyiv", 20), ("UTC", 0), ("UTC", 295), ("Asia/Beirut", 20),
    ("America/New_York", 0), ("UTC", 0), ("Europe/Kyiv", 230), ("America/St_Johns", 0), ("Australia/Lord_Howe", 27),
)  # fmt: skip
"""Zones, and how many days later the logs run: over changes of the clock, ends of quarters, and of the year."""


def random_cases(seed: int, level: int, most: int, logs: int = 2, times: int = 2) -> Iterator[tuple[Case, Rulebook]]:
    """A few logs and instants for one book: the rows' own times and midnights, where things meet, before others."""
    rng = random.Random(f"times {seed} {level}")
    zone, days = rng.choice(ZONES)
    provision, book = random_book(seed, level, days, zone)
    written = later(provision, -days)
    for number in range(logs):
        rows = later(random_log(seed * 100 + number, level, written), days)
        own = [parse_instant(r["at"]) for r in rows if isinstance(r.get("at"), str) and len(r["at"]) > 10]
        for _ in range(times):
            at = asked_instant(rng, own, book, days)
            known = at + rng.choice((-1, 0, DAY // 2)) if rng.random() < 0.2 else None
            reading = "other" if provision["readings"] and rng.random() < 0.7 else None
            yield Case(provision, tuple(rows), at, known, seed, most, zone, reading), book


def asked_instant(rng: random.Random, own: list[int], book: Rulebook, days: int) -> int:
    """T: a midnight of the zone or a row's own time, or a microsecond beside one."""
    calendar = book.vocabulary.calendar
    first = (START + timedelta(days=days + rng.randint(3, 19))).date()
    if own and rng.random() < 0.3:
        first = calendar.date_of(rng.choice(own)) + timedelta(days=rng.randint(0, 10))
    choices = [calendar.start_of(first)] * 2 + [calendar.start_of(first) - 1]
    if own:
        choices += [rng.choice(own), rng.choice(own) + rng.choice((-1, 0, 1))]
    return rng.choice(choices)


def reduced(case: Case) -> Case:
    """The smallest case found by leaving things out that still disagrees."""
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(case):
            try:
                still = disagreements(smaller)[0]
            except Exception:  # the reduction made nonsense of the book
                continue
            if still:
                case, changed = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    def with_(provision: Written | None = None, rows: tuple[Written, ...] | None = None) -> Case:
        return replace(case, provision=provision or case.provision, rows=case.rows if rows is None else rows)

    if case.known_at is not None:
        yield replace(case, known_at=None)
    if case.reading is not None:
        yield replace(case, reading=None)
        changed = {key: case.provision["readings"][0]["options"][1].get(key, []) for key in ("norms", "states")}
        kept = {k: [e for e in case.provision[k] if e["id"] not in {c["id"] for c in changed[k]}] for k in changed}
        yield replace(case, reading=None, provision={**case.provision, **{k: kept[k] + changed[k] for k in changed}})
    elif case.provision.get("readings"):
        yield with_({**case.provision, "readings": []})
    for n in range(len(case.rows)):
        yield with_(rows=case.rows[:n] + case.rows[n + 1 :])
    for kind in ("norms", "states"):
        for n, entry in enumerate(case.provision[kind]):
            others = case.provision[kind]
            yield with_({**case.provision, kind: others[:n] + others[n + 1 :]})
            for path_less in _less(entry):
                yield with_({**case.provision, kind: [*others[:n], path_less, *others[n + 1 :]]})
    for n, row in enumerate(case.rows):
        for name in ("evidence", "by", "cause", "of", "to", "for", "why"):
            if name in row:
                yield with_(rows=(*case.rows[:n], {k: v for k, v in row.items() if k != name}, *case.rows[n + 1 :]))


def _less(entry: Written) -> Iterator[Written]:
    for name, inner in entry.items():
        if name in ("id", "who"):
            continue
        yield {k: v for k, v in entry.items() if k != name}
        if isinstance(inner, dict):
            for smaller in _less(inner):
                yield {**entry, name: smaller}
        elif isinstance(inner, list) and name in ("all", "any", "in_order") and all(isinstance(i, dict) for i in inner):
            for part in inner:
                yield {**{k: v for k, v in entry.items() if k != name}, **part}
            for n, part in enumerate(inner):
                for smaller in _less(part):
                    yield {**entry, name: [*inner[:n], smaller, *inner[n + 1 :]]}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--level", type=int, default=0, help="1 to 4; 0: all in turn")
    parser.add_argument("--settlements", type=int, default=12)
    parser.add_argument("--shown", type=int, default=3, help="how many disagreements are reduced and shown")
    asked = parser.parse_args(arguments)
    done = wrong = 0
    widths: Counter[str] = Counter()
    seed = asked.seed
    while done < asked.cases:
        level = asked.level or seed % 4 + 1
        for case, book in random_cases(seed, level, asked.settlements):
            found, wide = disagreements(case, book)
            widths += wide
            done += 1
            if found:
                wrong += 1
                if wrong <= asked.shown:
                    small = reduced(case)
                    print(f"--- seed {seed} level {level}\n{small.told()}", *disagreements(small)[0], sep="\n")
                    sys.stdout.flush()
                break
        seed += 1
    told = ", ".join(f"{name} {count}" for name, count in sorted(widths.items()))
    print(f"{done} cases, {wrong} disagreements ({told}); seeds {asked.seed} to {seed - 1}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
