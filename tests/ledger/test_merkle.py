"""The tree: against the published vectors, the RFC's own examples, and an implementation that is not ours."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofbundle import merkle as theirs

from engine.ledger import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [  # of the first 1, 2, … leaves: the test vectors of Certificate Transparency
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(leaves: list[bytes]) -> tuple[merkle.Edge, dict[int, bytes]]:
    """The tree of these leaves, and its hashes as a store holds them."""
    edge, stored = merkle.Edge(), list[bytes]()
    for leaf in leaves:
        stored += edge.add(merkle.leaf_hash(leaf))
    return edge, dict(enumerate(stored))


def hashes(ranges: list[merkle.Range], stored: dict[int, bytes]) -> list[bytes]:
    return [merkle.range_hash(leaves, stored) for leaves in ranges]


def some_leaves(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


def test_roots_are_those_of_the_published_vectors() -> None:
    edge = merkle.Edge()
    assert edge.root() == hashlib.sha256(b"").digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        edge.add(merkle.leaf_hash(leaf))
        assert edge.root().hex() == root


def test_the_examples_in_the_text_of_the_rfc() -> None:
    # RFC 6962, 2.1.3: a b c d e f j are leaves 0 to 6; g = ab, h = cd, i = ef, k = gh, l = ij.
    a, b, c, d, f = ((leaf, leaf + 1) for leaf in (0, 1, 2, 3, 5))
    g, h, i, j, k, l_ = (0, 2), (2, 4), (4, 6), (6, 7), (0, 4), (4, 7)
    assert merkle.inclusion_ranges(0, 7) == [b, h, l_]
    assert merkle.inclusion_ranges(3, 7) == [c, g, l_]
    assert merkle.inclusion_ranges(4, 7) == [f, j, k]
    assert merkle.inclusion_ranges(6, 7) == [i, k]
    assert merkle.consistency_ranges(3, 7) == [c, d, g, l_]
    assert merkle.consistency_ranges(4, 7) == [l_]
    assert merkle.consistency_ranges(6, 7) == [i, j, k]
    assert a not in merkle.inclusion_ranges(0, 7)


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100])
def test_every_proof_is_the_one_that_the_other_implementation_makes(size: int) -> None:
    leaves = some_leaves(size)
    edge, stored = grown(leaves)
    assert len(stored) == merkle.stored_count(size)
    assert edge.root() == theirs.merkle_tree_hash(leaves)
    for index in range(0, size, 1 + size // 20):
        assert hashes(merkle.inclusion_ranges(index, size), stored) == theirs.inclusion_proof(leaves, index)
    for old in range(1, size + 1, 1 + size // 20):
        assert hashes(merkle.consistency_ranges(old, size), stored) == theirs.consistency_proof(leaves, old)


@given(st.integers(1, 300), st.data())
def test_a_right_proof_holds_and_no_other_does(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    edge, stored = grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = hashes(merkle.inclusion_ranges(index, size), stored)
    leaf, root = merkle.leaf_hash(leaves[index]), edge.root()
    assert merkle.is_included(leaf, index, size, proof, root)
    assert theirs.verify_inclusion(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(0, size + 3).filter(lambda number: number != index))
    assert not merkle.is_included(leaf, other, size, proof, root)
    assert not merkle.is_included(merkle.leaf_hash(b"other"), index, size, proof, root)
    assert not merkle.is_included(leaf, index, size, [*proof, root], root)
    assert not merkle.is_included(leaf, index, size, proof, merkle.leaf_hash(b"root"))
    for place in range(len(proof)):
        assert not merkle.is_included(leaf, index, size, proof[:place] + proof[place + 1 :], root)
        assert not merkle.is_included(leaf, index, size, [*proof[:place], leaf, *proof[place + 1 :]], root)


@given(st.integers(0, 200), st.integers(0, 200), st.data())
def test_growth_is_proven_and_a_fork_is_not(one: int, two: int, data: st.DataObject) -> None:
    old, size = sorted((one, two))
    then, (now, stored) = grown(some_leaves(old))[0], grown(some_leaves(size))
    proof = hashes(merkle.consistency_ranges(old, size), stored)
    assert merkle.is_consistent(old, then.root(), size, now.root(), proof)
    if old:
        assert theirs.verify_consistency(old, size, proof, then.root(), now.root())
        forged = some_leaves(old)
        forged[data.draw(st.integers(0, old - 1))] = b"forged"
        assert not merkle.is_consistent(old, grown(forged)[0].root(), size, now.root(), proof)
    assert not merkle.is_consistent(old + 1, then.root(), size, now.root(), proof) or old + 1 > size
    assert not merkle.is_consistent(old, then.root(), size, now.root(), [*proof, now.root()])
    assert not merkle.is_consistent(old, then.root(), size, merkle.leaf_hash(b"root"), proof) or old == 0
    assert not merkle.is_consistent(size + 1, then.root(), size, now.root(), proof)
    if proof:
        assert not merkle.is_consistent(old, then.root(), size, now.root(), proof[1:])


def test_the_edge_of_a_tree_is_read_back_from_what_is_stored() -> None:
    for size in range(1, 40):
        edge, stored = grown(some_leaves(size))
        assert [stored[place] for place in merkle.positions((0, size))] == edge.peaks
