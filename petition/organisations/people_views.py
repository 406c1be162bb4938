"""Organisations from the desk: making one, its settings, its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import audit, i18n, limits
from petition.core.db import read_again, writing
from petition.core.errors import NotFound
from petition.core.forms import refuse_forged
from petition.organisations import invitations, people, service, words
from petition.organisations.forms import InviteForm, OrganisationForm, RolesForm, SettingsForm
from petition.organisations.models import Organisation
from petition.organisations.roles import Action

bp = Blueprint("organisations", __name__, url_prefix="/organiser/organisations")
Page = Response | str | tuple[str, int]


@contextmanager
def _managing(slug: str) -> Iterator[tuple[Session, User, Organisation]]:
    """A transaction that changes an organisation whose people the actor manages. Raises NotFound or Forbidden."""
    who = actor()
    service.find_reachable(read_again(), who, Action.MANAGE_PEOPLE, slug)
    refuse_forged()
    with writing() as session:
        yield session, who, service.find_reachable(session, who, Action.MANAGE_PEOPLE, slug)


@bp.get("")
def mine() -> str:
    """The organisations one works for."""
    who = actor()
    return render_template(
        "organisations/mine.html", places=people.places(read_again(), who), role_names=words.role_names
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """Makes an organisation; whoever makes it is its owner."""
    who, form = actor(), OrganisationForm()
    if not form.is_submitted():
        return render_template("organisations/new.html", form=form, problem=None)
    refuse_forged()
    problem = None
    if form.validate():
        limits.hit(limits.NEW_ORGANISATION, "organisation", str(who.id))
        try:
            with writing() as session:
                slug = form.slug.data or service.proposed_slug(session, form.name.data or "")
                added = service.add_organisation(session, slug, form.name.data or "", who)
                audit.record(
                    session, str(who.id), "organisation added", slug, organisation_id=added.id, name=added.name
                )
            return redirect(url_for("organisations.people_page", slug=slug), 303)
        except service.SlugRefused as error:
            problem = error.message
    return render_template("organisations/new.html", form=form, problem=problem), 422


@bp.route("/<slug>/settings", methods=["GET", "POST"])
def settings(slug: str) -> Page:
    """An organisation's name, and what it asks of its people."""
    who = actor()
    organisation = service.find_reachable(read_again(), who, Action.MANAGE_PEOPLE, slug)
    rules = service.rules_of(read_again(), organisation)
    shown = {
        "name": organisation.name,
        "second_factor": rules.second_factor,
        "second_approval": rules.second_approval,
    }
    form, problem = SettingsForm(data=shown), None
    if not form.is_submitted():
        return render_template("organisations/settings.html", organisation=organisation, form=form, problem=None)
    try:
        with _managing(slug) as (session, who, organisation):
            if form.validate():
                asked = {"second_factor": form.second_factor.data, "second_approval": form.second_approval.data}
                service.change(session, who, organisation, form.name.data or "", **asked)
        if not form.errors:
            return redirect(url_for("organisations.settings", slug=slug), 303)
    except service.WouldLockOut as error:
        problem = error.message
    organisation = service.find_reachable(read_again(), who, Action.MANAGE_PEOPLE, slug)
    return render_template("organisations/settings.html", organisation=organisation, form=form, problem=problem), 422


@bp.get("/<slug>/people")
def people_page(slug: str) -> str:
    """Who works for the organisation, and who is invited."""
    return _people_page(slug, InviteForm(formdata=None))


def _people_page(slug: str, form: InviteForm, problem: str | None = None) -> str:
    who = actor()
    session = read_again()
    organisation = service.find_reachable(session, who, Action.MANAGE_PEOPLE, slug)
    return render_template(
        "organisations/people.html",
        actor=who,
        organisation=organisation,
        members=people.members(session, organisation),
        invitations=invitations.open_ones(session, organisation),
        form=form,
        problem=problem,
        roles=words.ROLES,
        role_names=words.role_names,
    )


def _to_people(slug: str) -> Response:
    return redirect(url_for("organisations.people_page", slug=slug), 303)


@bp.post("/<slug>/people/invite")
def invite(slug: str) -> Page:
    """Mails somebody a link by which to join."""
    form = InviteForm()
    if form.validate():
        limits.hit(limits.INVITE, "invite", str(actor().id))
    try:
        with _managing(slug) as (session, who, organisation):
            if not form.errors:
                invitations.invite(session, who, organisation, form.address, form.chosen, i18n.language())
    except people.Refused as error:
        return _people_page(slug, form, error.message), error.status
    return (_people_page(slug, form), 422) if form.errors else _to_people(slug)


@bp.post("/<slug>/people/invitations/<uuid:invitation_id>/withdraw")
def withdraw(slug: str, invitation_id: UUID) -> Response:
    """Ends an invitation."""
    with _managing(slug) as (session, who, organisation):
        invitations.withdraw(session, who, organisation, invitation_id)
    return _to_people(slug)


@bp.post("/<slug>/people/<uuid:user_id>/roles")
def set_roles(slug: str, user_id: UUID) -> Page:
    """Says what somebody is here."""
    form = RolesForm()
    try:
        with _managing(slug) as (session, who, organisation):
            people.set_roles(session, who, organisation, user_id, form.chosen if form.validate() else [])
    except people.Refused as error:
        return _people_page(slug, InviteForm(formdata=None), error.message), error.status
    return _to_people(slug)


@bp.post("/<slug>/people/<uuid:user_id>/remove")
def remove(slug: str, user_id: UUID) -> Page:
    """Lets a member go."""
    try:
        with _managing(slug) as (session, who, organisation):
            people.remove(session, who, organisation, user_id)
            left = who.id == user_id
    except people.Refused as error:
        return _people_page(slug, InviteForm(formdata=None), error.message), error.status
    return redirect(url_for("organisations.mine"), 303) if left else _to_people(slug)


@bp.post("/<slug>/leave")
def leave(slug: str) -> Page:
    """Leaves an organisation oneself, whatever one is there."""
    who = actor()
    organisation_id = _mine(who, slug)
    refuse_forged()
    try:
        with writing() as session:
            people.remove(session, who, session.get_one(Organisation, organisation_id), who.id)
    except people.LastOwner as error:
        return render_template(
            "organisations/mine.html",
            places=people.places(read_again(), who),
            role_names=words.role_names,
            problem=error.message,
        ), error.status
    return redirect(url_for("organisations.mine"), 303)


def _mine(who: User, slug: str) -> UUID:
    """An organisation one works for, also while it asks for a second factor. Raises NotFound."""
    for place in people.places(read_again(), who):
        if place.organisation.slug == slug:
            return place.organisation.id
    raise NotFound(_("There is no organisation of that name."))
