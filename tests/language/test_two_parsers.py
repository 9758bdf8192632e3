"""libyaml is quick, ruamel.yaml is asked in doubt: whichever read a file, it was read the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.language.locate import (
    Document,
    Fields,
    Items,
    Number,
    Place,
    parse_document,
    parse_quickly,
    parse_with_care,
)
from engine.language.yaml_events import Unsure, events, quick_events
from tests.fuzz.mutate import mutated_text

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for folder in ("rules", "fixtures", "tests") for path in (ROOT / folder).rglob("*.y*ml"))
SHIPPED = [path for path in FILES if path.is_relative_to(ROOT / "rules")]
MUTATIONS = 1000
KEYS = (
    "a", "b c", '"q"', "'s'", "a:b", "x?", "-y", "k" * 1023, "k" * 1024, "k" * 1025, "1", "~", "é", "💥", "a#b", "[a]",
    "{a: b}", "?x", ":x", "<<", "...", "---x", "? a\n",
)  # fmt: skip
VALUES = (
    "v", "v w", "v\n  w", '"q"', '"q\n   r"', "'s\n\n  t'", "|\n  a\n   b\n\n", "|-\n a\n\n\n b\n",
    ">\n  a\n\n   b\n  c",
    "|+\n  a\n\n", "|2\n   a\n", "|\n   \n  a", ">#c\n a", "[a, b]", "[a,b]", "{a: 1, b: 2}", "{a: 1,b: 2,}", "[a: b]",
    "{a, b}", "[]", "{}", "{a: {b: [c, {d: e}]}}", "[\n a,\n b\n]", '{"a":1}', '["a":b]', '["a" :b]', "{a:1}", "v # c",
    "v#c", '"v"# c', "12:30", "- a", "?", "*a", "&a v", "!t v", "!!str v", "|", "-1", "010", "0x1", "1.10", "null",
    "no",
    "v:", "http://x.y/z", "a]", "{a: b # c\n , c: d}", '"a\\\n  b"', '"\\u00e9\\/"', "v\n# c\n", "%x", "@x",
    "{? a : b}",
    '"a\\qb"', "[a, b]: c", "[a,, b]", "{,}", "{a: }", "{: a}", "[a:b, c:d]", "{a: b:c}", "[a ,b , c ]", "[a?, b ?]",
    "{a?: b}", "[?a]", "-\ta", "a\tb", "2026-01-01T00:00:00+03:00", "{at: 2026-01-01T00:00:00Z, b: c}",
)  # fmt: skip
MARKS = ("", " ", "\n", "#", " #", ":", "-", '"', "'", "{", "}", "[", "]", ",", "?", "|", ">", "\\", "\t", "\r", "\x85")


def _told(event: Any) -> tuple[Any, ...]:
    """What is read of an event, whichever parser sent it."""
    place = (event.start_mark.line, event.start_mark.column, event.end_mark.line)
    return (
        type(event).__name__,
        *(() if "Stream" in type(event).__name__ or "Document" in type(event).__name__ else place),
        getattr(event, "value", None),
        getattr(event, "style", None) or None,
        getattr(event, "anchor", None),
    )


def _seen(node: Any) -> Any:
    """A tree with every place in it."""
    if isinstance(node, Fields):
        keys = [(key, node.keys_at[key], node.values_at[key], node.last_line[key]) for key in node]
        return (node.place, keys, [_seen(value) for value in node.values()])
    if isinstance(node, Items):
        return (node.place, node.items_at, [_seen(value) for value in node])
    return (type(node), node.literal if isinstance(node, Number) else node)


def _document(text: str) -> Document:
    return Document("x", place=Place("x", 1, 1), lines=tuple(re.split("\r\n|[\r\n\x85\u2028\u2029]", text)))


def _read_alike(text: str) -> bool:
    """Whether libyaml dared to read it; where it did, ruamel.yaml has read the same and found no fault."""
    quick, careful = _document(text), _document(text)
    if not parse_quickly(text, quick):
        return False
    parse_with_care(text, careful)
    assert careful.problems == [], text
    assert _seen(quick.root) == _seen(careful.root), text
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_both_parsers_see_the_same_events_in_every_file(path: Path) -> None:
    text = path.read_bytes().decode()
    try:
        quick = [_told(event) for event in quick_events(text)]
    except Unsure:
        assert path not in SHIPPED
        return
    assert quick == [_told(event) for event in events(text)]


def test_what_libyaml_reads_of_changed_files_is_what_ruamel_reads() -> None:
    random = Random(9)
    texts = [path.read_bytes().decode() for path in FILES]
    changed = (mutated_text(random, [_some_lines(random, random.choice(texts))]) for _ in range(MUTATIONS))
    read = [_read_alike(_without_controls(data.decode(errors="replace"))) for data in changed]
    assert sum(read) > MUTATIONS // 20


def _some_lines(random: Random, text: str) -> str:
    """A few lines in a row, moved to the left margin."""
    lines = text.split("\n")
    first = random.randrange(len(lines))
    taken = lines[first : first + random.choice((1, 3, 6, 12))]
    margin = min((len(line) - len(line.lstrip()) for line in taken if line.strip()), default=0)
    return "".join(f"{line[margin:]}\n" for line in taken)


def _without_controls(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]", "\ufffd", text)


def test_what_libyaml_reads_of_odd_yaml_is_what_ruamel_reads() -> None:
    random = Random(11)
    read = [_read_alike(_odd(random)) for _ in range(MUTATIONS)]
    assert sum(read) > MUTATIONS // 20


def _odd(random: Random) -> str:
    lines: list[str] = []
    _block(random, lines, 0)
    text = "\n".join(lines) + "\n"
    if random.random() < 0.3:
        at = random.randrange(len(text))
        text = text[:at] + random.choice(MARKS) + text[at + random.randrange(2) :]
    return text


def _block(random: Random, lines: list[str], indent: int) -> None:
    listed = random.random() < 0.3
    for _ in range(random.randrange(1, 4)):
        key = (
            "- "
            if listed
            else random.choice(KEYS[: random.choice((3, len(KEYS)))]) + random.choice((": ", ": ", " : "))
        )
        if random.random() < 0.1:
            lines.append(random.choice(("# c", "", "  # c", "   ", "---", "...")))
        if indent < 8 and random.random() < 0.3:
            lines.append(" " * indent + key.rstrip())
            _block(random, lines, indent + random.choice((2, 2, 1, 4, 0)))
        else:
            lines.append(" " * indent + key + random.choice(VALUES).replace("\n", "\n" + " " * indent))


@pytest.mark.parametrize(
    "text",
    [
        "a:\tb\n",
        "a: b\r\n",
        "a: b\x85c: d\n",
        "a: b\u2028c: d\n",
        "a: b",
        "a: |#c\n  b\n",
        "a: |\n   \n  b\n",
        'a: ["b":c]\n',
        'a: ["b" :c]\n',
        "a:\nb: c\n",
        "a: {b: }\n",
        "- a\n",
        "a: *b\n",
        "a: b\na: c\n",
        "a: {b: c\n",
        "%YAML 1.1\n---\na: b\n",
        "a: b\n---\nc: d\n",
        "a: " + "[" * 41 + "]" * 41 + "\n",
        'a: "\\0"\n',
    ],
)
def test_what_might_be_read_otherwise_or_is_refused_goes_to_ruamel(text: str) -> None:
    assert not parse_quickly(text, _document(text))


def test_what_is_refused_is_told_once_and_in_one_place() -> None:
    found = parse_document(b"a: &x b\nc: [d\n", "x").problems
    assert [(problem.code, problem.place) for problem in found] == [("anchor-or-alias", "x:1:4"), ("yaml", "x:2:4")]


def test_places_count_characters_and_not_bytes() -> None:
    text = "клаузула: {💥: é, b: c}\n"
    assert _read_alike(text)
    assert str(parse_document(text.encode(), "x").root["клаузула"].key("b")) == "x:1:18"


def test_a_shipped_book_is_read_without_ruamel() -> None:
    assert _alone("load_rulebook('truce'); assert 'ruamel' not in sys.modules") == ""


def test_where_libyaml_is_missing_a_book_is_read_all_the_same() -> None:
    said = "book = load_rulebook('truce'); print(book.sha256, book.norms, book.states, book.tests, book.problems)"
    without = _alone(f"{said}; assert 'ruamel' in sys.modules", before="sys.modules['yaml'] = None; ")
    assert without == _alone(said) != ""


def _alone(program: str, before: str = "") -> str:
    """What a program says in a process of its own."""
    program = f"import sys; {before}from engine.language import load_rulebook; {program}"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
