"""YAML 1.2 text to plain values that know where they stand (file:line:column)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self

from engine.language.yaml_events import NotYaml, Unsure, events, quick_events
from engine.problems import Problem, Severity

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
MAX_MARKS = 50
"""A file full of control characters is no text: so many are listed, not a million."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_NULLS = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_MEANT = {**_NULLS, **_BOOLS}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Place(NamedTuple):
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def problem(self, code: str, message: str, hint: str = "", *, severity: Severity = "error") -> Problem:
        return Problem(code, severity, str(self), message, hint)


class Number(Decimal):
    """An exact number that remembers how it was written (`1.10` as a version is not `1.1`)."""

    literal: str

    def __new__(cls, literal: str) -> Self:
        number = super().__new__(cls, literal)
        number.literal = literal
        return number


class Fields(dict[str, Any]):
    """A mapping. `keys_at` and `values_at` place its keys and values; `last_line` is where a value ends."""

    def __init__(self, place: Place):
        super().__init__()
        self.place = place
        self.keys_at: dict[str, Place] = {}
        self.values_at: dict[str, Place] = {}
        self.last_line: dict[str, int] = {}

    def key(self, name: str) -> Place:
        """Where the key stands; where it is absent, the mapping."""
        return self.keys_at.get(name, self.place)

    def at(self, name: str) -> Place:
        """Where the value stands; where it is absent, the mapping."""
        return self.values_at.get(name, self.place)


class Items(list[Any]):
    """A list. `items_at` places its items."""

    def __init__(self, place: Place):
        super().__init__()
        self.place = place
        self.items_at: list[Place] = []


class Broken:
    """Stands for a value about which a problem has been reported already."""

    def __init__(self, place: Place):
        self.place = place


@dataclass
class Document:
    """One file. `root` is None where nothing could be read of it."""

    name: str
    root: Any = None
    place: Place = field(default_factory=lambda: Place("", 1, 1))
    lines: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    """False: the text is no YAML, so names that it defines are not known."""

    def lines_with(self, pattern: re.Pattern[str], first: int, last: int) -> Iterator[tuple[str, Place]]:
        """Every find of `pattern` from line `first` to line `last`, in place."""
        for number in range(first, min(last, len(self.lines)) + 1):
            for found in pattern.finditer(self.lines[number - 1]):
                yield found[0], Place(self.name, number, found.start() + 1)


def read_document(path: Path, name: str) -> Document:
    """Never raises for what stands in the file: it is all in `problems`."""
    document = Document(name, place=Place(name, 1, 1))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        document.problems.append(
            document.place.problem("unreadable-file", f'"{path.name}" cannot be read: {(error.strerror or "").lower()}')
        )
        document.whole = False
        return document
    return parse_document(data, name)


def parse_document(data: bytes, name: str) -> Document:
    """The bytes of one file as located values and problems."""
    document = Document(name, place=Place(name, 1, 1))
    text = _decoded(data, document)
    if text is not None:
        document.lines = tuple(re.split("\r\n|[\r\n\x85\u2028\u2029]", text))
        text = _without_marks(text, document)
        _parse(text, document)
    document.whole = document.root is not None
    return document


def _decoded(data: bytes, document: Document) -> str | None:
    if len(data) > MAX_BYTES:
        message = f'"{Path(document.name).name}" is larger than {MAX_BYTES} bytes'
        document.problems.append(document.place.problem("too-large", message, "split it into several provisions"))
        return None
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        message = 'the file begins with a byte order mark ("BOM")'
        document.problems.append(document.place.problem("byte-order-mark", message, "save it as UTF-8 without BOM"))
        if not data.startswith(b"\xef\xbb\xbf"):
            return None
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f'the byte "0x{data[error.start]:02x}" is not UTF-8'
        document.problems.append(
            _place_of(before, document.name).problem("not-utf-8", message, "save the file in the encoding UTF-8")
        )
        return None


def _place_of(before: str, name: str) -> Place:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", before)
    return Place(name, len(lines), len(lines[-1]) + 1)


def _without_marks(text: str, document: Document) -> str:
    """Report control and text-direction characters; what is left can be parsed, at the same places."""
    if not _CONTROL.search(text) and not _DIRECTION.search(text):
        return text
    marks = (
        tell(found[0], Place(document.name, number, found.start() + 1))
        for number, line in enumerate(document.lines, 1)
        for pattern, tell in ((_CONTROL, _control_problem), (_DIRECTION, _direction_problem))
        for found in pattern.finditer(line)
    )
    document.problems.extend(islice(marks, MAX_MARKS))
    return _CONTROL.sub("\ufffd", text)


def _control_problem(character: str, place: Place) -> Problem:
    shown = "\\0" if character == "\0" else f"\\x{ord(character):02x}"
    message = f'the control character "{shown}" ("U+{ord(character):04X}") may not stand here'
    return place.problem("control-character", message, "delete it")


def _direction_problem(character: str, place: Place) -> Problem:
    message = f'the invisible text-direction mark "U+{ord(character):04X}" can make text read as it is not'
    return place.problem("text-direction-mark", message, "delete it unless the script needs it", severity="warning")


class _Refused(Exception):
    """Reading stops here; the problem has been noted."""


def _parse(text: str, document: Document) -> None:
    if not parse_quickly(text, document):
        parse_with_care(text, document)


def parse_quickly(text: str, document: Document) -> bool:
    """False where anything is wrong: what is refused, where and in which words, is for one parser alone to say."""
    trial = Document(document.name, place=document.place, lines=document.lines)
    builder = _Builder(trial)
    try:
        for event in quick_events(text):
            builder.take(event)
    except (Unsure, _Refused):
        return False
    if trial.problems or not isinstance(builder.root, Fields):
        return False
    document.root = builder.root
    return True


