"""Whether the database has the tables this program was written for."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from petition.core.db import db
from petition.core.errors import DomainError


class Unreachable(DomainError):
    """There is no database where the settings say, or it is none."""

    status = 503
    code = "database_unreachable"


def current_and_newest() -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one of this program. Raises Unreachable."""
    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    try:
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise Unreachable(f"the database cannot be reached ({type(error).__name__})") from None
    return current, script.get_current_head()


def problem() -> str | None:
    """Why the database cannot be used, in one line, or None when all is well."""
    try:
        current, newest = current_and_newest()
    except Unreachable as error:
        return error.message
    if current != newest:
        return f"the database is at revision {current or 'none'}, not at {newest}: run `petition db upgrade`"
    return None
