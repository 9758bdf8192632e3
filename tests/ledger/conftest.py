"""Ledgers on both databases: every test that asks for `url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.intake import RawRows
from engine.keeping import books
from engine.keeping.ledger import Ledger, make_ledger
from engine.keeping.taking_in import Sending, Taken, take_in
from engine.time import HOUR, Instant, parse_instant
from tests.ledger import postgres

RIVER = str(Path(__file__).parents[1] / "cli" / "river")
START = parse_instant("2026-03-05T00:00:00Z")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return str(tmp_path / "accord.db")


@pytest.fixture
def postgresql_url(server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A schema of its own: a database of its own takes the server much longer."""
    name = f"accord_{next(_numbers)}"
    server.run(f"CREATE SCHEMA {name}")
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    url = server.url("postgres")
    yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
    server.run(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An address at which there is no ledger yet."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


class Clock:
    """A clock that a test sets; it moves on by a second at each look."""

    def __init__(self, at: Instant = START):
        self.at = at

    def __call__(self) -> Instant:
        self.at += HOUR // 3600
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(url: str, clock: Clock) -> Ledger:
    """With the rule book `river` in force, and nothing else."""
    return made(url, clock)


def made(url: str, clock: Callable[[], Instant]) -> Ledger:
    found, _ = make_ledger(url, name="river/ledger", sender="office", now=clock)
    receipt, _, problems = books.activate(found, RIVER, sender="office")
    assert receipt is not None, problems
    return found


def sent(ledger: Ledger, rows: Iterable[Mapping[str, Any]], sender: str = "patrol", **how: Any) -> Taken:
    """Rows as a file of JSON Lines would bring them."""
    placed = ((dict(row), f"log:{number}") for number, row in enumerate(rows, start=1))
    return take_in(ledger, RawRows(placed, [], list), Sending(sender, **how))


def strike(id_: str, day: int = 1, **more: Any) -> dict[str, Any]:
    at = {"at": f"2026-03-{day:02}T14:05:00+02:00"}
    return {"id": id_, "event": "strike", "by": "RU", "place": "valley", **at, **more}


SIGNATURE = {"id": "sign", "event": "signature", "at": "2026-01-02T10:00:00+02:00", "by": "RU"}
