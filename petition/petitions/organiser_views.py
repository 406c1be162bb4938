"""Where organisers write their petitions, look at former versions and move them from state to state."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core.db import db, writing
from petition.core.errors import DomainError, NotFound
from petition.organisations.roles import Action, may
from petition.organisations.service import find_organisation
from petition.petitions import editing, pictures, service, states, support, versions
from petition.petitions.editing import EditedMeanwhile, Fields
from petition.petitions.forms import EditForm, NewForm, StateForm
from petition.petitions.markdown import to_html
from petition.petitions.models import Petition, State

bp = Blueprint("writing", __name__, url_prefix="/organiser/petitions")
MOST_FORM_BYTES = 8 * 1024 * 1024
Answer = AnyResponse | str | tuple[str, int]


class PageTooOld(DomainError):
    """The form's token is not ours any more; what was typed is still on the page."""

    status = 403
    code = "page_too_old"


def _find(slug: str, action: Action = Action.WRITE) -> tuple[User, Petition]:
    who = actor()
    return who, service.find_for(db.session(), who, action, slug)


def _check_token() -> None:
    if not EmptyForm().validate():
        raise PageTooOld(_("This page was open for too long. Please press the button again."))


@bp.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    """Begins a petition."""
    who = actor()
    form = NewForm(editing.organisations(db.session(), who))
    if request.method != "POST":
        return render_template("organiser/new.html", form=form, problem=None)
    problem = None
    if form.validate():
        slug = (form.slug.data or "").strip()
        try:
            with writing() as session:
                organisation = find_organisation(session, form.organisation.data)
                editing.create(session, who, organisation, slug, form.title.data or "", form.locale.data)
            return redirect(url_for("writing.edit", slug=slug), 303)
        except DomainError as error:
            problem = error.message
    return render_template("organiser/new.html", form=form, problem=problem), 422


@bp.route("/<slug>/edit", methods=["GET", "POST"])
def edit(slug: str) -> Answer:
    """The editor: saves, shows a preview, and puts a new version of signed words in force."""
    request.max_content_length = request.max_form_memory_size = MOST_FORM_BYTES
    who, petition = _find(slug)
    tags = editing.languages(petition)
    if request.method != "POST":
        fields = editing.current(db.session(), petition)
        form = EditForm(fields, tags)
        form.validate()
        unfinished = fields != editing.in_force(petition, tags)
        return _editor(petition, form, fields, errors=unfinished)
    fields = editing.typed(request.form, tags)
    form, do, seen = EditForm(fields, tags), request.form.get("do"), request.form.get("seen", "")
    whole = form.validate()
    if do == "preview":
        return _editor(petition, form, fields, seen=seen, preview=True)
    puts_in_force = whole and (do == "publish" or not petition.is_frozen)
    try:
        _check_token()
        with writing() as session:
            editing.save(session, who, petition, fields, seen, form.content() if puts_in_force else None)
    except EditedMeanwhile as error:
        conflict = versions.changed_fields(error.fields, fields)
        seen = editing.digest(error.fields)
        return _editor(petition, form, fields, seen=seen, problem=error.message, conflict=conflict), error.status
    except DomainError as error:
        return _editor(petition, form, fields, seen=seen, problem=error.message), error.status
    if not whole:
        return _editor(petition, form, fields, saved=True), 422
    return redirect(url_for("writing.edit", slug=slug, saved="yes"), 303)


def _editor(petition: Petition, form: EditForm, fields: Fields, errors: bool = True, **more: Any) -> str:
    shown: dict[str, Any] = {"seen": editing.digest(fields), "problem": None, "conflict": None, "saved": False}
    shown |= {"preview": False} | more
    in_force = editing.in_force(petition, editing.languages(petition))
    shown["saved"] = shown["saved"] or "saved" in request.args
    return render_template(
        "organiser/edit.html",
        petition=petition,
        form=form,
        fields=fields,
        errors=errors,
        to_html=to_html,
        waiting=versions.changed_fields(in_force, fields) if petition.is_frozen and not shown["conflict"] else None,
        may_publish=may(actor(), Action.PUBLISH, petition),
        **shown,
    )


@bp.post("/<slug>/picture")
def picture(slug: str) -> AnyResponse:
    """Takes a picture, or takes it away."""
    request.max_content_length = pictures.MOST_BYTES + 64 * 1024
    _who, found = _find(slug)
    _check_token()
    file = request.files.get("picture")
    made = None if request.form.get("do") == "remove" else pictures.make_anew(file.read() if file else b"")
    with writing() as session:
        pictures.store(session, found, made)
    return redirect(url_for("writing.edit", slug=slug, _anchor="picture"), 303)


@bp.get("/<slug>/history")
def history(slug: str) -> str:
    """All versions of the text; with `version`, what that one changed."""
    _who, found = _find(slug, Action.SEE_FIGURES)
    number = request.args.get("version", found.text.version, int)
    if not 1 <= number <= len(found.texts):
        raise NotFound
    return render_template(
        "organiser/history.html",
        petition=found,
        text=found.texts[number - 1],
        changes=versions.changed_fields(
            versions.of_text(found.texts[number - 2]) if number > 1 else {}, versions.of_text(found.texts[number - 1])
        ),
    )


@bp.route("/<slug>/state", methods=["GET", "POST"])
def state(slug: str) -> Answer:
    """The petition's state, and what the organiser can do about it."""
    who, found = _find(slug)
    form, problem, status = StateForm(), None, 200
    if request.method == "POST":
        try:
            _check_token()
            with writing() as session:
                states.move(session, who, found, _wanted(form))
            return redirect(url_for("writing.state", slug=slug), 303)
        except DomainError as error:
            problem, status = error.message, error.status
    page = render_template(
        "organiser/state.html",
        petition=found,
        sees=states.sees_words(found.state),
        changes=[change for change in states.allowed(who, found) if states.Who.ORGANISER in change.who],
        reason=service.reason(db.session(), found),
        support_link=current_app.config["BASE_URL"] + support.path(found),
        supporters=states.SUPPORTERS,
        problem=problem,
    )
    return page, status


def _wanted(form: StateForm) -> State:
    try:
        return State(form.state.data or "")
    except ValueError:
        raise states.ChangeRefused(_("That cannot be done to this petition now. Look at its state again.")) from None
