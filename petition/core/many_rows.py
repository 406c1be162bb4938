"""Many rows in one go: PostgreSQL gets them as arrays in one statement, SQLite one after the other.

SQLAlchemy looks at each parameter of each row anew, which takes as long as the database takes to store it;
here values are prepared column by column, and statements are compiled once.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect

from petition.core.together import change

Row = Sequence[Any]


class ManyRows:
    """Rows of one table, prepared for the database's driver; `insert` may wait for its transaction."""

    def __init__(
        self,
        dialect: Dialect,
        table: sa.Table,
        columns: Sequence[str],
        rows: Sequence[Row],
        again: bool = False,
        adding: str | None = None,
        **same: Any,
    ) -> None:
        """`rows` hold a value for each of `columns`, and every row gets those of `same`; defaults do not apply.

        With `again` a row whose primary key is there already is left as it is: such an insert can be repeated
        when nobody knows whether it was committed. With `adding` the number in that column is added to what
        the row that is there has.
        """
        self._size = len(rows)
        values: list[Iterable[Any]] = [
            _prepared(dialect, table.c[name].type, column)
            for name, column in zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True)
        ]
        for name, value in same.items():
            (prepared,) = _prepared(dialect, table.c[name].type, [value])
            values.append(repeat(prepared, len(rows)))
        self._sql = _insert_text(dialect.name, table, (*columns, *same), again, adding)
        if dialect.name == "postgresql":
            self._values: Any = dict(zip((*columns, *same), map(list, values), strict=True))
        else:
            self._values = list(zip(*values, strict=True))

    def insert(self, connection: Connection) -> None:
        """Sends them, in their order; none is no error."""
        if self._size:
            change(connection, self._sql, self._values)


@functools.lru_cache(100)
def _insert_text(dialect: str, table: sa.Table, columns: tuple[str, ...], again: bool, adding: str | None) -> str:
    into = f"INSERT INTO {table.name} ({', '.join(columns)})"
    if dialect == "postgresql":
        arrays = ", ".join(f"%({name})s::{_array_of(table.c[name].type)}" for name in columns)
        into += f" SELECT * FROM unnest({arrays})"  # noqa: S608 (names of our own tables)
    else:
        into += f" VALUES ({', '.join('?' * len(columns))})"
    key = ", ".join(column.name for column in table.primary_key)
    if adding:
        return f"{into} ON CONFLICT ({key}) DO UPDATE SET {adding} = {table.name}.{adding} + excluded.{adding}"
    return into + (f" ON CONFLICT ({key}) DO NOTHING" if again else "")


def _array_of(kind: sa.types.TypeEngine[Any]) -> str:
    """The array type of a column. Text is `text`: a cast to `varchar(20)` would cut what is too long."""
    dialect = postgresql.dialect()
    plain = kind.dialect_impl(dialect)
    return "text[]" if isinstance(plain, sa.String) else f"{plain.compile(dialect)}[]"


def _prepared(dialect: Dialect, kind: sa.types.TypeEngine[Any], values: Iterable[Any]) -> Iterable[Any]:
    prepare: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if prepare is None or isinstance(kind, sa.LargeBinary):  # both drivers take bytes as they are
        return values
    return list(map(prepare, values))