def parse_with_care(text: str, document: Document) -> None:
    builder = _Builder(document)
    try:
        for event in events(text):
            builder.take(event)
    except _Refused:
        return
    except NotYaml as error:
        document.problems.append(_syntax_problem(error, document))
        return
    if builder.root is _NOTHING:
        document.problems.append(document.place.problem("empty-file", f'"{Path(document.name).name}" is empty'))
        return
    document.root = builder.root


def _syntax_problem(error: NotYaml, document: Document) -> Problem:
    if error.problem is None and error.context is None:
        return document.place.problem("yaml", "this is not YAML: an escape or a mark cannot be read")
    mark = error.mark or error.opened
    if error.opened and any(word in str(error.context) for word in ("flow", "quoted")):
        mark = error.opened  # what was opened and never closed, not where that was noticed
    place = Place(document.name, mark.line + 1, mark.column + 1) if mark else document.place
    line = document.lines[place.line - 1].strip() if place.line <= len(document.lines) else ""
    said = " ".join(str(part).strip() for part in (error.context, error.problem) if part)
    shown = f' near "{line[:60]}"' if line else ""
    return place.problem("yaml", f"this is not YAML{shown}: {said or 'it cannot be read'}")


_NOTHING = object()


class _Builder:
    """Builds the tree from parse events. Not recursive, so that depth can be limited and nothing is expanded."""

    def __init__(self, document: Document):
        self.document = document
        self.root: Any = _NOTHING
        self._stack: list[tuple[Fields | Items, Place | None, tuple[str, Place] | None]] = []
        self._open: list[Fields | Items] = []
        self._keys: list[tuple[str | None, Place] | None] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        """An event of either parser: both call theirs the same."""
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end_collection(event)
            return
        mark = event.start_mark
        place = Place(self.document.name, mark.line + 1, mark.column + 1)
        if kind == "ScalarEvent":
            if event.anchor is not None or event.tag is not None:
                self._check_decorations(event, place)
            self._put(self._scalar(event, place), place, event)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._check_decorations(event, place)
            self._start_collection(Fields(place) if kind == "MappingStartEvent" else Items(place))
        elif kind == "AliasEvent":
            self._report(place, "anchor-or-alias", f'the alias "*{event.anchor}" is not taken', "write the value out")
            self._put(Broken(place), place, event)
        elif kind == "DocumentStartEvent":
            self._start_document(event, place)

    def _report(self, place: Place, code: str, message: str, hint: str = "") -> None:
        self.document.problems.append(place.problem(code, message, hint))

    def _start_document(self, event: Any, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            self._report(place, "several-documents", 'a second document begins here ("---")', "one file, one document")
            raise _Refused
        if event.version not in (None, (1, 2)) or event.tags:
            shown = "%TAG" if event.tags else f"%YAML {'.'.join(map(str, event.version))}"
            self._report(
                self.document.place, "directive", f'the directive "{shown}" is not taken', "rule books are YAML 1.2"
            )

    def _check_decorations(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._report(place, "anchor-or-alias", f'the anchor "&{event.anchor}" is not taken', "write the value out")
        if event.tag is not None and not (event.tag == "!" and getattr(event, "style", None)):
            shown = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._report(place, "tag", f'the tag "{shown}" is not taken', "write the plain value")

    def _scalar(self, event: Any, place: Place) -> Any:
        value: str = event.value
        if event.style:
            for found in _CONTROL.finditer(value):
                self.document.problems.append(_control_problem(found[0], place))
            if event.style == '"' and not _DIRECTION.search(self.document.lines[place.line - 1]):
                for found in _DIRECTION.finditer(value):
                    self.document.problems.append(_direction_problem(found[0], place))
            return _CONTROL.sub("\ufffd", value)
        if value in _MEANT:
            return _MEANT[value]
        if _NUMBER.fullmatch(value):
            return Number(value)
        return value

    def _start_collection(self, collection: Fields | Items) -> None:
        if len(self._open) >= MAX_DEPTH:
            shown = self.document.lines[collection.place.line - 1].strip()[:40]
            message = f'values are nested deeper than {MAX_DEPTH} levels near "{shown}"'
            self._report(collection.place, "too-deep", message)
            raise _Refused
        self._open.append(collection)
        self._keys.append(None)

    def _end_collection(self, event: Any) -> None:
        collection = self._open.pop()
        self._keys.pop()
        self._put(collection, collection.place, event)

    def _put(self, value: Any, place: Place, event: Any) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        if isinstance(holder, Items):
            holder.append(value)
            holder.items_at.append(place)
        elif self._keys[-1] is None:
            self._keys[-1] = (self._key(value, place, event, holder), place)
        else:
            name, key_place = self._keys[-1]
            self._keys[-1] = None
            if name is not None:
                holder[name] = value
                holder.keys_at[name] = key_place
                holder.values_at[name] = place
                holder.last_line[name] = event.end_mark.line + 1

    def _key(self, value: Any, place: Place, event: Any, holder: Fields) -> str | None:
        """The key as written; None where it may not stand (its value is then passed over)."""
        if type(event).__name__ != "ScalarEvent":
            self._report(place, "wrong-shape", "a key is a word, not a list or a mapping")
            return None
        name = str(event.value)
        if name in holder:
            message = f'the key "{name}" stands twice; the first is in line {holder.key(name).line}'
            self._report(place, "duplicate-key", message, "keep one of them")
            return None
        return name
