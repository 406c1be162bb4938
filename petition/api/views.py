"""The JSON API: public, cacheable, readable from any site."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext as _

from petition.api import delivery_shapes, openapi, shapes
from petition.core import countries
from petition.core.db import read_again
from petition.core.errors import DomainError
from petition.core.web_security import public
from petition.deliveries.journal import photos, shown
from petition.petitions import service as petitions
from petition.signatures.origins import Seen, recently_seen, see
from petition.tallies.service import recent_count

TIME_OF_READING = re.compile(r'"as_of":\s*"[^"]*"')
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
bp = Blueprint("api", __name__, url_prefix="/api/v1")


class BadParameter(DomainError):
    """A query parameter has a value we do not know."""

    code = "bad_parameter"


@bp.after_request
def _open_to_all(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _answer(content: dict[str, Any]) -> Response:
    """The content; while only the time of reading changes, whoever has it already is told so."""
    response = jsonify(content)
    return public(response, same_as=TIME_OF_READING.sub("", response.get_data(as_text=True)))


@bp.get("/petitions")
def petitions_list() -> Response:
    """A page of public petitions."""
    arguments = {"q": request.args.get("q", "")[:100], "state": request.args.get("state", "")}
    if arguments["state"] and arguments["state"] not in petitions.PUBLIC_STATES:
        raise BadParameter(_("There is no such state."))
    asked = _page_asked_for()
    session = read_again()
    page = petitions.list_public(session, arguments["q"], arguments["state"], asked)
    if asked > page.pages:
        page = petitions.Page([], asked, page.pages)  # who reads until there is no more must come to an end
    data = [shapes.petition(one, recent_count(session, one.id)) for one in page.petitions]
    return _answer({"data": data, "links": _links(page, {k: v for k, v in arguments.items() if v})})


def _page_asked_for() -> int:
    text = request.args.get("page", "1")
    if not PAGE_NUMBER.fullmatch(text):
        raise BadParameter
    return int(text)


def _links(page: petitions.Page, arguments: dict[str, Any]) -> dict[str, str | None]:
    def link(number: int) -> str | None:
        if not 1 <= number <= page.pages:
            return None
        return url_for("api.petitions_list", page=number, **arguments)

    return {
        "self": link(page.number),
        "first": link(1),
        "last": link(page.pages),
        "prev": link(page.number - 1),
        "next": link(page.number + 1),
    }


@bp.get("/petitions/<slug>")
def petition(slug: str) -> Response:
    """One petition with its tally by country."""
    session = read_again()
    found = petitions.find_public(session, slug)
    return _answer(shapes.petition(found, recent_count(session, found.id)))


@bp.get("/petitions/<slug>/tally")
def tally(slug: str) -> Response:
    """Signatures by hour or day, of all countries or one; the series adds up to the count."""
    session = read_again()
    found = petitions.find_public(session, slug)
    by, country, seen = _asked_for(session, found.id)
    content: dict[str, Any] = {"slug": slug, "by": by, "country": country, "signature_count": seen.picture.total}
    content |= {"signatures_by_origin": seen.by_origin, "series": _series(seen, by)}
    return _answer(content | {"as_of": shapes.instant(seen.picture.count.as_of)})


def _asked_for(session: Any, petition_id: UUID) -> tuple[str, str | None, Seen]:
    """What the query says, and the numbers it asks for. Raises BadParameter."""
    by, country = request.args.get("by", "day"), request.args.get("country") or None
    if by not in {"hour", "day"}:
        raise BadParameter(_("The series goes by hour or by day."))
    if country is not None and country not in countries.CODES:
        raise BadParameter(_("There is no such country code."))
    if country is None:
        return by, country, recently_seen(session, petition_id)
    return by, country, see(session, petition_id, country)


def _series(seen: Seen, by: str) -> list[dict[str, Any]]:
    return [{"start": shapes.instant(start), "signature_count": number} for start, number in seen.picture.series(by)]


@bp.get("/petitions/<slug>/deliveries")
def deliveries(slug: str) -> Response:
    """The journal of a petition's deliveries."""
    session = read_again()
    found = petitions.find_public(session, slug)
    return _answer(delivery_shapes.deliveries(slug, shown.all_of(session, found.id)))


@bp.get("/deliveries/<uuid:delivery_id>")
def delivery(delivery_id: UUID) -> Response:
    """One delivery with everything recorded of it."""
    session = read_again()
    found = shown.find_public(session, delivery_id)
    return _answer(delivery_shapes.whole_delivery(found, photos.of_delivery(session, found)))


@bp.get("/openapi.json")
def description() -> Response:
    """This API described for programs (OpenAPI 3.1)."""
    return _answer(openapi.document())


pages = Blueprint("api_pages", __name__)


@pages.get("/petitions/<slug>/tally.json")
def tally_json(slug: str) -> Response:
    """The tally page's numbers: the petition as in the API, and its series, from one read."""
    session = read_again()
    found = petitions.find_public(session, slug)
    by, _country, seen = _asked_for(session, found.id)
    content = shapes.petition(found, seen.picture.count)
    return _answer(content | {"signatures_by_origin": seen.by_origin, "series": _series(seen, by)})


@pages.get("/petitions/<slug>/deliveries.json")
def deliveries_json(slug: str) -> Response:
    """The journal page's content, as in the API."""
    return _open_to_all(deliveries(slug))
