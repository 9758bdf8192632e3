"""A small agreement's words, and rows or files read with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.events import Row
from engine.intake import parse_row, parse_rows, read_events
from engine.problems import Problem
from engine.vocabulary import EventType, FieldType, Vocabulary

ReadRow = Callable[..., tuple[Row | None, list[Problem]]]
ReadFile = Callable[..., tuple[list[Row], list[Problem]]]


def _event(name: str, *fields: FieldType) -> EventType:
    return EventType(name, {field.name: field for field in fields})


@pytest.fixture(scope="session")
def words() -> Vocabulary:
    return Vocabulary(
        agreement="river",
        zone="Europe/Kyiv",
        parties={"A": "Alphaland", "B": "Betaland"},
        bodies={"board": "Board"},
        groups={"sides": ("A", "B")},
        places={"valley": None, "north": "valley", "ford": "north"},
        evidence=("alleged", "reported", "verified"),
        counts="verified",
        default_evidence="verified",
        ruled_by=("board",),
        events={
            event.name: event
            for event in (
                _event("entry"),
                _event(
                    "raid",
                    FieldType("by", "party", required=False),
                    FieldType("place", "place"),
                    FieldType("weapon", "enum", values=("rifle", "mortar"), required=False),
                    FieldType("men", "number", unit="persons", required=False),
                ),
                _event("payment", FieldType("amount", "number", unit="USD"), FieldType("to", "party")),
                _event("drift", FieldType("metres", "number", unit="m", negative=True)),
                _event("permit", FieldType("granted", "bool"), FieldType("until_day", "date", required=False)),
                _event("letter", FieldType("subject", "text"), FieldType("note", "text", required=False)),
            )
        },
    )


@pytest.fixture
def read_row(words: Vocabulary) -> ReadRow:
    """`read_row(event="raid", …)`: one row, with an id and a time unless they are given; `...` leaves a key out."""

    def read(corrected: str | None = None, **keys: Any) -> tuple[Row | None, list[Problem]]:
        raw: dict[str, Any] = {"id": "r1", "at": "2026-03-02T10:00:00+02:00", **keys}
        if "for_" in raw:
            raw["for"] = raw.pop("for_")
        return parse_row({key: value for key, value in raw.items() if value is not ...}, words, "log:1", corrected)

    return read


@pytest.fixture
def read_rows(words: Vocabulary) -> ReadFile:
    def read(*raws: Mapping[str, Any], earlier: Mapping[str, str] | None = None) -> tuple[list[Row], list[Problem]]:
        return parse_rows(((raw, f"log:{number}") for number, raw in enumerate(raws, 1)), words, earlier)

    return read


@pytest.fixture
def read_file(words: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadFile:
    """`read_file("log.csv", text or bytes, mapping=text)`, in a folder of its own, so that places are bare names."""
    monkeypatch.chdir(tmp_path)

    def read(name: str, content: str | bytes, mapping: str | None = None) -> tuple[list[Row], list[Problem]]:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        if mapping is not None:
            Path("mapping.yaml").write_text(mapping, encoding="utf-8")
        return read_events(name, words, "mapping.yaml" if mapping is not None else None)

    return read
