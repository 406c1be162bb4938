"""Brings the tables to a revision. Only commands that do so load this: Alembic is slow to load."""

from __future__ import annotations

import flask_migrate
from flask import current_app

from petition.core.db import db
from petition.core.migrations import FOLDER


def upgrade(revision: str = "head") -> None:
    """Brings the tables to a revision, the newest if none is named."""
    _bind()
    flask_migrate.upgrade(revision=revision)


def downgrade(revision: str = "-1") -> None:
    """Takes the tables back to a revision, the one before if none is named."""
    _bind()
    flask_migrate.downgrade(revision=revision)


def _bind() -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    flask_migrate.Migrate(app, db, directory=str(FOLDER), compare_type=True, render_as_batch=False)
