"""The audit log: for owners that of their organisation, for administrators all of it."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from petition.accounts.signed_in import actor
from petition.core import audit
from petition.core.db import read_again
from petition.core.errors import NotFound
from petition.organisations import audit_log, service, words
from petition.organisations.roles import Action, may

bp = Blueprint("audit", __name__)


@bp.get("/organiser/organisations/<slug>/audit")
def of_organisation(slug: str) -> str:
    """Who did what for one's organisation."""
    session = read_again()
    found = service.find_reachable(session, actor(), Action.SEE_AUDIT_LOG, slug)
    page = audit_log.read(session, _number(), _action(), found.id)
    return render_template(
        "organisations/audit.html", organisation=found, page=page, action=_action(), act_name=words.act_name
    )


@bp.get("/admin/audit")
def of_site() -> str:
    """Who did what on the whole site."""
    if not may(actor(), Action.MODERATE_SITE):
        raise NotFound
    session = read_again()
    page = audit_log.read(session, _number(), _action())
    return render_template(
        "site/audit.html", page=page, action=_action(), act_name=words.act_name, head=audit.head(session)
    )


def _number() -> int:
    return min(request.args.get("page", 1, int), 10**9)


def _action() -> str:
    return request.args.get("action", "").replace("\x00", "")[:60]
