"""The part of the way that leads past partners of a petition, both sides of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from petition.accounts.service import add_user
from petition.core.db import writing
from petition.organisations.service import add_organisation
from petition.petitions.models import Partner
from petition.signatures.models import Signature, Signer
from petition.updates import unsubscribing
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from tests.core.walk import Walk

SLUG, OWNER, READER = "river", "partner@example.org", "ana@example.org"
MINE = f"/organiser/petitions/{SLUG}"


def through_partners(walk: Walk) -> None:
    """Asks an organisation, answers for it, shares its link, writes to its readers, and ends it."""
    lead = walk.client
    with walk.app.app_context(), writing() as session:
        owner = add_user(session, OWNER, "ლანა", PASSWORD)
        owner.language = walk.language
        add_organisation(session, "lake", "ტბის მეგობრები", owner)
    walk.get("partners: none", f"{MINE}/partners")
    _send(walk, "partners: nobody there", f"{MINE}/partners", 422, organisation="nobody")
    _send(walk, "partners: asked", f"{MINE}/partners", organisation="lake")
    walk.send()
    walk.client = walk.app.test_client()
    page = walk.client.get("/login", query_string={"lang": walk.language}).text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)[1]
    walk.post("desk: asked", "/login", csrf_token=token, email=OWNER, password=PASSWORD)
    walk.get("partner: asked", f"{MINE}/partners/1")
    _send(walk, "partner: accepted", f"{MINE}/partners/1", do="accept")
    walk.get("desk: partner", "/organiser")
    _sharing(walk)
    _writing(walk)
    walk.get("partner: to end", f"{MINE}/partners/1")
    _send(walk, "partner: ended", f"{MINE}/partners/1", do="end")
    walk.client = lead
    walk.get("partners: ended", f"{MINE}/partners")


def _send(walk: Walk, page: str, path: str, status: int = 200, **fields: Any) -> str:
    shown = walk.client.get(path, query_string={"lang": walk.language}).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]
    return walk.post(page, path, status, csrf_token=token, **fields)


def _sharing(walk: Walk) -> None:
    with walk.app.app_context(), writing() as session:
        code = session.scalars(sa.select(Partner.code)).one()
    walk.get("petition, by a partner's link", f"/petitions/{SLUG}/by/{code}")


def _writing(walk: Walk) -> None:
    walk.get("partner: updates", f"{MINE}/updates")
    words = {"subject-ka": "ტბა", "body-ka": "გმადლობთ", "save": "yes"}
    _send(walk, "partner: draft", f"{MINE}/updates/new", **words)
    draft = walk.sent_to[-1].partition("?")[0]
    with walk.app.app_context(), writing() as session:
        reader = session.scalars(sa.select(Signature).where(Signature.origin == 0, Signature.place == 1)).first()
        reader.informed_by = {1}
        session.execute(sa.update(Signer).where(Signer.signature_id == reader.id).values(address=READER))
        link = unsubscribing.path((reader.bucket, reader.id), 1)
    _send(walk, "partner: being sent", draft, send="yes", **words)
    walk.send()
    walk.get("partner: stop", link)
    walk.post("partner: stopped", link)
