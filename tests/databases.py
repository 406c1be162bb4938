"""Where the databases of tests come from: each test gets one of its own, empty or migrated, of either kind."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
import sqlalchemy as sa
from flask import Flask

from petition import migrating
from petition.core.db import db, writing
from petition.signatures.consent import keep_wordings
from tests.throwaway_postgres import ThrowawayPostgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
TEMPLATE = "template_migrated"


def migrate(app: Flask) -> None:
    """What `petition db upgrade` does."""
    with app.app_context():
        migrating.upgrade()
        with writing() as session:
            keep_wordings(session)
        db.session.remove()


class Databases(Protocol):
    """Makes databases of one kind."""

    kind: str

    def empty(self, instance: Path) -> str:
        """The URL of a database without tables, for the instance in that folder."""

    def keep_as_template(self, url: str) -> None:
        """Makes a database, which nobody is connected to, what `migrated` copies."""

    def migrated(self, instance: Path) -> str:
        """The URL of a new copy of the template."""

    def drop(self, url: str) -> None:
        """Gives back what the database takes."""


class SqliteFiles:
    """Files in the folder of their instance."""

    kind = SQLITE

    def __init__(self) -> None:
        self._template = Path()

    def empty(self, instance: Path) -> str:
        instance.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{instance / 'petition.db'}"

    def keep_as_template(self, url: str) -> None:
        self._template = Path(sa.make_url(url).database or "")
        with contextlib.closing(sa.create_engine(url).raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def migrated(self, instance: Path) -> str:
        url = self.empty(instance)
        shutil.copy(self._template, instance / "petition.db")
        return url

    def drop(self, url: str) -> None:
        """The folder goes with its test."""


class PostgresDatabases:
    """Databases on a server of this process's own; one connection makes and drops them all.

    They are copied as files, where the server can (version 15), and by the kernel (18): otherwise each block of a
    copy goes through the write-ahead log, which takes several times as long.
    """

    kind = POSTGRESQL

    def __init__(self, server: ThrowawayPostgres, connection: psycopg.Connection) -> None:
        self.server = server
        self._connection = connection
        self._numbers = count()
        self._copied = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        self._execute("SELECT set_config(name, 'clone', false) FROM pg_settings WHERE name = 'file_copy_method'")

    def _execute(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def _new(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self._copied}')
        return self.server.dsn(name).replace("postgresql:", "postgresql+psycopg:")

    def empty(self, instance: Path) -> str:
        return self._new("template0")

    def keep_as_template(self, url: str) -> None:
        self._execute(f'ALTER DATABASE "{sa.make_url(url).database}" RENAME TO {TEMPLATE}')

    def migrated(self, instance: Path) -> str:
        return self._new(TEMPLATE)

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')


@contextlib.contextmanager
def databases_of(kind: str) -> Iterator[Databases]:
    """A maker of such databases, until the end of the block."""
    if kind == SQLITE:
        yield SqliteFiles()
        return
    with ThrowawayPostgres() as server, psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        yield PostgresDatabases(server, connection)


def unkept_engine(url: str) -> sa.Engine:
    """A way to the database past all of our code: no types of ours, no gate. It keeps no connection open."""
    times = {"options": "-c timezone=UTC"} if url.startswith(POSTGRESQL) else {}
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args=times)


@contextlib.contextmanager
def raw_engine(url: str) -> Iterator[sa.Engine]:
    """The same for a while."""
    engine = unkept_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
