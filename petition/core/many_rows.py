"""Inserting thousands of rows: values are prepared column by column, and one statement goes out for all.

SQLAlchemy looks at each parameter of each row anew, which takes as long as SQLite takes to store it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect


class ManyRows:
    """Rows of one table, prepared for the database's driver; `insert` may wait for its transaction."""

    def __init__(
        self, dialect: Dialect, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], **same: Any
    ) -> None:
        """`rows` hold a value for each of `columns`, and every row gets those of `same`; defaults do not apply."""
        values: dict[str, Iterable[Any]] = {
            name: _prepared(dialect, table.c[name], column)
            for name, column in zip(columns, zip(*rows, strict=True), strict=True)
        }
        for name, value in same.items():
            (prepared,) = _prepared(dialect, table.c[name], [value])
            values[name] = repeat(prepared, len(rows))
        statement = sa.insert(table).compile(dialect=dialect, column_keys=list(values))
        order = statement.positiontup or list(values)
        self._sql = str(statement)
        self._rows: Any = list(zip(*(values[name] for name in order), strict=True))
        if not statement.positional:
            self._rows = [dict(zip(order, row, strict=True)) for row in self._rows]

    def insert(self, connection: Connection) -> None:
        """Sends them, in their order."""
        connection.exec_driver_sql(self._sql, self._rows)


def _prepared(dialect: Dialect, column: sa.Column[Any], values: Iterable[Any]) -> Iterable[Any]:
    prepare: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if prepare is None or isinstance(column.type, sa.LargeBinary):  # both drivers take bytes as they are
        return values
    return list(map(prepare, values))
