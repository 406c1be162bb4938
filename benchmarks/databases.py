"""Databases of a known size, made once by the demo's generator and kept: each scenario gets a copy of its own.

They lie under the folder of the newest migration. PostgreSQL's are kept as the data folder of a server that
was shut down, which is copied in seconds where a million rows take minutes to make.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import psycopg

from benchmarks.running import application, instance_settings
from petition import migrating
from petition.core.db import writing
from petition.core.migrations import newest
from petition.demo import loading
from petition.settings import Settings
from petition.signatures.consent import keep_wordings
from tests.throwaway_postgres import ThrowawayPostgres, binaries

SLUG = "stop-the-repatriation"
FRESH = timedelta(days=20)  # older than 30 days, what is kept of sent mails is purged
MADE_BY = 1  # another number makes all databases anew

SENT_MAILS = """
INSERT INTO outbox (bucket, id, state, template, locale, mailbox_hash, domain, about, signature_id,
                    created_at, due, claimed_at, attempts, finished_at)
SELECT bucket, id, 1, 'confirm', locale, address_hash, domain, petition_id, id, {at}, {at}, {at}, 1, {at}
FROM signature
"""
"""The mail that each signature was confirmed by; its mailbox is known by any 16 bytes."""


def made_folder(bench: Path) -> Path:
    """Where the databases of this program's tables are kept."""
    folder = bench / "made" / f"{newest()}-{MADE_BY}"
    since = folder / "since"
    if since.exists() and time.time() - since.stat().st_mtime > FRESH.total_seconds():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not since.exists():
        since.touch()
    return folder


def _fill(settings: Settings, size: int) -> None:
    began = time.monotonic()
    with application(settings) as app, app.app_context():
        migrating.upgrade()
        with writing() as session:
            keep_wordings(session)
        loading.load(size, lambda _campaign, _wanted, _present: _nothing)
    sys.stderr.write(f"  loaded in {time.monotonic() - began:.0f} s\n")


def _nothing(_stored: int) -> None:
    """Nobody watches."""


class SqliteFiles:
    """SQLite files of known sizes."""

    name = "SQLite"

    def __init__(self, bench: Path) -> None:
        self._made = made_folder(bench)

    def make(self, size: int) -> None:
        """Makes the file of this size, unless it is there."""
        whole = self._made / f"{size}.db"
        if whole.exists():
            return
        sys.stderr.write(f"Making a SQLite database of {size:,} signatures\n")
        scratch = self._made / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        _fill(instance_settings(scratch), size)
        with closing(sqlite3.connect(scratch / "petition.db", isolation_level=None)) as file:
            file.execute(SENT_MAILS.format(at="strftime('%Y-%m-%d %H:%M:%S.000000')"))
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (scratch / "petition.db").rename(whole)
        shutil.rmtree(scratch)

    def copy(self, size: int, instance: Path) -> str:
        """A copy in an instance folder; returns its URL."""
        self.make(size)
        shutil.copy(self._made / f"{size}.db", instance / "petition.db")
        os.sync()  # before anything is measured
        return f"sqlite:///{instance / 'petition.db'}"

    def drop(self, url: str) -> None:
        """The file goes with its instance folder."""


class PostgresServer(ThrowawayPostgres):
    """A durable server that begins with the databases that were kept, and keeps those it makes."""

    name = "PostgreSQL"

    def __init__(self, bench: Path, scratch: Path) -> None:
        super().__init__(durable=True)
        self._scratch = scratch
        found = binaries()
        assert found
        self.programs = found
        told = subprocess.run([found / "postgres", "--version"], capture_output=True, text=True, check=True)
        self.version = told.stdout.split()[2]
        self._kept = made_folder(bench) / f"postgresql-{self.version.partition('.')[0]}"
        self._numbers = count(1)

    def __enter__(self) -> PostgresServer:
        super().__enter__()
        return self

    def _make_data(self, data: Path) -> None:
        if not self._kept.exists():
            super()._make_data(data)
            return
        shutil.copytree(self._kept, data, symlinks=True)
        if self._as.get("user") is not None:
            for path in (data, *data.rglob("*")):
                os.chown(path, self._as["user"], self._as["group"], follow_symlinks=False)

    def make(self, sizes: list[int]) -> None:
        """Makes the databases of these sizes that are not there yet, and keeps them all."""
        missing = [
            size for size in sizes if not self._rows("SELECT 1 FROM pg_database WHERE datname = %s", _made(size))
        ]
        for size in missing:
            sys.stderr.write(f"Making a PostgreSQL database of {size:,} signatures\n")
            self.drop("making")
            url = self.create("making")
            instance = self._scratch / "making"
            instance.mkdir(exist_ok=True)
            _fill(instance_settings(instance, database_url=url), size)
            self._run_alone(SENT_MAILS.format(at="now()"), "making")
            self._run_alone("VACUUM ANALYZE", "making")
            self._run_alone(f'ALTER DATABASE "making" RENAME TO "{_made(size)}"')
        if missing:
            self._keep()

    def _keep(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        shutil.rmtree(self._kept, ignore_errors=True)
        half = self._kept.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        ignored = shutil.ignore_patterns("postmaster.pid", "postmaster.opts")
        shutil.copytree(self.folder / "data", half, symlinks=True, ignore=ignored)
        half.rename(self._kept)
        self.start()

    def copy(self, size: int, instance: Path) -> str:
        """A copy of the database of this size, of its own; returns its address."""
        name = f"copy_{next(self._numbers)}"
        self._run_alone(f'CREATE DATABASE "{name}" TEMPLATE "{_made(size)}" STRATEGY FILE_COPY')
        self._run_alone("CHECKPOINT")
        os.sync()  # before anything is measured
        return self.dsn(name)

    def drop(self, url: str) -> None:
        """Removes a copy, by its address or name."""
        super().drop(url.rpartition("/")[2])

    def _run_alone(self, statement: str, database: str = "postgres") -> None:
        self._rows(statement, database=database)

    def _rows(self, statement: str, *values: object, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            found = connection.execute(statement, values or None)
            return found.fetchall() if found.description else []


def _made(size: int) -> str:
    return f"made_{size}"
