"""A disk that is full: said in a line; what was there is read meanwhile; the command is done once there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.ledger import full_disk
from tests.ledger.survival import RIVER

SAMPLE = ("log", "attach", "import", "init", "export", "restore", "read")
PLACES, ENOUGH = (0, 12), 200
"""Free pages; `python -m tests.ledger.full_disk` tries every command with every number of them."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bool]]:
    """A ledger on a small disk, where one may be mounted; else in a folder, with a limit on the size of files."""
    with ExitStack() as stack:
        try:
            folder, mounted = stack.enter_context(full_disk.disk()), True
        except (subprocess.CalledProcessError, FileNotFoundError):
            folder, mounted = tmp_path_factory.mktemp("full"), False
        full_disk.furnish(folder)
        yield folder, mounted


@pytest.mark.parametrize("name", SAMPLE)
def test_a_full_disk_is_said_and_harms_nothing(name: str, furnished: tuple[Path, bool]) -> None:
    folder, mounted = furnished
    done = {pages: full_disk.survives(folder, name, pages, mounted=mounted) for pages in PLACES}
    assert not done[0]
    assert full_disk.survives(folder, name, ENOUGH, mounted=mounted)


def test_where_the_results_go_may_be_full_too(tmp_path: Path) -> None:
    """A device is written to, and not replaced by a file."""
    full_disk.furnish(tmp_path)
    for command in (
        ["prove", "s1", "--to", "/dev/full"],
        ["read", "many.jsonl", "--rules", RIVER, "--to", "full.jsonl"],
    ):
        (tmp_path / "full.jsonl").unlink(missing_ok=True)
        (tmp_path / "full.jsonl").symlink_to("/dev/full")
        code, said = full_disk.accord(tmp_path, command)
        assert (code, said) == (4, f'accord: "{command[-1]}" cannot be written: no space left on device\n')
    assert Path("/dev/full").is_char_device()
