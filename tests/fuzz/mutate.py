"""Valid input, broken in the ways that break parsers: parts torn out, doubled, swapped, spliced, replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

TIMES = (
    "2026-03-02", "2026-03-02T10:00:00Z", "2026-03-02t10:00:00z", "2026-03-02 10:00:00+02:00",
    "2026-03-02T10:00:00", "2026-03-02T10:00Z", "2026-03-02T24:00:00Z", "2026-06-30T23:59:60Z",
    "2026-03-02T10:00:00.123456Z", "2026-03-02T10:00:00.1234567Z", "2026-03-02T10:00:00.Z",
    "2026-03-02T10:00:00-00:00", "2026-03-02T10:00:00+23:59", "2026-03-02T10:00:00+24:00", "2026-02-29",
    "2024-02-29", "2026-13-01", "2026-03-29T03:30:00", "2026-10-25T03:30:00", "1899-12-31", "1900-01-01",
    "1900-01-01T00:00:00Z", "1900-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z", "2200-12-31",
    "2200-12-31T23:59:59.999999Z", "2200-12-31T23:59:59-12:00", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59",
    "0000-00-00", "0001-01-01T00:00:00+14:00", "1700000000", "\u0662\u0660\u0662\u0666-03-02",
    "\uff12\uff10\uff12\uff16-03-02", "2026-3-2", "2026-03-02T10:00:00\u221202:00", "1900-01-01 00:00",
    "31.12.2200 23:59", "29.03.2026 03:30", "25.10.2026", "10:30", "12:30",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "\n", "\r", "\0", "\ud800", "\udfff", "\ufeff", "\ufffe", "\u202e", "\u2066", "\x85", "\u2028",
    "\x1b[31m", "\x7f", "é", "e\u0301", "ß", "İ", "\U0001d7d9", "\u0661", "\uff15", "💥", "\u0000a", '"', "\\", "'",
    "\\u0000", "\\ud83d", "\\ud83d\\ude00", "a" * 300, "null", "true", "NaN", "Infinity", "-0", "1e5", "0x10",
    "1_000", "e1", "e2", "A", "board", "ford", "*", "[a-", "[!", "$p", "$p.q", "__class__", "{}", "%s", "..", "/",
    "~", "on", "NO", "<<",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "0.0", "1", "-1", "6", "7", "1.0", "1e2", "1E-2", "1e400", "-1e-400", "1e999999999", "0e999999999",
    "9" * 30, "9" * 31, "1" + "0" * 29, "0." + "0" * 29 + "1", "0." + "0" * 30 + "1", "9" * 30 + "." + "9" * 30,
    "9" * 19, "123456789012345678", "9007199254740993", "0.1", "90", "90.0000001", "-180", "100000", "100001", "01",
    "+1", ".5", "5.", "9" * 5000, "1.10", "1" + "0" * 30 + ".0",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 10**17, 10**18, 10**29, 10**30, 10**400, 0.1, 1e300, float("nan"), float("inf"),
    -0.0,
    *(Decimal(text) for text in ("-0", "1E+2", "1e-31", "1E+29", "NaN", "sNaN", "-Infinity", "1.10", "0.5", "2")),
    [], {}, [[]], {"from": "2026-03-02", "to": "2026-03-01"}, {"from": "2026-03-02", "to": "2026-03-02"},
    {"from": None}, {"lat": Decimal(90), "lon": Decimal(-180)}, {"lat": "1", "lon": 2},
    {"lat": True, "lon": False}, {"p": Decimal("NaN")}, {"p": Decimal("sNaN")}, {"p": 10**40}, {"p": None},
    {"": ""}, ["a", {"b": "c"}], [{"b": 1}], ("a",), b"bytes",
)  # fmt: skip
_MARKS = (
    "[", "]", "{", "}", ",", ":", ": ", "\n", '"', "'", "&a", "*a", "!!int", "!", "|", ">", "#", "---", "...",
    "%YAML 1.1", "?", "- ", "  ", ";", "`", "@", "<<:", "|2-", "\r\n",
)  # fmt: skip
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\w.+-]+|\s+|.', re.DOTALL)
_SPECIALS = (*TEXTS, *TIMES, *NUMBERS, *_MARKS)


def some_edits(random: Random) -> int:
    """Mostly one, seldom many: most of what is tried should nearly be taken."""
    count = 1
    while count < 8 and random.random() < 0.35:
        count += 1
    return count


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(text))


def mutated_text(random: Random, texts: Sequence[str]) -> bytes:
    """One of the texts with a few of its tokens changed; now and then with bytes that are no text."""
    parts = list(tokens(random.choice(texts)))
    for _ in range(some_edits(random)):
        _edit(random, parts, texts)
    try:
        data = "".join(parts).encode()
    except UnicodeEncodeError:
        data = "".join(parts).encode("utf-8", "surrogatepass")
    return _broken_bytes(random, data) if random.random() < 0.05 else data


def _edit(random: Random, parts: list[str], texts: Sequence[str]) -> None:
    size = len(parts)
    if not size:
        parts.append(random.choice(_SPECIALS))
        return
    at, kind = int(random.random() * size), random.random()
    if len(parts[at]) == 1 and random.random() < 0.8:  # words are changed more often than what stands between them
        at = int(random.random() * size)
    if kind < 0.36:
        parts[at] = _in_place_of(random, parts[at])
    elif kind < 0.46:
        del parts[at : at + random.choice((1, 1, 1, 2, 4, 8))]
    elif kind < 0.56:
        other = int(random.random() * size)
        parts[at], parts[other] = parts[other], parts[at]
    elif kind < 0.66:
        end = at + random.choice((1, 1, 2, 4, 8))
        parts[at:at] = parts[at:end]
    elif kind < 0.80:
        donor = tokens(random.choice(texts))
        start = int(random.random() * len(donor))
        parts[at : at + random.randrange(4)] = donor[start : start + random.randrange(1, 9)]
    elif kind < 0.90:
        parts.insert(at, random.choice(_SPECIALS))
    elif kind < 0.94:
        parts[at] = _with_a_character(random, parts[at])
    elif kind < 0.96:
        del parts[at:]
    else:
        _nest(random, parts, at)


def _in_place_of(random: Random, part: str) -> str:
    """Something of the same form where there is one: a quoted text for a quoted text, a number for a number."""
    special = random.choice(random.choice((TEXTS, TIMES, NUMBERS, _MARKS)))
    if part.startswith('"') and random.random() < 0.8:
        special = random.choice(TEXTS if random.random() < 0.5 else TIMES)
        return f'"{special}"'
    if part[:1].isdigit():
        return random.choice(NUMBERS if random.random() < 0.6 else TIMES)
    return special


def _with_a_character(random: Random, part: str) -> str:
    at = random.randrange(len(part) + 1)
    character = chr(random.choice((random.randrange(128), random.randrange(0x3000), random.randrange(0x110000))))
    return part[:at] + character + part[at + random.randrange(2) :]


def _nest(random: Random, parts: list[str], at: int) -> None:
    depth = random.choice((2, 15, 16, 17, 40, 41, 200, 3000))
    opening, closing = random.choice((("[", "]"), ('{"a":', "}"), ("{a: ", "}"), ("- ", ""), ("[", ""), ("(", ")")))
    parts[at : at + 1] = [opening * depth, parts[at], closing * depth]


def _broken_bytes(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(some_edits(random)):
        at = random.randrange(len(changed) + 1)
        kind = random.randrange(4)
        if kind == 0:
            changed[at : at + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            changed[at:at] = random.choice(
                (b"\xef\xbb\xbf", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\0", b"\r")
            )
        elif kind == 2:
            del changed[at : at + random.randrange(1, 5)]
        else:
            changed[at:at] = changed[:at][-random.randrange(1, 30) :]
    return bytes(changed)


def mutated_row(random: Random, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One of the rows with a few of its keys and values changed."""
    row: dict[str, Any] = dict(random.choice(rows))
    for _ in range(some_edits(random)):
        kind = random.random()
        key = random.choice(list(row)) if row else "id"
        if kind < 0.45:
            row[key] = _value(random, row.get(key))
        elif kind < 0.55:
            row.pop(key, None)
        elif kind < 0.75:
            donor = random.choice(rows)
            taken = random.choice(list(donor))
            row[taken] = donor[taken]
        elif kind < 0.87:
            donor = random.choice(rows)
            row[key] = donor[random.choice(list(donor))]
        elif kind < 0.93:
            row[random.choice(list(random.choice(rows)))] = _value(random, None)
        else:
            row[random.choice(TEXTS)] = row.get(key)
    return row