class ForEach:
    """One statement that is done for each of many given rows.

    `build` gets the given rows as a table named `given`, with the named columns, and returns the statement.
    To change rows, it is executed once on PostgreSQL, on SQLite once for each row; to read, once on both.
    """

    def __init__(self, build: Callable[[sa.FromClause], Any], **columns: Any) -> None:
        self._build = build
        self._columns: Mapping[str, sa.types.TypeEngine[Any]] = {
            name: sa.types.to_instance(kind) for name, kind in columns.items()
        }
        self._binds = [f"given_{name}" for name in columns]  # bare column names would be taken for values to set
        self._texts: dict[tuple[str, bool], _Text] = {}

    def rows(self, connection: Connection, given: Sequence[Row]) -> list[Any]:
        """What the statement returns for all given rows, in no order; columns are known by their names."""
        if not given:
            return []
        text = self._text(connection.dialect, reads=True)
        columns = self._prepared(connection.dialect, given)
        if connection.dialect.name == "postgresql":
            found = connection.exec_driver_sql(text.sql, text.parameters(columns, 1))
        else:
            found = connection.exec_driver_sql(*self._in_one(text, list(zip(*columns.values(), strict=True))))
        return text.read(found.all())

    def _in_one(self, text: _Text, given: list[tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
        """One statement for many rows on SQLite. Their number is made even, so that SQLite knows few texts."""
        width = len(self._columns)
        given += repeat((None,) * width, (1 << (len(given) - 1).bit_length()) - len(given))  # nothing equals NULL
        rows = ", ".join(repeat(f"({', '.join('?' * width)})", len(given)))
        constants = (text.constants[name] for name in text.positions or ())
        sql = f"WITH given ({', '.join(self._columns)}) AS (VALUES {rows}) {text.sql}"
        return sql, (*chain.from_iterable(given), *constants)

    def changed(self, connection: Connection, given: Sequence[Row]) -> int:
        """How many rows the statement has changed for all given rows."""
        if not given:
            return 0
        text = self._text(connection.dialect)
        return change(connection, text.sql, text.parameters(self._prepared(connection.dialect, given), len(given)))

    def _prepared(self, dialect: Dialect, given: Sequence[Row]) -> dict[str, Iterable[Any]]:
        """The given rows by columns, as the driver gets them."""
        columns = zip(self._binds, self._columns.values(), zip(*given, strict=True), strict=True)
        return {bind: _prepared(dialect, kind, column) for bind, kind, column in columns}

    def _text(self, dialect: Dialect, reads: bool = False) -> _Text:
        key = dialect.name, reads
        if key not in self._texts:
            self._texts[key] = _Text.of(self._build(self._given(dialect.name, reads)), dialect, self._binds)
        return self._texts[key]

    def _given(self, dialect: str, reads: bool) -> Any:
        binds = list(zip(self._binds, self._columns.values(), strict=True))
        columns = [sa.column(name, kind) for name, kind in self._columns.items()]
        if dialect == "postgresql":
            arrays = [sa.bindparam(bind, None, postgresql.ARRAY(kind)) for bind, kind in binds]
            return sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
        if reads:
            return sa.table("given", *columns)
        return _Values(
            {name: sa.bindparam(bind, None, kind) for (bind, kind), name in zip(binds, self._columns, strict=True)}
        )


class _Values(dict[str, Any]):
    """One given row as SQLite gets it for a change: its values themselves, known by the names of the columns.

    Were they a table of one row, joined, SQLite would plan the change anew for each row wherever a condition of it
    might be that of a partial index (its manual, sqlite3_prepare_v3), which takes five to ten times as long.
    """

    __getattr__ = dict.__getitem__

    @property
    def c(self) -> _Values:
        """They are the columns."""
        return self


class _Text(NamedTuple):
    """A statement as the driver gets it, for values that are prepared already."""

    sql: str
    positions: Sequence[str] | None
    """The names of the parameters in their order, where the driver knows them by that alone."""
    constants: Mapping[str, Any]
    row: Any
    """What a row of the answer is made with, and how each of its values is read; None where nothing is returned."""
    readers: Sequence[Callable[[Any], Any] | None]

    @classmethod
    def of(cls, statement: Any, dialect: Dialect, given: Sequence[str]) -> _Text:
        """The text of a statement; what is not `given` anew each time is kept with it."""
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        constants = {
            name: next(iter(_prepared(dialect, compiled.binds[name].type, [value])))
            for name, value in compiled.params.items()
            if name not in given
        }
        returned = list(statement.selected_columns) if statement.is_select else []
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in returned]
        row = namedtuple("Found", [column.name for column in returned]) if returned else None
        return cls(str(compiled), compiled.positiontup, constants, row, readers)

    def parameters(self, given: Mapping[str, Iterable[Any]], rows: int) -> Any:
        """What the driver gets for so many rows, given by columns: lists on PostgreSQL, rows elsewhere."""
        if self.positions is None:
            return {**self.constants, **{name: list(column) for name, column in given.items()}}
        columns = (given[name] if name in given else repeat(self.constants[name], rows) for name in self.positions)
        return list(zip(*columns, strict=True))

    def read(self, rows: Sequence[Row]) -> list[Any]:
        """The answer's rows, each value as its column's type reads it."""
        columns = zip(self.readers, zip(*rows, strict=True), strict=True) if rows else ()
        read = [map(reader, column) if reader else column for reader, column in columns]
        return list(map(self.row, *read)) if rows else []
