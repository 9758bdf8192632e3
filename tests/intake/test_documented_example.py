"""The worked example of docs/intake.md, run as it is written."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from engine.intake import problems_of_log, read_events, write_jsonl
from engine.intake.mapping import (
    AtSpec,
    CellSpec,
    EventSpec,
    IdSpec,
    LengthSpec,
    LocationSpec,
    MappingFile,
    NumbersSpec,
    SkipSpec,
    TableSpec,
    TestSpec,
)
from engine.language import check_rulebook
from engine.language.models import Located

TEXT = (Path(__file__).parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def test_the_example_gives_the_rows_and_problems_that_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, body in BLOCKS.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(body, encoding="utf-8")
    book, problems = check_rulebook("book")
    assert book is not None, problems
    rows, problems = read_events("patrol.csv", book, "mapping.yaml")
    out = io.StringIO()
    write_jsonl(rows, out)
    assert out.getvalue() == BLOCKS["log.jsonl"]
    assert "".join(f"{problem}\n" for problem in problems) == BLOCKS["problems"]
    assert problems_of_log(rows, book.vocabulary) == []
    again, problems = read_events("log.jsonl", book)
    assert problems == [] and [row.fields for row in again] == [row.fields for row in rows]


def test_every_key_of_a_mapping_is_documented() -> None:
    models: list[type[Located]] = [MappingFile, TableSpec, NumbersSpec, SkipSpec, EventSpec, CellSpec, AtSpec]
    models += [LengthSpec, IdSpec, LocationSpec, TestSpec]
    for model in models:
        names = model.keys()
        missing = [key for key in names if not re.search(rf"`[^`]*\b{key}\b[^`]*`", TEXT)]
        assert missing == [], model.called
