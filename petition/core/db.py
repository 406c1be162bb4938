"""The database: column types, naming, sessions that say whether they write, and SQLite's write gate.

Reading is the default: outside `writing()` a session is read-only, so that no request writes by accident
and SQLite's single writer is never asked for by a page. `writing()` is the one commit of a request.
"""

from __future__ import annotations

import enum
import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, ClassVar, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session

from petition.core import postgres

BUCKETS = 64
BUSY_MILLISECONDS = 10_000
SQLITE_AWAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Id(sa.types.TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite (half of its text form, in every index)."""

    impl = sa.LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Uuid())
        return dialect.type_descriptor(sa.LargeBinary(16))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return value if value is None or isinstance(value, UUID) else UUID(bytes=value)


class Instant(sa.types.TypeDecorator[datetime]):
    """A moment: aware and in UTC on this side, whatever the database keeps."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Small(sa.types.TypeDecorator[Any]):
    """A member of an IntEnum, kept as a small integer."""

    impl = sa.SmallInteger
    cache_ok = True

    def __init__(self, members: type[enum.IntEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Any:
        return None if value is None else self.members(value)


class Base(DeclarativeBase):
    """Parent of all models: constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {UUID: Id, datetime: Instant}


Reader = TypeVar("Reader", Connection, Session)

db = SQLAlchemy()  # engines and sessions; the models stand on Base


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index over the rows that a condition names, on both databases."""
    return sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def insert(connection: Connection | Session, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect at hand."""
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    return insert_in(bind.dialect.name, table)


def insert_in(dialect: str, table: Any) -> sqlite.Insert | postgresql.Insert:
    """The same for a dialect by its name, for statements that are made once and kept."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def connecting(url: str, **postgres_settings: str) -> dict[str, Any]:
    """Options for `create_engine`; errors never show parameters, since those hold names and addresses."""
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"factory": GatedConnection}}
    arguments = postgres.arguments(url, postgres_settings)
    return {"hide_parameters": True, "connect_args": arguments, **postgres.POOL}


@contextmanager
def writing() -> Iterator[Session]:
    """The one transaction in which a request or job writes; commits at the end, undoes on any error.

    A second one inside it would undo the first without a word, so it is refused.
    """
    session = _not_writing()
    session.rollback()
    session.connection(execution_options={"writes": True})
    session.info["writing"] = True
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False


def read_again() -> Session:
    """A session whose next read sees what others have committed since."""
    session = _not_writing()
    session.rollback()
    return session


def unhurried(on: Reader) -> Reader:
    """Lifts PostgreSQL's time limits until the end of the running transaction: for long lists, counts and purges."""
    connection = on.connection() if isinstance(on, Session) else on
    if connection.dialect.name == "postgresql":
        postgres.unhurried(connection)
    return on


def is_away(error: BaseException) -> bool:
    """Whether the database could not be asked, or had no room or time, rather than been asked something wrong."""
    orig = getattr(error, "orig", None)
    if isinstance(orig, sqlite3.Error):
        return getattr(orig, "sqlite_errorcode", 0) & 0xFF in SQLITE_AWAY
    return isinstance(error, (sa.exc.OperationalError, sa.exc.TimeoutError))


def has_no_room(error: BaseException) -> bool:
    """Whether the database's disk is full: to try again soon would only keep people waiting."""
    orig = getattr(error, "orig", None)
    if isinstance(orig, sqlite3.Error):
        return getattr(orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
    return getattr(orig, "sqlstate", None) == "53100"  # disk_full, PostgreSQL's appendix A


def _not_writing() -> Session:
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("inside writing() there is but its own session")
    return session


class GatedConnection(sqlite3.Connection):
    """A SQLite connection that queues for the write lock at a file of its own.

    SQLite makes waiting writers poll, which starves some of them for seconds; a blocking `flock` in
    front is fair. Each connection opens the file for itself, so threads queue as processes do.
    """

    path: str = ""
    _gate: IO[bytes] | None = None
    _inside = False
    query_only = False

    def enter_gate(self) -> None:
        """Waits until no other connection, of any process, is writing."""
        if self._gate is None:
            self._gate = open(f"{self.path}.lock", "ab")  # noqa: SIM115 (kept open for the connection's life)
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        self._inside = True

    def leave_gate(self) -> None:
        """Lets the next writer in."""
        if self._inside and self._gate is not None:
            self._inside = False
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.leave_gate()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.leave_gate()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.leave_gate()
            if self._gate is not None:
                self._gate.close()
                self._gate = None


def _on_connect(synchronous: str) -> Any:
    def connect(connection: GatedConnection, record: Any) -> None:
        connection.isolation_level = None
        connection.path = connection.execute("PRAGMA database_list").fetchone()[2]
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "foreign_keys=ON",
            "secure_delete=ON",  # what is forgotten must be gone from the file
            "cache_size=-20000",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        # SQLite's own knows ASCII alone, and people search in every script.
        connection.create_function("lower", 1, _lower, deterministic=True)

    return connect


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _on_begin(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, GatedConnection)
    writes = bool(connection.get_execution_options().get("writes"))
    if raw.query_only is writes:
        raw.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        raw.query_only = not writes
    if not writes:
        raw.execute("BEGIN")
        return
    raw.enter_gate()
    try:
        raw.execute("BEGIN IMMEDIATE")
    except BaseException:
        raw.leave_gate()
        raise


def prepare_engine(engine: Engine, synchronous: str = "FULL") -> None:
    """Makes reading the default, SQLite durable and fair to writers, PostgreSQL quick and its loss harmless.

    `synchronous="NORMAL"` is for connections whose writes may be lost in a power cut (rate limits). Not OFF:
    such a connection, moving the log into the file without waiting for the disk, would risk others' commits.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect(synchronous))
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "do_connect", postgres.do_connect)
        event.listen(engine, "connect", postgres.on_connect(engine.dialect.dbapi))
        event.listen(engine, "checkout", postgres.on_checkout)
        event.listen(engine, "begin", postgres.on_begin)
        event.listen(engine, "handle_error", postgres.on_error)


def init_app(app: Flask, url: str) -> None:
    """Binds the database to the application."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = connecting(url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
