"""The part of the way that leads past packages: asking, waiting, what proves one, and a signer's receipts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from petition.core.clock import now
from petition.core.db import writing
from petition.deliveries.packages.models import Package, PackageLine
from petition.petitions import service as petitions
from petition.signatures.models import Signature
from tests.deliveries.packages.frozen import freeze
from tests.deliveries.packages.making import add_mission

if TYPE_CHECKING:
    from tests.core.walk import Walk

PACKAGES = "/organiser/petitions/river/packages"
MISSION = "ge-gb-london-embassy"
SIGNER = "ana@example.org"


def through_packages(walk: Walk) -> None:
    """As the owner, who is signed in; then as a signer."""
    add_mission(walk.app, MISSION, name="საელჩო", city="ლონდონი")
    _set_addressee(walk, "GE")
    _asking(walk)
    package_id = freeze(walk.app, MISSION, slug="river", language=walk.language)
    _ready(walk, package_id)
    organiser, walk.client = walk.client, walk.app.test_client()
    _receipts(walk)
    walk.client = organiser
    _set_addressee(walk, None)


def _set_addressee(walk: Walk, country: str | None) -> None:
    with walk.app.app_context(), writing() as session:
        petitions.find(session, "river").addressee_country = country


def _set(walk: Walk, **values: Any) -> None:
    with walk.app.app_context(), writing() as session:
        session.execute(sa.update(Package).values(values))


def _asking(walk: Walk) -> None:
    form = walk.get("packages: new", f"{PACKAGES}/new")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    walk.post("packages: nothing chosen", f"{PACKAGES}/new", 422, csrf_token=token, whom="some", since="ყ", until="ყ")
    walk.post("packages: page too old", f"{PACKAGES}/new", 403)
    wish = {"csrf_token": token, "missions": MISSION, "whom": "some", "countries": ["KR", "DE"], "language": "ar"}
    walk.post("packages: what would be in", f"{PACKAGES}/new", **wish, since="2026-01-01", until="2026-12-31")
    walk.post("packages", f"{PACKAGES}/new", **wish | {"whom": "host"}, do="build")
    with walk.app.app_context(), writing() as session:
        mine = f"{PACKAGES}/{session.scalars(sa.select(Package.id)).one()}"
    walk.get("package: waits", mine)
    walk.post("package: not ready", f"{mine}/download", 409, csrf_token=token)
    _set(walk, state="building", done=2, steps=7)
    walk.get("package: being built", mine)
    walk.post("package: not failed", f"{mine}/retry", 409, csrf_token=token)
    _set(walk, state="failed", failure="ყ")
    walk.get("package: failed", mine)
    walk.post("package: tried again", f"{mine}/retry", csrf_token=token)


def _ready(walk: Walk, package_id: UUID) -> None:
    mine = f"{PACKAGES}/{package_id}"
    form = walk.get("package: ready", mine)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    _set(walk, withdrawn_since=20)
    walk.get("package in public", f"/packages/{package_id}")
    for why in ("erasure", "time"):
        _set(walk, files_gone_at=now(), files_gone_why=why)
        walk.get(f"package: gone by {why}", mine)
    walk.post("package: kept no more", f"{mine}/download", 410, csrf_token=token)
    walk.get("packages: gone", PACKAGES)
    walk.get("no such package", "/packages/01a202b5-950a-70eb-a622-61fd2b8309b0", 404)


def _receipts(walk: Walk) -> None:
    walk.client.post("/my", data={"email": SIGNER}, query_string={"lang": walk.language})
    walk.post("own page: on a list", walk.mailed(SIGNER)[0])
    ref = re.search(r'"(/my/signatures/[0-9a-f]+)\?[^"#]*#receipts"', walk.pages["own page: on a list"])[1]
    shown = walk.get("own signature: on a list", ref)
    with walk.app.app_context(), writing() as session:
        session.execute(sa.update(PackageLine).values(line=None))
        former = dict(session.execute(sa.select(Signature.id, Signature.country)).all())
        session.execute(sa.update(Signature).values(country="FR"))
    walk.get("own signature: line forgotten", ref)
    receipt = re.search(r'"(/my/signatures/[^"?]+/receipts/[^"?]+)', shown)[1]
    walk.get("receipt: line forgotten", receipt, 410)
    with walk.app.app_context(), writing() as session:
        for signature_id, country in former.items():
            session.execute(sa.update(Signature).where(Signature.id == signature_id).values(country=country))
