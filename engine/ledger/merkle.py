"""The Merkle tree of RFC 6962: roots, inclusion and consistency, over hashes that lie in a store.

Only complete subtrees are stored, in the order in which they are completed; so a store only ever appends. The hash of
any other range is put together from those: about as many as its size has binary digits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Range = tuple[int, int]
"""Leaves from the first number up to, not including, the second."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_SIZE = 32


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Edge:
    """The right edge of a growing tree: its size, and the roots of its complete subtrees, the largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> list[bytes]:
        """One more leaf, given by its hash. The subtrees that are complete now, the leaf first."""
        done, level = [leaf], self.size
        while level & 1:
            done.append(node_hash(self.peaks.pop(), done[-1]))
            level >>= 1
        self.peaks.append(done[-1])
        self.size += 1
        return done

    def root(self) -> bytes:
        return _joined(self.peaks) if self.peaks else EMPTY_ROOT

    def copy(self) -> Edge:
        return Edge(self.size, list(self.peaks))


def stored_count(size: int) -> int:
    """How many complete subtrees a tree of `size` leaves has."""
    return 2 * size - size.bit_count()


def position(level: int, number: int) -> int:
    """Where the subtree is stored that is the `number`-th of those with 2**level leaves."""
    last_leaf = ((number + 1) << level) - 1
    return stored_count(last_leaf) + level


def positions(leaves: Range) -> list[int]:
    """The stored subtrees that make up a range, the left one first. A range begins where a subtree may begin."""
    found, (first, end) = [], leaves
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append(position(level, first >> level))
        first += 1 << level
    return found


def range_hash(leaves: Range, stored: Mapping[int, bytes]) -> bytes:
    """The tree hash of a range. `stored` has at least its `positions`."""
    return _joined([stored[place] for place in positions(leaves)]) if leaves[0] < leaves[1] else EMPTY_ROOT


def _joined(peaks: Sequence[bytes]) -> bytes:
    joined = peaks[-1]
    for left in reversed(peaks[:-1]):
        joined = node_hash(left, joined)
    return joined


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


# --- proofs: which ranges, from the leaf upwards --------------------------------------------------------------------


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """PATH of RFC 6962, 2.1.1: the ranges whose hashes prove leaf `index` to be in a tree of `size` leaves."""
    return list(_path(index, 0, size))


def _path(index: int, first: int, end: int) -> Iterator[Range]:
    if end - first == 1:
        return
    middle = first + _split(end - first)
    if index < middle:
        yield from _path(index, first, middle)
        yield middle, end
    else:
        yield from _path(index, middle, end)
        yield first, middle


def consistency_ranges(old: int, size: int) -> list[Range]:
    """PROOF of RFC 6962, 2.1.2: the ranges whose hashes prove the tree of `old` leaves to begin that of `size`."""
    return list(_subproof(old, 0, size, True)) if 0 < old < size else []


def _subproof(old: int, first: int, end: int, whole: bool) -> Iterator[Range]:
    if old == end:
        if not whole:
            yield first, end
        return
    middle = first + _split(end - first)
    if old <= middle:
        yield from _subproof(old, first, middle, whole)
        yield middle, end
    else:
        yield from _subproof(old, middle, end, False)
        yield first, middle


# --- checking a proof (RFC 9162, 2.1.3.2 and 2.1.4.2) ---------------------------------------------------------------


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the hash of leaf `index` to the root of a tree of `size` leaves."""
    if not 0 <= index < size:
        return False
    number, last, found = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(other, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, other)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of `size` leaves begins with the tree of `old` leaves."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    return _consistent(old - 1, size - 1, path, old_root, root)


def _consistent(number: int, last: int, path: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    while number & 1:
        number, last = number >> 1, last >> 1
    then = now = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            then, now = node_hash(other, then), node_hash(other, now)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            now = node_hash(now, other)
        number, last = number >> 1, last >> 1
    return last == 0 and then == old_root and now == root
