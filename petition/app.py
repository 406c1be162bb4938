"""The application, made in named steps."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import configure_mappers

from petition import error_pages, health_views, page_words
from petition.accounts import account_views, register_views, reset_views, second_factor_views
from petition.accounts import mails as account_mails
from petition.accounts import retention as account_retention
from petition.accounts import views as accounts_views
from petition.api import views as api_views
from petition.core import compiled_templates
from petition.core.page_cache import PageCache
from petition.core.short_way import ShortWays
from petition.core.web_security import TrustedProxies
from petition.deliveries import export_views, verify_views
from petition.deliveries import mails as export_mails
from petition.deliveries.journal import done, recording_views
from petition.deliveries.journal import organiser_views as planning_views
from petition.deliveries.journal import retention as journal_retention
from petition.deliveries.journal import views as journal_views
from petition.deliveries.missions import views as missions_views
from petition.deliveries.packages import keys_views, receipt_views
from petition.deliveries.packages import models as package_models
from petition.deliveries.packages import organiser_views as package_views
from petition.deliveries.packages import public_views as public_package_views
from petition.deliveries.proof import schema_views
from petition.endorsements import mails as endorsement_mails
from petition.endorsements import organiser_views as endorsing_views
from petition.endorsements import retention as endorsement_retention
from petition.endorsements import views as endorsements_views
from petition.foundation import create_foundation
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
from petition.settings import Settings
from petition.signatures import (
    import_views,
    imports,
    mails,
    moderating_views,
    own_page_views,
    promised,
    retention,
    short_views,
    withdrawals,
)
from petition.signatures import views as signatures_views
from petition.tallies import views as tallies_views
from petition.updates import mails as update_mails
from petition.updates import organiser_views as updates_views
from petition.updates import unsubscribe_views

LOADED_FOR_THEIR_RULES = (
    *(mails, retention, promised, withdrawals, imports, mail_retention, bounces, update_mails),
    *(account_mails, account_retention, organisation_mails, petition_mails, export_mails),
    *(endorsement_mails, endorsement_retention, package_models, journal_retention, done),
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
    missions_views.bp,
    journal_views.bp,
    planning_views.bp,
    recording_views.bp,
    keys_views.bp,
    package_views.bp,
    public_package_views.bp,
    receipt_views.bp,
    schema_views.bp,
    verify_views.bp,
    api_views.bp,
    api_views.pages,
    health_views.bp,
)


def create_app(given: Settings | None = None) -> Flask:
    """Builds the application from its settings. Raises SettingRefused."""
    app = create_foundation(given)
    CSRFProtect(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if app.config["DEVELOPMENT"]:
        app.register_blueprint(mailbox_views.bp)
    page_words.init_app(app)
    compiled_templates.init_app(app)
    error_pages.init_app(app)
    configure_mappers()  # once for all processes that are forked of this one
    _stand_in_front(app)
    return app


def _stand_in_front(app: Flask) -> None:
    """What a request meets before it comes to Flask: pages that are kept, whom to believe, forms of a rush."""
    short = ShortWays(app, app.wsgi_app, short_views.WAYS)
    believing = TrustedProxies(short, app.config["TRUSTED_PROXIES"])
    app.wsgi_app = PageCache(believing, lambda: app.config["KEEP_SECONDS"])  # type: ignore[method-assign]
