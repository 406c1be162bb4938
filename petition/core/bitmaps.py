"""A set of small numbers in one column, as a bitmap: number n is bit n."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

BITS = 8


class Numbers(sa.types.TypeDecorator[frozenset[int]]):
    """A set of small numbers. None of them is NULL, so that a partial index holds only those with some."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> bytes | None:
        bits = sum(1 << number for number in frozenset(value or ()))
        return bits.to_bytes(-(-bits.bit_length() // BITS), "little") if bits else None

    def process_result_value(self, value: Any, dialect: Dialect) -> frozenset[int]:
        bits = int.from_bytes(bytes(value or b""), "little")
        return frozenset(number for number in range(bits.bit_length()) if bits >> number & 1)


def holds(column: Any, number: int) -> sa.ColumnElement[bool]:
    """Whether the set in a column holds a number, in words that both databases know."""
    place, bit = divmod(number, BITS)
    with_bit = [bytes([byte]) for byte in range(256) if byte >> bit & 1]
    byte = sa.func.substr(sa.type_coerce(column, sa.LargeBinary), place + 1, 1, type_=sa.LargeBinary)
    return byte.in_(with_bit)
