"""Ending news by the link in them. Opening the link changes nothing: only a POST does."""

from __future__ import annotations

from flask import Blueprint, render_template

from petition.core.db import read_again, writing
from petition.signatures.references import Key
from petition.updates import unsubscribing
from petition.updates.models import LEAD

bp = Blueprint("unsubscribe", __name__)


@bp.get("/unsubscribe/<token>")
@bp.get("/unsubscribe/<int:sender>/<token>", endpoint="partner_page")
def page(token: str, sender: int = LEAD) -> str:
    """What the button would end."""
    return _page(unsubscribing.key_in(token, sender), sender, done=False)


@bp.post("/unsubscribe/<token>")
@bp.post("/unsubscribe/<int:sender>/<token>", endpoint="from_partner")
def unsubscribe(token: str, sender: int = LEAD) -> str:
    """Ends one sender's news of one petition to one address, for whoever holds the link, signed in or not."""
    key = unsubscribing.key_in(token, sender)
    with writing() as session:
        unsubscribing.unsubscribe(session, key, sender)
    return _page(key, sender, done=True)


def _page(key: Key, sender: int, done: bool) -> str:
    petition = unsubscribing.petition_of(read_again(), key)
    partner = next((one for one in petition.asked if one.number == sender), None) if petition else None
    name = partner.name if partner else petition.organisation.name if petition and petition.partners else None
    return render_template("updates/unsubscribe.html", petition=petition, sender=name, done=done)
