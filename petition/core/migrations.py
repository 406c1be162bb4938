"""Whether the database has the tables this program was written for."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from petition.core.db import db


def current_and_newest() -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one of this program."""
    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, script.get_current_head()


def problem() -> str | None:
    """Why the database cannot be used, in one line, or None when all is well."""
    try:
        current, newest = current_and_newest()
    except SQLAlchemyError as error:
        return f"the database cannot be reached ({type(error).__name__})"
    if current != newest:
        return f"the database is at revision {current or 'none'}, not at {newest}: run `petition db upgrade`"
    return None
