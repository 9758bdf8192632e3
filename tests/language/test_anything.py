"""Whatever stands in a file, reading it answers with problems and never with a crash."""

from __future__ import annotations

import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import check_rulebook
from engine.language.check import every_check
from engine.language.compile import compile_draft
from engine.language.draft import Draft, ProvisionDraft, make_vocabulary
from engine.language.locate import Fields, Items, Number, Place, parse_document
from engine.language.models import NormSpec, ProvisionFile, VocabularyFile
from engine.language.shape import Shaping, shape

RIVER = Path(__file__).parent / "river"
HERE = Place("x.yaml", 1, 1)
PROVISION = parse_document((RIVER / "provisions" / "one.yaml").read_bytes(), "x.yaml").root
UNKNOWN_HERE = {"unknown-norm", "unknown-state", "unknown-reading"}
"""Said of every reference here, where no file declares the names."""
VOCABULARY = parse_document((RIVER / "vocabulary.yaml").read_bytes(), "v.yaml")

_WORDS = st.sampled_from(
    [
        *NormSpec.keys(),
        *(
            "event",
            "where",
            "for",
            "for_each",
            "north",
            "south",
            "$p",
            "$r.of",
            "banks",
            "island",
            "in_force",
            "landing",
        ),
        *("census.boats", "toll.amount", "5 days", "5 EUR", "50 %", "2026-01-01", "each month", "no_landing", ""),
    ]
)
_SCALARS = st.one_of(
    _WORDS, st.none(), st.booleans(), st.text(max_size=8), st.integers(0, 9).map(lambda n: Number(str(n)))
)


@st.composite
def _mapping(draw: st.DrawFn, values: st.SearchStrategy[object]) -> Fields:
    fields = Fields(HERE)
    for key in draw(st.lists(_WORDS, max_size=4, unique=True)):
        fields[key], fields.keys_at[key], fields.values_at[key] = draw(values), HERE, HERE
    return fields


@st.composite
def _listed(draw: st.DrawFn, values: st.SearchStrategy[object]) -> Items:
    items = Items(HERE)
    for value in draw(st.lists(values, max_size=3)):
        items.append(value)
        items.items_at.append(HERE)
    return items


_TREES = st.recursive(_SCALARS, lambda inner: st.one_of(_mapping(inner), _listed(inner)), max_leaves=12)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    document = parse_document(data, "x.yaml")
    assert document.root is not None or document.problems or not document.whole


@given(st.text(alphabet="ab:{}[],-&*!|>'\"%@#\n \t?0\\", max_size=30))
def test_any_yaml_is_read_or_refused(text: str) -> None:
    document = parse_document(text.encode(), "x.yaml")
    assert document.root is not None or document.problems or not document.whole


@given(st.sampled_from(NormSpec.keys()), _TREES)
def test_any_value_under_any_key_of_a_norm_is_taken_or_refused(key: str, value: object) -> None:
    provision = deepcopy(PROVISION)
    norm = provision["norms"][3]
    norm[key], norm.keys_at[key], norm.values_at[key] = value, HERE, HERE
    _checked(provision)


@given(st.sampled_from([*ProvisionFile.keys()]), _TREES)
def test_any_value_under_any_key_of_a_provision_is_taken_or_refused(key: str, value: object) -> None:
    provision = deepcopy(PROVISION)
    provision[key], provision.keys_at[key], provision.values_at[key] = value, HERE, HERE
    _checked(provision)


def _checked(provision: Fields) -> None:
    """Shape, then every check: what is left of the file always goes through."""
    found = Shaping()
    words = shape(VocabularyFile, VOCABULARY.root, HERE, found)
    model = shape(ProvisionFile, provision, HERE, found)
    assert words is not None
    if model is None:
        assert found.problems
        return
    document = parse_document(b"provision: x", "x.yaml")
    draft = Draft(words, VOCABULARY, make_vocabulary(words, {}), (ProvisionDraft(document, model),))
    problems = [*found.problems, *every_check(draft)]
    if all(problem.severity == "warning" or problem.code in UNKNOWN_HERE for problem in problems):
        assert compile_draft(draft, "", ()).provisions


@settings(max_examples=20)
@given(st.integers(0, 120), st.integers(0, 120))
def test_a_book_with_lines_torn_out_is_loaded_or_refused(first: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "river"
        shutil.copytree(RIVER, book)
        path = book / "provisions" / "one.yaml"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        del lines[first : first + count % 7]
        path.write_text("".join(lines), encoding="utf-8")
        loaded, problems = check_rulebook(book)
        assert (loaded is None) == any(problem.severity == "error" for problem in problems)
