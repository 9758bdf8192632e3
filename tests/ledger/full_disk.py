"""Let the disk run full at every page that a command wants to write, and see what is said and what is left.

python -m tests.ledger.full_disk          # every command, at every page; needs the right to mount a small disk
python -m tests.ledger.full_disk log      # one of them
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.keeping import guarding
from engine.keeping.ledger import open_ledger
from engine.ledger import store as storage
from tests.ledger.survival import RIVER, forked

PAGE = 4096
SIZE = 4 * 1024 * 1024
REPORT = ["log", "strike", "by=RU", "place=valley", "--at", "2026-03-03T10:10:00+02:00", "--source", "team 3"]
STORY = str(Path(RIVER).parent / "events.jsonl")
COMMANDS: Mapping[str, list[str]] = {
    "log": [*REPORT, "--note", "x" * 3000],
    "attach": [*REPORT, "--attach", "photo.jpg"],
    "import": ["import", "many.jsonl", "--trust-known"],
    "activate": ["activate", "later"],
    "rotate": ["init", "--rotate-key"],
    "init": ["init", "--ledger", "new.db", "--rules", RIVER],
    "export": ["export", "--to", "all.jsonl"],
    "columns": ["export", "--to", "all.parquet"],
    "backup": ["backup", "all.zip"],
    "restore": ["restore", "kept.zip", "--ledger", "again.db", "--key", "accord.db.key"],
    "prove": ["prove", "s1", "--to", "s1.proof"],
    "read": ["read", "many.jsonl", "--rules", RIVER, "--to", "rows.jsonl"],
    "read columns": ["read", "many.jsonl", "--rules", RIVER, "--to", "rows.parquet"],
}


RESULTS = ("all.jsonl", "all.jsonl.checkpoint", "all.parquet", "all.parquet.checkpoint", "all.zip", "s1.proof")
FULL = re.compile("disk is full|disk refused|no space left|file too large")


@contextmanager
def disk(size: int = SIZE) -> Iterator[Path]:
    """A small disk. Raises CalledProcessError where one may not be mounted."""
    folder = tempfile.mkdtemp(prefix="accord-disk-")
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        subprocess.run(mount, check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        os.rmdir(folder)


def furnish(folder: Path) -> None:
    """A ledger with a story in it, and what the commands ask for."""
    assert accord(folder, ["init", "--rules", RIVER, "--quiet"]) == (0, "")
    assert accord(folder, ["import", STORY, "--trust-known"]) == (0, "")
    assert accord(folder, ["backup", "kept.zip"]) == (0, "")
    (folder / "photo.jpg").write_bytes(os.urandom(20_000))
    times = (f"2026-03-{1 + number % 28:02}" for number in range(100))
    rows = [{"event": "strike", "at": at, "place": "valley", "by": "RU", "note": 300 * "y"} for at in times]
    lines = (json.dumps({"id": f"m{number}", **row}) for number, row in enumerate(rows))
    (folder / "many.jsonl").write_text("".join(f"{line}\n" for line in lines))
    shutil.copytree(RIVER, folder / "later")
    vocabulary = folder / "later" / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().replace('version: "1"', 'version: "2"'))


def leave(folder: Path, pages: int | None) -> None:
    """Fill the disk up to so many pages; None: make room."""
    ballast = folder / "ballast"
    ballast.unlink(missing_ok=True)
    if pages is not None:
        with open(ballast, "wb") as filling:
            os.posix_fallocate(filling.fileno(), 0, (os.statvfs(folder).f_bavail - pages) * PAGE)


def accord(folder: Path, arguments: list[str], *, limit: int | None = None) -> tuple[int, str]:
    """A command in a process of its own: its exit code, and what it said on stderr. `limit`: the longest file that it
    may write, which stands in for the end of a disk where none can be mounted."""
    with forked(lambda told: _run(folder, arguments, told, limit)) as (_, told):
        words, _, code = told.read().decode().rpartition("\n")
    return int(code), words


def _run(folder: Path, arguments: list[str], told: int, limit: int | None) -> None:
    from engine.cli import main

    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, stream in enumerate((nothing, nothing, told)):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, (0, 1, 2), "rww")
    sys.argv = ["accord", *arguments]
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    code: object = 0
    try:
        main()
    except SystemExit as done:
        code = done.code
    sys.stderr.flush()
    os.write(told, f"\n{code or 0}".encode())


def survives(folder: Path, name: str, pages: int, *, mounted: bool) -> bool:
    """One command with so much room. True where that was enough. Raises AssertionError where it does not say in a line
    that the disk is full, where what was there before cannot be read meanwhile, or where it is not there after it."""
    limit = None if mounted else (pages + 2) * PAGE  # rule books are laid out in files of that size
    for file in RESULTS:
        (folder / file).unlink(missing_ok=True)
    before = ids(folder)
    if mounted:
        leave(folder, pages)
    code, said = accord(folder, COMMANDS[name], limit=limit)
    for command in ("status", "verify"):
        assert accord(folder, [command, "--quiet"], limit=limit) == (0, ""), (name, pages, command)
    leave(folder, None)
    where = (name, pages, code, said)
    assert code in (0, 4) and "Traceback" not in said, where
    assert not [file for file in folder.rglob(".*") if file.is_file()], where
    after = ids(folder)
    if code == 4:
        first, *more = said.splitlines()
        assert first.startswith("accord: ") and FULL.search(first), where
        assert all(line.startswith("  hint: ") for line in more), where
        assert after == before and not any((folder / file).exists() for file in RESULTS), where
    assert after[: len(before)] == before, where
    assert guarding.verify(open_ledger(str(folder / "accord.db"))).is_sound, where
    return code == 0


def ids(folder: Path) -> list[str]:
    with storage.reading(open_ledger(str(folder / "accord.db")).store) as connection:
        return [entry.id for entry in storage.entries(connection)]


def main(names: list[str]) -> int:
    with disk() as folder:
        furnish(folder)
        for name in names or COMMANDS:
            pages = 0
            while not survives(folder, name, pages, mounted=True):
                pages += 1
            sys.stdout.write(f"{name}: refused {pages} times, then done\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
