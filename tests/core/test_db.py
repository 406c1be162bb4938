"""The database: who may write, what is committed, the gate, what errors show, the column types."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from flask import Flask

from petition.accounts.models import User
from petition.accounts.service import add_user, find_user
from petition.core import audit
from petition.core.clock import now
from petition.core.db import db, read_again, sparing, writing
from petition.core.limits import DatabaseStorage
from petition.settings import Settings
from tests.commands import environment
from tests.conftest import PASSWORD, running
from tests.processes import FORKED

PROCESSES, WRITES = 8, 25


def entries() -> int:
    return read_again().scalar(sa.select(sa.func.count()).select_from(audit.AuditEntry)) or 0


def test_a_read_that_writes_is_refused(inside: Flask) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        audit.record(read_again(), "somebody", "wrote", "while reading")
    assert entries() == 0


def test_a_connection_that_has_written_reads_only_again(inside: Flask) -> None:
    for _turn in range(3):
        with writing() as session:
            audit.record(session, "somebody", "wrote", "rightly")
        with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
            read_again().execute(sa.delete(audit.AuditEntry))
    assert entries() == 3


def test_writing_commits_at_its_end(inside: Flask) -> None:
    with writing() as session:
        audit.record(session, "somebody", "wrote", "to the end")
    assert entries() == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_writing_undoes_everything_on_any_error(inside: Flask, error: type[BaseException]) -> None:
    def fail() -> None:
        with writing() as session:
            audit.record(session, "somebody", "wrote", "in vain")
            session.flush()
            raise error

    with pytest.raises(error):
        fail()
    assert entries() == 0
    with writing() as session:
        audit.record(session, "somebody", "wrote", "afterwards")
    assert entries() == 1


def test_what_would_undo_a_running_write_is_refused(inside: Flask) -> None:
    def fail(other: Callable[[], object]) -> None:
        with writing() as session:
            audit.record(session, "somebody", "wrote", "outside")
            other()

    for other in (read_again, lambda: writing().__enter__()):
        with pytest.raises(RuntimeError):
            fail(other)
    assert entries() == 0
    assert read_again() is db.session()


def test_what_others_committed_is_seen_after_reading_again(inside: Flask, settings: Settings) -> None:
    assert entries() == 0
    with running(settings) as other, other.app_context(), writing() as session:
        audit.record(session, "another process", "wrote", "meanwhile")
    stale = sa.select(sa.func.count()).select_from(audit.AuditEntry)
    assert db.session.scalar(stale) == 0
    assert entries() == 1


def write_often(settings: Settings) -> list[str]:
    """In a process of its own: writes, one commit each, and says what went wrong."""
    wrong = []
    with running(settings) as app, app.app_context():
        for number in range(WRITES):
            try:
                with writing() as session:
                    before = session.scalar(sa.select(sa.func.count()).select_from(audit.AuditEntry))
                    audit.record(session, str(os.getpid()), "wrote", str(number), before=before)
            except sa.exc.SQLAlchemyError as error:
                wrong.append(repr(error))
    return wrong


@pytest.mark.only_on("sqlite", "SQLite has one writer; PostgreSQL has many")
def test_eight_processes_write_in_turn_and_none_is_refused(settings: Settings) -> None:
    with FORKED.Pool(PROCESSES) as pool:
        wrong = pool.map(write_often, [settings] * PROCESSES, chunksize=1)
        pool.close()
        pool.join()
    assert not any(wrong), wrong
    with running(settings) as app, app.app_context():
        kept = db.session.scalars(sa.select(audit.AuditEntry.details)).all()
    assert sorted(one["before"] for one in kept) == list(range(PROCESSES * WRITES))


DIES_WRITING = """
import os, signal
from petition.app import create_app
from petition.core import audit
from petition.core.db import writing
with create_app().app_context(), writing() as session:
    audit.record(session, "somebody", "wrote", "and died")
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_keeps_nobody_out(inside: Flask) -> None:
    environ = environment(inside.config["INSTANCE"], inside.config["DATABASE_URL"])
    killed = subprocess.run([sys.executable, "-c", DIES_WRITING], env=environ, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with writing() as session:
        audit.record(session, "somebody", "wrote", "next")
    assert entries() == 1


@pytest.mark.only_on("sqlite", "it reads SQLite's own settings")
def test_commits_wait_for_the_disk_and_what_is_deleted_is_overwritten(inside: Flask) -> None:
    def pragmas(engine: sa.Engine) -> list[object]:
        names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        with engine.connect() as connection:
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    storage = inside.extensions["petition.limiter"].storage
    assert isinstance(storage, DatabaseStorage)
    full, normal = 2, 1
    assert pragmas(db.engine) == ["wal", full, 1, 1]
    assert pragmas(storage.engine) == ["wal", normal, 1, 1], "with OFF a checkpoint could lose others' commits"


@pytest.mark.only_on("sqlite", "it reads SQLite's own settings")
def test_a_long_list_takes_little_memory_and_the_next_transaction_as_much_as_ever(inside: Flask) -> None:
    def cache() -> int:
        return abs(db.session.connection().exec_driver_sql("PRAGMA cache_size").scalar_one())

    read_again()
    usual = cache()
    assert sparing(read_again()).connection().exec_driver_sql("PRAGMA cache_size").scalar_one() == -5_000
    read_again()
    assert cache() == usual > 5_000


def _doubled(session: object) -> None:
    assert isinstance(session, sa.orm.Session)
    user = find_user(session, "secret.person@example.org")
    session.execute(sa.insert(User).values(email=user.email, name="Secret Name", password_hash="x"))


def _misread(session: object) -> None:
    assert isinstance(session, sa.orm.Session)
    session.execute(sa.text("SELECT :email FROM nowhere"), {"email": "secret.person@example.org"})


@pytest.mark.parametrize("mistake", [_doubled, _misread])
def test_a_database_error_shows_no_values(inside: Flask, mistake: Callable[[object], None]) -> None:
    with writing() as session:
        add_user(session, "secret.person@example.org", "Secret Name", PASSWORD)
    with pytest.raises(sa.exc.DBAPIError) as caught, writing() as session:
        mistake(session)
    assert "secret" not in str(caught.value).lower()
    assert "hidden" in str(caught.value)
    assert inside.extensions["petition.limiter"].storage.engine.hide_parameters


def test_moments_come_back_aware_and_in_utc(inside: Flask) -> None:
    at = datetime(2012, 2, 12, 9, 30, 15, 123456, timezone(timedelta(hours=9)))
    with writing() as session:
        user = add_user(session, "somebody@example.org", "Somebody", PASSWORD)
        user.created_at = at
    read = find_user(read_again(), "somebody@example.org").created_at
    assert read == at
    assert read.tzinfo is UTC
    assert now().tzinfo is UTC


@pytest.mark.only_on("sqlite", "PostgreSQL has a type for them")
def test_ids_are_kept_in_sixteen_bytes(inside: Flask) -> None:
    with writing() as session:
        made = add_user(session, "somebody@example.org", "Somebody", PASSWORD).id
    raw = read_again().execute(sa.text("SELECT id FROM user")).scalar_one()
    assert raw == made.bytes
    assert made.version == 7


def test_lower_case_is_every_scripts(inside: Flask) -> None:
    lowered = sa.select(sa.func.lower("РЕКА ΠΟΤΆΜΙ Fluß"), sa.func.lower(sa.null()))
    assert read_again().execute(lowered).one() == ("река ποτάμι fluß", None)
