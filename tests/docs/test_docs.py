"""The pages are run: every file shown is written, every command is called, every output is the real one.

A fenced block with a file's name beside its language (`csv patrol.csv`), or in a comment on its first line
(`# book/vocabulary.yaml`), is that file, whole. A `console` block is commands (`$ accord …`) with what they print; a
line with nothing but `…` stands for any number of lines. A page is read from top to bottom, in a folder of its own that
holds the shipped rule books and fixtures as a checkout does.

ACCORD_REFRESH_DOCS=1 puts what the commands print now into the pages, for the author to read the difference.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from engine import monitor
from engine.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(["README.md", *(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))])

_FENCE = re.compile(r"^```(?P<language>\w*)(?: +(?P<file>\S+))?$")
_FILE_NAME = re.compile(r"^# (?P<name>(?:[\w.-]+/)*[\w-]+\.yaml)$")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
ANY_LINES = "…"


@dataclass(frozen=True)
class Block:
    language: str
    file: str | None
    lines: tuple[str, ...]
    place: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class Command:
    line: str
    words: tuple[str, ...]
    shown: tuple[str, ...]
    place: str


def blocks(page: str, text: str) -> Iterator[Block]:
    opened: re.Match[str] | None = None
    lines: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence and opened is None:
            opened, lines, start = fence, [], number
        elif line == "```" and opened is not None:
            yield Block(opened["language"], opened["file"] or _named(lines), tuple(lines), f"{page}:{start}")
            opened = None
        elif opened is not None:
            lines.append(line)
    assert opened is None, f"{page}:{start}: the block is never closed"


def _named(lines: Sequence[str]) -> str | None:
    named = _FILE_NAME.match(lines[0]) if lines else None
    return named["name"] if named else None


def commands(block: Block) -> Iterator[Command]:
    called, shown = "", []  # type: str, list[str]
    for line in (*block.lines, "$ "):
        if line.startswith("$ "):
            if called:
                words = tuple(shlex.split(called[2:]))
                yield Command(called, words, tuple(_without_blank_ends(shown)), block.place)
            called, shown = line, []
        else:
            shown.append(line.rstrip())


def run(command: Command) -> list[str]:
    assert command.words[0] == "accord", (
        f"{command.place}: only accord is run here; show other commands in a `sh` block"
    )
    result = CliRunner().invoke(app, command.words[1:])
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        f"{command.place}: {result.exception!r}"
    )
    return _without_blank_ends([line.rstrip() for line in result.output.splitlines()])


def _without_blank_ends(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip("\n").splitlines()


def same(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Is what the page shows what was printed, with `…` for any lines?"""
    pattern = "".join(r"(?:.*\n)*?" if line == ANY_LINES else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def write(block: Block, folder: Path) -> None:
    assert block.file is not None
    file = folder / block.file
    assert folder in file.resolve().parents, f"{block.place}: outside the folder of the page"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def show(block: Block, folder: Path) -> None:
    """Do what one block says."""
    if block.file is not None:
        write(block, folder)
    elif block.language == "yaml":
        YAML(typ="safe").load(block.text)
    elif block.language == "console":
        for command in commands(block):
            printed = run(command)
            message = f"{command.place}: {shlex.join(command.words)} printed\n" + "\n".join(printed)
            assert same(command.shown, printed), message
    elif block.language == "python":
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})


def refresh(block: Block, page: Path) -> None:
    """Put what the commands print now into the page. What was left out with `…` only a person can choose anew."""
    lines: list[str] = []
    for command in commands(block):
        printed = run(command)
        if ANY_LINES in command.shown:
            assert same(command.shown, printed), f"{command.place}: {command.line} printed\n" + "\n".join(printed)
        lines += [command.line, *(command.shown if ANY_LINES in command.shown else printed)]
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("\n".join(block.lines), "\n".join(lines), 1), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks to the pages like the project's own."""
    for name in ("rules", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_every_file_command_and_output_of_a_page_is_real(page: str, checkout: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shipped = {file.parent for file in checkout.rglob("vocabulary.yaml")}
    for block in blocks(page, text):
        if block.language == "console" and os.environ.get("ACCORD_REFRESH_DOCS"):
            refresh(block, ROOT / page)
        else:
            show(block, checkout)
    for book in sorted({file.parent for file in checkout.rglob("vocabulary.yaml")} - shipped):
        _is_right(book)


def _is_right(folder: Path) -> None:
    """The book that a page leaves behind has no errors, and its own tests pass."""
    book, problems = monitor.check(str(folder))
    assert book is not None, "\n".join(map(str, problems))
    failed = [str(problem) for result in monitor.run_tests(book).results for problem in result.failures]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = _without_blocks((ROOT / page).read_text(encoding="utf-8"))
    for target, heading in _LINK.findall(text):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if heading and file.suffix == ".md":
            assert heading in _headings(file), f"{page}: {target}#{heading}"


def _headings(file: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", _without_blocks(file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.strip().lower()).replace(" ", "-") for line in lines}


def _without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_the_choices_that_the_page_on_meaning_explains_are_what_the_program_does() -> None:
    _is_right(Path(__file__).parent / "choices")


def test_the_picture_is_the_board_of_the_shipped_story() -> None:
    """If this fails because the board has changed: `.venv/bin/python docs/images/make.py`."""
    drawn = runpy.run_path(str(ROOT / "docs/images/make.py"))["picture"]()
    assert drawn == (ROOT / "docs/images/board.svg").read_text(encoding="utf-8")


def test_the_map_of_the_code_names_what_there_is() -> None:
    for path, names in re.findall(r"\| `(engine/[\w/.]+)` \| (.*) \|", (ROOT / "docs/structure.md").read_text("utf-8")):
        assert (ROOT / path).exists(), path
        for name in re.findall(r"`([^`]+)`", names):
            if name.endswith((".py", "/")):
                assert (ROOT / path / name).exists(), f"{path}{name}"
            else:
                assert re.search(rf"\b{name.split('.')[-1]}\b", (ROOT / path).read_text("utf-8")), f"{path}: {name}"


def test_an_ellipsis_stands_for_any_lines_and_for_nothing_else() -> None:
    assert same(["a", "…", "d"], ["a", "b", "c", "d"])
    assert same(["a", "…", "b"], ["a", "b"])
    assert not same(["a", "b"], ["a", "c", "b"])
    assert not same(["… active"], ["anything"])
