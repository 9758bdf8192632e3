"""The parsers under fuzz: how an input for each is made, and what must hold of the answer."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from engine.events import Row
from engine.intake import parse_rows
from engine.intake.csv_file import read_csv
from engine.intake.gate import check_texts, decode_object
from engine.intake.json_lines import read_json_lines
from engine.intake.mapped import mapped_rows, naming_columns
from engine.intake.mapping import MappingFile, load_mapping
from engine.intake.table import raw_rows
from engine.language import Rulebook, check_rulebook
from engine.language.check import every_check
from engine.language.compile import compile_draft
from engine.language.draft import Draft, ProvisionDraft, make_vocabulary
from engine.language.locate import MAX_DEPTH, Document, Fields, Items, Number, Place, parse_document
from engine.language.models import NormSpec, ProvisionFile, VocabularyFile
from engine.language.shape import Shaping, shape
from engine.language.usable import usable_rulebook
from engine.problems import Problem, in_order
from engine.vocabulary import Vocabulary
from tests.fuzz.canonical import check, check_against_json, check_rows, gathered
from tests.fuzz.mutate import mutated_row, mutated_text, mutated_tree

CORPUS = Path(__file__).parent / "corpus"
HERE = Place("1.yaml", 1, 1)
_AS_FILES = 0.02
_TABLES_OF_A_MAPPING = 8


@dataclass(frozen=True)
class Target:
    """`made`: inputs, each of which can be printed and read back. `tried`: whether anything of one was taken."""

    about: str
    made: Callable[[Random], Iterator[Any]]
    tried: Callable[[Any, Path], bool]


# --- rows ---------------------------------------------------------------------------------------------------------


def _made_rows(random: Random) -> Iterator[list[dict[str, Any]]]:
    while True:
        yield [mutated_row(random, _rows())]


def _tried_rows(raws: list[dict[str, Any]], folder: Path) -> bool:
    """Mappings, as every reader hands them on."""
    read = []
    for number, raw in enumerate(raws, 1):
        copy, place = dict(raw), f"log:{number}"
        read.append((copy, place, check_texts(copy, place)))
    return _taken(read)


def _made_json(random: Random) -> Iterator[bytes]:
    lines = _lines("rows.jsonl")
    while True:
        yield mutated_text(random, lines)


def _tried_json(content: bytes, folder: Path) -> bool:
    read = list(read_json_lines(BytesIO(content), "log"))
    rows = _taken_rows(read)
    physical = content.split(b"\n")
    for row in rows:
        check_against_json(row, physical[int(row.place.partition(":")[2]) - 1])
    return bool(rows)


def _made_csv(random: Random) -> Iterator[bytes]:
    head, *records = _records("log.csv")
    texts = [f"{head}{record}" for record in records]
    while True:
        yield mutated_text(random, texts)


def _tried_csv(content: bytes, folder: Path) -> bool:
    return _taken(list(raw_rows(read_csv(BytesIO(content)), "log", words())))


def _taken(read: list[Any]) -> bool:
    return bool(_taken_rows(read))


def _taken_rows(read: list[Any]) -> list[Row]:
    rows, problems = gathered(read, words())
    _check_problems(problems)
    refused = {
        problem.place.split(":")[1] for problem in problems if problem.severity == "error" and ":" in problem.place
    }
    check(not {row.place.partition(":")[2] for row in rows} & refused, "a row was taken that has an error")
    if rows:
        check_rows(rows, words(), _types(read))
    return rows


def _types(read: list[Any]) -> dict[str, str]:
    raws = [raw for raw, _, _ in read if raw is not None]
    named = [(raw.get("id"), raw.get("event")) for raw in raws if "corrects" not in raw]
    types: dict[str, str] = {}
    for id_, event in named:
        if isinstance(id_, str) and isinstance(event, str):
            types.setdefault(id_, event)
    return types


def _check_problems(problems: list[Problem]) -> None:
    for problem in problems:
        check(problem.code and problem.message, "a problem says nothing")
        str(problem).encode()


# --- rule books ---------------------------------------------------------------------------------------------------


def _made_documents(random: Random) -> Iterator[bytes]:
    pieces = _pieces()
    while True:
        yield mutated_text(random, pieces)


def _tried_documents(content: bytes, folder: Path) -> bool:
    document = parse_document(content, "x.yaml")
    _check_document(document)
    return document.root is not None and not document.problems


def _check_document(document: Document) -> None:
    _check_problems(document.problems)
    check(
        document.root is not None or document.problems or document.whole is False, "nothing was read, nothing is told"
    )
    for problem in document.problems:
        _check_place(problem, len(document.lines) or sys.maxsize)  # bytes that are no text have no lines
    if not any(problem.severity == "error" for problem in document.problems):
        _check_tree(document.root, MAX_DEPTH)


def _check_place(problem: Problem, lines: int) -> None:
    _, line, column = problem.place.rsplit(":", 2)
    check(1 <= int(line) <= lines and int(column) >= 1, f"a problem stands outside its file: {problem.place}")


_NOT_IN_YAML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


def _check_tree(node: Any, depth: int) -> None:
    check(depth >= 0, "values are nested deeper than they may be")
    if isinstance(node, Fields):
        check(set(node) == set(node.keys_at) == set(node.values_at), "a key has no place")
        for key, value in node.items():
            check(isinstance(key, str) and not _NOT_IN_YAML.search(key), "a key holds a control character")
            _check_tree(value, depth - 1)
    elif isinstance(node, Items):
        check(len(node) == len(node.items_at), "an item has no place")
        for value in node:
            _check_tree(value, depth - 1)
    elif isinstance(node, str):
        check(not _NOT_IN_YAML.search(node), "a text holds a control character")
    else:
        check(node is None or isinstance(node, bool | Number), "a value is of no kind that YAML has here")
        check(not isinstance(node, Number) or (node.is_finite() and str(node.literal)), "a number is none")


def _made_rules(random: Random) -> Iterator[Any]:
    """Mostly trees, since the YAML under them is fuzzed by itself and is a hundred times slower."""
    books, trees = _made_books(random), _made_trees(random)
    while True:
        yield next(books if random.random() < _AS_FILES else trees)


def _tried_rules(given: Any, folder: Path) -> bool:
    return _tried_book(given, folder) if isinstance(given[0], bytes) else _tried_trees(given)


Trees = tuple[dict[str, Any], dict[str, Any]]


def _made_trees(random: Random) -> Iterator[Trees]:
    words, provision, names = _trees()
    while True:
        which = random.random()
        some = provision if random.random() < 0.1 else _with_few_norms(random, provision)
        yield (
            mutated_tree(random, words, names) if which > 0.8 else words,
            mutated_tree(random, some, names) if which < 0.9 else some,
        )


def _with_few_norms(random: Random, provision: dict[str, Any]) -> dict[str, Any]:
    """The first norm, which others refer to, and one or two more; no tests, which name them all."""
    first, *others = provision["norms"]
    kept = {key: part for key, part in provision.items() if key not in ("readings", "tests")}
    return {**kept, "norms": [first, *random.sample(others, random.randrange(1, 3))]}


def _tried_trees(trees: Trees) -> bool:
    """Shape, then every check, then the plan: what nothing is held against is compiled."""
    found = Shaping()
    documents = [Document(name, located(tree), HERE) for name, tree in zip(("v.yaml", "1.yaml"), trees, strict=True)]
    vocabulary = shape(VocabularyFile, documents[0].root, HERE, found)
    model = shape(ProvisionFile, documents[1].root, HERE, found)
    check((vocabulary is not None and model is not None) or found.problems, "nothing is left, nothing is told")
    if vocabulary is None or model is None:
        return False
    draft = Draft(
        vocabulary,
        documents[0],
        make_vocabulary(vocabulary, {}),
        (ProvisionDraft(documents[1], model),),
        damaged=frozenset(found.damaged),
        declared=frozenset(_declared(trees[1])),
    )
    problems = in_order([*found.problems, *every_check(draft)])
    _check_problems(problems)
    if any(problem.severity == "error" for problem in problems):
        return False
    return bool(compile_draft(draft, "", tuple(problems)).provisions)


def _declared(node: Any) -> Iterator[tuple[str, str]]:
    """Kind and id of everything that the file names, of what is refused too."""
    for kind in ("norms", "states", "readings", "options"):
        entries = node.get(kind) if isinstance(node, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                yield kind, entry["id"]
            yield from _declared(entry)


def located(value: Any) -> Any:
    """A plain tree as the YAML reader gives one. Every mapping and list has a place of its own."""
    return _located(value, count(1))


def _located(value: Any, lines: Iterator[int]) -> Any:
    place = Place("1.yaml", next(lines), 1)
    if isinstance(value, dict):
        fields = Fields(place)
        for key, inner in value.items():
            fields[key] = _located(inner, lines)
            fields.keys_at[key] = fields.values_at[key] = place
            fields.last_line[key] = place.line
        return fields
    if isinstance(value, list):
        items = Items(place)
        items.extend(_located(inner, lines) for inner in value)
        items.items_at.extend(getattr(inner, "place", place) for inner in items)
        return items
    return Number(f"{value:f}") if isinstance(value, Decimal) else value


def _as_plain(node: Any) -> Any:
    if isinstance(node, Fields):
        return {key: _as_plain(inner) for key, inner in node.items()}
    if isinstance(node, Items):
        return [_as_plain(inner) for inner in node]
    return Decimal(node.literal) if isinstance(node, Number) else node


@lru_cache(maxsize=1)
def _trees() -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """The vocabulary, the provision, and the words in both."""
    paths = (CORPUS / "river" / "vocabulary.yaml", CORPUS / "river" / "provisions" / "1.yaml")
    words, provision = (_as_plain(parse_document(path.read_bytes(), path.name).root) for path in paths)
    names = re.findall(r"[\w$.]+", repr((words, provision)), re.ASCII)
    return words, provision, tuple(sorted({*names, *NormSpec.keys()}))


Book = tuple[bytes, bytes]


def _made_books(random: Random) -> Iterator[Book]:
    """A vocabulary and a provision file of a few of the norms, states, readings and tests; one or both changed."""
    words = (CORPUS / "river" / "vocabulary.yaml").read_text("utf-8")
    while True:
        provision = _some_provision(random)
        which = random.random()
        yield (
            mutated_text(random, [words]) if which > 0.75 else words.encode(),
            mutated_text(random, [provision]) if which < 0.85 else provision.encode(),
        )


def _some_provision(random: Random) -> str:
    text = 'provision: "1"\ntitle: The ford\ntext: Nobody raids the ford.\nsource: invented\n'
    for key, entries in _entries().items():
        chosen = random.sample(entries, min(len(entries), random.randrange(3 if key == "norms" else 2)))
        text += f"{key}:\n{''.join(chosen)}" if chosen else ""
    return text


def _tried_book(book: Book, folder: Path) -> bool:
    with _book(folder, book) as path:
        found, problems = check_rulebook(path)
        _check_problems(problems)
        _check_places(problems, book)
        errors = [problem for problem in problems if problem.severity == "error"]
        check((found is None) == bool(errors), "refused without an error, or taken with one")
        if found is None:
            usable, told = usable_rulebook(path)
            _check_problems(told)
            check(usable is None or isinstance(usable, Rulebook), "what can be used is no rule book")
    return found is not None


def _check_places(problems: list[Problem], book: Book) -> None:
    for problem in problems:
        name = Path(problem.place.rsplit(":", 2)[0]).name
        data = book[0 if name == "vocabulary.yaml" else 1]
        _check_place(problem, len(re.split("\r\n|[\r\n\x85\u2028\u2029]", data.decode("utf-8", "replace"))))


@contextmanager
def _book(folder: Path, book: Book) -> Iterator[Path]:
    (folder / "provisions").mkdir(exist_ok=True)
    (folder / "vocabulary.yaml").write_bytes(book[0])
    (folder / "provisions" / "1.yaml").write_bytes(book[1])
    yield folder


# --- mappings -----------------------------------------------------------------------------------------------------


def _made_mapping(random: Random) -> Iterator[tuple[bytes, bytes]]:
    """Each mapping with several tables, since reading a mapping takes far longer than using it."""
    text = (CORPUS / "mapping.yaml").read_text("utf-8")
    head, *records = _records("table.csv")
    while True:
        mapping = mutated_text(random, [text]) if random.random() < 0.7 else text.encode()
        for _ in range(_TABLES_OF_A_MAPPING):
            chosen = "".join(random.sample(records, random.randrange(1, 4)))
            yield mapping, mutated_text(random, [head + chosen])


def _tried_mapping(given: tuple[bytes, bytes], folder: Path) -> bool:
    mapping, _ = _mapping(given[0], folder)
    if mapping is None:
        return False
    delimiter = mapping.table.delimiter if mapping.table is not None else ","
    read = list(mapped_rows(read_csv(BytesIO(given[1]), delimiter), "table", mapping, words()))
    rows, told = gathered(read, words())
    _check_problems(naming_columns(told, mapping))
    check_rows(rows, words(), _types(read))
    return bool(rows)


@lru_cache(maxsize=1)
def _mapping(content: bytes, folder: Path) -> tuple[MappingFile | None, list[Problem]]:
    path = folder / "mapping.yaml"
    path.write_bytes(content)
    mapping, problems = load_mapping(path, words())
    _check_problems(problems)
    refused = any(problem.severity == "error" for problem in problems)
    check((mapping is None) == refused, "refused without an error, or taken with one")
    return mapping, problems


# --- what is changed ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def words() -> Vocabulary:
    """The vocabulary of the corpus."""
    book, problems = check_rulebook(CORPUS / "river")
    assert book is not None, problems
    return book.vocabulary


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, Any], ...]:
    raws = [decode_object(line, "log")[0] for line in _lines("rows.jsonl")]
    rows, problems = parse_rows([(raw, f"log:{n}") for n, raw in enumerate(raws, 1) if raw is not None], words())
    assert len(rows) == len(raws), problems
    return tuple(raw for raw in raws if raw is not None)


@lru_cache(maxsize=8)
def _lines(name: str) -> tuple[str, ...]:
    return tuple((CORPUS / name).read_text("utf-8").splitlines())


@lru_cache(maxsize=8)
def _records(name: str) -> tuple[str, ...]:
    """Records with their line ends: a record goes on while a quote is open."""
    records = [""]
    for line in (CORPUS / name).read_text("utf-8").splitlines(keepends=True):
        records[-1] += line
        if records[-1].count('"') % 2 == 0:
            records.append("")
    return tuple(record for record in records if record)


@lru_cache(maxsize=1)
def _entries() -> dict[str, list[str]]:
    """The text of each norm, state, reading and test of the provision, as it stands there."""
    document = parse_document((CORPUS / "river" / "provisions" / "1.yaml").read_bytes(), "1.yaml")
    lines = (CORPUS / "river" / "provisions" / "1.yaml").read_text("utf-8").splitlines(keepends=True)
    found: dict[str, list[str]] = {}
    for key in ("readings", "states", "norms", "tests"):
        starts = [place.line for place in document.root[key].items_at]
        ends = [*(start - 1 for start in starts[1:]), document.root.last_line[key] - (key != "tests")]
        found[key] = ["".join(lines[start - 1 : end]) for start, end in zip(starts, ends, strict=True)]
    return found


@lru_cache(maxsize=1)
def _pieces() -> tuple[str, ...]:
    """Small YAML texts: the YAML reader needs about a millisecond for each hundred characters."""
    lines = [line for path in sorted(CORPUS.rglob("*.yaml")) for line in path.read_text("utf-8").splitlines()]
    flow = [line.strip().removeprefix("- ") for line in lines if len(line.strip()) < 100]
    blocks = [
        "a: 1\nb:\n  - c: x\n    d: [1, 2]\n",
        "text: >-\n  one\n  two\nn: |\n  three\n",
        "? a\n: b\n",
        "'it''s': \"\\u00e9\"\n",
    ]
    return (*flow, *blocks)


TARGETS = {
    "rows": Target("one mapping as a row", _made_rows, _tried_rows),
    "json": Target("bytes as JSON Lines", _made_json, _tried_json),
    "csv": Target("bytes as a CSV without a mapping", _made_csv, _tried_csv),
    "documents": Target("bytes as a YAML document", _made_documents, _tried_documents),
    "rules": Target("a rule book through every check", _made_rules, _tried_rules),
    "mapping": Target("a mapping file and a table", _made_mapping, _tried_mapping),
}


@contextmanager
def a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
