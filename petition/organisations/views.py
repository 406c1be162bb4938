"""The organiser's desk: my petitions, their figures, their lists."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from typing import BinaryIO, cast

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.wsgi import FileWrapper

from petition.accounts.signed_in import actor
from petition.core import audit
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import NotFound
from petition.deliveries import export
from petition.deliveries.streaming import streamed
from petition.organisations.roles import Action, may
from petition.petitions import partners
from petition.petitions.models import Petition
from petition.petitions.reach import within_reach
from petition.petitions.service import SHOWN, find_for
from petition.signatures.desk_figures import desk_figures
from petition.signatures.partner_boxes import counts_by_link
from petition.tallies.service import count, totals

CHUNK = 64 * 1024
bp = Blueprint("organiser", __name__, url_prefix="/organiser")


@bp.get("")
def desk() -> str:
    """The petitions of the actor's organisations."""
    who = actor()
    found = db.session.scalars(
        sa.select(Petition)
        .where(within_reach(who, Action.SEE_FIGURES))
        .options(*SHOWN)
        .order_by(Petition.created_at.desc())
    ).all()
    shown = totals(read_again(), [one.id for one in found])
    figures = desk_figures(db.session(), [one.id for one in found])
    return render_template(
        "organiser/desk.html",
        actor=who,
        petitions=found,
        totals=shown,
        figures=figures,
        invitations=partners.waiting(db.session(), who),
        partners=partners.of_actor(db.session(), who),
        counts=counts_by_link(db.session(), [one.id for one in found]),
    )


@bp.get("/petitions/<slug>")
def petition(slug: str) -> str:
    """One petition's figures and downloads."""
    who = actor()
    found = find_for(db.session(), who, Action.SEE_FIGURES, slug)
    mine = [one for one in partners.of_actor(db.session(), who) if one.petition_id == found.id]
    return render_template(
        "organiser/petition.html",
        petition=found,
        partners=mine,
        counts=counts_by_link(db.session(), [found.id]),
        answers_for={one.number for one in mine if may(who, Action.ANSWER_PARTNERSHIPS, one.organisation)},
        count=count(db.session(), found.id),
        formats=export.FORMATS,
        figures=desk_figures(db.session(), [found.id])[found.id],
        allowed={action.name for action in Action if may(who, action, found)},
    )


@bp.get("/petitions/<slug>/list.<format>")
def download(slug: str, format: str) -> Response:
    """The list of signers; the download stands in the audit log."""
    who = actor()
    found = find_for(db.session(), who, Action.EXPORT, slug)
    if format not in export.FORMATS:
        raise NotFound
    who_id, petition_id, organisation_id = str(who.id), found.id, found.organisation_id
    about = export.heading(
        export.snapshot(db.session()), find_for(db.session(), who, Action.EXPORT, slug), export.Filter(petition_id)
    )
    ending = export.file_format(format, about)
    headers = {"Content-Disposition": f'attachment; filename="{slug}-{now():%Y-%m-%d}.{ending}"'}
    if request.method == "HEAD":
        return Response(headers=headers, content_type=export.MEDIA_TYPES[ending])
    with writing() as session:
        audit.record(session, who_id, "list downloaded", slug, organisation_id=organisation_id, format=format)

    def write(stream: BinaryIO) -> int:
        session = export.snapshot(db.session())
        chosen = export.Filter(petition_id)
        heading = export.heading(session, session.get_one(Petition, petition_id), chosen)
        return export.write(stream, format, heading, export.lines(session, chosen, heading.language))

    if ending == "zip":
        app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
        headers["X-Accel-Buffering"] = "no"
        return Response(streamed(app, write), headers=headers, content_type=export.MEDIA_TYPES[ending])
    return _whole(write, headers, export.MEDIA_TYPES[ending])


def _whole(write: Callable[[BinaryIO], int], headers: dict[str, str], media_type: str) -> Response:
    """A file that is made before the first byte is sent: half a list must never look like a whole one.

    (Half a ZIP cannot be opened, so volumes may be sent as they are made.) The file on disk has no name.
    """
    with contextlib.ExitStack() as on_error:
        file = on_error.enter_context(tempfile.TemporaryFile(dir=current_app.config["INSTANCE"]))
        write(cast(BinaryIO, file))
        size = file.tell()
        file.seek(0)
        on_error.pop_all()
    response = Response(FileWrapper(file, CHUNK), headers=headers, content_type=media_type, direct_passthrough=True)
    response.content_length = size
    return response
