"""The Merkle tree of RFC 9162 (section 2.1) with SHA-256: one hash for a whole list, and paths that prove a line.

A row of 1024 leaves is a whole subtree (but for the last row), so a large tree can be kept as its leaves in rows
and the rows' own roots, the tops: `root_of_tops(tops)` is the root of all, and the path of leaf i is
`path(its row, i % 1024) + path(tops, i // 1024)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from operator import add

ROW = 1024
"""Leaves in a row: a power of two."""


def leaf(line: bytes) -> bytes:
    """The hash of a line (without its line end)."""
    return sha256(b"\0" + line).digest()


def leaves(lines: Iterable[bytes]) -> list[bytes]:
    """The hashes of many lines."""
    return _hashes(b"\0", lines)


def root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, taken one after the other; of none it is the hash of nothing.

    Keeps one hash in memory for each full row.
    """
    rest = iter(hashes)
    tops = []
    while row := list(islice(rest, ROW)):
        tops.append(_top(row))
    return root_of_tops(tops)


def root_of_tops(tops: Iterable[bytes]) -> bytes:
    """The root over the roots of all rows, in order."""
    return _top(list(tops)) or sha256(b"").digest()


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at `index`, from the leaf upwards. Raises IndexError where there is none."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    beside = []
    level = list(hashes)
    while len(level) > 1:
        if (index ^ 1) < len(level):
            beside.append(level[index ^ 1])
        level = _above(level)
        index >>= 1
    return beside


def holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that the leaf stands at `index` in the tree of that size and root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, so_far = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            so_far = _node(beside, so_far)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            so_far = _node(so_far, beside)
        at, last = at >> 1, last >> 1
    return last == 0 and so_far == root


def _top(level: list[bytes]) -> bytes:
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else b""


def _above(level: list[bytes]) -> list[bytes]:
    above = _hashes(b"\1", map(add, level[::2], level[1::2]))
    return above + level[-1:] if len(level) % 2 else above


def _hashes(prefix: bytes, contents: Iterable[bytes]) -> list[bytes]:
    """The hashes of many contents behind the same prefix: to copy a hash that has begun takes half as long."""
    begun, found = sha256(prefix), []
    for content in contents:
        one = begun.copy()
        one.update(content)
        found.append(one.digest())
    return found


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
