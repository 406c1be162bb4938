"""Where a petition's lead asks organisations to be partners, and where these answer."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core.db import read_again, writing
from petition.core.errors import DomainError, Forbidden, NotFound
from petition.organisations.roles import Action
from petition.petitions import partners, service
from petition.petitions.markdown import to_html
from petition.petitions.models import PartnerState
from petition.petitions.words import partner_state_words
from petition.signatures.partner_boxes import counts_by_link

bp = Blueprint("partners", __name__, url_prefix="/organiser/petitions/<slug>/partners")
Page = AnyResponse | str | tuple[str, int]


def _check_token() -> None:
    if not EmptyForm().validate():
        raise Forbidden(_("This page was open for too long. Please press the button again."))


@bp.route("", methods=["GET", "POST"])
def of_lead(slug: str) -> Page:
    """The lead's page: who was asked, what came of it and by whose link people signed. Asks, and ends."""
    service.find_for(read_again(), actor(), Action.INVITE_PARTNERS, slug)
    if request.method != "POST":
        return _lead_page(slug)
    try:
        _check_token()
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            petition = service.find_for(session, who, Action.INVITE_PARTNERS, slug)
            if number := request.form.get("end", 0, int):
                partners.end(session, who, partners.of_lead(session, petition, number))
            else:
                partners.invite(session, who, petition, request.form.get("organisation", ""))
    except NotFound:
        raise
    except DomainError as refused:
        return _lead_page(slug, refused.message), refused.status
    return redirect(url_for("partners.of_lead", slug=slug), 303)


def _lead_page(slug: str, problem: str | None = None) -> str:
    session = read_again()
    petition = service.find_for(session, actor(), Action.INVITE_PARTNERS, slug)
    return render_template(
        "organiser/partners.html",
        petition=petition,
        partners=partners.of_petition(session, petition),
        counts=counts_by_link(session, [petition.id]),
        state_words=partner_state_words,
        site=current_app.config["BASE_URL"],
        typed=request.form.get("organisation", ""),
        problem=problem,
    )


@bp.route("/<int:number>", methods=["GET", "POST"])
def of_partner(slug: str, number: int) -> Page:
    """The other side's page: who asks, for what, and the answer; later the end."""
    partners.find(read_again(), actor(), slug, number)
    if request.method != "POST":
        return _partner_page(slug, number)
    try:
        _check_token()
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            found = partners.find(session, who, slug, number, change=True)
            if request.form.get("do") == "end":
                partners.end(session, who, found)
            else:
                partners.answer(session, who, found, accept=request.form.get("do") == "accept")
            accepted = found.state == PartnerState.ACCEPTED
    except NotFound:
        raise
    except DomainError as refused:
        return _partner_page(slug, number, refused.message), refused.status
    where = url_for("organiser.petition", slug=slug) if accepted else url_for("organiser.desk")
    return redirect(where, 303)


def _partner_page(slug: str, number: int, problem: str | None = None) -> str:
    found = partners.find(read_again(), actor(), slug, number)
    return render_template(
        "organiser/partnership.html",
        partner=found,
        petition=found.petition,
        html=to_html(found.petition.text.body),
        problem=problem,
    )
