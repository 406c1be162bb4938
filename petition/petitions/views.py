"""Finding petitions, and an organisation's page."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from petition.core import i18n, retention
from petition.core.db import read_again
from petition.core.errors import NotFound
from petition.core.web_security import public
from petition.organisations.service import find_organisation
from petition.petitions import pictures, service
from petition.petitions.markdown import to_html
from petition.petitions.models import PUBLIC_STATES
from petition.tallies.service import totals

bp = Blueprint("petitions", __name__)


@bp.get("/")
@bp.get("/petitions")
def petitions() -> Response:
    """All public petitions, searched by words and state."""
    words, state = request.args.get("q", "")[:100], request.args.get("state", "")
    session = read_again()
    page = service.list_public(session, words, state, request.args.get("page", 1, int))
    shown = render_template(
        "petitions/list.html",
        page=page,
        totals=totals(session, [one.id for one in page.petitions]),
        states=PUBLIC_STATES,
        words=words,
        state=state,
        shown_state=service.shown_state,
    )
    return public(make_response(shown))


@bp.get("/petitions/<slug>/text/<int:version>")
def text(slug: str, version: int) -> AnyResponse:
    """A former version of a petition's text: people could sign it. The one in force is on the petition's page."""
    found = service.find_public(read_again(), slug)
    if version == found.text.version:
        return redirect(url_for("signatures.petition", slug=slug), 303)
    if not 1 <= version < found.text.version:
        raise NotFound(_("There is no such version."))
    words = found.texts[version - 1].in_language(i18n.language())
    shown = render_template(
        "petitions/text.html", petition=found, text=found.texts[version - 1], words=words, html=to_html(words.body)
    )
    return public(make_response(shown))


@bp.get("/uploads/<name>")
def picture(name: str) -> Response:
    """A picture. Its address holds its hash, so that it can be kept for ever."""
    stem, ending = name.partition(".")[::2]
    if ending != "webp":
        raise NotFound
    content = pictures.find(read_again(), stem.removesuffix("-small"), stem.endswith("-small"))
    answer = Response(content, content_type=pictures.MEDIA_TYPE)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@bp.get("/o/<slug>")
def organisation(slug: str) -> Response:
    """An organisation and its petitions."""
    session = read_again()
    try:
        found = find_organisation(session, slug)
    except NotFound:
        raise NotFound(_("There is no organisation of that name.")) from None
    page = service.list_public(session, page=request.args.get("page", 1, int), organisation=found.id)
    shown = render_template(
        "petitions/organisation.html",
        organisation=found,
        page=page,
        totals=totals(session, [one.id for one in page.petitions]),
        shown_state=service.shown_state,
    )
    return public(make_response(shown))


@bp.get("/privacy")
def privacy() -> Response:
    """What is kept, why and how long: the table the purge works by."""
    return public(make_response(render_template("pages/privacy.html", rules=list(retention.rules()))))


@bp.get("/accessibility")
def accessibility() -> Response:
    """What was done for people who use the site with other means."""
    return public(make_response(render_template("pages/accessibility.html")))


@bp.get("/data")
def data() -> Response:
    """The JSON API and the tally files."""
    return public(make_response(render_template("pages/data.html")))
