"""The organiser's pages for updates: writing, looking, testing, sending, pausing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import i18n
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, Forbidden, NotFound
from petition.organisations.roles import Action
from petition.petitions.markdown import to_html
from petition.petitions.models import Partner, Petition
from petition.petitions.service import find_for
from petition.updates import feeding, service
from petition.updates.models import Update, UpdateState
from petition.updates.readers import number_of_readers
from petition.updates.service import Words, WordsRefused

bp = Blueprint("updates", __name__, url_prefix="/organiser")
Act = Callable[[Session, User, Update], None]
ACTS: dict[str, Act] = {
    "test": service.send_test,
    "send": service.send,
    "pause": service.pause,
    "resume": service.resume,
}


@bp.get("/petitions/<slug>/updates")
def updates(slug: str) -> str:
    """The updates of a petition, and how many people would read one."""
    session = read_again()
    petition = find_for(session, actor(), Action.SEND_UPDATES, slug)
    sender = _sender(session, actor(), petition)
    return render_template(
        "organiser/updates.html",
        petition=petition,
        sender=sender,
        partner=_partner(petition, sender),
        updates=service.updates_of(session, petition, sender),
        readers=number_of_readers(session, petition.id, sender),
    )


def _sender(session: Session, who: User, petition: Petition) -> int:
    """For whom the actor writes: `by` says it where there is a choice. Raises NotFound."""
    senders = service.senders(session, who, petition)
    wanted = request.args.get("by", senders[0] if senders else None, int)
    if wanted not in senders:
        raise NotFound
    return wanted


def _partner(petition: Petition, sender: int) -> Partner | None:
    return next((one for one in petition.partners if one.number == sender), None)


@bp.route("/petitions/<slug>/updates/new", methods=["GET", "POST"])
def new(slug: str) -> Response | str | tuple[str, int]:
    """Writes a new update."""
    petition = find_for(read_again(), actor(), Action.SEND_UPDATES, slug)
    sender = _sender(db.session(), actor(), petition)
    if request.method != "POST":
        return _form_page(petition, sender, None, _empty(petition))
    words = _sent_words()
    if problem := _missing_token():
        return _form_page(petition, sender, None, words, problem), 400
    if "preview" in request.form:
        return _form_page(petition, sender, None, words, preview=True)
    try:
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            about = find_for(session, who, Action.SEND_UPDATES, slug)
            update_id = service.draft(session, who, about, words, _sender(session, who, about)).id
    except WordsRefused as refused:
        petition = find_for(read_again(), actor(), Action.SEND_UPDATES, slug)
        return _form_page(petition, sender, None, words, refused), 422
    return redirect(url_for("updates.update", update_id=update_id), 303)


@bp.get("/updates/<uuid:update_id>")
def update(update_id: UUID) -> str:
    """One update: its words while it is a draft, how far it is once it is being sent."""
    found = service.find(read_again(), actor(), update_id)
    return _update_page(found)


@bp.post("/updates/<uuid:update_id>")
def change(update_id: UUID) -> Response | str | tuple[str, int]:
    """Saves a draft, shows it, or does one of ACTS."""
    if problem := _missing_token():
        return _update_page(service.find(read_again(), actor(), update_id), problem), 400
    words = _sent_words()
    if "preview" in request.form:
        found = service.find(read_again(), actor(), update_id)
        return _form_page(found.petition, found.sender, found, words, preview=True)
    try:
        who_id = actor().id
        with writing() as session:
            _change(session, session.get_one(User, who_id), update_id, words)
    except WordsRefused as refused:
        found = service.find(read_again(), actor(), update_id)
        return _form_page(found.petition, found.sender, found, words, refused), 422
    except DomainError as refused:
        if refused.status == 404:
            raise
        return _update_page(service.find(read_again(), actor(), update_id), refused), 409
    told = "test" if "test" in request.form else None
    return redirect(url_for("updates.update", update_id=update_id, told=told), 303)


def _change(session: Session, who: User, update_id: UUID, words: dict[str, Words]) -> None:
    found = service.find(session, who, update_id, lock=True)
    if words and found.state == UpdateState.DRAFT:
        service.rewrite(found, words)
        session.flush()
    for name, act in ACTS.items():
        if name in request.form:
            act(session, who, found)


def _missing_token() -> DomainError | None:
    if EmptyForm().validate():
        return None
    return Forbidden(_("This page was open for too long. Please press the button again."))


def _sent_words() -> dict[str, Words]:
    return {
        locale: Words(request.form.get(f"subject-{locale}", ""), request.form.get(f"body-{locale}", ""))
        for locale in {name.partition("-")[2] for name in request.form if name.startswith(("subject-", "body-"))}
        if len(locale) <= 20
    }


def _empty(petition: Petition) -> dict[str, Words]:
    return {petition.locale: Words("", "")}


def _update_page(found: Update, problem: DomainError | None = None) -> str:
    if found.state == UpdateState.DRAFT:
        words = {text.locale: Words(text.subject, text.body) for text in found.texts}
        return _form_page(found.petition, found.sender, found, words, problem)
    left = feeding.number_left(read_again(), found)
    return render_template(
        "organiser/update.html", petition=found.petition, update=found, left=left, problem=problem, html=_html
    )


def _form_page(
    petition: Petition,
    sender: int,
    found: Update | None,
    words: dict[str, Words],
    problem: DomainError | None = None,
    preview: bool = False,
) -> str:
    others = [tag for tag in i18n.LANGUAGES if tag != petition.locale]
    return render_template(
        "organiser/update_form.html",
        petition=petition,
        sender=sender,
        partner=_partner(petition, sender),
        update=found,
        words=words,
        locales=[petition.locale, *others],
        problem=problem,
        problems=problem.problems if isinstance(problem, WordsRefused) else {},
        readers=number_of_readers(db.session(), petition.id, sender),
        preview=preview,
        html=_html,
        told_test=request.args.get("told") == "test",
        own_name=i18n.own_name,
        longest_subject=service.LONGEST_SUBJECT,
    )


def _html(body: str) -> Markup:
    return Markup(to_html(body))  # noqa: S704 (cleaned by nh3)
