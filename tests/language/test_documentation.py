"""The page on the rule language is true: its examples load and its table lists the codes that there are."""

from __future__ import annotations

import re
from pathlib import Path

from engine.language import check_rulebook
from engine.language.check.catalogue import CODES

PAGE = Path(__file__).parent.parent.parent / "docs" / "rule-language.md"


def test_the_book_on_the_page_has_neither_errors_nor_warnings(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert {name for name, _ in blocks} == {"vocabulary.yaml", "provisions/1.yaml", "provisions/2.yaml"}
    (tmp_path / "provisions").mkdir()
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    book, problems = check_rulebook(tmp_path)
    assert [str(problem) for problem in problems] == []
    assert book is not None


def test_the_table_on_the_page_lists_every_code_with_its_severity() -> None:
    rows = re.findall(r"^\| (`.*?`) \| (error|warning|report) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {code: severity for codes, severity in rows for code in re.findall(r"`([a-z0-9-]+)`", codes)}
    assert listed == dict(CODES)
