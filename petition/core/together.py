"""Changes to several tables, sent to PostgreSQL as one statement.

There each statement costs as much as a dozen rows, for both sides: most of a transaction's time, when there are few.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection

PARTS = "petition.parts"
NAMED = re.compile(r"%\((\w+)\)s")


def change(connection: Connection, sql: str, parameters: Any) -> int:
    """Sends a change as the driver gets it, and says how many rows it changed.

    On PostgreSQL the parameters are a mapping. Inside `together` it waits there, and 0 is said.
    """
    parts = connection.info.get(PARTS)
    if parts is None:
        changed: int = connection.exec_driver_sql(sql, parameters).rowcount
        return changed
    parts.append((sql, parameters))
    return 0


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Sends the changes made inside at its end, on PostgreSQL as one statement (its manual, 7.8.4).

    So none of them sees what another does, and no two may touch the same row. Elsewhere they are sent one by one.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    parts: list[tuple[str, Mapping[str, Any]]] = []
    connection.info[PARTS] = parts
    try:
        yield
    finally:
        del connection.info[PARTS]
    if parts:
        values = {
            f"{name}_{number}": value for number, (_sql, named) in enumerate(parts) for name, value in named.items()
        }
        connection.exec_driver_sql(_joined(tuple(sql for sql, _named in parts)), values)


@functools.lru_cache(100)
def _joined(texts: tuple[str, ...]) -> str:
    """One statement of many; each keeps its parameters apart by its number.

    PostgreSQL makes the change that stands last first, then those named before it, from the end. Its manual
    promises no order, and none is needed but for locks: so they stand in reverse, and are taken in the order in
    which all other transactions take them, and none waits in a ring (tests/core/test_together.py).
    """
    first, *others = (NAMED.sub(rf"%(\1_{number})s", text) for number, text in enumerate(texts))
    named = ", ".join(f"part_{number} AS ({text})" for number, text in reversed([*enumerate(others)]))
    return f"WITH {named} {first}" if others else first
