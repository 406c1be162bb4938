"""Whether the database has the tables this program was written for.

Every start and every `/readyz` asks this, so it is read without Alembic, which is slow to load.
"""

from __future__ import annotations

import functools
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from petition.core.db import db
from petition.core.errors import DomainError

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


class Unreachable(DomainError):
    """There is no database where the settings say, or it is none."""

    status = 503
    code = "database_unreachable"


@functools.cache
def newest() -> str:
    """The newest revision of this program: migrations are files `<revision>_<what>.py`, in order."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def current_and_newest() -> tuple[str | None, str]:
    """The revision the database is at, and the newest one of this program. Raises Unreachable."""
    try:
        with db.engine.connect() as connection:
            known = sa.inspect(connection).has_table(VERSION.name)
            current = connection.scalar(sa.select(VERSION.c.version_num)) if known else None
    except SQLAlchemyError as error:
        raise Unreachable(f"the database cannot be reached ({type(error).__name__})") from None
    return current, newest()


def problem() -> str | None:
    """Why the database cannot be used, in one line, or None when all is well."""
    try:
        current, wanted = current_and_newest()
    except Unreachable as error:
        return error.message
    if current != wanted:
        return f"the database is at revision {current or 'none'}, not at {wanted}: run `petition db upgrade`"
    return None
