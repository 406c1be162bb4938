"""The organiser's desk: my petitions, their figures, their lists."""

from __future__ import annotations

from typing import BinaryIO, cast

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, render_template
from flask_babel import gettext as _

from petition.accounts.models import User
from petition.accounts.signed_in import actor
from petition.core import audit
from petition.core.clock import now
from petition.core.db import db, read_again, writing
from petition.core.errors import NotFound
from petition.deliveries import export
from petition.deliveries.streaming import streamed
from petition.organisations.service import reachable
from petition.petitions.models import Petition
from petition.tallies.service import count, totals

bp = Blueprint("organiser", __name__, url_prefix="/organiser")


def _petition(who: User, slug: str) -> Petition:
    """A petition of the actor's organisations. Raises NotFound for any other: whether it exists is not told."""
    query = sa.select(Petition).where(Petition.organisation_id.in_(reachable(who)), Petition.slug == slug)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no petition of that name."))
    return found


@bp.get("")
def desk() -> str:
    """The petitions of the actor's organisations."""
    who = actor()
    query = (
        sa.select(Petition).where(Petition.organisation_id.in_(reachable(who))).order_by(Petition.created_at.desc())
    )
    found = db.session.scalars(query).all()
    shown = totals(read_again(), [one.id for one in found])
    return render_template("organiser/desk.html", actor=who, petitions=found, totals=shown)


@bp.get("/petitions/<slug>")
def petition(slug: str) -> str:
    """One petition's figures and downloads."""
    found = _petition(actor(), slug)
    return render_template(
        "organiser/petition.html", petition=found, count=count(db.session(), found.id), formats=export.FORMATS
    )


@bp.get("/petitions/<slug>/list.<format>")
def download(slug: str, format: str) -> Response:
    """The list of signers, streamed; the download stands in the audit log."""
    who = actor()
    found = _petition(who, slug)
    if format not in export.FORMATS:
        raise NotFound
    who_id, petition_id = str(who.id), found.id
    about = export.heading(export.snapshot(db.session()), _petition(who, slug), export.Filter(petition_id))
    with writing() as session:
        audit.record(session, who_id, "list downloaded", slug, format=format)
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]

    def write(stream: BinaryIO) -> int:
        session = export.snapshot(db.session())
        chosen = export.Filter(petition_id)
        heading = export.heading(session, session.get_one(Petition, petition_id), chosen)
        return export.write(stream, format, heading, export.lines(session, chosen, heading.language))

    ending = export.file_format(format, about)
    name = f"{slug}-{now():%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    return Response(streamed(app, write), mimetype=export.MEDIA_TYPES[ending], headers=headers)
