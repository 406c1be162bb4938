"""The organiser's pages for lists: downloading them, and asking for everything kept of signers."""

from __future__ import annotations

import contextlib
from typing import BinaryIO
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from petition.accounts.forms import EmptyForm
from petition.accounts.models import User
from petition.accounts.signed_in import actor, confirmed_lately
from petition.core import audit, limits
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import DomainError, Forbidden, NotFound
from petition.deliveries import export, made_files, personal, requests
from petition.deliveries.csv_list import HEADER
from petition.deliveries.models import ExportRequest
from petition.organisations.roles import Action, may
from petition.petitions.models import Petition
from petition.petitions.service import find_for
from petition.tallies.service import count

bp = Blueprint("exports", __name__, url_prefix="/organiser/petitions/<slug>")
Page = AnyResponse | str | tuple[str, int]


@bp.get("/exports")
def page(slug: str) -> str:
    """The lists there are, and the requests for everything kept."""
    who = actor()
    found = find_for(read_again(), who, Action.EXPORT, slug)
    asks = may(who, Action.EXPORT_PERSONAL, found)
    return render_template(
        "organiser/exports.html",
        petition=found,
        formats=export.FORMATS,
        requests=requests.of_petition(db.session(), found) if asks else [],
        may_ask=asks,
        me=who.id,
    )


@bp.get("/list.<format>")
def download(slug: str, format: str) -> Response:
    """The list of signers, names as each chose; the download stands in the audit log."""
    who = actor()
    found = find_for(db.session(), who, Action.EXPORT, slug)
    if format not in export.FORMATS:
        raise NotFound
    who_id, petition_id, organisation_id = str(who.id), found.id, found.organisation_id
    session = export.snapshot(db.session())
    about = export.heading(session, session.get_one(Petition, petition_id), export.Filter(petition_id))
    made_files.refuse_large_workbook(format, about.total, len(HEADER))
    ending = export.file_format(format, about)
    name, media_type = f"{slug}-{now():%Y-%m-%d}.{ending}", export.MEDIA_TYPES[ending]
    if request.method == "HEAD":
        return Response(headers=made_files.saved_as(name), content_type=media_type)

    def write(stream: BinaryIO) -> int:
        session = export.snapshot(db.session())
        chosen = export.Filter(petition_id)
        heading = export.heading(session, session.get_one(Petition, petition_id), chosen)
        return export.write(stream, format, heading, export.stretches(session, chosen, heading))

    def record() -> None:
        with writing() as session:
            audit.record(session, who_id, "list downloaded", slug, organisation_id=organisation_id, format=format)

    if ending == "zip":
        response = made_files.sent_while_written(write, name, media_type)
        with contextlib.ExitStack() as on_error:
            on_error.callback(response.close)
            record()
            on_error.pop_all()
        return response
    with made_files.whole(write) as file:
        record()
        return made_files.sent(file, name, media_type)


@bp.route("/exports/new", methods=["GET", "POST"])
def new(slug: str) -> Page:
    """Asks for everything kept of the signers."""
    who = actor()
    found = find_for(read_again(), who, Action.EXPORT_PERSONAL, slug)
    if request.method != "POST":
        confirmed_lately()
        return _form_page(who, found)
    who_id = who.id
    try:
        _refuse_stale()
        confirmed_lately()
        limits.hit(limits.ASK_EXPORT, "ask export", str(who_id))
        with writing() as session:
            me = session.get_one(User, who_id)
            about = find_for(session, me, Action.EXPORT_PERSONAL, slug)
            given = request.form.get("format", ""), request.form.get("reason", "")
            request_id = requests.ask(session, me, about, *given).id
    except DomainError as refused:
        _pass_on(refused)
        me = actor()
        return _form_page(me, find_for(read_again(), me, Action.EXPORT_PERSONAL, slug), refused), 422
    return redirect(url_for("exports.one", slug=slug, request_id=request_id), 303)


