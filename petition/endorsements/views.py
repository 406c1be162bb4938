"""The public page of endorsements, and what an endorser's mailed link leads to. Looking changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition.core import tokens
from petition.core.db import read_again, writing
from petition.core.web_security import public
from petition.endorsements import answering, service, shown
from petition.endorsements.answering import WordsChanged
from petition.petitions.service import find_public

bp = Blueprint("endorsements", __name__)
ANSWERS: dict[str, Callable[[Session, bytes], None]] = {
    "agree": lambda session, handle: answering.agree(session, handle, request.form.get("words", "")),
    "decline": answering.decline,
    "back": answering.take_back,
}


@bp.get("/petitions/<slug>/endorsements")
def all_of_them(slug: str) -> Response:
    """Everybody who endorses a petition."""
    session = read_again()
    petition = find_public(session, slug)
    found = shown.all_of(session, petition.id)
    return public(make_response(render_template("endorsements/all.html", petition=petition, endorsements=found)))


@bp.get("/endorse/<token>")
def page(token: str) -> str:
    """What would be public, or is, and the buttons."""
    return _page(tokens.read_handle(service.PURPOSE, token))


def _page(handle: bytes, problem: str | None = None, done: str | None = None) -> str:
    endorsement = answering.find(read_again(), handle).endorsement
    return render_template(
        "endorsements/answer.html",
        endorsement=endorsement,
        petition=endorsement.petition,
        words=service.digest(endorsement.words),
        problem=problem,
        done=done,
    )


@bp.post("/endorse/<token>")
def answer(token: str) -> str | tuple[str, int]:
    """Does what the pressed button says, for whoever holds the link."""
    handle = tokens.read_handle(service.PURPOSE, token)
    pressed = next((name for name in ANSWERS if name in request.form), None)
    if pressed is None:
        return _page(handle, _("Press one of the buttons.")), 422
    petition = answering.find(read_again(), handle).endorsement.petition
    slug, title, locale = petition.slug, petition.title, petition.locale
    try:
        with writing() as session:
            ANSWERS[pressed](session, handle)
    except WordsChanged as refused:
        return _page(handle, refused.message), refused.status
    if pressed == "agree":
        return _page(handle, done=_("Thank you. You endorse this petition now."))
    said = {"slug": slug, "title": title, "locale": locale}
    return render_template("endorsements/ended.html", petition=said, declined=pressed == "decline")
