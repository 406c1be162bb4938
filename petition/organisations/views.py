"""The organiser's desk: my petitions and their figures."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template

from petition.accounts.signed_in import actor
from petition.core.db import db, read_again
from petition.deliveries.journal.shown import next_of
from petition.organisations.roles import Action, may, reachable
from petition.petitions import partners
from petition.petitions.loading import shown_in_lists
from petition.petitions.models import Petition
from petition.petitions.reach import within_reach
from petition.petitions.service import find_for
from petition.signatures.desk_figures import desk_figures
from petition.signatures.partner_boxes import counts_by_link
from petition.tallies.service import count, totals

bp = Blueprint("organiser", __name__, url_prefix="/organiser")


@bp.get("")
def desk() -> str:
    """The petitions of the actor's organisations."""
    who = actor()
    found = db.session.scalars(
        sa.select(Petition)
        .where(within_reach(who, Action.SEE_FIGURES))
        .options(*shown_in_lists())
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
        gates=next_of(db.session(), [one.id for one in found]),
        invitations=partners.waiting(db.session(), who),
        partners=partners.of_actor(db.session(), who),
        counts=counts_by_link(db.session(), [one.id for one in found]),
        sees_missions=db.session.scalar(reachable(who, Action.SEE_FIGURES).limit(1)) is not None,
    )


@bp.get("/petitions/<slug>")
def petition(slug: str) -> str:
    """One petition's figures, and the ways on."""
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
        figures=desk_figures(db.session(), [found.id])[found.id],
        allowed={action.name for action in Action if may(who, action, found)},
    )