@bp.get("/exports/<uuid:request_id>")
def one(slug: str, request_id: UUID) -> str:
    """A request: what came of it, and the buttons of whoever asked or may decide."""
    _who, petition, found = _find(slug, request_id)
    who = confirmed_lately()
    return _request_page(who, petition, found)


@bp.post("/exports/<uuid:request_id>/decide")
def decide(slug: str, request_id: UUID) -> Page:
    """Approves or refuses what somebody else has asked for."""
    who, _petition, _found = _find(slug, request_id)
    who_id, approved = who.id, request.form.get("do") == "approve"
    try:
        _refuse_stale()
        confirmed_lately()
        with writing() as session:
            me, about = _again(session, who_id, slug)
            requests.decide(session, me, about, request_id, approved, request.form.get("reason", ""))
    except DomainError as refused:
        return _refused(refused, slug, request_id)
    return redirect(url_for("exports.one", slug=slug, request_id=request_id), 303)


@bp.post("/exports/<uuid:request_id>/download")
def fetch(slug: str, request_id: UUID) -> Page:
    """Everything kept of the signers, once: what was asked for is used up when the file begins to leave."""
    who, petition, found = _find(slug, request_id)
    who_id, petition_id, format_ = who.id, petition.id, found.format
    try:
        _refuse_stale()
        requests.check(db.session(), confirmed_lately(), petition, found)
        lines = count(db.session(), petition_id).total
        made_files.refuse_large_workbook(format_, lines, len(personal.COLUMNS))

        def write(stream: BinaryIO) -> int:
            session = export.snapshot(db.session())
            with contextlib.closing(personal.rows(session, export.Filter(petition_id))) as rows:
                return personal.writer(format_)(stream, rows)

        with made_files.whole(write) as file:
            with writing() as session:
                me, about = _again(session, who_id, slug)
                requests.use(session, me, about, request_id)
            name = f"{slug}-{now():%Y-%m-%d}-personal.{format_}"
            return made_files.sent(file, name, export.MEDIA_TYPES[format_])
    except DomainError as refused:
        return _refused(refused, slug, request_id)


def _find(slug: str, request_id: UUID) -> tuple[User, Petition, ExportRequest]:
    who = actor()
    petition = find_for(read_again(), who, Action.EXPORT_PERSONAL, slug)
    return who, petition, requests.find(db.session(), petition, request_id)


def _again(session: Session, who_id: UUID, slug: str) -> tuple[User, Petition]:
    """The actor and the petition as they are by now: a role may have been taken away."""
    me = session.get_one(User, who_id, populate_existing=True)
    return me, find_for(session, me, Action.EXPORT_PERSONAL, slug)


def _refuse_stale() -> None:
    if not EmptyForm().validate():
        raise Forbidden(_("This page was open for too long. Please press the button again."))


def _pass_on(refused: DomainError) -> None:
    """Raises what is answered elsewhere: nothing found, too often, or to be proven first."""
    if refused.status in {404, 429} or refused.code in {"not_signed_in", "confirm_again"}:
        raise refused


def _refused(refused: DomainError, slug: str, request_id: UUID) -> tuple[str, int]:
    _pass_on(refused)
    who, petition, found = _find(slug, request_id)
    return _request_page(who, petition, found, refused), refused.status


def _form_page(who: User, petition: Petition, problem: DomainError | None = None) -> str:
    return render_template(
        "organiser/export_new.html",
        petition=petition,
        problem=problem,
        formats=list(personal.WRITERS),
        typed=request.form,
        has_second_factor=who.has_second_factor,
        waits=requests.needs_approval(db.session(), petition),
    )


def _request_page(who: User, petition: Petition, found: ExportRequest, problem: DomainError | None = None) -> str:
    return render_template(
        "organiser/export_request.html",
        petition=petition,
        request_=found,
        problem=problem,
        mine=found.asked_by == who.id,
        has_second_factor=who.has_second_factor,
        typed=request.form,
    )
