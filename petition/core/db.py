"""The database: column types, naming, sessions that say whether they write, and SQLite's write gate.

Reading is the default: outside `writing()` a session is read-only, so that no request writes by accident
and SQLite's single writer is never asked for by a page. `writing()` is the one commit of a request.
"""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session

from petition.core import gated_sqlite, postgres
from petition.core.gated_sqlite import GatedConnection

BUCKETS = 64
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


def sparing(session: Session) -> Session:
    """Lets a long list that is read once take little memory on SQLite, until the end of the running transaction."""
    raw = session.connection().connection.dbapi_connection
    if isinstance(raw, GatedConnection):
        raw.spare()
    return session


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


def prepare_engine(engine: Engine, synchronous: str = "FULL") -> None:
    """Makes reading the default, SQLite durable and fair to writers, PostgreSQL quick and its loss harmless.

    `synchronous="NORMAL"` is for connections whose writes may be lost in a power cut (rate limits). Not OFF:
    such a connection, moving the log into the file without waiting for the disk, would risk others' commits.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", gated_sqlite.on_connect(synchronous))
        event.listen(engine, "begin", gated_sqlite.on_begin)
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
