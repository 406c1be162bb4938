"""The application, made in named steps."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from petition import error_pages, health_views, page_words, settings
from petition.accounts import account_views, register_views, reset_views, second_factor_views
from petition.accounts import mails as account_mails
from petition.accounts import retention as account_retention
from petition.accounts import views as accounts_views
from petition.api import views as api_views
from petition.core import committer, db, i18n, kept, limits, logs, page_cache, request_metrics, web_security
from petition.core.errors import SettingRefused
from petition.deliveries import export_views
from petition.deliveries import mails as export_mails
from petition.deliveries.packages import keys_views, receipt_views
from petition.deliveries.packages import models as package_models
from petition.deliveries.packages import organiser_views as package_views
from petition.deliveries.packages import public_views as public_package_views
from petition.deliveries.proof import schema_views
from petition.endorsements import mails as endorsement_mails
from petition.endorsements import organiser_views as endorsing_views
from petition.endorsements import retention as endorsement_retention
from petition.endorsements import views as endorsements_views
from petition.mail import bounces, mailbox_views
from petition.mail import retention as mail_retention
from petition.organisations import admin_views, audit_views, invitation_views, people_views
from petition.organisations import mails as organisation_mails
from petition.organisations import views as organiser_views
from petition.petitions import admin_views as moderation_views
from petition.petitions import mails as petition_mails
from petition.petitions import organiser_views as writing_views
from petition.petitions import partner_views
from petition.petitions import views as petitions_views
from petition.settings import ROOT, Settings
from petition.signatures import (
    import_views,
    imports,
    mails,
    moderating_views,
    own_page_views,
    promised,
    retention,
    withdrawals,
)
from petition.signatures import views as signatures_views
from petition.tallies import views as tallies_views
from petition.updates import mails as update_mails
from petition.updates import organiser_views as updates_views
from petition.updates import unsubscribe_views

MAX_FORM_BYTES = 256 * 1024
LOADED_FOR_THEIR_RULES = (
    *(mails, retention, promised, withdrawals, imports, mail_retention, bounces, update_mails),
    *(account_mails, account_retention, organisation_mails, petition_mails, export_mails),
    *(endorsement_mails, endorsement_retention, package_models),
)
BLUEPRINTS = (
    petitions_views.bp,
    signatures_views.bp,
    own_page_views.bp,
    tallies_views.bp,
    accounts_views.bp,
    register_views.bp,
    reset_views.bp,
    account_views.bp,
    second_factor_views.bp,
    organiser_views.bp,
    updates_views.bp,
    unsubscribe_views.bp,
    endorsing_views.bp,
    endorsements_views.bp,
    people_views.bp,
    invitation_views.bp,
    audit_views.bp,
    writing_views.bp,
    partner_views.bp,
    admin_views.bp,
    moderation_views.bp,
    import_views.bp,
    moderating_views.bp,
    export_views.bp,
    keys_views.bp,
    package_views.bp,
    public_package_views.bp,
    receipt_views.bp,
    schema_views.bp,
    api_views.bp,
    api_views.pages,
    health_views.bp,
)


def create_app(given: Settings | None = None) -> Flask:
    """Builds the application from its settings. Raises SettingRefused."""
    found = given or settings.read_settings()
    app = Flask("petition", root_path=str(ROOT / "petition"), template_folder=str(ROOT / "templates"))
    app.static_folder = str(ROOT / "static")
    _configure(app, found)
    _set_up_core(app, found)
    _register_pages(app, found)
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
    CSRFProtect(app)
    page_cache.init_app(app)


def _make_folder(instance: Path) -> None:
    os.umask(0o077)  # names and addresses are for the program's own user alone
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingRefused(f"PETITION_INSTANCE {instance} cannot be made: {error.strerror}") from None


def _register_pages(app: Flask, found: Settings) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if found.development:
        app.register_blueprint(mailbox_views.bp)
    page_words.init_app(app)
    error_pages.init_app(app)
