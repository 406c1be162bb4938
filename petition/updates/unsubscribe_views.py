"""Ending news by the link in them. Opening the link changes nothing: only a POST does."""

from __future__ import annotations

from flask import Blueprint, render_template

from petition.core.db import read_again, writing
from petition.updates import unsubscribing

bp = Blueprint("unsubscribe", __name__)


@bp.get("/unsubscribe/<token>")
def page(token: str) -> str:
    """What the button would end."""
    petition = unsubscribing.petition_of(read_again(), unsubscribing.key_in(token))
    return render_template("updates/unsubscribe.html", petition=petition, done=False)


@bp.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    """Ends the news of one petition to one address, for whoever holds the link, signed in or not."""
    key = unsubscribing.key_in(token)
    with writing() as session:
        unsubscribing.unsubscribe(session, key)
    return render_template(
        "updates/unsubscribe.html", petition=unsubscribing.petition_of(read_again(), key), done=True
    )
