"""The database: reachable, migrated, sound, with counters that are right and a clock like ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from petition.core import migrations
from petition.core.clock import now
from petition.core.db import db, read_again
from petition.doctor.finding import Finding, graded, ok, warn, wrong
from petition.mail.models import OwedMail
from petition.petitions.models import Petition
from petition.signatures import recount
from petition.signatures.models import Signature

MEGABYTE = 1024**2
LONG_LOG_BYTES = 256 * MEGABYTE
CLOCK_ODD_SECONDS, CLOCK_WRONG_SECONDS = 2.0, 30.0
FULL_SHARE = 0.8


def reachable() -> Finding:
    """Whether there is a database with the tables of this program; nothing else of it can be asked otherwise."""
    problem = migrations.problem()
    if problem:
        return wrong("database", problem, "until then nothing works")
    return ok("database", f"reachable, at revision {migrations.newest()}")


def look() -> Iterator[Finding]:
    """Everything about a database that is reachable."""
    session = read_again()
    yield from _postgresql(session) if db.engine.dialect.name == "postgresql" else _sqlite(session)
    yield from _tallies(session)


def file() -> Path | None:
    """The file of a SQLite database."""
    name = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    return Path(name.removeprefix("file:")) if name else None


def _tallies(session: Session) -> Iterator[Finding]:
    petitions = session.execute(sa.select(Petition.id, Petition.slug).order_by(Petition.slug)).all()
    for petition_id, slug in petitions:
        drifted = [line.country for line in recount.compare(session, petition_id) if not line.right]
        if drifted:
            found = f"{slug}: the counters of {', '.join(drifted)} are wrong"
            yield wrong("tally", found, f"petition tally {slug} --rebuild")
        else:
            yield ok("tally", f"{slug}: counters and rows agree")


def _sqlite(session: Session) -> Iterator[Finding]:
    yield _soundness(session)
    newest = [session.scalar(sa.select(sa.func.max(kept.created_at))) for kept in (Signature, OwedMail)]
    yield _clock(max((at for at in newest if at), default=None), "the newest row", steps_only=True)
    path = file()
    log = path.with_name(f"{path.name}-wal") if path else None
    size = log.stat().st_size if log and log.exists() else 0
    advice = "somebody reads for very long; end that, then run petition purge"
    yield graded("database log", f"{size // MEGABYTE} MB", advice, is_wrong=False, is_odd=size > LONG_LOG_BYTES)


def _soundness(session: Session) -> Finding:
    try:
        sound = session.scalar(sa.text("PRAGMA quick_check(1)")) == "ok"
    except DatabaseError:
        sound = False
    if sound:
        return ok("database file", "sound")
    return wrong("database file", "it is damaged", "stop the service and restore a backup")


def _postgresql(session: Session) -> Iterator[Finding]:
    yield _clock(session.scalar(sa.select(sa.func.clock_timestamp())), "the database's clock", steps_only=False)
    commit = str(session.scalar(sa.text("SHOW synchronous_commit")))
    standby = str(session.scalar(sa.text("SHOW synchronous_standby_names")))
    if commit in {"off", "local"} and (commit == "off" or standby):
        advice = "set it to on: what was acknowledged can be lost in a crash"
        yield wrong("synchronous_commit", commit, advice)
    else:
        yield ok("synchronous_commit", commit)
    if standby:
        yield ok("standby", f"commits wait for {standby}")
    else:
        advice = "set synchronous_standby_names, or accept that what this one machine loses is lost"
        yield warn("standby", "commits wait for no second machine", advice)
    used = int(session.scalar(sa.text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")))
    most = int(session.scalar(sa.text("SELECT current_setting('max_connections')::int")))
    advice = "raise max_connections, or run fewer processes"
    yield graded(
        "connections",
        f"{used} of {most} used",
        advice,
        is_wrong=used >= most,
        is_odd=used > most * FULL_SHARE,
    )


def _clock(other: datetime | None, whose: str, steps_only: bool) -> Finding:
    """Compares our clock with a moment that is now, or with one that is past."""
    ahead = (other - now()).total_seconds() if other else 0.0
    off = max(0.0, ahead) if steps_only else abs(ahead)
    found = f"{off:.0f} s {'behind' if ahead > 0 else 'ahead of'} {whose}" if off >= 1 else f"in step with {whose}"
    advice = "let a time service set this machine's clock: links and mails fall due by it"
    return graded("clock", found, advice, is_wrong=off > CLOCK_WRONG_SECONDS, is_odd=off > CLOCK_ODD_SECONDS)
