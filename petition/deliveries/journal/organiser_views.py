"""The organiser's pages for planning deliveries."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError
from petition.core.forms import refuse_forged
from petition.deliveries.journal import photos, service, shown
from petition.deliveries.journal.forms import AnewForm, PlanForm
from petition.deliveries.journal.models import HAPPENINGS, Delivery
from petition.deliveries.journal.words import field_value, package_words
from petition.organisations.roles import Action
from petition.petitions.models import Petition
from petition.petitions.service import find_for

bp = Blueprint("planning", __name__, url_prefix="/organiser")
Page = Response | str | tuple[str, int]


@bp.get("/petitions/<slug>/deliveries")
def deliveries(slug: str) -> str:
    """The deliveries of a petition."""
    session = read_again()
    petition = find_for(session, actor(), Action.RECORD_DELIVERIES, slug)
    return render_template(
        "organiser/deliveries.html",
        petition=petition,
        gates=[shown.gate(one) for one in shown.all_of(session, petition.id)],
    )


@bp.route("/petitions/<slug>/deliveries/new", methods=["GET", "POST"])
def new(slug: str) -> Page:
    """Plans deliveries to one mission or many, to each at the same time by its own clocks."""
    petition = find_for(read_again(), actor(), Action.RECORD_DELIVERIES, slug)
    if request.method != "POST":
        return _new_page(petition, PlanForm(formdata=None))
    refuse_forged()
    form = PlanForm()
    try:
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            about = find_for(session, who, Action.RECORD_DELIVERIES, slug)
            chosen = set(form.missions.data or [])
            missions = [one for one in service.missions_of(session, _state_asked(about)) if one.slug in chosen]
            service.plan(session, who, about, missions, form.at.data or "")
    except DomainError as refused:
        again = find_for(read_again(), actor(), Action.RECORD_DELIVERIES, slug)
        return _new_page(again, form, refused.message), refused.status
    return redirect(url_for("planning.deliveries", slug=slug), 303)


def _state_asked(petition: Petition) -> str:
    """Whose missions to choose from: as the address says, or else those of the addressee's country."""
    states = service.sending_states(db.session())
    asked = request.args.get("of") or petition.addressee_country or ""
    return asked if asked in states or not states else states[0]


def _new_page(petition: Petition, form: PlanForm, problem: str | None = None) -> str:
    session, state = db.session(), _state_asked(petition)
    missions = service.missions_of(session, state)
    if request.method != "POST" and "all" in request.args:
        form.missions.data = [one.slug for one in missions if one.closed_on is None]
    return render_template(
        "organiser/plan_deliveries.html",
        petition=petition,
        missions=missions,
        states=service.sending_states(session),
        state=state,
        form=form,
        problem=problem,
    )


@bp.get("/deliveries/<uuid:delivery_id>")
def delivery(delivery_id: UUID) -> str:
    """One delivery: what can be done with it, and what happened."""
    return _page(service.find(read_again(), actor(), delivery_id))


@bp.post("/deliveries/<uuid:delivery_id>")
def choose(delivery_id: UUID) -> Page:
    """Chooses the package to hand over."""
    service.find(read_again(), actor(), delivery_id)
    refuse_forged()
    try:
        package_id = UUID(request.form["package"]) if request.form.get("package") else None
    except ValueError:
        package_id = delivery_id  # of no package
    try:
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            service.choose_package(session, who, service.find(session, who, delivery_id, lock=True), package_id)
    except service.PlanRefused as refused:
        return _page(service.find(read_again(), actor(), delivery_id), refused.message), refused.status
    return redirect(url_for("planning.delivery", delivery_id=delivery_id), 303)


def _page(found: Delivery, problem: str | None = None) -> str:
    session = db.session()
    return render_template(
        "organiser/delivery.html",
        delivery=found,
        petition=found.petition,
        packages=service.packages_for(session, found),
        photos=photos.of_delivery(session, found),
        happenings=HAPPENINGS,
        package_words=package_words,
        problem=problem,
    )


@bp.route("/deliveries/<uuid:delivery_id>/plan", methods=["GET", "POST"])
def plan(delivery_id: UUID) -> Page:
    """Plans it anew, or cancels it; either way says why."""
    found = service.find(read_again(), actor(), delivery_id)
    if request.method != "POST":
        return _plan_page(found, AnewForm(formdata=None, data={"at": _planned(found)}))
    refuse_forged()
    form = AnewForm()
    if not form.validate():
        return _plan_page(found, form), 422
    try:
        who_id = actor().id
        with writing() as session:
            who = session.get_one(User, who_id)
            locked = service.find(session, who, delivery_id, lock=True)
            if "cancel" in request.form:
                service.cancel(session, who, locked, form.note.data)
            else:
                service.plan_anew(session, who, locked, form.at.data or "", form.note.data)
    except service.PlanRefused as refused:
        return _plan_page(service.find(read_again(), actor(), delivery_id), form, refused.message), refused.status
    return redirect(url_for("planning.delivery", delivery_id=delivery_id), 303)


def _planned(found: Delivery) -> str:
    return field_value(found.planned_at, found.mission.time_zone)


def _plan_page(found: Delivery, form: AnewForm, problem: str | None = None) -> str:
    return render_template(
        "organiser/plan_anew.html", delivery=found, petition=found.petition, form=form, problem=problem
    )