def _value(random: Random, old: Any) -> Any:
    kind = random.random()
    if isinstance(old, dict) and old and kind < 0.6:
        inner = random.choice(list(old))
        return {**old, inner: _value(random, None)}
    if isinstance(old, str) and kind < 0.15:
        return _with_a_character(random, old)
    if kind < 0.45:
        return random.choice(TIMES)
    if kind < 0.70:
        return random.choice(TEXTS)
    return random.choice(VALUES)


def mutated_tree(random: Random, tree: Any, words: Sequence[str]) -> Any:
    """A tree of mappings and lists with a few of its branches changed, or hung where others were."""
    tree = deepcopy(tree)
    for _ in range(some_edits(random)):
        spots = list(_spots(tree))
        if spots:
            _change_branch(random, random.choice(spots), random.choice(spots), words)
    return tree


Spot = tuple[dict[str, Any] | list[Any], Any]


def _spots(node: Any) -> Iterator[Spot]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in pairs:
        yield node, key
        yield from _spots(inner)


def _change_branch(random: Random, spot: Spot, other: Spot, words: Sequence[str]) -> None:
    (holder, key), (donor, wanted) = spot, other
    kind = random.random()
    if kind < 0.25:
        holder[key] = _leaf(random, words)
    elif kind < 0.50:
        holder[key] = deepcopy(donor[wanted])
    elif kind < 0.62:
        del holder[key]
    elif kind < 0.70:
        holder[key] = [holder[key], deepcopy(donor[wanted])]
    elif kind < 0.78:
        holder[key] = {random.choice(words): holder[key]}
    elif isinstance(holder, list):
        holder.insert(key, deepcopy(donor[wanted]))
    elif kind < 0.88:
        holder[random.choice(words)] = deepcopy(donor[wanted])
    else:
        holder[random.choice(words)] = holder.pop(key)


def _leaf(random: Random, words: Sequence[str]) -> Any:
    kind = random.random()
    if kind < 0.5:
        return random.choice(words)
    if kind < 0.7:
        return random.choice(
            ("0 days", "1 day", "999999 years", "5 USD", "50 %", "1 bn USD", "$p", "$p.q", "each month", *TIMES)
        )
    return random.choice((None, True, False, [], {}, "", "é", *map(Decimal, (0, -1, "1.10", 3, "1E+2", "9" * 40))))
