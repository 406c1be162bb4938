"""`petition doctor` finds what is wrong with an instance, and says what to do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from petition import periodic_jobs
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.doctor import chosen_settings, database, files, outgoing_mail
from petition.doctor.finding import Finding, Level
from petition.mail.models import MailState, OwedMail
from petition.petitions.models import Petition
from petition.tallies.models import Tally
from tests.commands import run_on
from tests.conftest import SLUG


def about(findings: Iterator[Finding], what: str) -> Finding:
    """The one finding about a thing."""
    [found] = [one for one in findings if one.about == what]
    return found


@pytest.fixture
def worked(inside: Flask, petition: Petition) -> Flask:
    """An instance with a petition, on which a worker has looked at the jobs just now."""
    periodic_jobs.do_due()
    return inside


@pytest.fixture
def sqlite_only(inside: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("about SQLite's files")


def owe(**columns: Any) -> None:
    with writing() as session:
        mail = {"bucket": 1, "template": "x", "locale": "en", "mailbox_hash": b"x" * 16, "domain": "x"}
        session.add(OwedMail(**mail | columns))


def test_a_healthy_instance_has_a_line_for_everything_and_none_is_wrong(worked: Flask) -> None:
    done = run_on(worked, "doctor")
    lines = done.stdout.splitlines()
    assert len(lines) >= 12
    wrong = [line.split(":")[0] for line in lines if line.startswith("wrong")]
    # The PostgreSQL of these tests does not wait for the disk, and that is seen.
    assert wrong == ([] if db.engine.dialect.name == "sqlite" else ["wrong synchronous_commit"])
    assert (done.returncode, done.stderr) == (1 if wrong else 0, "")
    assert f"ok    tally: {SLUG}: counters and rows agree" in lines


def test_what_is_wrong_makes_exit_status_1_and_json_says_the_same(worked: Flask, petition: Petition) -> None:
    with writing() as session:
        session.add(Tally(slot=0, petition_id=petition.id, country="KR", signatures=3))
    done = run_on(worked, "doctor", "--json", "--spf", "v=spf1 +all")
    assert done.returncode == 1
    found = {(one["about"], one["level"]): one for one in json.loads(done.stdout)}
    assert found["tally", "wrong"] == {
        "level": "wrong",
        "about": "tally",
        "found": f"{SLUG}: the counters of KR are wrong",
        "advice": f"petition tally {SLUG} --rebuild",
    }
    assert ("SPF", "wrong") in found


def test_without_tables_it_says_what_to_run_and_looks_at_the_rest(worked: Flask) -> None:
    with writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'earlier'"))
    done = run_on(worked, "doctor")
    assert done.returncode == 1
    [line] = [line for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert "run `petition db upgrade`" in line
    assert "disk space" in done.stdout
    assert "tally" not in done.stdout


def test_a_damaged_file_is_found(worked: Flask, sqlite_only: None) -> None:
    owe()
    path = database.file()
    assert path
    assert about(database.look(), "database file").level is Level.OK
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'ix_outbox_mailbox'")
        page, size = root.scalar_one(), connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    db.engine.dispose()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    done = run_on(worked, "doctor")
    assert done.returncode == 1
    assert "wrong database file: it is damaged: stop the service and restore a backup" in done.stdout


def test_a_long_log_is_named(worked: Flask, sqlite_only: None) -> None:
    owe()
    log = Path(f"{database.file()}-wal")
    assert about(database.look(), "database log").level is Level.OK
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.truncate(300 * 1024**2)
    found = about(database.look(), "database log")
    with log.open("r+b") as file:
        file.truncate(size)
    assert (found.level, found.found) == (Level.WARN, "300 MB")


@pytest.mark.parametrize(
    ("seconds", "level"), [(-3600, Level.OK), (1, Level.OK), (10, Level.WARN), (3600, Level.WRONG)]
)
def test_a_clock_that_stepped_back_is_seen_by_the_newest_rows(
    worked: Flask, sqlite_only: None, seconds: int, level: Level
) -> None:
    owe(created_at=now() + timedelta(seconds=seconds))
    assert about(database.look(), "clock").level is level


@pytest.mark.parametrize(
    ("seconds", "level"), [(-60, Level.OK), (30, Level.OK), (120, Level.WARN), (400, Level.WRONG)]
)
def test_mail_that_waits_too_long_is_seen(worked: Flask, seconds: int, level: Level) -> None:
    owe(due=now() - timedelta(seconds=seconds))
    found = about(outgoing_mail.look(read_again()), "owed mail")
    assert found.level is level
    assert found.found.startswith("1 waiting, the oldest due for ")


def test_dead_letters_are_counted(worked: Flask) -> None:
    assert about(outgoing_mail.look(read_again()), "dead letters").level is Level.OK
    owe(state=MailState.DEAD)
    found = about(outgoing_mail.look(read_again()), "dead letters")
    assert (found.level, found.found) == (Level.WARN, "1 mails were given up")


def test_whether_a_worker_runs_is_seen_by_the_periodic_jobs(inside: Flask) -> None:
    assert about(outgoing_mail.look(read_again()), "worker").level is Level.WARN
    periodic_jobs.do_due()
    assert about(outgoing_mail.look(read_again()), "worker").level is Level.OK
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        assert about(outgoing_mail.look(read_again()), "worker").level is Level.WRONG
        periodic_jobs.do_due()
        assert about(outgoing_mail.look(read_again()), "worker").level is Level.OK


@pytest.mark.parametrize(
    ("name", "what", "mode"),
    [
        ("settings.toml", "keys and settings", 0o640),
        ("secret_key.key", "keys and settings", 0o604),
        ("petition.db", "database files", 0o644),
        ("petition.db-wal", "database files", 0o660),
        (".", "instance folder", 0o755),
    ],
)
def test_files_that_others_may_open_are_named(tmp_path: Path, name: str, what: str, mode: int) -> None:
    tmp_path.chmod(0o700)
    for one in ("settings.toml", "secret_key.key", "petition.db", "petition.db-wal", "notes.txt"):
        (tmp_path / one).touch(0o600)
    (tmp_path / "notes.txt").chmod(0o644)
    look = list(files.look(tmp_path, tmp_path / "petition.db"))
    assert {one.level for one in look if one.about == what} == {Level.OK}
    (tmp_path / name).chmod(mode)
    found = about(files.look(tmp_path, tmp_path / "petition.db"), what)
    (tmp_path / name).chmod(0o700)
    assert found.level is Level.WRONG
    assert found.advice.startswith("chmod ")
    assert str(tmp_path / name) in found.advice


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts small file systems, where this user may."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        folder = tmp_path / options.replace("=", "-")
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_small_disk_is_seen(mount: Callable[[str], Path]) -> None:
    assert about(files.look(mount("size=10m"), None), "disk space").level is Level.WRONG
    assert about(files.look(mount("size=500m"), None), "disk space").level is Level.WARN
    assert about(files.look(mount("nr_inodes=500"), None), "inodes").level is Level.WRONG


GOOD = {
    "DEVELOPMENT": False,
    "BASE_URL": "https://petitions.example.org",
    "MAIL_URL": "smtps://mail.example.org",
    "LIMITS": "on",
}


@pytest.mark.parametrize(
    ("changes", "domain", "what", "level"),
    [
        ({"BASE_URL": "http://petitions.example.org"}, "example.org", "PETITION_BASE_URL", Level.WRONG),
        ({"MAIL_URL": "maildir:///var/mail"}, "example.org", "PETITION_MAIL_URL", Level.WRONG),
        ({"MAIL_URL": "smtp://mail.example.org"}, "example.org", "PETITION_MAIL_URL", Level.WARN),
        ({"LIMITS": "off"}, "example.org", "PETITION_LIMITS", Level.WARN),
        ({}, "localhost", "PETITION_MAIL_FROM", Level.WRONG),
        ({"DEVELOPMENT": True}, "example.org", "settings", Level.WRONG),
        ({"DEVELOPMENT": True, "BASE_URL": "http://127.0.0.1:8000"}, "localhost", "settings", Level.OK),
    ],
)
def test_settings_that_do_not_fit_are_named(changes: dict[str, Any], domain: str, what: str, level: Level) -> None:
    assert {one.level for one in chosen_settings.look(GOOD, "example.org")} == {Level.OK}
    assert about(chosen_settings.look(GOOD | changes, domain), what).level is level
