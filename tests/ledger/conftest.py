"""Ledgers on both databases: every test that asks for `url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import postgres

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
    name = f"accord_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An address at which there is no ledger yet."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found
