"""Brings the tables to a revision. Only commands that do so load this: Alembic is slow to load."""

from __future__ import annotations

from collections.abc import Callable

import flask_migrate
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import current_app

from petition.core.db import db
from petition.core.errors import DomainError
from petition.core.migrations import FOLDER


def upgrade(revision: str = "head") -> None:
    """Brings the tables to a revision, the newest if none is named. Raises DomainError for an unknown one."""
    _do(command.upgrade, revision)


def downgrade(revision: str = "-1") -> None:
    """Takes the tables back to a revision, the one before if none is named. Raises DomainError."""
    _do(command.downgrade, revision)


def _do(change: Callable[[Config, str], None], revision: str) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    migrate = flask_migrate.Migrate(app, db, directory=str(FOLDER), compare_type=True, render_as_batch=False)
    try:
        change(migrate.get_config(), revision)
    except CommandError as error:
        raise DomainError(str(error).splitlines()[0]) from None
