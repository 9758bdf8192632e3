"""Signed notes, keys and proof files: against the published examples and an implementation that is not ours."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from proofbundle import checkpoint as theirs
from proofbundle import tlogproof

from engine.ledger import merkle, notes, proofs
from engine.ledger.entries import Entry, NoEntry, entry_of, leaf_of

# The example of c2sp.org/signed-note.
KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
SIGNER = notes.Signer("river/ledger", bytes(range(32)))


def checkpoint(leaves: list[bytes], signer: notes.Signer = SIGNER) -> str:
    edge = merkle.Edge()
    for leaf in leaves:
        edge.add(merkle.leaf_hash(leaf))
    return notes.signed(notes.Checkpoint(signer.name, edge.size, edge.root()).text(), [signer])


def inclusion(leaves: list[bytes], index: int) -> proofs.Inclusion:
    edge, stored = merkle.Edge(), list[bytes]()
    for leaf in leaves:
        stored += edge.add(merkle.leaf_hash(leaf))
    kept = dict(enumerate(stored))
    path = tuple(merkle.range_hash(found, kept) for found in merkle.inclusion_ranges(index, len(leaves)))
    return proofs.Inclusion(leaves[index], index, path, checkpoint(leaves))


LEAVES = [f"row {number}".encode() for number in range(11)]


def test_the_published_example_is_read_and_believed() -> None:
    verifier = notes.parse_verifier(KEY)
    assert str(verifier) == KEY
    assert notes.opened(NOTE, [verifier]) == ("This is an example message.\n", [verifier])


def test_a_signature_of_somebody_unknown_counts_for_nothing() -> None:
    assert notes.opened(NOTE, [SIGNER.verifier])[1] == []


def test_a_changed_text_a_changed_signature_and_a_changed_form_are_refused() -> None:
    verifier = notes.parse_verifier(KEY)
    for place in range(len(NOTE)):
        changed = NOTE[:place] + ("X" if NOTE[place] != "X" else "Y") + NOTE[place + 1 :]
        with suppress(notes.NoteError):
            assert notes.opened(changed, [verifier])[1] == []


def test_a_key_file_is_read_back_and_a_damaged_one_is_refused() -> None:
    signer = notes.new_signer("river/ledger")
    assert notes.parse_signer(f"{signer.secret()}\n") == signer
    assert signer.seed.hex() not in repr(signer)
    for text in ("", "PRIVATE+KEY+", "a+b+c", signer.secret()[:-4], signer.secret().replace("river", "lake")):
        with pytest.raises(notes.NoteError):
            notes.parse_signer(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(notes.NoteError, match="cannot name a key"):
        notes.new_signer(name)


def test_the_other_implementation_believes_our_checkpoints_and_we_believe_its() -> None:
    note = checkpoint(LEAVES)
    found = theirs.verify_checkpoint(note, str(SIGNER.verifier))
    assert (found["ok"], found["origin"], found["tree_size"]) == (True, "river/ledger", 11)
    key = SIGNER._key()
    head = notes.unverified_checkpoint(note)
    made = theirs.sign_checkpoint("river/ledger", 11, head.root, key, "river/ledger")
    assert made == note
    assert theirs.vkey("river/ledger", SIGNER.verifier.public) == str(SIGNER.verifier)


def test_the_other_implementation_believes_our_proof_files() -> None:
    for index in range(len(LEAVES)):
        text = inclusion(LEAVES, index).text()
        found = tlogproof.verify_tlog_proof(text, LEAVES[index], str(SIGNER.verifier))
        assert found["ok"], found
        assert proofs.parse_proof(text) == inclusion(LEAVES, index)
        assert proofs.check_inclusion(inclusion(LEAVES, index), [SIGNER.verifier]).size == 11


@given(st.integers(0, 10), st.data())
def test_no_changed_proof_file_is_believed(index: int, data: st.DataObject) -> None:
    text = inclusion(LEAVES, index).text()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("0aA+/=\n —").filter(lambda found: found != text[place]))
    changed = text[:place] + letter + text[place + 1 :]
    with suppress(proofs.ProofError):
        proof = proofs.parse_proof(changed)
        assert isinstance(proof, proofs.Inclusion)
        proofs.check_inclusion(proof, [SIGNER.verifier])
        raise AssertionError(f"believed: {changed!r}")


def test_a_proof_is_not_believed_with_a_wrong_root_leaf_key_size_or_number() -> None:
    right = inclusion(LEAVES, 4)
    forger = notes.Signer("river/ledger", bytes(32))
    other = notes.Signer("lake/ledger", SIGNER.seed)
    wrong = [
        proofs.Inclusion(b"row 5", 4, right.path, right.note),
        proofs.Inclusion(right.leaf, 5, right.path, right.note),
        proofs.Inclusion(right.leaf, 11, right.path, right.note),
        proofs.Inclusion(right.leaf, 4, right.path[1:], right.note),
        proofs.Inclusion(right.leaf, 4, right.path, checkpoint(LEAVES[:10])),
        proofs.Inclusion(right.leaf, 4, right.path, checkpoint([*LEAVES[:10], b"other"])),
        proofs.Inclusion(right.leaf, 4, right.path, checkpoint(LEAVES, forger)),
        proofs.Inclusion(right.leaf, 4, right.path, checkpoint(LEAVES, other)),
    ]
    for proof in wrong:
        with pytest.raises(proofs.ProofError):
            proofs.check_inclusion(proof, [SIGNER.verifier])
    with pytest.raises(proofs.ProofError, match="no key that you believe"):
        proofs.check_inclusion(right, [forger.verifier])


def test_the_key_of_another_ledger_is_not_believed_even_where_it_signed() -> None:
    other = notes.Signer("lake/ledger", SIGNER.seed)
    head = notes.unverified_checkpoint(checkpoint(LEAVES))
    note = notes.signed(head.text(), [other])
    with pytest.raises(proofs.ProofError, match='of "river/ledger", the key is of "lake/ledger"'):
        proofs.believed(note, [other.verifier])


def test_a_ledger_that_only_grew_is_told_from_a_fork() -> None:
    edge, stored = merkle.Edge(), list[bytes]()
    for leaf in LEAVES:
        stored += edge.add(merkle.leaf_hash(leaf))
    path = tuple(merkle.range_hash(found, dict(enumerate(stored))) for found in merkle.consistency_ranges(5, 11))
    proof = proofs.parse_proof(proofs.Growth(5, path, checkpoint(LEAVES)).text())
    assert isinstance(proof, proofs.Growth)
    then, now = proofs.check_growth(proof, checkpoint(LEAVES[:5]), [SIGNER.verifier])
    assert (then.size, now.size) == (5, 11)
    for fork in (LEAVES[:6], [*LEAVES[:4], b"forged"], LEAVES[1:6]):
        with pytest.raises(proofs.ProofError):
            proofs.check_growth(proof, checkpoint(fork), [SIGNER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old",
        "old x\n\n",
        "old 01\n\nnote\n",
        "old 5\nnot base64\n\nnote\n",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v1\nextra AA==\n\n",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex -1\n\n",
        "c2sp.org/tlog-proof@v1\nextra AA=\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex 0\n" + 70 * f"{base64.b64encode(bytes(32)).decode()}\n" + "\nx",
    ],
)
def test_what_is_no_proof_file_is_said_to_be_none(text: str) -> None:
    with pytest.raises(proofs.ProofError):
        proofs.parse_proof(text)


@pytest.mark.parametrize("text", ["", "a\n1\n", "a\n01\nAAAA\n", "a\n1\nAAAA\n", "\n1\n" + 43 * "A" + "=\n"])
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(notes.NoteError, match="no checkpoint"):
        notes.parse_checkpoint(text)


ENTRIES = st.builds(
    Entry,
    seq=st.integers(0, 2**53 - 1),
    id=st.text(st.characters(exclude_categories=["Cs"])),
    kind=st.sampled_from(["event", "correction"]),
    source=st.text(st.characters(exclude_categories=["Cs"])),
    recorded_at=st.integers(1 - 2**53, 2**53 - 1),
    known=st.integers(1 - 2**53, 2**53 - 1),
    body=st.text(st.characters(exclude_categories=["Cs"])),
    rulebook=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)


@given(ENTRIES)
def test_a_leaf_is_canonical_json_and_gives_its_row_back(entry: Entry) -> None:
    columns = {name: getattr(entry, name) for name in entry.__dataclass_fields__ if getattr(entry, name) is not None}
    assert entry.leaf() == leaf_of(columns) == rfc8785.dumps(columns)
    assert entry_of(entry.leaf()) == entry


@pytest.mark.parametrize(
    "leaf",
    [b"", b"{}", b"[]", b"\xff", b'{"seq":0}', b" " + Entry(0, "a", "event", "b", 1, 1, "{}").leaf()],
)
def test_a_leaf_that_no_row_has_is_refused(leaf: bytes) -> None:
    with pytest.raises(NoEntry):
        entry_of(leaf)
