"""The river accord with one edit in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

RIVER = Path(__file__).parent / "river"


@pytest.fixture
def river() -> Path:
    return RIVER


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of the book in which the first `old` of a file is `new`."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "river"
        if not folder.exists():
            shutil.copytree(RIVER, folder)
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
        return folder

    return edit
