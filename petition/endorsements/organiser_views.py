"""The editor's pages for endorsements: entering, asking the endorser, taking down."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import i18n, limits
from petition.core.addresses import parse_address
from petition.core.db import read_again, writing
from petition.core.errors import DomainError
from petition.core.forms import refuse_forged
from petition.core.keyed_hashes import mailbox_hash
from petition.endorsements import service
from petition.endorsements.forms import NewForm, WordsForm
from petition.endorsements.words import state_words
from petition.organisations.roles import Action
from petition.petitions.service import find_for

bp = Blueprint("endorsing", __name__, url_prefix="/organiser")
Page = Response | str | tuple[str, int]


@bp.route("/petitions/<slug>/endorsements", methods=["GET", "POST"])
def endorsements(slug: str) -> Page:
    """The endorsements of a petition; takes another one, as a draft."""
    petition = find_for(read_again(), actor(), Action.MANAGE_ENDORSEMENTS, slug)
    if request.method != "POST":
        language = i18n.known(petition.locale) or i18n.language()
        return _list_page(slug, NewForm(formdata=None, data={"locale": language}))
    refuse_forged()
    form = NewForm()
    if not form.validate():
        return _list_page(slug, form), 422
    limits.hit(limits.ENTER_ENDORSEMENT, "enter endorsement", str(actor().id))
    try:
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            about = find_for(session, who, Action.MANAGE_ENDORSEMENTS, slug)
            entered = service.enter(session, who, about, form.words, form.address, form.locale.data)
            entered_id = entered.id
    except DomainError as refused:
        return _list_page(slug, form, refused.message), refused.status
    return redirect(url_for("endorsing.endorsement", endorsement_id=entered_id), 303)


def _list_page(slug: str, form: NewForm, problem: str | None = None) -> str:
    session = read_again()
    petition = find_for(session, actor(), Action.MANAGE_ENDORSEMENTS, slug)
    return render_template(
        "endorsements/list.html",
        petition=petition,
        endorsements=service.endorsements_of(session, petition),
        state_words=state_words,
        form=form,
        problem=problem,
    )


@bp.route("/endorsements/<uuid:endorsement_id>", methods=["GET", "POST"])
def endorsement(endorsement_id: UUID) -> Page:
    """One endorsement: its words can be changed and sent to the endorser, and it can be taken down."""
    found = service.find(read_again(), actor(), endorsement_id)
    if request.method != "POST":
        return _page(endorsement_id, WordsForm(formdata=None, data=found.words))
    refuse_forged()
    form = WordsForm()
    taken_down = "end" in request.form
    if not taken_down and not form.validate():
        return _page(endorsement_id, form), 422
    if "send" in request.form and found.address:
        _limit(found.address)
    try:
        _change(endorsement_id, None if taken_down else form.words)
    except DomainError as refused:
        return _page(endorsement_id, form, refused.message), refused.status
    return redirect(url_for("endorsing.endorsement", endorsement_id=endorsement_id), 303)


def _limit(address: str) -> None:
    """Keeps an editor, and all together one address, from being sent more than a few of these mails."""
    who, mailbox = str(actor().id), mailbox_hash(parse_address(address).canonical)
    limits.hit(limits.ASK_ENDORSER, "ask endorser", who)
    limits.hit(limits.ASK_ENDORSER_ADDRESS, "endorser", mailbox.hex())


def _change(endorsement_id: UUID, words: dict[str, str] | None) -> None:
    who_id = actor().id
    with writing() as session:
        who = session.get_one(User, who_id)
        found = service.find(session, who, endorsement_id, lock=True)
        if words is None:
            service.take_down(session, who, found)
            return
        service.rewrite(session, who, found, words)
        if "send" in request.form:
            service.ask(session, who, found)


def _page(endorsement_id: UUID, form: WordsForm, problem: str | None = None) -> str:
    found = service.find(read_again(), actor(), endorsement_id)
    return render_template(
        "endorsements/edit.html",
        petition=found.petition,
        endorsement=found,
        address=found.address and service.mask(found.address),
        said=state_words(found.state),
        form=form,
        problem=problem,
    )
