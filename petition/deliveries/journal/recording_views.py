"""The organiser's pages for recording what happened, correcting it, and photographs."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as __
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, NotFound
from petition.core.forms import refuse_forged
from petition.deliveries.journal import photos, recording, service
from petition.deliveries.journal.forms import EntryForm, PhotoForm, ReasonForm
from petition.deliveries.journal.models import HAPPENINGS, Delivery, DeliveryEntry, EntryKind
from petition.deliveries.journal.words import package_words
from petition.petitions.pictures import MOST_BYTES, PictureRefused

bp = Blueprint("recording", __name__, url_prefix="/organiser/deliveries/<uuid:delivery_id>")
Page = Response | str | tuple[str, int]
Act = Callable[[Session, User, Delivery], object]
Refused = (recording.EntryRefused, PictureRefused)
ANOTHER_REASON = __("Change the reason"), __("The reason that was given before is deleted.")


def _find(delivery_id: UUID) -> Delivery:
    return service.find(read_again(), actor(), delivery_id)


def _do(delivery_id: UUID, act: Act) -> Response:
    """Does something to the locked delivery, in the one transaction of the request, and leads back to it."""
    who_id = actor().id
    with writing() as session:
        who = session.get_one(User, who_id)
        act(session, who, service.find(session, who, delivery_id, lock=True))
    return redirect(url_for("planning.delivery", delivery_id=delivery_id), 303)


def _choices(delivery: Delivery) -> dict[UUID, str]:
    return {one.id: package_words(one) for one in service.packages_for(db.session(), delivery)}


@bp.route("/record/<kind>", methods=["GET", "POST"])
def record(delivery_id: UUID, kind: str) -> Page:
    """Records what happened: a form for each kind."""
    found = _find(delivery_id)
    if kind not in [one.value for one in HAPPENINGS]:
        raise NotFound
    if request.method != "POST":
        chosen = {"package": str(found.package_id or "")}
        return _entry_page(found, EntryForm(found, EntryKind(kind), _choices(found), formdata=None, data=chosen))
    refuse_forged()
    form = EntryForm(found, EntryKind(kind), _choices(found))
    if not form.validate():
        return _entry_page(found, form), 422
    told = form.told
    try:
        return _do(delivery_id, lambda session, who, locked: recording.record_entry(session, who, locked, told))
    except recording.EntryRefused as refused:
        return _entry_page(_find(delivery_id), form, problem=refused), refused.status


@bp.route("/entries/<uuid:entry_id>", methods=["GET", "POST"])
def correct(delivery_id: UUID, entry_id: UUID) -> Page:
    """Puts other words in the place of an entry, which stays visible with the reason."""
    found = _find(delivery_id)
    entry = recording.find_entry(found, entry_id)
    if request.method != "POST":
        return _entry_page(found, EntryForm.of_entry(found, entry, _choices(found)), entry)
    refuse_forged()
    form = EntryForm(found, entry.kind, _choices(found), corrects=True)
    if not form.validate():
        return _entry_page(found, form, entry), 422
    told, why = form.told, form.why.data

    def change(session: Session, who: User, locked: Delivery) -> None:
        recording.correct(session, who, locked, recording.find_entry(locked, entry_id), told, why)

    try:
        return _do(delivery_id, change)
    except recording.EntryRefused as refused:
        return _entry_page(_find(delivery_id), form, entry, refused), refused.status


def _entry_page(
    found: Delivery, form: EntryForm, corrects: DeliveryEntry | None = None, problem: DomainError | None = None
) -> str:
    return render_template(
        "organiser/entry.html",
        delivery=found,
        petition=found.petition,
        form=form,
        entry_id=corrects and corrects.id,
        problem=problem and problem.message,
    )


@bp.route("/entries/<uuid:entry_id>/strike", methods=["GET", "POST"])
def strike(delivery_id: UUID, entry_id: UUID) -> Page:
    """Strikes an entry out, with the reason; it stays visible."""
    found = _find(delivery_id)
    recording.find_entry(found, entry_id)
    what = __("Strike this entry out"), __("It stays on the public page, struck out, with your reason.")
    return _with_reason(
        found,
        what,
        lambda session, who, locked, why: recording.strike(
            session, who, locked, recording.find_entry(locked, entry_id), why
        ),
    )


@bp.route("/entries/<uuid:entry_id>/remove", methods=["GET", "POST"])
def remove_words(delivery_id: UUID, entry_id: UUID) -> Page:
    """Deletes the words of an entry: for somebody who is named there and does not want to be."""
    found = _find(delivery_id)
    entry = recording.find_words(found, entry_id)
    what = (
        __("Delete the words of this entry"),
        __("For somebody named there who does not want to be. That there were words stays, with your reason."),
    )
    if entry.kind == EntryKind.STRUCK or not entry.has_words:
        what = ANOTHER_REASON
    return _with_reason(
        found, what, lambda session, who, locked, why: recording.remove_words(session, who, locked, entry_id, why)
    )


@bp.route("/photos", methods=["GET", "POST"])
def add_photo(delivery_id: UUID) -> Page:
    """Takes a photograph, and what it shows in words."""
    request.max_content_length = MOST_BYTES + 64 * 1024
    found = _find(delivery_id)
    if request.method != "POST":
        return _photo_page(found, PhotoForm(formdata=None))
    refuse_forged()
    form = PhotoForm()
    if not form.validate():
        return _photo_page(found, form), 422
    file = request.files.get("photo")
    content, alt = file.read() if file else b"", form.alt.data
    try:
        made = photos.make(content)
        return _do(delivery_id, lambda session, who, locked: photos.add(session, who, locked, made, alt))
    except Refused as refused:
        return _photo_page(_find(delivery_id), form, refused.message), refused.status


def _photo_page(found: Delivery, form: PhotoForm, problem: str | None = None) -> str:
    return render_template(
        "organiser/photo.html", delivery=found, petition=found.petition, form=form, problem=problem
    )


@bp.route("/photos/<name>/remove", methods=["GET", "POST"])
def remove_photo(delivery_id: UUID, name: str) -> Page:
    """Deletes a photograph, with the reason."""
    found = _find(delivery_id)
    gone = photos.find(db.session(), found, name).removed_at is not None
    what = __("Delete this photograph"), __("The public page says that there was one, with your reason.")
    return _with_reason(
        found,
        ANOTHER_REASON if gone else what,
        lambda session, who, locked, why: photos.remove(session, who, locked, name, why),
        photo=name,
    )


def _with_reason(
    found: Delivery,
    what: tuple[LazyString, LazyString],
    act: Callable[[Session, User, Delivery, str], object],
    photo: str | None = None,
) -> Page:
    """A page that asks why, and then does it."""
    form, status = ReasonForm(), 200
    if request.method == "POST":
        refuse_forged()
        if form.validate():
            why = form.why.data
            return _do(found.id, lambda session, who, locked: act(session, who, locked, why))
        status = 422
    heading, meaning = what
    page = render_template(
        "organiser/reason.html",
        delivery=found,
        petition=found.petition,
        form=form,
        heading=heading,
        meaning=meaning,
        photo=photo,
    )
    return page, status
