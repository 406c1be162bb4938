"""`list.jsonl`, checked as it streams by: each line, their order and numbers, the counts, the root.

A million lines take two seconds because a piece of the file is looked at as a whole first: one regular expression
takes apart lines that are plainly right, and the columns are compared at once. Only a piece where that does not
come out is gone through line by line, by the slow words of `canonical.parse_line`.
"""

from __future__ import annotations

import re
from array import array
from binascii import unhexlify
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import lt
from typing import Any
from unicodedata import is_normalized

from petition.deliveries.proof import tree
from petition.deliveries.proof.canonical import NOT_ON_A_LIST, parse_line
from petition.deliveries.proof.faults import Fault

LONGEST_LINE = 1 << 16
MOST_FAULTS = 10
"""After so many wrong lines the rest is not read."""

_TEXT = rb'[^"\\\0-\x1f]+(?:\\["\\][^"\\\0-\x1f]*)*|(?:\\["\\][^"\\\0-\x1f]*)+'
_LINE = re.compile(
    rb'^\{"c":"(.{64})",(?:"city":"(' + _TEXT + rb')",)?"country":"([A-Z]{2})","n":([1-9][0-9]{0,15}),'
    rb'(?:"name":"(' + _TEXT + rb')","shown":"(full|initials)"|(?(2)(?!)|"shown":"count"))\}\n',
    re.MULTILINE,
)

Key = tuple[bytes, bytes, bytes, bytes]
"""What lines are ordered by: country, shown, name, c. UTF-8 keeps the order of code points."""


class Stopped(Exception):
    """There were too many faults to go on."""


class ListCheck:
    """Takes the file piece by piece and tells what it found.

    `counts` is the number of lines by country and manner (both as ASCII bytes), `size` that of all lines.
    Keeps half of each line's `c`, to find one that is there twice: no two are alike by chance in that.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.counts: Counter[tuple[bytes, bytes]] = Counter()
        self.size = 0
        self.whole = True
        self._next = 1  # the number that the next line should have
        self._last: Key = (b"", b"", b"", b"")
        self._halves = array("Q"), array("Q")

    def root(self, chunks: Iterable[bytes]) -> bytes:
        """Reads the file to its end and returns the root of its lines."""
        try:
            return tree.root(chain.from_iterable(self._leaves(chunks)))
        except Stopped:
            self.whole = False
            self.faults.append(Fault("more_lines"))
            return b""

    def finish(self) -> list[Fault]:
        """All faults of the list by itself."""
        return [*self.faults, *self._doubled()]

    def _leaves(self, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
        rest = b""
        for chunk in chunks:
            piece, end, after = (rest + chunk).rpartition(b"\n")
            rest = after
            if len(rest) > LONGEST_LINE:
                self._wrong(self.size + 1, Fault("line_too_long"))
                raise Stopped
            if end:
                yield self._piece(piece + end)
        if rest:
            self._wrong(self.size + 1, Fault("no_line_end"))
            yield self._piece(rest + b"\n")

    def _piece(self, piece: bytes) -> list[bytes]:
        lines = piece.split(b"\n")
        lines.pop()
        if not self._quickly(piece, lines):
            self._slowly(lines)
        return tree.leaves(lines)

    def _quickly(self, piece: bytes, lines: Sequence[bytes]) -> bool:
        """Whether all lines are plainly right; if so, they are counted."""
        found = _LINE.findall(piece)
        if len(found) != len(lines) or max(map(len, lines)) > LONGEST_LINE:
            return False
        commitments, cities, countries, numbers, names, named = zip(*found, strict=True)
        if list(map(int, numbers)) != list(range(self._next, self._next + len(lines))):
            return False
        if b"".join(commitments).translate(None, b"0123456789abcdef") or not _proper_text([*names, *cities]):
            return False
        manners = [one or b"count" for one in named]
        keys: list[Key] = list(zip(countries, manners, _unescaped(names), commitments, strict=True))
        if not (self._last < keys[0] and all(map(lt, keys, keys[1:]))):
            return False
        self._count(keys, countries, manners, commitments)
        self.size += len(lines)
        self._next += len(lines)
        return True

    def _slowly(self, lines: Sequence[bytes]) -> None:
        """Goes through the lines one by one, for the sentence of each fault."""
        keys: list[Key] = []
        for n, line in enumerate(lines, start=self.size + 1):
            expected = self._next
            self._next += 1
            try:
                if len(line) > LONGEST_LINE:
                    raise Fault("line_too_long")
                found = parse_line(line)
                key = _key(found)
                last = keys[-1] if keys else self._last
                keys.append(key)
                self._next = found["n"] + 1
                _check_next(key, last, found["n"], expected)
            except Fault as fault:
                self._wrong(n, fault)
        if keys:
            countries, manners, _names, commitments = zip(*keys, strict=True)
            self._count(keys, countries, manners, commitments)
        self.size += len(lines)

    def _count(self, keys: Sequence[Key], *columns: Sequence[bytes]) -> None:
        countries, manners, commitments = columns
        self._last = keys[-1]
        self.counts.update(zip(countries, manners, strict=True))
        of_all = array("Q", unhexlify(b"".join(commitments)))
        for part, half in enumerate(self._halves):
            half.extend(of_all[part::4])

    def _doubled(self) -> Iterator[Fault]:
        first, second = self._halves
        if len(set(first)) < len(first):
            ((both, times),) = Counter(zip(first, second, strict=True)).most_common(1)
            if times > 1:
                yield Fault("c_twice", c=array("Q", both).tobytes().hex())

    def _wrong(self, n: int, fault: Fault) -> None:
        self.faults.append(Fault("in_line", n=n, why=fault))
        if len(self.faults) >= MOST_FAULTS:
            raise Stopped


def _proper_text(texts: Iterable[bytes]) -> bool:
    try:
        whole = b"\0".join(texts).decode()
    except UnicodeDecodeError:
        return False
    return is_normalized("NFC", whole) and not NOT_ON_A_LIST.search(whole.replace("\0", ""))


def _unescaped(texts: Sequence[bytes]) -> Sequence[bytes]:
    """The texts that stand there: in canonical lines only these two signs are escaped."""
    if b"\\" not in b"".join(texts):
        return texts
    return [text.replace(b'\\"', b'"').replace(b"\\\\", b"\\") if b"\\" in text else text for text in texts]


def _key(line: dict[str, Any]) -> Key:
    country, shown, name, c = (str(line.get(part, "")).encode() for part in ("country", "shown", "name", "c"))
    return country, shown, name, c


def _check_next(key: Key, last: Key, found: int, expected: int) -> None:
    if key == last:
        raise Fault("same_line")
    if key < last:
        raise Fault("out_of_order")
    if found != expected:
        raise Fault("wrong_n", found=found)
