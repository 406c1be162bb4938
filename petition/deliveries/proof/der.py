"""The few words of DER (X.690) that a time stamp needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER, OCTETS, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
FIRST = 0xA0
"""The tag [0], with something inside."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, its content, and its whole encoding."""

    tag: int
    content: bytes
    encoded: bytes

    def parts(self, *tags: int) -> list[Value]:
        """The values inside; they must begin with these tags. Raises ValueError."""
        found = list(values(self.content))
        if tuple(one.tag for one in found[: len(tags)]) != tags:
            raise ValueError("something else was expected here")
        return found


def values(content: bytes) -> Iterator[Value]:
    """The values one after the other, to the very end. Raises ValueError."""
    at = 0
    while at < len(content):
        start, size = _header(content, at)
        if start + size > len(content):
            raise ValueError("a value is cut short")
        yield Value(content[at], content[start : start + size], content[at : start + size])
        at = start + size


def whole(content: bytes, tag: int) -> Value:
    """The one value that the content is. Raises ValueError."""
    (found,) = values(content)
    if found.tag != tag:
        raise ValueError("something else was expected here")
    return found


def _header(content: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value begins, and its size."""
    head = content[at : at + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F or head[1] in (0x80, 0xFF):
        raise ValueError("this is not DER")
    if head[1] < 0x80:
        return at + 2, head[1]
    digits = head[1] & 0x7F
    return at + 2 + digits, int.from_bytes(content[at + 2 : at + 2 + digits])
