"""A small agreement whose one provision each test writes itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from engine import monitor
from engine.language.plan import Rulebook

VOCABULARY = """\
agreement: ford-accord
source: written for the tests
zone: UTC
parties: {A: Aland, B: Beland, C: Celand}
bodies: {board: the Board, watch: the Watch}
groups: {sides: [A, B]}
places: {valley: null, ford: valley}
evidence: [alleged, reported, verified]
counts: verified
ruled_by: [board]
clauses: ["1"]
events:
  signature: {fields: {by: {type: party}}}
  strike: {fields: {by: {type: party, required: false}, place: {type: place}}}
  shelling: {fields: {by: {type: party, required: false}, place: {type: place}}}
  patrol: {fields: {by: {type: party}, place: {type: place}}}
  payment: {fields: {by: {type: party}, amount: {type: number, unit: USD}}}
  vote: {fields: {by: {type: party}}}
"""

Write = Callable[..., Path]
Load = Callable[..., Rulebook]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A rule book with these norms, states, readings and tests (YAML lists), on disk."""

    def written(norms: str = "", **sections: str) -> Path:
        folder = tmp_path / "ford"
        (folder / "provisions").mkdir(parents=True, exist_ok=True)
        (folder / "vocabulary.yaml").write_text(VOCABULARY)
        text = 'provision: "1"\ntitle: The ford\ntext: What the clause says.\nsource: written for the tests\n'
        for name, entries in {"norms": norms, **sections}.items():
            if entries:
                text += f"{name}:\n{indent(dedent(entries).strip(), '  ')}\n"
        (folder / "provisions" / "1.yaml").write_text(text)
        return folder

    return written


@pytest.fixture
def load(write: Write) -> Load:
    def loaded(norms: str = "", **sections: str) -> Rulebook:
        book, problems = monitor.check(str(write(norms, **sections)))
        assert book is not None, "\n".join(map(str, problems))
        return book

    return loaded
