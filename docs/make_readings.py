"""Writes docs/readings.md, what hangs on each reading in the story: `.venv/bin/python docs/make_readings.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine import evaluate, load_rulebook, read_events
from engine.evaluation.verdicts import RANK, StateVerdict, Verdict, Verdicts
from engine.events import Row
from engine.language.plan import Reading, ReadingOption, Rulebook
from engine.report import words

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("readings.md")
AS_OF = "2027-02-28"
MOST = 4

_HEAD = """# What hangs on the readings

The agreement leaves much open. Where an ambiguity can change a verdict, the rule book has a *reading*: its options, the
one chosen, and why (`rules/peace-plan-28/provisions/`). This page shows, for the [shipped story](story.md) as of the
end of 28 February 2027, what would stand otherwise if one reading were chosen differently and all others left as they
are. It is written by `docs/make_readings.py`; the same for any log, with reasons, by

    accord compare --rules peace-plan-28 --events LOG --reading ID=OPTION

An arrow leads from the reading of the book to the other; `x2` is the number of occurrences on record. *No row* is said
where one of the two does not have the norm or the binding. Options that change no verdict on this story are listed at
the end; on another log they may.

| Point | Reading | Instead of | What stands otherwise |
|---|---|---|---|
"""

Entry = tuple[str, str]
"""A name as shown, and how it stands."""


def page() -> str:
    book, rows = load()
    before = standing(evaluate(book, rows, as_of=AS_OF))
    lines, silent = [], []
    for reading, option in others(book):
        told = line(book, rows, before, reading, option)
        if told is None:
            silent.append(f"`{reading.id}={option.id}`")
        else:
            lines.append(told)
    return f"{_HEAD}{''.join(lines)}\n## Nothing else in this story\n\n{_wrapped(silent)}\n"


def load() -> tuple[Rulebook, list[Row]]:
    book = load_rulebook(str(ROOT / "rules" / "peace-plan-28"))
    return book, read_events(str(ROOT / "fixtures" / "peace-plan-28" / "events.jsonl"), book)[0]


def others(book: Rulebook) -> Iterator[tuple[Reading, ReadingOption]]:
    for reading in book.readings:
        for option in reading.options:
            if option.id != reading.chosen:
                yield reading, option


def line(
    book: Rulebook, rows: list[Row], before: dict[str, str], reading: Reading, option: ReadingOption
) -> str | None:
    """One row of the table; None where nothing differs."""
    after = standing(evaluate(book, rows, as_of=AS_OF, readings={reading.id: option.id}))
    changed = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    if not changed:
        return None
    told = [f"{name}: {before.get(name, 'no row')} → {after.get(name, 'no row')}" for name in changed[:MOST]]
    more = [f"and {len(changed) - MOST} more"] if len(changed) > MOST else []
    return f"| {reading.provision} | `{reading.id}={option.id}` | {reading.chosen} | {'; '.join([*told, *more])} |\n"


def standing(verdicts: Verdicts) -> dict[str, str]:
    """Norms by binding, rolled up over their instances, then states."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts.verdicts:
        found.setdefault(_named(verdict.norm, verdict.binding), []).append(verdict)
    told = {name: _stands(alike) for name, alike in found.items()}
    return told | {_named(state.state, state.binding): _holds(state) for state in verdicts.states}


def _named(name: str, binding: Iterable[tuple[str, str]]) -> str:
    bound = tuple(binding)
    return f"`{name}` ({words.binding_words(bound)})" if bound else f"`{name}`"


def _stands(alike: list[Verdict]) -> str:
    worst = min(alike, key=lambda verdict: RANK[verdict.is_])
    on_record = sum(len(verdict.breaches) for verdict in alike)
    return worst.is_.replace("_", " ") + (f" x{on_record}" if on_record > 1 else "")


def _holds(state: StateVerdict) -> str:
    return "holds" if state.is_ else "does not hold"


def _wrapped(names: list[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > 116:
            lines.append("")
        lines[-1] += f"{name}, "
    return "\n".join(line.rstrip() for line in lines).rstrip(",") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
