"""The application without its pages: settings, database, committer, languages. Commands that only count use it."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from petition import settings
from petition.core import committer, db, i18n, kept, limits, logs, request_metrics, web_security
from petition.core.errors import SettingRefused
from petition.settings import ROOT, Settings

MAX_FORM_BYTES = 256 * 1024


def create_foundation(given: Settings | None = None) -> Flask:
    """Builds the application without pages from its settings. Raises SettingRefused."""
    found = given or settings.read_settings()
    app = Flask("petition", root_path=str(ROOT / "petition"), template_folder=str(ROOT / "templates"))
    app.static_folder = str(ROOT / "static")
    _configure(app, found)
    _set_up_core(app, found)
    return app


def _configure(app: Flask, found: Settings) -> None:
    app.config.from_mapping({name.upper(): value for name, value in vars(found).items()})
    app.config.update(
        DEVELOPMENT=found.development,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        SESSION_COOKIE_NAME="__Host-petition" if found.secure else "petition",
        SESSION_COOKIE_SECURE=found.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]


def _set_up_core(app: Flask, found: Settings) -> None:
    _make_folder(found.instance)
    logs.init_app(app)
    request_metrics.init_app(app)
    web_security.init_app(app)
    i18n.init_app(app)
    db.init_app(app, found.database_url)
    kept.init_app(app)
    committer.init_app(app, found.database_url)
    limits.init_app(app, found.database_url)


def _make_folder(instance: Path) -> None:
    os.umask(0o077)  # names and addresses are for the program's own user alone
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingRefused(f"PETITION_INSTANCE {instance} cannot be made: {error.strerror}") from None
