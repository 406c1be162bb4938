"""The part of the way that leads past the lists, and past a request for everything kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from petition.accounts.models import SecondFactor, User
from petition.accounts.service import add_user, find_user
from petition.core.db import writing
from petition.deliveries.models import ExportRequest, ExportState
from petition.organisations.models import Membership, OrganisationRules, Role
from petition.organisations.service import find_organisation
from petition.petitions import service as petitions
from tests.conftest import PASSWORD
from tests.exports import add_request, give_second_factor

if TYPE_CHECKING:
    from tests.core.walk import Walk

EXPORTS = "/organiser/petitions/river/exports"
OWNER, SECOND = "owner@river.example.org", "second@river.example.org"


def through_exports(walk: Walk) -> None:
    """Asks as the owner, who is signed in; decides what a second person asks for; is approved and refused."""
    walk.get("exports", EXPORTS)
    walk.get("export: no second factor", f"{EXPORTS}/new")
    with walk.app.app_context(), writing() as session:
        river = find_organisation(session, "river-friends")
        second = add_user(session, SECOND, "ნინო", PASSWORD)
        second.language = walk.language
        session.add(Membership(organisation_id=river.id, user_id=second.id, role=Role.OWNER))
        session.add(OrganisationRules(organisation_id=river.id, second_factor=False, second_approval=True))
        session.flush()
        give_second_factor(session)
        theirs = str(add_request(session, petitions.find(session, "river"), second, ExportState.WAITING).id)
    _asking(walk)
    _deciding(walk, theirs)
    with walk.app.app_context(), writing() as session:
        session.execute(sa.delete(OrganisationRules))
        session.execute(sa.delete(SecondFactor))
        session.execute(sa.delete(Membership).where(Membership.user_id == find_user(session, SECOND).id))


def _asking(walk: Walk) -> None:
    form = walk.get("export: new", f"{EXPORTS}/new")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    walk.post("export: no reason", f"{EXPORTS}/new", 422, csrf_token=token, format="csv")
    walk.post("export: page too old", f"{EXPORTS}/new", 422, format="csv", reason="ნ")
    walk.post("export: waits", f"{EXPORTS}/new", csrf_token=token, format="csv", reason="ნ")
    mine = walk.sent_to[-1].partition("?")[0]
    walk.post("export: not yet", f"{mine}/download", 409, csrf_token=token)
    walk.post("export: decided by oneself", f"{mine}/decide", 403, csrf_token=token, reason="ნ", do="approve")
    walk.send()
    with walk.app.app_context(), writing() as session:
        session.execute(
            sa.update(ExportRequest)
            .where(ExportRequest.asked_by == session.scalars(sa.select(User.id).where(User.email == OWNER)).one())
            .values(state=ExportState.READY)
        )
    walk.get("export: ready", mine)
    walk.post("export: by nobody", f"{mine}/download", 409, csrf_token=token)


def _deciding(walk: Walk, theirs: str) -> None:
    form = walk.get("export: to decide", f"{EXPORTS}/{theirs}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    walk.post("export: decided without reason", f"{EXPORTS}/{theirs}/decide", 400, csrf_token=token, do="approve")
    decided = f"{EXPORTS}/{theirs}/decide"
    walk.post("export: approved", decided, csrf_token=token, do="approve", reason="ნ")
    walk.send()
    walk.post("export: decided twice", decided, 409, csrf_token=token, do="refuse", reason="ნ")
    with walk.app.app_context(), writing() as session:
        session.execute(sa.update(ExportRequest).values(state=ExportState.WAITING))
    walk.post("export: refused", decided, csrf_token=token, do="refuse", reason="ნ")
    walk.send()
    walk.get("exports: all", EXPORTS)
