"""The gate: bytes are decoded strictly, or refused with a place, before anything reads them.

`json` and `msgspec` let duplicate keys, NaN, lone surrogates and 1e400 through in their defaults; nothing does here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, Final

from engine.problems import Problem
from engine.quantities import QuantityError, checked

ROW_LIMIT = 256 * 1024
"""Bytes of one row."""
DEPTH_LIMIT = 16
_SHORT_INTEGER = 18
_LONGEST_NUMBER = 100
_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile("[\ud800-\udfff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SUSPECT = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    r"|\\u(?:0000|[dD][89a-fA-F]|061[cC]|200[eEfF]|202[a-eA-E]|206[6-9])"
)
"""What JSON text must hold, plain or escaped, before its strings can hold anything to refuse or warn of."""


_ODD_NUMBER = re.compile(r"NaN|Infinity|\d[eE]|\d{30}", re.ASCII)
"""What JSON text must hold before a number in it can be one that nobody can count with."""


class _Broken:
    """What stands in a row where a value was refused: its problem is already told."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = _Broken()


class _Unreadable:
    """A number that JSON text may spell and nobody can count with."""

    __slots__ = ("why",)

    def __init__(self, why: str):
        self.why = why


class _DuplicateKey(ValueError):
    def __init__(self, key: str):
        self.key = key


def lines(stream: BinaryIO, limit: int = ROW_LIMIT) -> Iterator[bytes | None]:
    """Physical lines without their ends; None for one that is longer than `limit`."""
    while piece := stream.readline(limit + 2):
        if piece.endswith(b"\n") or len(piece) <= limit:
            yield piece.rstrip(b"\r\n")
            continue
        while piece and not piece.endswith(b"\n"):
            piece = stream.readline(limit)
        yield None


def decode_line(line: bytes | None, place: str) -> tuple[str | None, list[Problem]]:
    """One line of bytes -> text, or why not."""
    if line is None:
        return None, [too_long(place)]
    if line.startswith(_BOM):
        return None, [
            Problem("byte-order-mark", "error", place, "a byte order mark stands before the row", "save without a BOM")
        ]
    try:
        return line.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return None, [not_utf8(place, f"byte {error.start + 1} of the row")]


def too_long(place: str) -> Problem:
    return Problem("row-too-long", "error", place, f"the row is longer than {ROW_LIMIT // 1024} KiB")


def not_utf8(place: str, where: str) -> Problem:
    return Problem("not-utf8", "error", place, f"{where} is not UTF-8", "save the file as UTF-8")


def decode_object(text: str, place: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """One JSON object, no space around it -> mapping with exact numbers (`int`, `Decimal`), or why not.

    A value that is refused is BROKEN in the mapping, so that the rest of the row can still be looked at.
    """
    try:
        found, end = _DECODER.raw_decode(text)
    except _DuplicateKey as error:
        return None, [
            Problem("duplicate-key", "error", f"{place}:{error.key}", f'"{error.key}" stands twice in one object')
        ]
    except RecursionError:
        return None, [_too_deep(place)]
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        return None, [Problem("not-json", "error", place, f"not JSON: {what} (character {error.pos + 1})")]
    if end != len(text):
        return None, [Problem("not-json", "error", place, f"not JSON: more stands after the row (character {end + 1})")]
    if not isinstance(found, dict):
        return None, [
            Problem("not-an-object", "error", place, "a row is one JSON object", 'write {"id": …, "event": …, "at": …}')
        ]
    if text.count("{") + text.count("[") > DEPTH_LIMIT and _deeper(found, DEPTH_LIMIT):
        return None, [_too_deep(place)]
    problems = _refuse_numbers(found, place) if _ODD_NUMBER.search(text) else []
    if ("\\u" in text or not text.isascii()) and _SUSPECT.search(text):
        problems += check_texts(found, place)
    return found, problems


def _too_deep(place: str) -> Problem:
    return Problem("too-deep", "error", place, f"the row is nested more than {DEPTH_LIMIT} deep")


def check_texts(row: dict[str, Any], place: str) -> list[Problem]:
    """NUL and lone surrogates are refused (the value becomes BROKEN); text-direction marks are warned of."""
    problems: list[Problem] = []
    for key in list(row):
        texts = [key, *_texts(row[key])]
        where = f"{place}:{_shown(key)}"
        if any("\0" in text for text in texts):
            problems.append(Problem("nul-character", "error", where, "a NUL character stands in the text"))
            row[key] = BROKEN
        elif any(_SURROGATE.search(text) for text in texts):
            problems.append(Problem("lone-surrogate", "error", where, "half of a surrogate pair stands in the text"))
            row[key] = BROKEN
        elif any(_BIDI.search(text) for text in texts):
            problems.append(
                Problem("text-direction-mark", "warning", where, "invisible text-direction marks stand in the text")
            )
    return problems


def _shown(key: str) -> str:
    return key.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _refuse_numbers(row: dict[str, Any], place: str) -> list[Problem]:
    problems: list[Problem] = []
    for key, value in row.items():
        if type(value) not in _SOUND and (bad := _first_unreadable(value)) is not None:
            problems.append(Problem("bad-number", "error", f"{place}:{_shown(key)}", bad.why))
            row[key] = BROKEN
    return problems


_SOUND = frozenset({str, int, bool, Decimal, type(None)})


def _first_unreadable(value: Any) -> _Unreadable | None:
    if isinstance(value, _Unreadable):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((bad for bad in map(_first_unreadable, inner) if bad is not None), None)


def _deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return False
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _DuplicateKey(_shown(next(name for name, count in counts.items() if count > 1)))
    return found


def _integer(text: str) -> int | Decimal | _Unreadable:
    return int(text) if len(text) <= _SHORT_INTEGER else _decimal(text)


def _decimal(text: str) -> Decimal | _Unreadable:
    shown = text if len(text) <= _LONGEST_NUMBER else f"{text[:40]}…"
    try:
        if len(text) <= _LONGEST_NUMBER:
            return checked(Decimal(text), text)
    except (QuantityError, InvalidOperation):
        pass
    return _Unreadable(f'"{shown}" has more than 30 digits before or after the point')


def _constant(text: str) -> _Unreadable:
    return _Unreadable(f'"{text}" is no JSON number')


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
