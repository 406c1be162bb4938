"""The queue of administrators of the site: petitions that wait for review, and what was decided about others."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core.db import db, writing
from petition.core.errors import DomainError
from petition.core.forms import PageForm
from petition.petitions import moderation, states
from petition.petitions.forms import NoteForm, StateForm
from petition.petitions.markdown import to_html
from petition.petitions.models import Petition, Review, State
from petition.petitions.states import ChangeRefused, Who

bp = Blueprint("moderation", __name__, url_prefix="/admin/petitions")


@bp.get("")
def queue() -> str:
    """The petitions in review."""
    return render_template("admin/queue.html", waiting=moderation.queue(db.session(), actor()))


@bp.get("/<slug>")
def petition(slug: str) -> str:
    """One petition, with its notes and what can be decided."""
    return _page(slug)


def _page(slug: str, problem: str | None = None) -> str:
    who = actor()
    found = moderation.look(db.session(), who, slug)
    return render_template(
        "admin/petition.html",
        petition=found,
        texts=[(words, to_html(words.body)) for words in found.text.in_all_languages],
        review=db.session.get(Review, found.id),
        notes=moderation.notes(db.session(), found),
        changes=[change for change in states.allowed(who, found) if Who.ADMINISTRATOR in change.who],
        form=StateForm(),
        actor=who,
        problem=problem,
    )


@bp.post("/<slug>/state")
def state(slug: str) -> AnyResponse | tuple[str, int]:
    """Decides: opens, rejects, hides, shows again, takes down."""
    form = StateForm()

    def decide(who: User, found: Petition) -> None:
        wanted = _wanted(form)
        change = next((one for one in states.allowed(who, found) if one.target == wanted), None)
        if wanted == State.OPEN:
            moderation.approve(db.session(), who, found)
        elif change and change.needs_reason:
            reason = moderation.public_reason(form.ground.data or "", form.words.data or "")
            states.move(db.session(), who, found, wanted, reason)
        else:
            states.move(db.session(), who, found, wanted)

    return _done(slug, form, decide)


@bp.post("/<slug>/note")
def note(slug: str) -> AnyResponse | tuple[str, int]:
    """Tells the other administrators something."""
    form = NoteForm()
    return _done(slug, form, lambda who, found: moderation.note(db.session(), who, found, form.words.data or ""))


@bp.post("/<slug>/assign")
def assign(slug: str) -> AnyResponse | tuple[str, int]:
    """Takes the petition on, or gives it back."""
    taken = request.form.get("do") == "take"
    return _done(slug, EmptyForm(), lambda who, found: moderation.assign(db.session(), who, found, taken))


def _done(slug: str, form: PageForm, act: Callable[[User, Petition], None]) -> AnyResponse | tuple[str, int]:
    """Does it in one transaction and leads back to the page, or says there why not."""
    who = actor()
    found = moderation.look(db.session(), who, slug)
    try:
        if not form.validate():
            raise ChangeRefused(_("This page was open for too long. Please press the button again."))
        with writing():
            act(who, found)
    except DomainError as error:
        return _page(slug, error.message), error.status
    return redirect(url_for("moderation.petition", slug=slug), 303)


def _wanted(form: StateForm) -> State:
    try:
        return State(form.state.data or "")
    except ValueError:
        raise ChangeRefused(_("That cannot be done to this petition now. Look at its state again.")) from None
