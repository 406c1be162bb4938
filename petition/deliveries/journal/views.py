"""The public journal: all deliveries of a petition, one, its photographs, and the calendar."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, render_template

from petition.core import i18n
from petition.core.db import read_again
from petition.core.errors import NotFound
from petition.core.web_security import public
from petition.deliveries.journal import photos, shown
from petition.deliveries.journal.models import DeliveryState
from petition.deliveries.packages import proof_of
from petition.petitions.pictures import MEDIA_TYPE
from petition.petitions.service import find_public

bp = Blueprint("journal", __name__)
ICS = "petition.deliveries.journal.ics"  # loaded when used: iCalendar would slow every start
PHOTO_SECONDS = 600
"""So long a photograph may be kept by others: one that is taken away must go soon."""


@bp.get("/petitions/<slug>/deliveries")
def deliveries(slug: str) -> Response:
    """All deliveries of a petition."""
    session = read_again()
    petition = find_public(session, slug)
    found = shown.all_of(session, petition.id)
    page = render_template(
        "journal/deliveries.html",
        petition=petition,
        words=petition.in_language(i18n.language()),
        gates=[(shown.gate(one), one) for one in found],
        counts=shown.counts(found),
    )
    return public(make_response(page))


@bp.get("/petitions/<slug>/deliveries.ics")
def calendar(slug: str) -> Response:
    """The planned deliveries for calendars."""
    session = read_again()
    petition = find_public(session, slug)
    planned = [one for one in shown.all_of(session, petition.id) if one.state == DeliveryState.PLANNED]
    title = petition.in_language(i18n.language()).title
    ics = import_module(ICS)
    response = make_response(ics.calendar(title, planned, current_app.config["BASE_URL"]))
    response.headers["Content-Type"] = ics.MEDIA_TYPE
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-deliveries.ics"'
    return public(response)


@bp.get("/deliveries/<uuid:delivery_id>")
def delivery(delivery_id: UUID) -> Response:
    """One delivery: the plan, what happened, photographs, and what proves which list it was."""
    session = read_again()
    found = shown.find_public(session, delivery_id)
    page = render_template(
        "journal/delivery.html",
        delivery=found,
        petition=found.petition,
        words=found.petition.in_language(i18n.language()),
        photos=photos.of_delivery(session, found),
        proof=proof_of.shown(session, found.package_id) if found.package_id else None,
    )
    return public(make_response(page))


@bp.get("/deliveries/<uuid:delivery_id>/photos/<name>")
def photo(delivery_id: UUID, name: str) -> Response:
    """A photograph: `<name>.webp`, or `<name>-small.webp`."""
    stem, ending = name.partition(".")[::2]
    if ending != "webp":
        raise NotFound
    content = photos.content(read_again(), delivery_id, stem.removesuffix("-small"), stem.endswith("-small"))
    answer = Response(content, content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = f"public, max-age={PHOTO_SECONDS}"
    return answer
